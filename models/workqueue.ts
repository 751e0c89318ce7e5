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
import { enterWorker, isWorker, leaveWorker } from "./signal.ts";
import { allocate, free, isFreed, isUsable } from "./slab.ts";

/**
 * Models work that a kernel worker does later.
 *
 * Kept:    a work that is pending is not queued again; its function may run at any time from then on, and again once
 *          it was queued again, but never twice at a time; no signal reaches it; flushing waits until it has run,
 *          cancelling takes it back or waits until it is done; a work that waits for itself waits for ever; freeing or
 *          preparing anew a work that is pending is recorded or seen in the state.
 * Dropped: workers of their own: who flushes a pending work runs it himself at once, and who runs it otherwise is the
 *          environment; how long a delayed work is delayed, so that it may run at once; the order in which works of one
 *          queue run, even of an ordered one; CPUs, priorities and freezing.
 * Source:  kernel/workqueue.c.
 */
export interface WorkqueueState {
  /** The works that wait to be run, by address. */
  readonly pending: readonly PendingWork[];
  /** The works that run now, by address. */
  readonly running: readonly RunningWork[];
  /** The works that may not be queued, by address; one that was disabled twice stands here twice. */
  readonly disabled: readonly Address[];
  /** The queues that the driver allocated and has not destroyed, by address. */
  readonly queues: readonly Address[];
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

/** The pending works whose memory was freed under the kernel. */
export const freedWorks = (state: KernelState): readonly PendingWork[] =>
  state.workqueue.pending.filter(({ work }) => isFreed(state, work));

const byWork = (a: { readonly work: Address }, b: { readonly work: Address }): number => a.work - b.work;

const change = (k: Kernel, parts: Partial<WorkqueueState>): void =>
  update(k, { workqueue: { ...k.state.workqueue, ...parts } });

const funcField = (k: Kernel, work: Address): Address => address(work + (k.layout.offset("work_struct", "func") ?? 0));

const queue = (k: Kernel, pending: PendingWork, name: string): number => {
  const { work } = pending;
  if (!isUsable(k, work, 1, name, "the work") || k.state.workqueue.disabled.includes(work)) return 0;
  if (isWorkPending(k.state, work)) return 0;
  change(k, { pending: [...k.state.workqueue.pending, pending].sort(byWork) });
  return 1;
};

/** Takes a work back that is pending; whether it was. */
const dequeue = (k: Kernel, work: Address): number => {
  if (!isWorkPending(k.state, work)) return 0;
  change(k, { pending: k.state.workqueue.pending.filter((pending) => pending.work !== work) });
  return 1;
};

/** Begins to run a pending work; gives its function, or 0 where there is nothing to run. */
const begin = (k: Kernel, work: Address): number => {
  const pending = k.state.workqueue.pending.find((candidate) => candidate.work === work);
  if (pending === undefined || runningWork(k.state, work) !== undefined) return 0;
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
  const running: RunningWork = { work, queue: pending.queue, task: k.task };
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

/** An action of the environment: a kernel worker runs one pending work. */
export function* runWork(work: Address): Procedure {
  const target = yield* step((k) => begin(k, work));
  return target === 0 ? 0 : yield* perform(work, target);
}

const IS_RUNNING = -1;

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

/** Waits until a work is neither pending nor running; whether it had to. */
function* flush(work: Address, name: string): Procedure {
  let waited = 0;
  for (;;) {
    const target = yield* step((k) => {
      if (!isUsable(k, work, 1, name, "the work")) return 0;
      return lookForRunner(k, work, name) ? IS_RUNNING : begin(k, work);
    });
    if (target === 0) return waited;
    waited = 1;
    yield* target === IS_RUNNING ? untilDone(work, name) : perform(work, target);
  }
}

/** Takes a work back, and waits until it does not run; whether it was pending. */
function* cancel(work: Address, name: string, isDisabling: boolean): Procedure {
  const outcome = yield* step((k) => {
    if (!isUsable(k, work, 1, name, "the work")) return 0;
    if (isDisabling) change(k, { disabled: [...k.state.workqueue.disabled, work].sort((a, b) => a - b) });
    return dequeue(k, work) + (lookForRunner(k, work, name) ? 2 : 0);
  });
  if (outcome >= 2) yield* untilDone(work, name);
  return outcome % 2;
}

/** Waits until the works of a queue have run, with those that they queue there if it is drained. */
function* flushQueue(workqueue: Address, name: string, isDraining: boolean): Procedure {
  for (;;) {
    const work = yield* step((k) => {
      const { pending, running } = k.state.workqueue;
      const isOfQueue = (other: { readonly queue: Address }): boolean => other.queue === workqueue;
      const next = pending.find((other) => isOfQueue(other) && (isDraining || !other.isDelayed));
      return next?.work ?? running.find(isOfQueue)?.work ?? NULL;
    });
    if (work === NULL) return 0;
    yield* flush(address(work), name);
  }
}

function* destroy(workqueue: Address): Procedure {
  const name = "destroy_workqueue";
  const isKnown = yield* step((k) => {
    if (k.state.workqueue.queues.includes(workqueue)) return 1;
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
    change(k, { queues: k.state.workqueue.queues.filter((other) => other !== workqueue) });
    free(k, workqueue, name);
    return 0;
  });
}

/** What alloc_workqueue() hands out is opaque to the driver: only its address counts. */
const WORKQUEUE_SIZE = 64;

const queueing = (name: string, isDelayed: boolean): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) =>
    queue(k, { work: call.address(1), queue: call.address(0), isDelayed }, name),
  );

