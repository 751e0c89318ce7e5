import type { Schedule } from "./schedule.ts";

/** What went wrong in a model or in the checker itself; the message says it in words. */
export type CheckerBugCode =
  /** One step, asked again under the same answers, asked something else. */
  | "nondeterministic-step"
  /** A harmless answer stands behind a fault, or a question offers nothing but faults. */
  | "answers-out-of-order"
  /** One step asks so many questions that it is taken to ask without end. */
  | "endless-step"
  /** The system threw where it should have recorded a misuse. */
  | "system-threw"
  /** A property threw. */
  | "property-threw"
  /** Two states have one key, and the search can tell them apart. */
  | "key-merges-states"
  /** A step changed the state that it was given. */
  | "state-changed"
  /** `actions` gave two different lists for one state. */
  | "actions-unstable"
  /** Two replays of one schedule differ. */
  | "replay-differs"
  /** The counterexample of a finding does not show the finding. */
  | "finding-not-reproduced";

/**
 * A fault of a model or of the checker, never of what is checked.
 *
 * Where it happened during a run, `schedule` leads there; its last step may be unfinished.
 */
export class CheckerBug extends Error {
  readonly code: CheckerBugCode;
  readonly schedule: Schedule | undefined;

  /** @param what - what is wrong, in words, without the leading "checker bug" */
  constructor(code: CheckerBugCode, what: string, context: { schedule?: Schedule; cause?: unknown } = {}) {
    super(`checker bug: ${what}`, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = "CheckerBug";
    this.code = code;
    this.schedule = context.schedule;
  }

  /** The same error with the run that led to it, unless it already carries one. */
  at(schedule: Schedule): CheckerBug {
    if (this.schedule !== undefined) return this;
    return new CheckerBug(this.code, this.message.replace("checker bug: ", ""), {
      schedule,
      cause: this.cause ?? this,
    });
  }
}

/** A request that the caller must put otherwise; the message ends with how. */
export class InvalidOption extends Error {
  readonly code = "invalid-option";

  constructor(message: string) {
    super(message);
    this.name = "InvalidOption";
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** What a search is busy with: a part of the system, a property, or code of the caller's. */
export type Busy = "actions" | "step" | "key" | "property" | "caller";

/** Says whose fault it is that something was thrown; what the caller's own code threw is left as it is. */
export const blame = (thrown: unknown, busyWith: Busy, property: string, schedule: Schedule): unknown => {
  if (thrown instanceof CheckerBug) return thrown.at(schedule);
  if (busyWith === "caller") return thrown;
  const context = { schedule, cause: thrown };
  const message = messageOf(thrown);
  if (busyWith === "property")
    return new CheckerBug("property-threw", `the property ${property} threw: ${message}`, context);
  return new CheckerBug("system-threw", `the system threw in its ${busyWith}: ${message}`, context);
};
