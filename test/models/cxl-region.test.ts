import { describe, expect, it } from "vitest";
import { type Address, address, NULL } from "../../abi/address.ts";
import { ERRNO } from "../../abi/errno.ts";
import {
  commitRegion,
  createRegion,
  decommitRegion,
  detachRegion,
  probeRegion,
  regionAt,
  regionById,
  unbindRegion,
} from "../../models/cxl-region.ts";
import { deviceAt } from "../../models/device.ts";
import { hasDevres } from "../../models/devres.ts";
import { nameOf, resourcesOf } from "../../models/iomem.ts";
import { callback, type Procedure } from "../../models/kernel.ts";
import { deviceMutex, holdsLock } from "../../models/lock.ts";
import { driverAllocations } from "../../models/slab.ts";
import { asTask, c, coreKernel, driverFunction, halt, pointerField, rules, structure } from "./core-kernel.ts";
import { type FakeKernel, Hangs, run } from "./fake-kernel.ts";

const START = 64 * 2 ** 30;
const SIZE = 2 ** 28;
const ACTION = 5;
const ENTRY = 6;

const made = (k: FakeKernel, id = 0): Address =>
  createRegion(k, { id, start: START + id * SIZE, size: SIZE, isStaticRam: id === 0 });

const field = (k: FakeKernel, region: Address, name: string): number =>
  k.memory.u32(address(region + k.layout.offset("cxl_region", name)!));

/** A probe that adds an action to the region's device and gives `result`. */
const probing = (k: FakeKernel, region: Address, result: number): Procedure => {
  driverFunction(k, ENTRY, () => {
    c(k, "devm_add_action", region, ACTION, 1);
    return result;
  });
  return probeRegion(region, () => callback("entry", address(ENTRY), "i_pi", region, 3));
};

const actions = (k: FakeKernel): number => k.callbacks.filter(({ function: target }) => target === ACTION).length;

describe("a new region", () => {
  it("is committed and unbound, and nothing of it belongs to the driver", () => {
    const k = coreKernel();
    const [first, second] = [made(k, 0), made(k, 1)];
    expect(regionById(k.state, 1)).toMatchObject({ at: second, isCommitted: true, isBound: false, size: SIZE });
    expect([field(k, first, "id"), field(k, first, "mode")]).toEqual([0, 0]);
    expect([field(k, second, "id"), field(k, second, "mode")]).toEqual([1, 2]);
    expect(driverAllocations(k.state.slab)).toEqual([]);
    expect(deviceAt(k.state, first)).toMatchObject({ name: "region0", references: 1, isEnvironment: true, site: 0 });
    expect(resourcesOf(k.state, "cxl region").map(({ at }) => nameOf(k, at))).toEqual(["region0", "region1"]);
    expect(rules(k)).toEqual([]);
  });

  it("takes over the variables that say what it is", () => {
    const k = coreKernel();
    const [type, bus] = [structure(k, "device_type"), structure(k, "bus_type")];
    const region = createRegion(k, { id: 0, start: START, size: SIZE, isStaticRam: true, type, bus });
    expect([pointerField(k, region, "device", "type"), pointerField(k, region, "device", "bus")]).toEqual([type, bus]);
  });

  it("needs a free range", () => {
    const k = coreKernel();
    c(k, "__request_region", k.state.iomem.root, START, SIZE, k.text("busy"), 0);
    expect(() => made(k)).toThrow("no place for region0");
  });
});

describe("cxl_region_get_hpa_range()", () => {
  it("gives the range of a region that is committed, its end included", () => {
    const k = coreKernel();
    const region = made(k);
    const range = structure(k, "range");
    expect(c(k, "cxl_region_get_hpa_range", region, range)).toBe(0);
    expect([k.memory.u64(range), k.memory.u64(address(range + 8))]).toEqual([START, START + SIZE - 1]);
  });

  it("gives -ENXIO without a commit", () => {
    const k = coreKernel();
    const region = made(k);
    run(k, decommitRegion(region));
    expect(c(k, "cxl_region_get_hpa_range", region, structure(k, "range"))).toBe(-ERRNO.ENXIO);
    run(k, commitRegion(region));
    expect(c(k, "cxl_region_get_hpa_range", region, structure(k, "range"))).toBe(0);
    expect(rules(k)).toEqual([]);
  });

  it("records what is no region", () => {
    const k = coreKernel();
    expect(c(k, "cxl_region_get_hpa_range", structure(k, "cxl_region"), 0)).toBe(-ERRNO.ENXIO);
    expect(c(k, "cxl_region_get_hpa_range", NULL, 0)).toBe(-ERRNO.ENXIO);
    expect(c(k, "cxl_region_get_hpa_range", made(k), NULL)).toBe(-ERRNO.ENXIO);
    expect(rules(k)).toEqual(["not-a-region", "wild-pointer", "wild-pointer"]);
  });
});

