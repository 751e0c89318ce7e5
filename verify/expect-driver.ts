import { AssertionError } from "node:assert";
import { renderGravest } from "../report/terminal.ts";
import { type Review, type ReviewOptions, review } from "./review.ts";
import type { Source } from "./source.ts";

/** What a test can expect of a driver. */
export interface DriverExpectation {
  /**
   * That every claim holds within the bounds that are given.
   *
   * @throws AssertionError where one is broken, or something was left open: with the verdict, the gravest finding, its run, and
   *   the command that replays it
   */
  toHold(): Promise<Review>;
  /**
   * That the driver breaks a claim.
   *
   * @param claim - its id: "groups-are-unregistered"
   * @throws AssertionError where it does not
   */
  toBreak(claim: string): Promise<Review>;
}

/** What a terminal is wide; a failed test shows its message as it is. */
const WIDTH = 100;

const inputsOf = (source: Source): readonly string[] => {
  if (source.kind === "patches") return source.patches.filter((patch) => typeof patch === "string");
  if (source.kind === "file") return ["--source", source.file];
  return source.kind === "tree" ? ["--tree", source.folder] : [];
};

const shown = ({ report }: Review, source: Source): string =>
  renderGravest(report, {
    ...{ width: WIDTH, isColour: false, isVerbose: false },
    command: { program: "npx sysram-verify", command: "review", given: new Map(), inputs: inputsOf(source) },
  });

/**
 * Expects something of a driver, in a test of any runner.
 *
 *     await expectDriver({ kind: "patches", patches: ["v5.mbox"] }, { blocks: 1 }).toHold();
 *
 * @throws VerifyError by its code, where the driver cannot be reviewed
 */
export const expectDriver = (source: Source, options: ReviewOptions = {}): DriverExpectation => ({
  toHold: async () => {
    const reviewed = await review(source, options);
    const { verdict } = reviewed.report;
    if (verdict === "holds") return reviewed;
    const message = `expected a driver that holds\n\n${shown(reviewed, source)}`;
    throw new AssertionError({ message, actual: verdict, expected: "holds", operator: "toHold" });
  },
  toBreak: async (claim) => {
    const reviewed = await review(source, options);
    const broken = [...new Set(reviewed.report.findings.map(({ property }) => property))];
    if (broken.includes(claim)) return reviewed;
    const message = `expected a driver that breaks ${claim}\n\n${shown(reviewed, source)}`;
    throw new AssertionError({ message, actual: broken, expected: [claim], operator: "toBreak" });
  },
});
