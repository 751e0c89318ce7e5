import type { Answer } from "../checker/chooser.ts";
import { atomic, type Kernel, type KernelFunctions, type KernelState, update } from "./kernel.ts";

/**
 * Models the signals of a task: which are pending, which end a wait, and who never gets one.
 *
 * Kept:    a signal may come at any time: it is asked for where the task looks for one, and may end each wait that listens
 *          to it; it stays pending until the task is back in user space; one that kills counts as any other too; a kernel
 *          worker never sees one. One that comes in the short time in which memory goes offline counts as a failure; one
 *          that ends offlining which makes no progress does not (memory-hotplug.ts).
 * Dropped: handlers and masks; more than one signal of a kind.
 * Source:  kernel/signal.c, include/linux/sched/signal.h.
 */
export interface SignalState {
  /** The signals that wait to be delivered, at most one a task, by task. */
  readonly pending: readonly Signal[];
  /** The tasks that run as a kernel worker, ascending; one that is nested stands here several times. */
  readonly workers: readonly number[];
}

/** A signal that is pending for a task. */
export interface Signal {
  readonly task: number;
  /** Set for one that kills, which ends a killable wait too. */
  readonly isFatal: boolean;
}

/** Which signals end a wait. */
export type ListensTo = "none" | "signal" | "fatal signal";

export const noSignals: SignalState = { pending: [], workers: [] };

/** Whether a task runs as a kernel worker. */
export const isWorker = (state: KernelState, task: number): boolean => state.signal.workers.includes(task);

/** Whether a task could get a signal that it listens to; a kernel worker never does. */
export const mayBeSignalled = (state: KernelState, task: number, listensTo: ListensTo): boolean =>
  listensTo !== "none" && !isWorker(state, task);

/** Whether a task has a signal pending that it listens to. */
export const isPending = (state: KernelState, task: number, listensTo: ListensTo): boolean => {
  if (!mayBeSignalled(state, task, listensTo)) return false;
  const signal = state.signal.pending.find((each) => each.task === task);
  return signal !== undefined && (listensTo === "signal" || signal.isFatal);
};

/** Sends a signal to a task; it stays pending. */
export const sendSignal = (k: Kernel, task: number, isFatal: boolean): void => {
  const { pending } = k.state.signal;
  const old = pending.find((signal) => signal.task === task);
  const others = pending.filter((signal) => signal !== old);
  const next: Signal = { task, isFatal: isFatal || (old?.isFatal ?? false) };
  update(k, { signal: { ...k.state.signal, pending: [...others, next].sort((a, b) => a.task - b.task) } });
};

/** Delivers the signals of a task, which is on its way back to user space. */
export const deliverSignals = (k: Kernel, task: number): void => {
  const { pending } = k.state.signal;
  if (!pending.some((signal) => signal.task === task)) return;
  update(k, { signal: { ...k.state.signal, pending: pending.filter((signal) => signal.task !== task) } });
};

const QUESTIONS = { signal: "a signal", "fatal signal": "a signal that kills" } as const;

/** Whether it is asked if a signal comes. */
export const isAboutSignals = (question: string): boolean => Object.values<string>(QUESTIONS).includes(question);

const COMES: readonly [Answer, Answer] = [{ label: "none has come" }, { label: "one has come" }];

/** The task looks for a signal that it listens to: one is pending, or comes just now. */
export const looksForSignal = (k: Kernel, listensTo: ListensTo): boolean => {
  if (isPending(k.state, k.task, listensTo)) return true;
  if (listensTo === "none" || !mayBeSignalled(k.state, k.task, listensTo)) return false;
  if (k.chooser.choose(QUESTIONS[listensTo], COMES) === COMES[0]) return false;
  sendSignal(k, k.task, listensTo === "fatal signal");
  return true;
};

/** Makes this task a kernel worker until leaveWorker(). */
export const enterWorker = (k: Kernel): void => {
  const workers = [...k.state.signal.workers, k.task].sort((a, b) => a - b);
  update(k, { signal: { ...k.state.signal, workers } });
};

/** Ends what the latest enterWorker() of this task began. */
export const leaveWorker = (k: Kernel): void => {
  const { workers } = k.state.signal;
  update(k, { signal: { ...k.state.signal, workers: workers.toSpliced(workers.indexOf(k.task), 1) } });
};

export const signalFunctions: KernelFunctions = {
  signal_pending: atomic({ sleeps: "never", fails: "never" }, (k) => (looksForSignal(k, "signal") ? 1 : 0)),
  fatal_signal_pending: atomic({ sleeps: "never", fails: "never" }, (k) => (looksForSignal(k, "fatal signal") ? 1 : 0)),
};