describe("a probe", () => {
  it("runs the entry under the lock of the region's device, and binds the region", () => {
    const k = coreKernel();
    const region = made(k);
    const probe = halt(k, probing(k, region, 0), "callback");
    expect(holdsLock(k.state, deviceMutex(k, region), 1)).toBe(true);
    expect(pointerField(k, region, "device", "driver")).not.toBe(NULL);
    expect(halt(k, unbindRegion(region), "wait", 2).isReady()).toBe(false);
    expect(probe.finish()).toBe(0);
    expect(regionAt(k.state, region)?.isBound).toBe(true);
    expect(c(k, "device_is_bound", region)).toBe(1);
    expect(k.state.lock.held).toEqual([]);
  });

  it("that fails undoes what is managed, and leaves the region unbound", () => {
    const k = coreKernel();
    const region = made(k);
    expect(run(k, probing(k, region, -ERRNO.ENOSPC))).toBe(-ERRNO.ENOSPC);
    expect([actions(k), hasDevres(k.state, region)]).toEqual([1, false]);
    expect(regionAt(k.state, region)?.isBound).toBe(false);
    expect(pointerField(k, region, "device", "driver")).toBe(NULL);
    expect(k.state.lock.held).toEqual([]);
  });

  it("is refused where something managed is left, where a driver is bound, and without a commit", () => {
    const k = coreKernel();
    const region = made(k);
    c(k, "devm_add_action", region, ACTION, 1);
    expect(run(k, probing(k, region, 0))).toBe(-ERRNO.EBUSY);
    c(k, "devm_release_action", region, ACTION, 1);
    run(k, probing(k, region, 0));
    expect(run(k, probing(k, region, 0))).toBe(-ERRNO.EBUSY);
    run(k, decommitRegion(region));
    expect(run(k, probing(k, region, 0))).toBe(-ERRNO.ENXIO);
    expect(k.callbacks.filter(({ function: target }) => target === ENTRY)).toHaveLength(1);
    expect(k.state.lock.held).toEqual([]);
  });

  it("that takes the lock of its own device hangs", () => {
    const k = coreKernel();
    const region = made(k);
    driverFunction(k, ENTRY, () => c(k, "mutex_lock", deviceMutex(k, region)));
    expect(() =>
      run(
        k,
        probeRegion(region, () => callback("entry", address(ENTRY), "i_p", region)),
      ),
    ).toThrow(Hangs);
    expect(rules(k)).toEqual(["recursive-lock"]);
  });
});

describe("an unbind", () => {
  it("undoes what is managed under the lock, and lets the region be probed again", () => {
    const k = coreKernel();
    const region = made(k);
    run(k, probing(k, region, 0));
    const wasLocked: boolean[] = [];
    driverFunction(k, ACTION, () => wasLocked.push(holdsLock(k.state, deviceMutex(k, region), 1)));
    run(k, unbindRegion(region));
    expect([wasLocked, regionAt(k.state, region)?.isBound]).toEqual([[true], false]);
    expect(run(k, probing(k, region, 0))).toBe(0);
  });

  it("of a region that is not bound does not run devres actions", () => {
    const k = coreKernel();
    const region = made(k);
    c(k, "devm_add_action", region, ACTION, 1);
    run(k, unbindRegion(region));
    c(k, "device_release_driver", region);
    expect([actions(k), hasDevres(k.state, region)]).toEqual([0, true]);
    expect(k.state.lock.held).toEqual([]);
  });

  it("may be a kernel worker's, who is one for as long as it takes", () => {
    const k = coreKernel();
    const region = made(k);
    run(k, probing(k, region, 0));
    const workers: boolean[] = [];
    driverFunction(k, ACTION, () => workers.push(c(k, "current_work") !== NULL));
    run(k, detachRegion(region));
    expect([workers, c(k, "current_work")]).toEqual([[true], NULL]);
    expect(regionAt(k.state, region)).toMatchObject({ isCommitted: true, isBound: false });
  });

  it("comes before the decoders are off", () => {
    const k = coreKernel();
    const region = made(k);
    run(k, probing(k, region, 0));
    const committed: (boolean | undefined)[] = [];
    driverFunction(k, ACTION, () => committed.push(regionAt(k.state, region)?.isCommitted));
    run(k, decommitRegion(region));
    expect([committed, regionAt(k.state, region)]).toMatchObject([[true], { isCommitted: false, isBound: false }]);
  });
});

describe("binding by hand", () => {
  it("device_attach() binds again, unless something managed is left", () => {
    const k = coreKernel();
    const region = made(k);
    expect(c(k, "device_attach", region)).toBe(1);
    expect(c(k, "device_attach", region)).toBe(1);
    c(k, "device_release_driver", region);
    c(k, "devm_add_action", region, ACTION, 1);
    expect(c(k, "device_attach", region)).toBe(-ERRNO.EBUSY);
    expect(c(k, "device_reprobe", region)).toBe(-ERRNO.EBUSY);
    c(k, "devm_remove_action_nowarn", region, ACTION, 1);
    expect(c(k, "device_reprobe", region)).toBe(0);
    expect(c(k, "device_is_bound", region)).toBe(1);
    asTask(k, 2, () => expect(k.state.lock.held).toEqual([]));
  });
});
