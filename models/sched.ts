import { type Address, address } from "../abi/address.ts";
import { MEMORY_MAP, TASK_AREA } from "../abi/memory-map.ts";
import type { Answer } from "../checker/chooser.ts";
import {
  atomic,
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
import { isUsable } from "./slab.ts";

/**
 * Models what a task knows of itself: its pending signals, its sleeps, and what it waits for.
 *
 * Kept:    a signal stays pending until the task is back in user space; a kernel worker never sees one; a sleep lets
 *          everything else happen; a completion counts, and a wait for it takes one; who waits in a queue goes on when
 *          it is woken, or by a signal where it listens to those, so that a wake-up that never comes is seen.
 * Dropped: time: a sleep of a millisecond and one of a minute are the same, a timeout may come at once, and jiffies
 *          know only early and late; priorities and preemption; exclusive waiters, so that each wake-up wakes all; the
 *          order in which waiters are woken; signal handlers and masks; what stands in a task_struct, which reads as
 *          zeros.
 * Source:  kernel/signal.c, kernel/time/timer.c (msleep), kernel/time/sleep_timeout.c, kernel/sched/completion.c,
 *          kernel/sched/wait.c.
 */
export interface SchedState {
  /** The signals that wait to be delivered, at most one a task, by task. */
  readonly signals: readonly Signal[];
  /** The tasks that run as a kernel worker, ascending; one that is nested stands here several times. */
  readonly workers: readonly number[];
  /** The completions that a wait can take from, by address; their counts lie in linear memory. */
  readonly completed: readonly Address[];
  /** The tasks that stand in a wait queue, by task. */
  readonly waiters: readonly Waiter[];
  /** Set once so much time has passed that every timeout is over. */
  readonly isLate: boolean;
}

/** A task that stands in a wait queue. */
export interface Waiter {
  readonly task: number;
  readonly queue: Address;
  /** Bits of the state that it sleeps in (include/linux/sched.h `TASK_*`). */
  readonly sleep: number;
  readonly isWoken: boolean;
}

/** A signal that is pending for a task. */
export interface Signal {
  readonly task: number;
  /** Set for one that kills, which ends a killable wait too. */
  readonly isFatal: boolean;
}

export const quietSched: SchedState = { signals: [], workers: [], completed: [], waiters: [], isLate: false };

const isWorker = (state: KernelState, task: number): boolean => state.sched.workers.includes(task);

/** Whether a task has a signal pending; a kernel worker never has. */
export const isSignalPending = (state: KernelState, task: number): boolean =>
  state.sched.signals.some((signal) => signal.task === task) && !isWorker(state, task);

/** Whether a task has a signal pending that kills it. */
export const isFatalSignalPending = (state: KernelState, task: number): boolean =>
  state.sched.signals.some((signal) => signal.task === task && signal.isFatal) && !isWorker(state, task);

/** Sends a signal to a task; it stays pending. */
export const sendSignal = (k: Kernel, task: number, isFatal: boolean): void => {
  const { signals } = k.state.sched;
  const old = signals.find((signal) => signal.task === task);
  const others = signals.filter((signal) => signal !== old);
  const next: Signal = { task, isFatal: isFatal || (old?.isFatal ?? false) };
  update(k, { sched: { ...k.state.sched, signals: [...others, next].sort((a, b) => a.task - b.task) } });
};

/** Delivers the signals of a task, which is on its way back to user space. */
export const deliverSignals = (k: Kernel, task: number): void => {
  const { signals } = k.state.sched;
  if (!signals.some((signal) => signal.task === task)) return;
  update(k, { sched: { ...k.state.sched, signals: signals.filter((signal) => signal.task !== task) } });
};

/** Makes this task a kernel worker until leaveWorker(). */
export const enterWorker = (k: Kernel): void => {
  const workers = [...k.state.sched.workers, k.task].sort((a, b) => a - b);
  update(k, { sched: { ...k.state.sched, workers } });
};

/** Ends what the latest enterWorker() of this task began. */
export const leaveWorker = (k: Kernel): void => {
  const { workers } = k.state.sched;
  update(k, { sched: { ...k.state.sched, workers: workers.toSpliced(workers.indexOf(k.task), 1) } });
};

const TASK_INTERRUPTIBLE = 0x1;
const TASK_WAKEKILL = 0x100;

/** -ERESTARTSYS, which user space never sees (include/linux/errno.h). */
const INTERRUPTED = -512;

/** Whether a signal ends the sleep of a task. */
const isCutShort = (state: KernelState, task: number, sleep: number): boolean =>
  ((sleep & TASK_INTERRUPTIBLE) !== 0 && isSignalPending(state, task)) ||
  ((sleep & TASK_WAKEKILL) !== 0 && isFatalSignalPending(state, task));

/** Lets the task sleep; it returns 0, since the whole time passes. */
function* sleep(name: string): Procedure {
  yield { kind: "sleep", reason: name };
  return 0;
}

/** A sleep that a signal cuts short; `left` is what it then returns. */
function* interruptibleSleep(name: string, left: number, listensTo: number): Procedure {
  yield { kind: "sleep", reason: name };
  return yield* step((k) => (isCutShort(k.state, k.task, listensTo) ? left : 0));
}

/** A timeout from here on is none: MAX_SCHEDULE_TIMEOUT, or what schedule_timeout() left of it. */
const FOR_EVER = 2 ** 52;

/** What schedule_timeout() gives of a timeout that has no end: the largest number that both sides hold exactly. */
const STILL_FOR_EVER = Number.MAX_SAFE_INTEGER;

const setWaiters = (k: Kernel, waiters: readonly Waiter[]): void => update(k, { sched: { ...k.state.sched, waiters } });

const waiterOf = (state: KernelState, task: number): Waiter | undefined =>
  state.sched.waiters.find((waiter) => waiter.task === task);

/** Whether a task in a wait queue may go on. */
const mayGoOn = (state: KernelState, task: number): boolean => {
  const waiter = waiterOf(state, task);
  return waiter === undefined || waiter.isWoken || isCutShort(state, task, waiter.sleep);
};

const prepareToWait = (k: Kernel, queue: Address, sleepState: number): number => {
  if (!isUsable(k, queue, 1, "prepare_to_wait_event", "the wait queue")) return 0;
  const others = k.state.sched.waiters.filter(({ task }) => task !== k.task);
  if (isCutShort(k.state, k.task, sleepState)) {
    setWaiters(k, others);
    return INTERRUPTED;
  }
  const waiter: Waiter = { task: k.task, queue, sleep: sleepState, isWoken: false };
  setWaiters(
    k,
    [...others, waiter].sort((a, b) => a.task - b.task),
  );
  return 0;
};

const wakeUp = (k: Kernel, queue: Address, mode: number): number => {
  if (!isUsable(k, queue, 1, "__wake_up", "the wait queue")) return 0;
  let woken = 0;
  const waiters = k.state.sched.waiters.map((waiter) => {
    if (waiter.queue !== queue || (waiter.sleep & mode) === 0 || waiter.isWoken) return waiter;
    woken += 1;
    return { ...waiter, isWoken: true };
  });
  if (woken > 0) setWaiters(k, waiters);
  return woken;
};

/** Sleeps until something wakes this task, or until the timeout; gives the time left. */
function* schedule(name: string, timeout: number): Procedure {
  if (timeout < FOR_EVER) {
    yield { kind: "sleep", reason: name };
    return yield* step((k) => (waiterOf(k.state, k.task) !== undefined && mayGoOn(k.state, k.task) ? 1 : 0));
  }
  // The number of the task, counted from 1, where it stands in a queue.
  const waiting = yield* step((k) => (waiterOf(k.state, k.task) === undefined ? 0 : k.task + 1));
  yield waiting === 0
    ? { kind: "sleep", reason: name }
    : { kind: "wait", reason: name, isReady: (state) => mayGoOn(state, waiting - 1) };
  return STILL_FOR_EVER;
}

/** The clock either has not moved since the start, or stands behind every deadline that was computed before. */
const LATE_JIFFIES = 2 ** 40;

const CLOCK: readonly [Answer, Answer] = [{ label: "still early" }, { label: "late" }];

const readClock = (k: Kernel): number => {
  if (k.state.sched.isLate) return LATE_JIFFIES;
  if (k.chooser.choose("get_jiffies_64", CLOCK) === CLOCK[0]) return 0;
  update(k, { sched: { ...k.state.sched, isLate: true } });
  return LATE_JIFFIES;
};

/** Where the current task's task_struct is said to lie: at the far end of its stack, which C never reaches. */
const taskStruct = (task: number): Address => address(MEMORY_MAP.tasksStart + task * TASK_AREA);

const doneField = (k: Kernel, completion: Address): Address =>
  address(completion + (k.layout.offset("completion", "done") ?? 0));

/** What complete_all() sets the count to. */
const COMPLETED_FOR_EVER = 0x7fff_ffff;

const setDone = (k: Kernel, completion: Address, done: number): void => {
  k.memory.setU32(doneField(k, completion), done);
  const others = k.state.sched.completed.filter((other) => other !== completion);
  const completed = done === 0 ? others : [...others, completion].sort((a, b) => a - b);
  update(k, { sched: { ...k.state.sched, completed } });
};

const complete = (k: Kernel, completion: Address, name: string): number => {
  if (!isUsable(k, completion, 4, name, "the completion")) return 0;
  const done = k.memory.u32(doneField(k, completion));
  if (name === "complete_all") setDone(k, completion, COMPLETED_FOR_EVER);
  else setDone(k, completion, Math.min(done + 1, COMPLETED_FOR_EVER));
  return 0;
};

/** Takes one from a completion; whether there was one. */
const takeCompletion = (k: Kernel, completion: Address, name: string): boolean => {
  if (!isUsable(k, completion, 4, name, "the completion")) return true;
  const done = k.memory.u32(doneField(k, completion));
  setDone(k, completion, done === 0 || done === COMPLETED_FOR_EVER ? done : done - 1);
  return done !== 0;
};

const TAKEN = 0;

/**
 * Waits for a completion; gives 0, -ERESTARTSYS, or with a timeout the time left, which is then at least 1.
 *
 * @param listensTo - bits of TASK_*: which signals end the wait
 */
function* waitFor(completion: Address, name: string, listensTo: number, hasTimeout: boolean): Procedure {
  for (;;) {
    const outcome = yield* step((k) => {
      if (takeCompletion(k, completion, name)) return TAKEN;
      return isCutShort(k.state, k.task, listensTo) ? INTERRUPTED : pair(completion, k.task);
    });
    if (outcome === INTERRUPTED) return outcome;
    if (outcome === TAKEN) return hasTimeout ? 1 : 0;
    if (hasTimeout) {
      yield { kind: "sleep", reason: name };
      return yield* step((k) => (takeCompletion(k, completion, name) ? 1 : 0));
    }
    const at = firstOf(outcome);
    const task = secondOf(outcome);
    yield {
      kind: "wait",
      reason: name,
      isReady: (state) => state.sched.completed.some((other) => other === at) || isCutShort(state, task, listensTo),
    };
  }
}

const waiting = (name: string, listensTo: number, hasTimeout = false): KernelFunction =>
  procedure((call) => waitFor(call.address(0), name, listensTo, hasTimeout));

const completing = (name: string): KernelFunction => atomic((k, call) => complete(k, call.address(0), name));

const initialising = (name: string): KernelFunction =>
  atomic((k, call) => {
    if (isUsable(k, call.address(0), 4, name, "the completion")) setDone(k, call.address(0), 0);
    return 0;
  });

const sleeping = (name: string): KernelFunction => procedure(() => sleep(name));

const nothing = atomic(() => 0);

export const schedFunctions: KernelFunctions = {
  get_current: atomic((k) => taskStruct(k.task)),
  signal_pending: atomic((k) => (isSignalPending(k.state, k.task) ? 1 : 0)),
  fatal_signal_pending: atomic((k) => (isFatalSignalPending(k.state, k.task) ? 1 : 0)),
  set_current_state: nothing,
  get_jiffies_64: atomic(readClock),

  msleep: sleeping("msleep"),
  usleep_range: sleeping("usleep_range"),
  msleep_interruptible: procedure((call) =>
    interruptibleSleep("msleep_interruptible", call.u32(0), TASK_INTERRUPTIBLE),
  ),
  udelay: nothing,
  mdelay: nothing,
  cond_resched: nothing,
  might_sleep: nothing,

  schedule: procedure(() => schedule("schedule", FOR_EVER)),
  schedule_timeout: procedure((call) => schedule("schedule_timeout", call.u64(0))),
  schedule_timeout_interruptible: procedure((call) =>
    interruptibleSleep("schedule_timeout_interruptible", call.u64(0), TASK_INTERRUPTIBLE),
  ),
  schedule_timeout_killable: procedure((call) =>
    interruptibleSleep("schedule_timeout_killable", call.u64(0), TASK_WAKEKILL),
  ),
  schedule_timeout_uninterruptible: sleeping("schedule_timeout_uninterruptible"),

  __init_waitqueue_head: atomic((k, call) => {
    isUsable(k, call.address(0), 1, "__init_waitqueue_head", "the wait queue");
    return 0;
  }),
  prepare_to_wait_event: atomic((k, call) => prepareToWait(k, call.address(0), call.u32(2))),
  finish_wait: atomic((k) => {
    if (waiterOf(k.state, k.task) !== undefined) {
      setWaiters(
        k,
        k.state.sched.waiters.filter(({ task }) => task !== k.task),
      );
    }
    return 0;
  }),
  __wake_up: atomic((k, call) => wakeUp(k, call.address(0), call.u32(1))),

  init_completion: initialising("init_completion"),
  reinit_completion: initialising("reinit_completion"),
  complete: completing("complete"),
  complete_all: completing("complete_all"),
  completion_done: atomic((k, call) => {
    const completion = call.address(0);
    if (!isUsable(k, completion, 4, "completion_done", "the completion")) return 0;
    return k.memory.u32(doneField(k, completion)) === 0 ? 0 : 1;
  }),
  try_wait_for_completion: atomic((k, call) => (takeCompletion(k, call.address(0), "try_wait_for_completion") ? 1 : 0)),
  wait_for_completion: waiting("wait_for_completion", 0),
  wait_for_completion_interruptible: waiting("wait_for_completion_interruptible", TASK_INTERRUPTIBLE),
  wait_for_completion_killable: waiting("wait_for_completion_killable", TASK_WAKEKILL),
  wait_for_completion_timeout: waiting("wait_for_completion_timeout", 0, true),
  wait_for_completion_interruptible_timeout: waiting(
    "wait_for_completion_interruptible_timeout",
    TASK_INTERRUPTIBLE,
    true,
  ),
};
