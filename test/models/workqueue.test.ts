import { describe, expect, it } from "vitest";
import { type Address, NULL } from "../../abi/address.ts";
import { isPending, sendSignal } from "../../models/signal.ts";
import { freedWorks, isWorkLeft, isWorkPending, runnableWorks, runWork } from "../../models/workqueue.ts";
import { asTask, c, coreKernel, driverFunction, halt, procedureOf, rules, setField, structure } from "./core-kernel.ts";
import { type FakeKernel, Hangs, run } from "./fake-kernel.ts";

const SYSTEM_WQ = 0x1100;
const FUNCTION = 5;

/** __WQ_ORDERED. */
const ORDERED = 1 << 17;

const workOf = (k: FakeKernel, at = structure(k, "work_struct")): Address => {
  c(k, "__init_work", at, 0);
  setField(k, at, "work_struct", "func", FUNCTION);
  return at;
};

const calls = (k: FakeKernel): readonly unknown[] => k.callbacks.map(({ arguments: [work] }) => work);

describe("a work", () => {
  it("is queued once until it runs, and may then be queued again", () => {
    const k = coreKernel();
    const work = workOf(k);
    expect([c(k, "queue_work", SYSTEM_WQ, work), c(k, "queue_work", SYSTEM_WQ, work)]).toEqual([1, 0]);
    expect([c(k, "work_pending", work), c(k, "work_busy", work)]).toEqual([1, 1]);
    run(k, runWork());
    expect(calls(k)).toEqual([work]);
    expect([c(k, "work_pending", work), c(k, "work_busy", work)]).toEqual([0, 0]);
    expect(c(k, "queue_work", SYSTEM_WQ, work)).toBe(1);
  });

  it("runs as a kernel worker, which no signal reaches", () => {
    const k = coreKernel();
    const work = workOf(k);
    sendSignal(k, 1, true);
    const pending: boolean[] = [];
    driverFunction(k, FUNCTION, () => pending.push(isPending(k.state, 1, "signal")));
    c(k, "queue_work", SYSTEM_WQ, work);
    run(k, runWork());
    expect([pending, isPending(k.state, 1, "signal")]).toEqual([[false], true]);
  });

  it("may queue itself, and free itself", () => {
    const k = coreKernel();
    const work = workOf(k, c(k, "kzalloc", 32, 0));
    driverFunction(k, FUNCTION, () => {
      if (k.callbacks.length === 1) return c(k, "queue_work", SYSTEM_WQ, work);
      return c(k, "kfree", work);
    });
    c(k, "queue_work", SYSTEM_WQ, work);
    run(k, runWork());
    expect(isWorkPending(k.state, work)).toBe(true);
    run(k, runWork());
    expect(k.state.slab.live).toEqual([]);
    expect(rules(k)).toEqual([]);
  });

  it("is left from when it is queued until it has run", () => {
    const k = coreKernel();
    const work = workOf(k);
    expect(isWorkLeft(k.state)).toBe(false);
    c(k, "queue_work", SYSTEM_WQ, work);
    expect(isWorkLeft(k.state)).toBe(true);
    const running = halt(k, runWork(), "callback", 2);
    expect(isWorkLeft(k.state)).toBe(true);
    running.finish();
    expect(isWorkLeft(k.state)).toBe(false);
  });

  it("is one of those that wait, and the worker may take any", () => {
    const k = coreKernel("the second of those that wait");
    const [first, second] = [workOf(k), workOf(k)];
    c(k, "queue_work", SYSTEM_WQ, first);
    c(k, "queue_work", SYSTEM_WQ, second);
    run(k, runWork());
    run(k, runWork());
    expect(calls(k)).toEqual([second, first]);
  });

  it("does not run twice at a time", () => {
    const k = coreKernel();
    const work = workOf(k);
    c(k, "queue_work", SYSTEM_WQ, work);
    const running = halt(k, runWork(), "callback", 2);
    expect(c(k, "work_busy", work)).toBe(2);
    c(k, "queue_work", SYSTEM_WQ, work);
    expect(run(k, runWork())).toBe(0);
    expect(k.callbacks).toEqual([]);
    running.finish();
    run(k, runWork());
    expect(calls(k)).toHaveLength(2);
  });

  it("that is not pending does not run", () => {
    const k = coreKernel();
    expect(run(k, runWork())).toBe(0);
    expect(k.callbacks).toEqual([]);
  });

  it("that was freed while it was pending is seen in the state, and recorded when it runs", () => {
    const k = coreKernel();
    const work = workOf(k, c(k, "kzalloc", 32, 0));
    c(k, "queue_work", SYSTEM_WQ, work);
    expect(freedWorks(k.state)).toEqual([]);
    c(k, "kfree", work);
    expect(freedWorks(k.state)).toMatchObject([{ work }]);
    run(k, runWork());
    expect(rules(k)).toEqual(["use-after-free"]);
  });

  it("without a function, or prepared anew while it is pending, is recorded", () => {
    const k = coreKernel();
    const work = workOf(k);
    c(k, "queue_work", SYSTEM_WQ, work);
    c(k, "__init_work", work, 0);
    setField(k, work, "work_struct", "func", NULL);
    run(k, runWork());
    c(k, "destroy_work_on_stack", work);
    c(k, "destroy_delayed_work_on_stack", work);
    expect(k.misuse).toMatchObject([
      { rule: "init-of-pending-work", isFatal: true },
      { rule: "work-without-function", isFatal: true },
    ]);
  });
});

