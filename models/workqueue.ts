import { type Address, address, NULL } from "../abi/address.ts";
import {
  ALLOCATION,
  atomic,
  callback,
  type Declared,
  failure,
  type Kernel,
  type KernelFunction,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  step,
  update,
} from "./kernel.ts";
import { firstOf, pair, secondOf } from "./pair.ts";
import { enterWorker, isWorker, leaveWorker } from "./signal.ts";
import { allocate, type Freed, free, isFreed, isUsable } from "./slab.ts";

/**
 * Models work that a kernel worker does later.
 *
 * Kept:    a work that is pending is not queued again; its function may run at any time from then on, and again once
 *          it was queued again, but never twice at a time; no signal reaches it; works of an ordered queue run one at a time,
 *          in the order in which they were queued; flushing waits until what was queued last has run, and does not wait for a
 *          delayed work that is not due unless it says so; cancelling takes a work back or waits until it is done, and keeps
 *          it from being queued meanwhile; a work that waits for itself waits for ever; a work that is prepared anew while
 *          it is pending is recorded, and one that is freed is seen in the state.
 * Dropped: who flushes a pending work runs it himself at once, which is all that he waits for; how long a delayed work is
 *          delayed, so that it may run at once, or never; how many works a queue that is not ordered runs at a time; CPUs,
 *          priorities and freezing.
 * Source:  kernel/workqueue.c (__queue_work, process_one_work, start_flush_work, __cancel_work_sync).
 */
export interface WorkqueueState {
  /** The works that wait to be run, in the order in which they were queued. */
  readonly pending: readonly PendingWork[];
  /** The works that run now, by address. */
  readonly running: readonly RunningWork[];
  /** The works that may not be queued, by address; one that was disabled twice stands here twice. */
  readonly disabled: readonly Address[];
  /** The queues that the driver allocated and has not destroyed, by address. */
  readonly queues: readonly Workqueue[];
}

/** A queue of the driver's own. */
export interface Workqueue {
  readonly at: Address;
  /** Whether its works run one at a time, first come first served. */
  readonly isOrdered: boolean;
}

/** A work that waits to be run. */
export interface PendingWork {
  readonly work: Address;
  readonly queue: Address;
  readonly isDelayed: boolean;
}

/** A work that a task runs. */
export interface RunningWork {
  readonly work: Address;
  readonly queue: Address;
  readonly task: number;
}

/** What the driver did to a work that it must not do. */
export type WorkqueueMisuse =
  | "init-of-pending-work"
  | "work-without-function"
  | "wait-for-itself"
  | "no-such-workqueue";

export const idleWorkqueues: WorkqueueState = { pending: [], running: [], disabled: [], queues: [] };

/** Whether a work waits to be run. */
export const isWorkPending = (state: KernelState, work: Address): boolean =>
  state.workqueue.pending.some((pending) => pending.work === work);

const runningWork = (state: KernelState, work: Address): RunningWork | undefined =>
  state.workqueue.running.find((running) => running.work === work);

/** What is gone under a pending work, with where it was freed; undefined where nothing tells that any more. */
export interface FreedWork {
  readonly work: Address;
  readonly what: "work" | "queue";
  readonly freed: Freed | undefined;
}

/** The pending works whose memory, or whose queue, was freed under the kernel. */
export const freedWorks = (state: KernelState): readonly FreedWork[] =>
  state.workqueue.pending.flatMap(({ work, queue: its }): readonly FreedWork[] => {
    const what = isFreed(state, work) ? "work" : isFreed(state, its) ? "queue" : undefined;
    if (what === undefined) return [];
    const place = what === "work" ? work : its;
    return [{ work, what, freed: state.slab.freed.find(({ at, size }) => place >= at && place < at + size) }];
  });

/** Whether some work of the driver's waits to be run, or runs. */
export const isWorkLeft = ({ workqueue: { pending, running } }: KernelState): boolean =>
  pending.length > 0 || running.length > 0;

/** Whether a queue runs its works one at a time, in their order. */
const isOrdered = ({ workqueue }: KernelState, queue: Address): boolean =>
  workqueue.queues.some(({ at, isOrdered: isSo }) => isSo && at === queue);

/** Whether a worker could begin this work now. */
const isRunnable = (state: KernelState, { work, queue, isDelayed }: PendingWork): boolean => {
  if (runningWork(state, work) !== undefined) return false;
  if (!isOrdered(state, queue)) return true;
  const { pending, running } = state.workqueue;
  if (running.some((other) => other.queue === queue)) return false;
  return isDelayed || pending.find((other) => other.queue === queue && !other.isDelayed)?.work === work;
};

