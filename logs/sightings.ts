import { type CallLabel, labelsOf, WORD_PARSER } from "../machines/calls.ts";
import type { LogEvent } from "./event.ts";
import { type DriverNames, type Role, spokenName } from "./spoken.ts";

/**
 * What a log shows of the driver: the kernel calls it, it calls the kernel, it is done.
 *
 * An activation is one call of the driver by the kernel, in one task. A kernel function counts as called by the driver
 * where the nearest function around it that the log has is one of the driver's: what the kernel's own functions call
 * in turn is their business. In a log of beginnings alone the caller stands beside the function, and that an
 * activation is over is known when its task is called for something else.
 *
 * A call whose caller is of the driver, but that lies in no activation that was seen to begin, is an orphan.
 */
export type Sighting =
  | {
      readonly kind: "begins";
      readonly activation: number;
      readonly task: string;
      /** Tells its task from others, also where the log names it only later. */
      readonly taskNumber: number;
      readonly role: Role;
      readonly function: string;
      readonly arguments: readonly string[] | undefined;
      /** Whether the log will show its end. */
      readonly isEndShown: boolean;
    }
  /** It is over: what it had to do is done. */
  | { readonly kind: "ends"; readonly activation: number }
  /** It is followed no further, and nothing is known of its end. */
  | { readonly kind: "is left"; readonly activation: number }
  /** A call begins, whose end will be seen. */
  | ({ readonly kind: "calls" } & DriverCall)
  /** A call came to its end; where only beginnings are shown, it will have one. */
  | ({ readonly kind: "returns" } & DriverCall & { readonly result: string | undefined })
  | {
      readonly kind: "reads a word";
      readonly activation: number | undefined;
      readonly isSure: boolean;
      readonly result: string | undefined;
    }
  | { readonly kind: "lost"; readonly events: number | undefined };

/** A call of the kernel by the driver. */
export interface DriverCall {
  /** Undefined for an orphan. */
  readonly activation: number | undefined;
  readonly task: string;
  /** As the machines know it. */
  readonly function: string;
  readonly labels: readonly CallLabel[];
  readonly arguments: readonly string[] | undefined;
  /** Whether it is the driver's call, and not perhaps that of somebody in between whom the log does not show. */
  readonly isSure: boolean;
}

/** What has to be known of the whole log to read one of its events. */
export interface Shown {
  /** Whether callers stand beside functions, and nothing is nested. */
  readonly isFlat: boolean;
  /** Functions whose ends a flat log shows, by return probes; as the machines know them. */
  readonly returns: ReadonlySet<string>;
}

/** A function that has begun and not ended. */
interface Frame {
  readonly name: string | undefined;
  readonly isDriver: boolean;
  /** The activation that it lies in. */
  readonly activation: number | undefined;
  readonly isRoot: boolean;
  readonly call: Omit<DriverCall, "activation"> | undefined;
}

/** An activation in a log of beginnings. */
interface FlatActivation {
  readonly id: number;
  readonly root: string;
  readonly caller: string | undefined;
  /** The driver's functions that were seen to run in it. */
  readonly functions: Set<string>;
}

interface Task {
  name: string;
  readonly number: number;
  readonly frames: Frame[];
  activations: FlatActivation[];
  /** Calls whose ends a return probe will show. */
  pending: DriverCall[];
}

/** More tasks than this at one time are not kept apart: those that were silent for longest are left. */
const TASKS_KEPT = 4_096;

const UNSEEN: Frame = { name: undefined, isDriver: false, activation: undefined, isRoot: false, call: undefined };