const flushing = (name: string): KernelFunction => procedure({ sleeps: "may" }, (call) => flush(call.address(0), name));

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
  flush_work: flushing("flush_work"),
  flush_delayed_work: flushing("flush_delayed_work"),
  cancel_work: takingBack("cancel_work"),
  cancel_delayed_work: takingBack("cancel_delayed_work"),
  cancel_work_sync: cancelling("cancel_work_sync"),
  cancel_delayed_work_sync: cancelling("cancel_delayed_work_sync"),
  disable_work_sync: cancelling("disable_work_sync", true),
  disable_delayed_work_sync: cancelling("disable_delayed_work_sync", true),
  enable_work: atomic({ sleeps: "never" }, (k, call) => {
    const { disabled } = k.state.workqueue;
    const place = disabled.indexOf(call.address(0));
    if (place === -1) return 0;
    const left = disabled.toSpliced(place, 1);
    change(k, { disabled: left });
    return left.includes(call.address(0)) ? 0 : 1;
  }),
  current_work: atomic({ sleeps: "never" }, currentWork),
  work_pending: asking("work_pending"),
  delayed_work_pending: asking("delayed_work_pending"),
  work_busy: atomic(
    { sleeps: "never" },
    (k, call) =>
      (isWorkPending(k.state, call.address(0)) ? WORK_BUSY_PENDING : 0) |
      (runningWork(k.state, call.address(0)) === undefined ? 0 : WORK_BUSY_RUNNING),
  ),
  alloc_workqueue: atomic({ sleeps: "may", fails: "with NULL" }, (k) => {
    if (failure(k, "alloc_workqueue", ALLOCATION) !== 0) return NULL;
    const at = allocate(k, WORKQUEUE_SIZE, true, "alloc_workqueue", "kernel");
    if (at !== NULL) change(k, { queues: [...k.state.workqueue.queues, at].sort((a, b) => a - b) });
    return at;
  }),
  destroy_workqueue: procedure({ sleeps: "may" }, (call) => destroy(call.address(0))),
  __flush_workqueue: procedure({ sleeps: "may" }, (call) => flushQueue(call.address(0), "__flush_workqueue", false)),
  drain_workqueue: procedure({ sleeps: "may" }, (call) => flushQueue(call.address(0), "drain_workqueue", true)),
};
