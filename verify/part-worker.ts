import { parentPort, workerData } from "node:worker_threads";
import { systemFrom } from "../harness/blueprint.ts";
import { VerifyError } from "./error.ts";
import { partBoard } from "./part-board.ts";
import { type PartAnswer, type PartRequest, searchRequested, type ThreadStart } from "./part-request.ts";

/**
 * The module that each thread of a search runs: parts come one by one, or a few at a time, findings go back as they are
 * made, and results in the end.
 */
const { blueprint, board } = workerData as ThreadStart;

const shared = partBoard(board);

/** Searches one part; an error for the user goes back as data, because of others a thread hands on the message alone. */
export default async (request: PartRequest): Promise<PartAnswer> => {
  try {
    return {
      kind: "searched",
      result: await searchRequested(
        (options) => systemFrom(blueprint, options),
        request,
        shared,
        (finding) => parentPort!.postMessage(finding),
      ),
    };
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    const { code, message, hint } = error;
    return { kind: "refused", code, message, hint };
  }
};