/** The works that a worker could begin now, in the order in which they were queued. */
export const runnableWorks = (state: KernelState): readonly PendingWork[] =>
  state.workqueue.pending.filter((pending) => isRunnable(state, pending));

const byWork = (a: { readonly work: Address }, b: { readonly work: Address }): number => a.work - b.work;

const change = (k: Kernel, parts: Partial<WorkqueueState>): void =>
  update(k, { workqueue: { ...k.state.workqueue, ...parts } });

const funcField = (k: Kernel, work: Address): Address => address(work + (k.layout.offset("work_struct", "func") ?? 0));

const queue = (k: Kernel, pending: PendingWork, name: string): number => {
  const { work } = pending;
  if (!isUsable(k, pending.queue, 1, name, "the workqueue")) return 0;
  if (!isUsable(k, work, 1, name, "the work") || k.state.workqueue.disabled.includes(work)) return 0;
  if (isWorkPending(k.state, work)) return 0;
  change(k, { pending: [...k.state.workqueue.pending, pending] });
  return 1;
};

/** Takes a work back that is pending; whether it was. */
const dequeue = (k: Kernel, work: Address): number => {
  if (!isWorkPending(k.state, work)) return 0;
  change(k, { pending: k.state.workqueue.pending.filter((pending) => pending.work !== work) });
  return 1;
};

/** Begins to run a pending work; gives its function, or 0 where there is nothing to run. */
const begin = (k: Kernel, { work, queue: from }: PendingWork): number => {
  dequeue(k, work);
  if (!isUsable(k, work, 1, "process_one_work", "the work")) return 0;
  const target = k.memory.pointer(funcField(k, work));
  if (target === NULL) {
    k.report({
      rule: "work-without-function" satisfies WorkqueueMisuse,
      function: "process_one_work",
      object: "the work",
      detail: "a work without a function was queued: the kernel calls NULL",
      isFatal: true,
    });
    return 0;
  }
  const running: RunningWork = { work, queue: from, task: k.task };
  change(k, { running: [...k.state.workqueue.running, running].sort(byWork) });
  enterWorker(k);
  return target;
};

/** Runs the function of a work that `begin` began. */
function* perform(work: Address, target: number): Procedure {
  yield* callback("func", address(target), "v_p", work);
  return yield* step((k) => {
    change(k, { running: k.state.workqueue.running.filter((running) => running.work !== work) });
    leaveWorker(k);
    return 0;
  });
}

const WORKS = ["first", "second", "third", "fourth"] as const;

/** Which of the runnable works a worker takes; those behind the fourth wait until one before them has run. */
const choose = (k: Kernel, works: readonly PendingWork[]): PendingWork | undefined => {
  const [first, ...others] = works.slice(0, WORKS.length).map((pending, place) => ({
    label: `the ${WORKS[place]} of those that wait`,
    pending,
  }));
  return first === undefined || others.length === 0
    ? first?.pending
    : k.chooser.choose("which work the worker runs", [first, ...others]).pending;
};

/** An action of the environment: a kernel worker runs one of the works that are pending, if there is one. */
export function* runWork(): Procedure {
  const begun = yield* step((k) => {
    const pending = choose(k, runnableWorks(k.state));
    const target = pending === undefined ? 0 : begin(k, pending);
    return target === 0 ? 0 : pair(pending!.work, target);
  });
  return begun === 0 ? 0 : yield* perform(address(firstOf(begun)), secondOf(begun));
}

/** What stands between a task and the end of the work that it flushes, beside a function that it has to run. */
const NOTHING = 0;
const LAST_RUN = -1;
const ONE_RUN = -2;
const OTHER_WORKS = -3;

/** Whether a task runs the work; records that it is this one, which then waits for itself. */
const lookForRunner = (k: Kernel, work: Address, name: string): boolean => {
  const running = runningWork(k.state, work);
  if (running?.task === k.task) {
    k.report({
      rule: "wait-for-itself" satisfies WorkqueueMisuse,
      function: name,
      object: "the work",
      detail: `${name}() waits for the work that called it`,
      isFatal: true,
    });
  }
  return running !== undefined;
};

function* untilDone(work: Address, name: string): Procedure {
  yield { kind: "wait", reason: name, isReady: (state) => runningWork(state, work) === undefined };
  return 0;
}

