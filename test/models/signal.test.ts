import { describe, expect, it } from "vitest";
import { deliverSignals, enterWorker, isPending, leaveWorker, sendSignal } from "../../models/signal.ts";
import { asTask, c, coreKernel } from "./core-kernel.ts";

describe("a signal", () => {
  it("stays pending for its task until it is delivered", () => {
    const k = coreKernel();
    sendSignal(k, 1, false);
    expect([c(k, "signal_pending", 0), c(k, "fatal_signal_pending", 0)]).toEqual([1, 0]);
    expect(asTask(k, 2, () => c(k, "signal_pending", 0))).toBe(0);
    deliverSignals(k, 2);
    expect(isPending(k.state, 1, "signal")).toBe(true);
    deliverSignals(k, 1);
    expect(isPending(k.state, 1, "signal")).toBe(false);
  });

  it("may come where the task looks for one, and stays pending then", () => {
    const k = coreKernel("none has come", "one has come", "none has come", "one has come");
    expect([c(k, "signal_pending", 0), c(k, "signal_pending", 0)]).toEqual([0, 1]);
    expect([c(k, "signal_pending", 0), c(k, "fatal_signal_pending", 0)]).toEqual([1, 0]);
    expect(c(k, "fatal_signal_pending", 0)).toBe(1);
    expect(k.asked).toHaveLength(4);
    enterWorker(k);
    expect(c(k, "signal_pending", 0)).toBe(0);
    expect(k.asked).toHaveLength(4);
  });

  it("that kills is not made harmless by another one", () => {
    const k = coreKernel();
    sendSignal(k, 1, true);
    sendSignal(k, 1, false);
    expect(isPending(k.state, 1, "fatal signal")).toBe(true);
    expect(c(k, "fatal_signal_pending", 0)).toBe(1);
    expect(k.state.signal.pending).toHaveLength(1);
  });

  it("does not reach a kernel worker, however deep", () => {
    const k = coreKernel();
    sendSignal(k, 1, true);
    enterWorker(k);
    enterWorker(k);
    leaveWorker(k);
    expect([isPending(k.state, 1, "signal"), isPending(k.state, 1, "fatal signal")]).toEqual([false, false]);
    leaveWorker(k);
    expect(isPending(k.state, 1, "signal")).toBe(true);
  });
});
