import { describe, expect, it } from "vitest";
import { ERRNO } from "../../abi/errno.ts";
import { c, coreKernel, makeDevice, pointerField, rules, structure } from "./core-kernel.ts";

describe("messages", () => {
  it("change nothing", () => {
    const k = coreKernel();
    const device = makeDevice(k, { name: "child" });
    const { state } = k;
    for (const level of ["emerg", "alert", "crit", "err", "warn", "notice", "info", "dbg"]) {
      expect(c(k, `_dev_${level}`, device, "text")).toBe(0);
      expect(c(k, `_dev_${level}`, 0, "text")).toBe(0);
    }
    expect(c(k, "_dev_printk", "level", device, "text")).toBe(0);
    expect(c(k, "_printk", "text")).toBe(0);
    expect(c(k, "dump_stack")).toBe(0);
    expect(k.state).toBe(state);
    expect(rules(k)).toEqual([]);
  });

  it("about a device that was freed are recorded", () => {
    const k = coreKernel();
    const device = makeDevice(k, { name: "child" });
    c(k, "put_device", device);
    c(k, "_dev_warn", device, "text");
    expect(k.misuse).toMatchObject([{ rule: "use-after-free", object: "the device", isFatal: true }]);
  });

  it("about a device whose name was freed are recorded", () => {
    const k = coreKernel();
    const device = structure(k, "device");
    c(k, "device_initialize", device);
    c(k, "dev_set_name", device, "child");
    const name = pointerField(k, device, "kobject", "name");
    c(k, "put_device", device);
    expect(pointerField(k, device, "kobject", "name")).toBe(name);
    c(k, "_dev_warn", device, "text");
    expect(k.misuse.slice(1)).toMatchObject([{ rule: "use-after-free", object: "the device's name" }]);
  });

  it("pass on the error that dev_err_probe() is given", () => {
    const k = coreKernel();
    expect(c(k, "dev_err_probe", makeDevice(k), -ERRNO.EBUSY, "text")).toBe(-ERRNO.EBUSY);
  });
});

describe("warnings and bugs of the driver's own", () => {
  it("are recorded, and a bug is the end", () => {
    const k = coreKernel();
    c(k, "__warn_printk", "not a cxl_sysram device\n");
    c(k, "__bug");
    c(k, "panic", "text");
    expect(k.misuse).toMatchObject([
      { rule: "kernel-warning", detail: "the driver warns: not a cxl_sysram device", isFatal: false },
      { rule: "kernel-bug", function: "__bug", isFatal: true },
      { rule: "kernel-bug", function: "panic", isFatal: true },
    ]);
  });
});
