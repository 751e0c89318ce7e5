import { emptyStack } from "../driver/run/driver.ts";
import type { PausedTask } from "./state.ts";

/**
 * The control location of a paused task: its command, and how far each of its layers has come.
 *
 * It does not depend on the task's number, nor on where anything lies in the heap.
 */
export const controlLocationOf = (task: PausedTask): string => {
  let location = locations.get(task);
  if (location === undefined) {
    const layers = task.layers.map((layer) => {
      if (layer.kind === "procedure") return layer.answers.length;
      const { entry, function: called, stack, access } = layer.activation;
      return `${entry} ${called} ${emptyStack(task.id) - stack} ${access?.access}`;
    });
    location = `${task.command} ${layers.join()}`;
    locations.set(task, location);
  }
  return location;
};

const locations = new WeakMap<PausedTask, string>();

/** Tasks in an order that does not depend on their numbers, but where two stand in the same place. */
export const byControlLocation = (tasks: readonly PausedTask[]): readonly PausedTask[] =>
  tasks.length < 2 ? tasks : [...tasks].sort(compare);

const compare = (one: PausedTask, other: PausedTask): number => {
  const [its, others] = [controlLocationOf(one), controlLocationOf(other)];
  return its < others ? -1 : its > others ? 1 : one.id - other.id;
};