describe("flush_work()", () => {
  it("runs what is pending, and says whether it had to", () => {
    const k = coreKernel();
    const work = workOf(k);
    expect(c(k, "flush_work", work)).toBe(0);
    c(k, "queue_work", SYSTEM_WQ, work);
    expect(c(k, "flush_work", work)).toBe(1);
    expect(calls(k)).toEqual([work]);
    c(k, "queue_delayed_work", SYSTEM_WQ, work, 100);
    expect([c(k, "delayed_work_pending", work), c(k, "flush_delayed_work", work)]).toEqual([1, 1]);
  });

  it("does not wait for a delayed work that is not due", () => {
    const k = coreKernel();
    const work = workOf(k);
    c(k, "queue_delayed_work", SYSTEM_WQ, work, 100);
    expect([c(k, "flush_work", work), calls(k)]).toEqual([0, []]);
  });

  it("waits once for a work that queues itself again and again", () => {
    const k = coreKernel();
    const work = workOf(k);
    driverFunction(k, FUNCTION, () => c(k, "queue_work", SYSTEM_WQ, work));
    c(k, "queue_work", SYSTEM_WQ, work);
    expect([c(k, "flush_work", work), calls(k)]).toEqual([1, [work]]);
  });

  it("waits for another task that runs it", () => {
    const k = coreKernel();
    const work = workOf(k);
    c(k, "queue_work", SYSTEM_WQ, work);
    const running = halt(k, runWork(), "callback", 2);
    const flushing = halt(k, procedureOf(k, "flush_work", work), "wait");
    expect(flushing.isReady()).toBe(false);
    running.finish();
    expect(flushing.finish()).toBe(1);
  });

  it.each(["flush_work", "cancel_work_sync"])("and %s() from the work itself wait for ever", (name) => {
    const k = coreKernel();
    const work = workOf(k);
    driverFunction(k, FUNCTION, () => c(k, name, work));
    c(k, "queue_work", SYSTEM_WQ, work);
    expect(() => run(k, runWork())).toThrow(Hangs);
    expect(k.misuse).toMatchObject([{ rule: "wait-for-itself", isFatal: true }]);
  });
});

describe("cancelling", () => {
  it.each([
    "cancel_work",
    "cancel_delayed_work",
    "cancel_work_sync",
    "cancel_delayed_work_sync",
    "disable_work_sync",
    "disable_delayed_work_sync",
  ])("by %s() takes back what is pending", (name) => {
    const k = coreKernel();
    const work = workOf(k);
    c(k, "queue_work", SYSTEM_WQ, work);
    expect([c(k, name, work), c(k, name, work)]).toEqual([1, 0]);
    expect(k.callbacks).toEqual([]);
  });

  it("waits for the end of one that runs, where it says so", () => {
    const k = coreKernel();
    const work = workOf(k);
    c(k, "queue_work", SYSTEM_WQ, work);
    const running = halt(k, runWork(), "callback", 2);
    expect(c(k, "cancel_work", work)).toBe(0);
    const cancelling = halt(k, procedureOf(k, "cancel_work_sync", work), "wait");
    expect(cancelling.isReady()).toBe(false);
    running.finish();
    expect(cancelling.finish()).toBe(0);
  });

  it("keeps a work that queues itself from doing so while it is waited for", () => {
    const k = coreKernel();
    const work = workOf(k);
    driverFunction(k, FUNCTION, () => c(k, "queue_work", SYSTEM_WQ, work));
    c(k, "queue_work", SYSTEM_WQ, work);
    const running = halt(k, runWork(), "callback", 2);
    const cancelling = halt(k, procedureOf(k, "cancel_work_sync", work), "wait");
    running.finish();
    cancelling.finish();
    expect(isWorkLeft(k.state)).toBe(false);
    expect(c(k, "queue_work", SYSTEM_WQ, work)).toBe(1);
  });

  it("keeps a work away until it is enabled as often as it was disabled", () => {
    const k = coreKernel();
    const work = workOf(k);
    c(k, "disable_work_sync", work);
    c(k, "disable_work_sync", work);
    expect([c(k, "enable_work", work), c(k, "queue_work", SYSTEM_WQ, work)]).toEqual([0, 0]);
    expect([c(k, "enable_work", work), c(k, "queue_work", SYSTEM_WQ, work)]).toEqual([1, 1]);
    expect(c(k, "enable_work", work)).toBe(0);
  });

  it("is part of mod_delayed_work(), which queues it again", () => {
    const k = coreKernel();
    const work = workOf(k);
    expect([c(k, "mod_delayed_work", SYSTEM_WQ, work, 1), c(k, "mod_delayed_work", SYSTEM_WQ, work, 2)]).toEqual([
      0, 1,
    ]);
    expect(isWorkPending(k.state, work)).toBe(true);
  });
});

