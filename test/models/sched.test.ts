import { describe, expect, it } from "vitest";
import { type Address, NULL } from "../../abi/address.ts";
import { deliverSignals, sendSignal } from "../../models/signal.ts";
import { asTask, c, coreKernel, halt, procedureOf, rules, structure } from "./core-kernel.ts";
import { type FakeKernel, Hangs } from "./fake-kernel.ts";

const ERESTARTSYS = 512;
const TASK_INTERRUPTIBLE = 1;
const TASK_UNINTERRUPTIBLE = 2;
const TASK_KILLABLE = 0x102;
const TASK_NORMAL = 3;
/** MAX_SCHEDULE_TIMEOUT as a JavaScript number holds it. */
const FOR_EVER = 2 ** 63;

describe("a sleep", () => {
  it.each(["msleep", "usleep_range", "schedule", "schedule_timeout", "schedule_timeout_uninterruptible"])(
    "in %s() lets others run, and then ends",
    (name) => {
      const k = coreKernel();
      expect(halt(k, procedureOf(k, name, 10, 20), "sleep").request).toEqual({ kind: "sleep", reason: name });
    },
  );

  it.each(["msleep_interruptible", "schedule_timeout_interruptible"])("in %s() is cut short by a signal", (name) => {
    const k = coreKernel();
    const sleeping = halt(k, procedureOf(k, name, 10), "sleep");
    sendSignal(k, 1, false);
    expect(sleeping.finish()).toBe(10);
    deliverSignals(k, 1);
    expect(c(k, name, 10)).toBe(0);
  });

  it("in schedule_timeout_killable() is cut short by one that kills only", () => {
    const k = coreKernel();
    sendSignal(k, 1, false);
    expect(c(k, "schedule_timeout_killable", 10)).toBe(0);
    sendSignal(k, 1, true);
    expect(c(k, "schedule_timeout_killable", 10)).toBe(10);
  });

  it("is not what waiting by the clock or giving way does", () => {
    const k = coreKernel();
    for (const name of ["udelay", "mdelay", "cond_resched", "might_sleep", "set_current_state"]) {
      expect(c(k, name, 10)).toBe(0);
    }
  });
});

describe("the clock", () => {
  it("is early until it is late, and then stays so", () => {
    const k = coreKernel("still early", "late");
    const early = c(k, "get_jiffies_64");
    const deadline = early + 1000;
    const late = c(k, "get_jiffies_64");
    expect(late).toBeGreaterThan(deadline);
    expect(c(k, "get_jiffies_64")).toBe(late);
    expect(k.asked).toHaveLength(2);
  });
});

describe("the current task", () => {
  it("has a place of its own for each task", () => {
    const k = coreKernel();
    const own = c(k, "get_current");
    expect(c(k, "get_current")).toBe(own);
    expect(asTask(k, 2, () => c(k, "get_current"))).not.toBe(own);
  });
});