/** Waits for what runs of an ordered queue, or runs what is before a work in it. */
function* advance(work: Address, name: string): Procedure {
  const before = yield* step((k) => {
    const from = k.state.workqueue.pending.find((pending) => pending.work === work)?.queue;
    const running = k.state.workqueue.running.find(({ queue: other }) => other === from);
    if (running !== undefined) {
      lookForRunner(k, running.work, name);
      return running.work;
    }
    return runnableWorks(k.state).find((pending) => pending.queue === from)?.work ?? NULL;
  });
  return before === NULL ? 0 : yield* flush(address(before), name, true);
}

/**
 * Waits until what was queued last of a work has run; whether it had to.
 *
 * @param isExpedited - whether a delayed work becomes due, where it is not waited for otherwise
 */
function* flush(work: Address, name: string, isExpedited: boolean): Procedure {
  for (let waited = 0; ; waited = 1) {
    const target = yield* step((k) => {
      if (!isUsable(k, work, 1, name, "the work")) return NOTHING;
      k.takes?.(work, "work");
      const isRunning = lookForRunner(k, work, name);
      const pending = k.state.workqueue.pending.find((candidate) => candidate.work === work);
      if (pending === undefined || (pending.isDelayed && !isExpedited)) return isRunning ? LAST_RUN : NOTHING;
      if (isRunning) return ONE_RUN;
      return isRunnable(k.state, pending) ? begin(k, pending) : OTHER_WORKS;
    });
    if (target === NOTHING) return waited;
    if (target === OTHER_WORKS) yield* advance(work, name);
    else if (target > 0) yield* perform(work, target);
    else yield* untilDone(work, name);
    if (target === LAST_RUN || target > 0) return 1;
  }
}

const enable = (k: Kernel, work: Address): number => {
  const { disabled } = k.state.workqueue;
  const place = disabled.indexOf(work);
  if (place === -1) return 0;
  const left = disabled.toSpliced(place, 1);
  change(k, { disabled: left });
  return left.includes(work) ? 0 : 1;
};

/** Takes a work back, waits until it does not run, and keeps it from being queued meanwhile; whether it was pending. */
function* cancel(work: Address, name: string, isDisabling: boolean): Procedure {
  const outcome = yield* step((k) => {
    if (!isUsable(k, work, 1, name, "the work")) return 0;
    k.takes?.(work, "work");
    const wasPending = dequeue(k, work);
    const isRunning = lookForRunner(k, work, name);
    if (isDisabling || isRunning) {
      change(k, { disabled: [...k.state.workqueue.disabled, work].sort((a, b) => a - b) });
    }
    return wasPending + (isRunning ? 2 : 0);
  });
  if (outcome >= 2) {
    yield* untilDone(work, name);
    if (!isDisabling) yield* step((k) => enable(k, work));
  }
  return outcome % 2;
}

/**
 * Waits until the works of a queue have run, each once, or with those that they queue there if it is drained.
 *
 * Delayed works that are not due are not in the queue yet.
 */
function* flushQueue(workqueue: Address, name: string, isDraining: boolean): Procedure {
  const flushed: number[] = [];
  for (;;) {
    const work = yield* step((k) => {
      const { pending, running } = k.state.workqueue;
      const isMeant = (other: { readonly work: Address; readonly queue: Address }): boolean =>
        other.queue === workqueue && (isDraining || !flushed.includes(other.work));
      return (pending.find((other) => !other.isDelayed && isMeant(other)) ?? running.find(isMeant))?.work ?? NULL;
    });
    if (work === NULL) return 0;
    flushed.push(work);
    yield* flush(address(work), name, false);
  }
}

function* destroy(workqueue: Address): Procedure {
  const name = "destroy_workqueue";
  const isKnown = yield* step((k) => {
    if (k.state.workqueue.queues.some(({ at }) => at === workqueue)) return 1;
    k.report({
      rule: "no-such-workqueue" satisfies WorkqueueMisuse,
      function: name,
      object: "the workqueue",
      detail: `${name}() of a workqueue that was destroyed before, or never allocated`,
      isFatal: true,
    });
    return 0;
  });
  if (isKnown === 0) return 0;
  yield* flushQueue(workqueue, name, true);
  return yield* step((k) => {
    change(k, { queues: k.state.workqueue.queues.filter(({ at }) => at !== workqueue) });
    free(k, workqueue, name);
    return 0;
  });
}

/** What alloc_workqueue() hands out is opaque to the driver: only its address counts. */
const WORKQUEUE_SIZE = 64;

/** The flag of an ordered queue (include/linux/workqueue.h __WQ_ORDERED). */
const WQ_ORDERED = 1 << 17;

const queueing = (name: string, isDelayed: boolean): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) =>
    queue(k, { work: call.address(1), queue: call.address(0), isDelayed }, name),
  );