describe("a workqueue of the driver's", () => {
  it("may fail to be allocated, and runs what is in it before it is destroyed", () => {
    const k = coreKernel("-ENOMEM");
    expect(c(k, "alloc_workqueue", "sysram", 0, 1)).toBe(NULL);
    const queue = c(k, "alloc_workqueue", "sysram", 0, 1);
    const [own, other, late] = [workOf(k), workOf(k), workOf(k)];
    c(k, "queue_work", queue, own);
    c(k, "queue_work", SYSTEM_WQ, other);
    c(k, "queue_delayed_work", queue, late, 100);
    c(k, "__flush_workqueue", queue);
    expect(calls(k)).toEqual([own]);
    c(k, "queue_work", queue, own);
    c(k, "destroy_workqueue", queue);
    expect(calls(k)).toEqual([own, own]);
    expect([k.state.workqueue.queues, k.state.slab.live]).toEqual([[], []]);
    expect(freedWorks(k.state)).toMatchObject([{ work: late, what: "queue", freed: { freedBy: "destroy_workqueue" } }]);
    c(k, "destroy_workqueue", queue);
    expect(rules(k)).toEqual(["no-such-workqueue"]);
  });

  it("may not be used once it was destroyed", () => {
    const k = coreKernel();
    const queue = c(k, "alloc_workqueue", "sysram", 0, 1);
    c(k, "destroy_workqueue", queue);
    expect(c(k, "queue_work", queue, workOf(k))).toBe(0);
    expect(rules(k)).toEqual(["use-after-free"]);
  });

  it("waits at a flush for what was in it, and at a drain also for what that queues", () => {
    const k = coreKernel();
    const queue = c(k, "alloc_workqueue", "sysram", 0, 1);
    const work = workOf(k);
    driverFunction(k, FUNCTION, () => (k.callbacks.length < 4 ? c(k, "queue_work", queue, work) : 0));
    c(k, "queue_work", queue, work);
    c(k, "__flush_workqueue", queue);
    expect(calls(k)).toEqual([work]);
    c(k, "drain_workqueue", queue);
    expect(calls(k)).toEqual([work, work, work, work]);
  });

  it("that is ordered runs its works one at a time, first come first served", () => {
    const k = coreKernel();
    const queue = c(k, "alloc_workqueue", "sysram", ORDERED, 1);
    const [first, second] = [workOf(k), workOf(k)];
    c(k, "queue_work", queue, second);
    c(k, "queue_work", queue, first);
    expect(runnableWorks(k.state)).toMatchObject([{ work: second }]);
    const running = halt(k, runWork(), "callback", 2);
    expect(runnableWorks(k.state)).toEqual([]);
    running.finish();
    c(k, "queue_work", queue, second);
    expect(c(k, "flush_work", second)).toBe(1);
    expect(calls(k)).toEqual([second, first, second]);
  });

  it("waits for a work of it that another task runs", () => {
    const k = coreKernel();
    const queue = c(k, "alloc_workqueue", "sysram", 0, 1);
    const work = workOf(k);
    c(k, "queue_work", queue, work);
    const running = halt(k, runWork(), "callback", 2);
    const flushing = halt(k, procedureOf(k, "__flush_workqueue", queue), "wait");
    expect(flushing.isReady()).toBe(false);
    running.finish();
    expect(flushing.finish()).toBe(0);
  });

  it("is the kernel's memory", () => {
    const k = coreKernel();
    c(k, "kfree", c(k, "alloc_workqueue", "sysram", 0, 1));
    expect(rules(k)).toEqual(["free-of-kernel-memory"]);
    asTask(k, 2, () => expect(k.state.workqueue.queues).toHaveLength(1));
  });
});