describe("a wait queue", () => {
  const queueOf = (k: FakeKernel): Address => {
    const at = k.variable(24);
    c(k, "__init_waitqueue_head", at, 0, 0);
    return at;
  };

  it("lets a task go on when it is woken, and not before", () => {
    const k = coreKernel();
    const queue = queueOf(k);
    expect(c(k, "prepare_to_wait_event", queue, 0, TASK_UNINTERRUPTIBLE)).toBe(0);
    const waiting = halt(k, procedureOf(k, "schedule_timeout", FOR_EVER), "wait");
    expect(waiting.isReady()).toBe(false);
    sendSignal(k, 1, true);
    expect(waiting.isReady()).toBe(false);
    expect(asTask(k, 2, () => c(k, "__wake_up", queue, TASK_NORMAL, 1, 0))).toBe(1);
    expect(waiting.isReady()).toBe(true);
    const left = waiting.finish();
    expect(left).toBeGreaterThan(0);
    c(k, "finish_wait", queue, 0);
    expect(k.state.sched.waiters).toEqual([]);
    c(k, "finish_wait", queue, 0);
    expect(rules(k)).toEqual([]);
  });

  it("keeps a wake-up that comes before the sleep", () => {
    const k = coreKernel();
    const queue = queueOf(k);
    c(k, "prepare_to_wait_event", queue, 0, TASK_UNINTERRUPTIBLE);
    asTask(k, 2, () => c(k, "__wake_up", queue, TASK_NORMAL, 0, 0));
    expect(halt(k, procedureOf(k, "schedule_timeout", FOR_EVER), "wait").isReady()).toBe(true);
    expect(c(k, "__wake_up", queue, TASK_NORMAL, 0, 0)).toBe(0);
  });

  it("hangs a task that nobody wakes", () => {
    const k = coreKernel();
    c(k, "prepare_to_wait_event", queueOf(k), 0, TASK_UNINTERRUPTIBLE);
    expect(() => c(k, "schedule")).toThrow(Hangs);
  });

  it("goes on by a signal where the wait listens to it", () => {
    const k = coreKernel();
    const queue = queueOf(k);
    c(k, "prepare_to_wait_event", queue, 0, TASK_INTERRUPTIBLE);
    const waiting = halt(k, procedureOf(k, "schedule_timeout", FOR_EVER), "wait");
    sendSignal(k, 1, false);
    expect(waiting.isReady()).toBe(true);
    waiting.finish();
    expect(c(k, "prepare_to_wait_event", queue, 0, TASK_KILLABLE)).toBe(0);
    expect(c(k, "prepare_to_wait_event", queue, 0, TASK_INTERRUPTIBLE)).toBe(-ERESTARTSYS);
    expect(k.state.sched.waiters).toEqual([]);
  });

  it("wakes only those that sleep in the mode that is meant", () => {
    const k = coreKernel();
    const queue = queueOf(k);
    c(k, "prepare_to_wait_event", queue, 0, TASK_UNINTERRUPTIBLE);
    expect(c(k, "__wake_up", queue, TASK_INTERRUPTIBLE, 1, 0)).toBe(0);
    expect(c(k, "__wake_up", queueOf(k), TASK_NORMAL, 1, 0)).toBe(0);
  });

  it("may time out while nobody wakes, and leaves time where somebody did", () => {
    const k = coreKernel();
    const queue = queueOf(k);
    c(k, "prepare_to_wait_event", queue, 0, TASK_UNINTERRUPTIBLE);
    expect(c(k, "schedule_timeout", 100)).toBe(0);
    c(k, "__wake_up", queue, TASK_NORMAL, 1, 0);
    expect(c(k, "schedule_timeout", 100)).toBe(1);
  });

  it("in freed memory is recorded", () => {
    const k = coreKernel();
    const queue = c(k, "kzalloc", 24, 0);
    c(k, "kfree", queue);
    c(k, "prepare_to_wait_event", queue, 0, TASK_INTERRUPTIBLE);
    c(k, "__wake_up", queue, TASK_NORMAL, 1, 0);
    expect(rules(k)).toEqual(["use-after-free", "use-after-free"]);
  });
});

describe("a completion", () => {
  const completionOf = (k: FakeKernel): Address => {
    const at = structure(k, "completion");
    c(k, "init_completion", at);
    return at;
  };

  it("lets as many waits through as it was completed", () => {
    const k = coreKernel();
    const at = completionOf(k);
    expect(c(k, "completion_done", at)).toBe(0);
    expect(c(k, "try_wait_for_completion", at)).toBe(0);
    c(k, "complete", at);
    c(k, "complete", at);
    expect(c(k, "completion_done", at)).toBe(1);
    expect(c(k, "wait_for_completion", at)).toBe(0);
    expect(c(k, "try_wait_for_completion", at)).toBe(1);
    expect(() => c(k, "wait_for_completion", at)).toThrow(Hangs);
    expect(k.state.sched.completed).toEqual([]);
  });

  it("lets all through after complete_all(), until it is initialised again", () => {
    const k = coreKernel();
    const at = completionOf(k);
    c(k, "complete_all", at);
    c(k, "complete", at);
    for (let count = 0; count < 3; count += 1) expect(c(k, "wait_for_completion", at)).toBe(0);
    c(k, "reinit_completion", at);
    expect(c(k, "try_wait_for_completion", at)).toBe(0);
  });

  it("wakes who waits", () => {
    const k = coreKernel();
    const at = completionOf(k);
    const waiting = halt(k, procedureOf(k, "wait_for_completion", at), "wait");
    expect(waiting.isReady()).toBe(false);
    asTask(k, 2, () => c(k, "complete", at));
    expect(waiting.isReady()).toBe(true);
    expect(waiting.finish()).toBe(0);
  });

  it("is waited for until a signal, where the wait listens to it", () => {
    const k = coreKernel();
    const at = completionOf(k);
    sendSignal(k, 1, false);
    expect(c(k, "wait_for_completion_interruptible", at)).toBe(-ERESTARTSYS);
    expect(() => c(k, "wait_for_completion_killable", at)).toThrow(Hangs);
    expect(() => c(k, "wait_for_completion", at)).toThrow(Hangs);
    expect(c(k, "wait_for_completion_interruptible_timeout", at, 100)).toBe(-ERESTARTSYS);
  });

  it("may time out", () => {
    const k = coreKernel();
    const at = completionOf(k);
    expect(c(k, "wait_for_completion_timeout", at, 100)).toBe(0);
    c(k, "complete", at);
    expect(c(k, "wait_for_completion_timeout", at, 100)).toBe(1);
  });

  it("at NULL is recorded", () => {
    const k = coreKernel();
    c(k, "complete", NULL);
    c(k, "completion_done", NULL);
    c(k, "init_completion", NULL);
    expect(rules(k)).toEqual(["wild-pointer", "wild-pointer", "wild-pointer"]);
  });
});
