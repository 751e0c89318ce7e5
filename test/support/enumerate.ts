import type { Chooser } from "../../checker/chooser.ts";
import { Paths } from "../../checker/enumerate.ts";

/**
 * Runs `step` once for each way in which its questions can be answered.
 *
 * @param visit - gets what each run gave, and the path that it took; the path is valid only during the call
 */
export const enumerate = <Result>(
  step: (chooser: Chooser) => Result,
  visit: (result: Result, path: Paths) => void,
): void => {
  const paths = new Paths();
  do visit(step(paths.start()), paths);
  while (paths.advance());
};
