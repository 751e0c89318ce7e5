import { isHeap } from "../abi/memory-map.ts";
import { firstOf, isPair, secondOf } from "../models/pair.ts";
import type { PausedTask } from "./state.ts";

/**
 * The addresses in the heap that a paused task knows beside those on its stack: of what its command acts on, of what it has
 * allocated, and in the answers that procedures have had.
 *
 * They keep a place in the heap from being handed out again, or a command would take what lies there next for what it has found.
 */
export const heldByTask = (task: PausedTask): readonly number[] => {
  let held = heldBy.get(task);
  if (held === undefined) {
    const numbers = [task.target, ...task.own.map(({ at }) => at)];
    for (const layer of task.layers) {
      if (layer.kind !== "procedure") continue;
      for (const answer of layer.answers.map(Math.abs)) {
        if (isPair(answer)) numbers.push(firstOf(answer), secondOf(answer));
        else numbers.push(answer);
      }
    }
    held = numbers.filter(isHeap);
    heldBy.set(task, held);
  }
  return held;
};

const heldBy = new WeakMap<PausedTask, readonly number[]>();