const flushing = (name: string, isExpedited: boolean): KernelFunction =>
  procedure({ sleeps: "may" }, (call) => flush(call.address(0), name, isExpedited));

const cancelling = (name: string, isDisabling = false): KernelFunction =>
  procedure({ sleeps: "may" }, (call) => cancel(call.address(0), name, isDisabling));

const takingBack = (name: string): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) =>
    isUsable(k, call.address(0), 1, name, "the work") ? dequeue(k, call.address(0)) : 0,
  );

const asking = (name: string): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) => {
    const work = call.address(0);
    return isUsable(k, work, 1, name, "the work") && isWorkPending(k.state, work) ? 1 : 0;
  });

/** A function that must not find a work in the list of those that are pending. */
const unlisted = (name: string, declared: Declared): KernelFunction =>
  atomic(declared, (k, call) => {
    const work = call.address(0);
    if (!isUsable(k, work, 1, name, "the work") || !isWorkPending(k.state, work)) return 0;
    k.report({
      rule: "init-of-pending-work" satisfies WorkqueueMisuse,
      function: name,
      object: "the work",
      detail: `${name}() of a work that is pending breaks the list that it is in`,
      isFatal: true,
    });
    return 0;
  });

/** What current_work() gives in a worker that runs a work of the kernel's own: the driver cannot tell whose it is. */
const OTHER_WORK = address(1);

/** The work that the task runs as a kernel worker; NULL for any other task. */
const currentWork = (k: Kernel): number => {
  if (!isWorker(k.state, k.task)) return NULL;
  return k.state.workqueue.running.findLast(({ task }) => task === k.task)?.work ?? OTHER_WORK;
};

const WORK_BUSY_PENDING = 1;
const WORK_BUSY_RUNNING = 2;

/** A `struct delayed_work` begins with its work, so both kinds go by one address. */
export const workqueueFunctions: KernelFunctions = {
  __init_work: unlisted("__init_work", { sleeps: "never", prepares: true }),
  destroy_work_on_stack: unlisted("destroy_work_on_stack", { sleeps: "never" }),
  destroy_delayed_work_on_stack: unlisted("destroy_delayed_work_on_stack", { sleeps: "never" }),
  queue_work: queueing("queue_work", false),
  queue_delayed_work: queueing("queue_delayed_work", true),
  mod_delayed_work: atomic({ sleeps: "never" }, (k, call) => {
    const wasPending = dequeue(k, call.address(1));
    queue(k, { work: call.address(1), queue: call.address(0), isDelayed: true }, "mod_delayed_work");
    return wasPending;
  }),
  flush_work: flushing("flush_work", false),
  flush_delayed_work: flushing("flush_delayed_work", true),
  cancel_work: takingBack("cancel_work"),
  cancel_delayed_work: takingBack("cancel_delayed_work"),
  cancel_work_sync: cancelling("cancel_work_sync"),
  cancel_delayed_work_sync: cancelling("cancel_delayed_work_sync"),
  disable_work_sync: cancelling("disable_work_sync", true),
  disable_delayed_work_sync: cancelling("disable_delayed_work_sync", true),
  enable_work: atomic({ sleeps: "never" }, (k, call) => enable(k, call.address(0))),
  current_work: atomic({ sleeps: "never", fails: "never" }, currentWork),
  work_pending: asking("work_pending"),
  delayed_work_pending: asking("delayed_work_pending"),
  work_busy: atomic(
    { sleeps: "never" },
    (k, call) =>
      (isWorkPending(k.state, call.address(0)) ? WORK_BUSY_PENDING : 0) |
      (runningWork(k.state, call.address(0)) === undefined ? 0 : WORK_BUSY_RUNNING),
  ),
  alloc_workqueue: atomic({ sleeps: "may", fails: "with NULL" }, (k, call) => {
    if (failure(k, "alloc_workqueue", ALLOCATION) !== 0) return NULL;
    const at = allocate(k, WORKQUEUE_SIZE, true, "alloc_workqueue", "kernel");
    if (at === NULL) return at;
    const made: Workqueue = { at, isOrdered: (call.u32(1) & WQ_ORDERED) !== 0 };
    change(k, { queues: [...k.state.workqueue.queues, made].sort((one, other) => one.at - other.at) });
    return at;
  }),
  destroy_workqueue: procedure({ sleeps: "may" }, (call) => destroy(call.address(0))),
  __flush_workqueue: procedure({ sleeps: "may" }, (call) => flushQueue(call.address(0), "__flush_workqueue", false)),
  drain_workqueue: procedure({ sleeps: "may" }, (call) => flushQueue(call.address(0), "drain_workqueue", true)),
};
