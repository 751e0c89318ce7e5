import type { Answer } from "../checker/chooser.ts";
import type { Activation } from "../driver/run/driver.ts";
import type { SysramAction } from "./state.ts";
import type { Observe } from "./task.ts";

/** Told of what happens inside steps; a search runs without. */
export interface Watch {
  /** It is told how steps end, and looks at nothing inside of them: then one that is known need not run. */
  readonly isOfEnds?: true;
  begins?(action: SysramAction, task: number): void;
  /** The task is interrupted, and another one runs first; where it stands in its C, which is undefined before that is begun. */
  preempted?(at: Activation | undefined): void;
  happens?: Observe;
  asks?(question: string, answer: Answer): void;
  /** A command came to its end, with what it gives to its caller. */
  ends?(result: number): void;
}