/** Turns the events of a log, in their order, into what they show of the driver. */
export const sightingsOf = (
  { isDriver, roleOf }: DriverNames,
  { isFlat, returns }: Shown,
  tell: (sighting: Sighting) => void,
): ((event: LogEvent) => void) => {
  const tasks = new Map<string, Task>();
  let activations = 0;
  let met = 0;
  let last: Task | undefined;

  const taskNamed = (name: string): Task => {
    if (last?.name === name) return last;
    let task = tasks.get(name);
    if (task === undefined) {
      met += 1;
      task = { name, number: met, frames: [], activations: [], pending: [] };
      tasks.set(name, task);
      if (tasks.size > TASKS_KEPT) leave(tasks.values().next().value!);
    }
    last = task;
    return task;
  };
  const leave = (task: Task): void => {
    tasks.delete(task.name);
    for (const { id } of task.activations) tell({ kind: "is left", activation: id });
    for (const { activation, isRoot } of task.frames) {
      if (isRoot) tell({ kind: "is left", activation: activation! });
    }
  };
  const begin = (
    task: Task,
    role: Role,
    name: string,
    values: readonly string[] | undefined,
    isEndShown: boolean,
  ): number => {
    activations += 1;
    const about = { task: task.name, taskNumber: task.number, role, function: name, arguments: values, isEndShown };
    tell({ kind: "begins", activation: activations, ...about });
    return activations;
  };
  const callOf = (
    task: Task,
    name: string,
    values: readonly string[] | undefined,
    isSure: boolean,
  ): Omit<DriverCall, "activation"> => {
    const labels = labelsOf(name);
    return { task: task.name, function: name, labels, arguments: values, isSure };
  };
  const returned = (call: DriverCall, result: string | undefined): void => {
    const { activation, isSure } = call;
    if (call.function === WORD_PARSER) tell({ kind: "reads a word", activation, isSure, result });
    else tell({ kind: "returns", ...call, result });
  };

  /** A function ends, or must have. */
  const close = ({ call, activation, isRoot }: Frame, result: string | undefined, isSeen: boolean): void => {
    if (call !== undefined && isSeen) returned({ ...call, activation }, result);
    if (isRoot) tell({ kind: isSeen ? "ends" : "is left", activation: activation! });
  };

  const enterNested = (task: Task, { function: name, arguments: values, depth = 0 }: Enter): void => {
    const { frames } = task;
    while (frames.length > depth) close(frames.pop()!, undefined, false);
    while (frames.length < depth) frames.push({ ...UNSEEN, activation: frames.at(-1)?.activation });
    const around = frames.at(-1);
    const outer = around?.activation;
    if (isDriver(name)) {
      const role = roleOf(name, around?.name);
      const isInside = frames.some((frame) => frame.isDriver);
      const isRoot = !isInside || role === "release";
      const activation = isRoot ? begin(task, role, name, values, true) : outer;
      frames.push({ name, isDriver: true, activation, isRoot, call: undefined });
      return;
    }
    const spoken = spokenName(name);
    const isOwn = around?.isDriver === true;
    // What is in a function that nobody saw begin may be in one of the driver's.
    const mayBeOwn = isOwn || (around !== undefined && around.name === undefined);
    const call = spoken === undefined || !mayBeOwn ? undefined : callOf(task, spoken, values, isOwn);
    if (call !== undefined && spoken !== WORD_PARSER) tell({ kind: "calls", ...call, activation: outer });
    frames.push({ name, isDriver: false, activation: outer, isRoot: false, call });
  };

  const leaveNested = (task: Task, { function: name, result, depth = -1 }: Leave): void => {
    const { frames } = task;
    if (depth === -1) return;
    while (frames.length > depth + 1) close(frames.pop()!, undefined, false);
    if (frames.length === depth + 1) {
      const frame = frames.pop()!;
      const isSame = frame.name !== undefined && (name === undefined || name === frame.name);
      close(frame, result, isSame);
    }
    if (frames.length === 0) forget(task);
  };
  const forget = (task: Task): void => {
    tasks.delete(task.name);
    if (last === task) last = undefined;
  };

  const endFlat = (task: Task, from: number): void => {
    for (const { id } of task.activations.slice(from).reverse()) tell({ kind: "ends", activation: id });
    task.activations = task.activations.slice(0, from);
  };

  const enterFlat = (task: Task, { function: name, caller, arguments: values }: Enter): void => {
    const isFromDriver = caller !== undefined && isDriver(caller);
    if (isDriver(name)) {
      const role = roleOf(name, caller);
      const isInside =
        isFromDriver || (role === "work" && task.activations.length > 0 && caller !== "process_one_work");
      if (isInside) {
        activationOf(task, caller)?.functions.add(name);
        return;
      }
      // A release may run inside of something else, though not inside of a release.
      if (role !== "release") endFlat(task, 0);
      else if (task.activations.at(-1)?.root === name) endFlat(task, task.activations.length - 1);
      const id = begin(task, role, name, values, false);
      task.activations.push({ id, root: name, caller, functions: new Set([name]) });
      return;
    }
    const spoken = spokenName(name);
    if (spoken === undefined) return;
    // Where the compiler makes the last call of a function a jump, its caller is the caller of that function.
    const isJump = caller === undefined || task.activations.some((activation) => activation.caller === caller);
    if (!isFromDriver && !isJump) return;
    const activation = activationOf(task, caller)?.id;
    const call: DriverCall = { ...callOf(task, spoken, values, isFromDriver), activation };
    if (returns.has(spoken)) {
      task.pending.push(call);
      if (spoken !== WORD_PARSER) tell({ kind: "calls", ...call });
    } else returned(call, undefined);
  };
  /** The activation that a function of the driver runs in: a release that it lies outside of is over. */
  const activationOf = (task: Task, caller: string | undefined): FlatActivation | undefined => {
    const top = task.activations.at(-1);
    if (caller === undefined || top === undefined || top.functions.has(caller)) return top;
    const outer = task.activations.findLastIndex(({ functions }) => functions.has(caller));
    if (outer !== -1) endFlat(task, outer + 1);
    return task.activations.at(-1);
  };

  const leaveFlat = (task: Task, { function: name, caller, result }: Leave): void => {
    const spoken = name === undefined ? undefined : spokenName(name);
    if (spoken === undefined) {
      const root = task.activations.findLastIndex((activation) => activation.root === name);
      if (root !== -1) endFlat(task, root);
      return;
    }
    const begun = task.pending.findLastIndex((call) => call.function === spoken);
    if (begun !== -1) {
      const [call] = task.pending.splice(begun);
      returned(call!, result);
    } else if (caller !== undefined && isDriver(caller)) {
      returned({ ...callOf(task, spoken, undefined, true), activation: activationOf(task, caller)?.id }, result);
    }
  };

  return (event) => {
    switch (event.kind) {
      case "enter":
        if (isFlat) enterFlat(taskNamed(event.task), event);
        else enterNested(taskNamed(event.task), event);
        break;
      case "leave":
        if (isFlat) leaveFlat(taskNamed(event.task), event);
        else leaveNested(taskNamed(event.task), event);
        break;
      case "lost":
        // What was open may have ended, and something else may have begun in its place.
        for (const task of tasks.values()) {
          task.frames.fill(UNSEEN);
          task.activations = [];
          task.pending = [];
        }
        tell({ kind: "lost", events: event.events });
        break;
      case "named": {
        const task = tasks.get(event.from);
        if (task !== undefined && !tasks.has(event.to)) {
          tasks.delete(event.from);
          task.name = event.to;
          tasks.set(event.to, task);
        }
        last = undefined;
        break;
      }
      case "knows":
        break;
    }
  };
};

type Enter = LogEvent & { readonly kind: "enter" };
type Leave = LogEvent & { readonly kind: "leave" };
