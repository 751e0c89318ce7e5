import { emptyStack } from "../driver/run/driver.ts";
import type { PausedTask } from "./state.ts";

/**
 * Where a paused task stands in its course: its command, and how far each of its layers has come.
 *
 * It does not depend on the task's number, nor on where anything lies in the heap.
 */
export const positionOf = (task: PausedTask): string => {
  let position = positions.get(task);
  if (position === undefined) {
    const layers = task.layers.map((layer) => {
      if (layer.kind === "procedure") return layer.answers.length;
      const { entry, function: called, stack, access } = layer.activation;
      return `${entry} ${called} ${emptyStack(task.id) - stack} ${access?.access}`;
    });
    position = `${task.command} ${layers.join()}`;
    positions.set(task, position);
  }
  return position;
};

const positions = new WeakMap<PausedTask, string>();

/** Tasks in an order that does not depend on their numbers, but where two stand in the same place. */
export const byPosition = (tasks: readonly PausedTask[]): readonly PausedTask[] =>
  tasks.length < 2 ? tasks : [...tasks].sort(compare);

const compare = (one: PausedTask, other: PausedTask): number => {
  const [its, others] = [positionOf(one), positionOf(other)];
  return its < others ? -1 : its > others ? 1 : one.id - other.id;
};
