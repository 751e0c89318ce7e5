import { type Address, address } from "../abi/address.ts";
import { MEMORY_MAP, TASK_AREA } from "../abi/memory-map.ts";
import type { Answer } from "../checker/chooser.ts";
import {
  atomic,
  type Declared,
  type Kernel,
  type KernelFunction,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  step,
  update,
} from "./kernel.ts";
import { isPending, type ListensTo, looksForSignal } from "./signal.ts";
import { isUsable } from "./slab.ts";

/**
 * Models what a task knows of itself: its sleeps, and what it waits for.
 *
 * Kept:    a sleep lets everything else happen; a completion counts, and a wait for it takes one; who waits in a queue
 *          goes on when it is woken, or by a signal where it listens to those, so that a wake-up that never comes is seen.
 * Dropped: time: a sleep of a millisecond and one of a minute are the same, a timeout may come at once, and jiffies
 *          know only early and late; priorities and preemption; exclusive waiters, so that each wake-up wakes all; the
 *          order in which waiters are woken; what stands in a task_struct, which reads as zeros.
 * Source:  kernel/time/timer.c (msleep), kernel/time/sleep_timeout.c, kernel/sched/completion.c,
 *          kernel/sched/wait.c.
 */
export interface SchedState {
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

export const quietSched: SchedState = { completed: [], waiters: [], isLate: false };

const TASK_INTERRUPTIBLE = 0x1;
const TASK_WAKEKILL = 0x100;

/** -ERESTARTSYS, which user space never sees (include/linux/errno.h). */
const INTERRUPTED = -512;

/** Which signals end a sleep in this state of a task (include/linux/sched.h `TASK_*`). */
const signalsThatEnd = (sleepState: number): ListensTo => {
  if ((sleepState & TASK_INTERRUPTIBLE) !== 0) return "signal";
  return (sleepState & TASK_WAKEKILL) === 0 ? "none" : "fatal signal";
};

/** Lets the task sleep; it returns 0, since the whole time passes. */
function* sleep(name: string): Procedure {
  yield { kind: "sleep", reason: name };
  return 0;
}

/** A sleep that a signal cuts short; `left` is what it then returns. */
function* interruptibleSleep(name: string, left: number, listensTo: ListensTo): Procedure {
  yield { kind: "sleep", reason: name };
  return yield* step((k) => (looksForSignal(k, listensTo) ? left : 0));
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
  return waiter === undefined || waiter.isWoken || isPending(state, task, signalsThatEnd(waiter.sleep));
};

const prepareToWait = (k: Kernel, queue: Address, sleepState: number): number => {
  if (!isUsable(k, queue, 1, "prepare_to_wait_event", "the wait queue")) return 0;
  const others = k.state.sched.waiters.filter(({ task }) => task !== k.task);
  if (looksForSignal(k, signalsThatEnd(sleepState))) {
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

const NOT_IN_A_QUEUE = -1;

/** Sleeps until something wakes this task, or until the timeout; gives the time left. */
function* schedule(name: string, timeout: number): Procedure {
  if (timeout < FOR_EVER) {
    yield { kind: "sleep", reason: name };
    return yield* step((k) => {
      const waiter = waiterOf(k.state, k.task);
      return waiter !== undefined && (waiter.isWoken || looksForSignal(k, signalsThatEnd(waiter.sleep))) ? 1 : 0;
    });
  }
  const sleepState = yield* step((k) => waiterOf(k.state, k.task)?.sleep ?? NOT_IN_A_QUEUE);
  yield sleepState === NOT_IN_A_QUEUE
    ? { kind: "sleep", reason: name }
    : { kind: "wait", reason: name, listensTo: signalsThatEnd(sleepState), isReady: mayGoOn, endedBy: "anybody" };
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

/** Forgets the completions in memory that is gone: of what was freed, and of a task that has ended. */
export const forgetCompletions = (k: Kernel, isGone: (completion: Address) => boolean): void => {
  const { completed } = k.state.sched;
  const left = completed.filter((completion) => !isGone(completion));
  if (left.length < completed.length) update(k, { sched: { ...k.state.sched, completed: left } });
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
 * @param listensTo - which signals end the wait
 */
function* waitFor(completion: Address, name: string, listensTo: ListensTo, hasTimeout: boolean): Procedure {
  for (;;) {
    const outcome = yield* step((k) => {
      if (takeCompletion(k, completion, name)) return TAKEN;
      return isPending(k.state, k.task, listensTo) ? INTERRUPTED : completion;
    });
    if (outcome === INTERRUPTED) return outcome;
    if (outcome === TAKEN) return hasTimeout ? 1 : 0;
    if (hasTimeout) {
      yield { kind: "sleep", reason: name };
      return yield* step((k) => {
        if (takeCompletion(k, completion, name)) return 1;
        return looksForSignal(k, listensTo) ? INTERRUPTED : 0;
      });
    }
    yield {
      kind: "wait",
      reason: name,
      listensTo,
      isReady: (state, task) => state.sched.completed.includes(completion) || isPending(state, task, listensTo),
      endedBy: "anybody",
    };
  }
}

const waiting = (name: string, listensTo: ListensTo, hasTimeout = false): KernelFunction =>
  procedure({ sleeps: "may" }, (call) => waitFor(call.address(0), name, listensTo, hasTimeout));

const completing = (name: string): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) => complete(k, call.address(0), name));

const initialising = (name: string, declared: Declared): KernelFunction =>
  atomic(declared, (k, call) => {
    if (isUsable(k, call.address(0), 4, name, "the completion")) setDone(k, call.address(0), 0);
    return 0;
  });

const sleeping = (name: string): KernelFunction => procedure({ sleeps: "may" }, () => sleep(name));

const nothing = atomic({ sleeps: "never" }, () => 0);

/** Where the kernel could let others run, it does so at every call anyway. */
const yielding = atomic({ sleeps: "may", fails: "never" }, () => 0);

export const schedFunctions: KernelFunctions = {
  get_current: atomic({ sleeps: "never", fails: "never" }, (k) => taskStruct(k.task)),
  set_current_state: nothing,
  get_jiffies_64: atomic({ sleeps: "never" }, readClock),

  msleep: sleeping("msleep"),
  usleep_range: sleeping("usleep_range"),
  msleep_interruptible: procedure({ sleeps: "may" }, (call) =>
    interruptibleSleep("msleep_interruptible", call.u32(0), "signal"),
  ),
  udelay: nothing,
  mdelay: nothing,
  cond_resched: yielding,
  might_sleep: yielding,

  schedule: procedure({ sleeps: "may" }, () => schedule("schedule", FOR_EVER)),
  schedule_timeout: procedure({ sleeps: "may" }, (call) => schedule("schedule_timeout", call.u64(0))),
  schedule_timeout_interruptible: procedure({ sleeps: "may" }, (call) =>
    interruptibleSleep("schedule_timeout_interruptible", call.u64(0), "signal"),
  ),
  schedule_timeout_killable: procedure({ sleeps: "may" }, (call) =>
    interruptibleSleep("schedule_timeout_killable", call.u64(0), "fatal signal"),
  ),
  schedule_timeout_uninterruptible: sleeping("schedule_timeout_uninterruptible"),

  __init_waitqueue_head: atomic({ sleeps: "never", prepares: true }, (k, call) => {
    isUsable(k, call.address(0), 1, "__init_waitqueue_head", "the wait queue");
    return 0;
  }),
  prepare_to_wait_event: atomic({ sleeps: "never" }, (k, call) => prepareToWait(k, call.address(0), call.u32(2))),
  finish_wait: atomic({ sleeps: "never" }, (k) => {
    if (waiterOf(k.state, k.task) !== undefined) {
      setWaiters(
        k,
        k.state.sched.waiters.filter(({ task }) => task !== k.task),
      );
    }
    return 0;
  }),
  __wake_up: atomic({ sleeps: "never", fails: "never" }, (k, call) => wakeUp(k, call.address(0), call.u32(1))),

  init_completion: initialising("init_completion", { sleeps: "never", prepares: true }),
  reinit_completion: initialising("reinit_completion", { sleeps: "never" }),
  complete: completing("complete"),
  complete_all: completing("complete_all"),
  completion_done: atomic({ sleeps: "never" }, (k, call) => {
    const completion = call.address(0);
    if (!isUsable(k, completion, 4, "completion_done", "the completion")) return 0;
    return k.memory.u32(doneField(k, completion)) === 0 ? 0 : 1;
  }),
  try_wait_for_completion: atomic({ sleeps: "never" }, (k, call) =>
    takeCompletion(k, call.address(0), "try_wait_for_completion") ? 1 : 0,
  ),
  wait_for_completion: waiting("wait_for_completion", "none"),
  wait_for_completion_interruptible: waiting("wait_for_completion_interruptible", "signal"),
  wait_for_completion_killable: waiting("wait_for_completion_killable", "fatal signal"),
  wait_for_completion_timeout: waiting("wait_for_completion_timeout", "none", true),
  wait_for_completion_interruptible_timeout: waiting("wait_for_completion_interruptible_timeout", "signal", true),
};
