import { type Address, address, NULL, type PhysicalAddress } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import { addEnvironmentDevice } from "./device.ts";
import { hasDevres, releaseAll } from "./devres.ts";
import { IORESOURCE, insertKernelResource } from "./iomem.ts";
import { forgetRefusals } from "./kept-memory.ts";
import {
  atomic,
  type Kernel,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  step,
  update,
} from "./kernel.ts";
import { acquireDevice, deviceMutex, unlock } from "./lock.ts";
import { enterWorker, leaveWorker } from "./signal.ts";
import { allocate, isUsable } from "./slab.ts";

/**
 * Models CXL regions as their driver meets them: bound and unbound, their decoders on and off.
 *
 * Kept:    probe and unbind run under the lock of the region's device; a probe that fails, and an unbind, undo what is
 *          managed for the device; a device that has managed resources left refuses to be probed; an unbind of a region
 *          that no driver is bound to undoes nothing; a kernel worker may unbind too, and gets no signal; a decommit
 *          releases the driver first and then turns the decoders off, whatever the driver has left behind; the range of a region that is not committed cannot be asked for.
 * Dropped: how a region comes to be and goes; that a worker which detaches a memory device turns the decoders off before
 *          the driver is released, whatever the driver could do; the lock flag, with which a decommit is refused; the driver's own managed
 *          resources (its notifiers), and the choice between its kinds of child devices; cxl_rwsem, whose sections are
 *          single steps here, so that a driver that holds it for writing while it asks for a range does not hang; new
 *          ranges for a region that was decommitted.
 * Source:  drivers/cxl/core/region.c (cxl_region_probe, commit_store, cxl_region_get_hpa_range, cxl_decoder_detach),
 *          drivers/cxl/core/port.c (detach_memdev), drivers/base/dd.c (really_probe, __device_release_driver,
 *          device_attach).
 */
export interface CxlRegionState {
  /** The regions, by id. */
  readonly regions: readonly CxlRegion[];
  /** The `struct device_driver` of bound regions; NULL while there is no region. */
  readonly driver: Address;
}

export interface CxlRegion {
  /** The `struct cxl_region` in linear memory, which begins with its device. */
  readonly at: Address;
  readonly device: Address;
  readonly id: number;
  readonly start: PhysicalAddress;
  readonly size: number;
  /** Whether its memory is there from the start, and not handed over piece by piece later. */
  readonly isStaticRam: boolean;
  /** Whether the region's driver is bound to it. */
  readonly isBound: boolean;
  /** Whether the decoders are on: without them nothing answers at its addresses. */
  readonly isCommitted: boolean;
}

/** What the driver did to a region that it must not do. */
export type CxlRegionMisuse = "not-a-region";

export const noRegions: CxlRegionState = { regions: [], driver: NULL };

/** `enum cxl_partition_mode` of drivers/cxl/cxl.h, as far as regions of memory have one. */
const CXL_PARTMODE = { RAM: 0, DYNAMIC_RAM_A: 2 } as const;

/** `enum cxl_config_state` of drivers/cxl/cxl.h: what a region is before and after its commit. */
const CXL_CONFIG = { ACTIVE: 2, RESET_PENDING: 3, COMMIT: 4 } as const;

export const regionById = (state: KernelState, id: number): CxlRegion | undefined =>
  state.cxlRegion.regions.find((region) => region.id === id);

export const regionAt = (state: KernelState, at: Address): CxlRegion | undefined =>
  state.cxlRegion.regions.find((region) => region.at === at);

const change = (k: Kernel, at: Address, parts: Partial<CxlRegion>): void => {
  const regions = k.state.cxlRegion.regions.map((region) => (region.at === at ? { ...region, ...parts } : region));
  update(k, { cxlRegion: { ...k.state.cxlRegion, regions } });
};

const field = (k: Kernel, at: Address, structure: string, name: string): Address =>
  address(at + (k.layout.offset(structure, name) ?? 0));

const params = (k: Kernel, region: Address): Address => field(k, region, "cxl_region", "params");

const sizeOf = (k: Kernel, structure: string): number => k.layout.size(structure) ?? 8;

/** A text of the kernel's own. */
const keepText = (k: Kernel, text: string, name: string): Address => {
  const at = allocate(k, text.length + 1, true, name, "kernel", 0);
  k.memory.setString(at, text);
  return at;
};

/** What a region is made of. */
export interface NewRegion {
  readonly id: number;
  readonly start: PhysicalAddress;
  readonly size: number;
  readonly isStaticRam: boolean;
  /** The C variables `cxl_region_type` and `cxl_bus_type`, where the driver refers to them. */
  readonly type?: Address;
  readonly bus?: Address;
}

/**
 * Makes a committed region that no driver is bound to, with its device and its resource, in linear memory.
 *
 * For the state that a search begins with: its allocations cannot fail.
 */
export const createRegion = (
  k: Kernel,
  { id, start, size, isStaticRam, type = NULL, bus = NULL }: NewRegion,
): Address => {
  const name = `region${id}`;
  const at = allocate(k, sizeOf(k, "cxl_region"), true, "cxl_region_alloc", "kernel", 0);
  const nameAt = keepText(k, name, "dev_set_name");
  k.memory.setPointer(field(k, at, "kobject", "name"), nameAt);
  if (type !== NULL) k.memory.setPointer(field(k, at, "device", "type"), type);
  if (bus !== NULL) k.memory.setPointer(field(k, at, "device", "bus"), bus);
  k.memory.setU32(field(k, at, "cxl_region", "id"), id);
  k.memory.setU32(field(k, at, "cxl_region", "mode"), isStaticRam ? CXL_PARTMODE.RAM : CXL_PARTMODE.DYNAMIC_RAM_A);
  addEnvironmentDevice(k, at, name);

  const resource = insertKernelResource(k, {
    start,
    size,
    name: nameAt,
    flags: IORESOURCE.MEM,
    owner: "cxl region",
    site: 0,
    function: "alloc_free_mem_region",
  });
  if (resource === NULL) throw new Error(`there is no place for ${name}: give it a range that is free`);
  k.memory.setPointer(field(k, params(k, at), "cxl_region_params", "res"), resource);
  k.memory.setU32(field(k, params(k, at), "cxl_region_params", "state"), CXL_CONFIG.COMMIT);

  const region: CxlRegion = { at, device: at, id, start, size, isStaticRam, isBound: false, isCommitted: true };
  const regions = [...k.state.cxlRegion.regions, region].sort((a, b) => a.id - b.id);
  update(k, { cxlRegion: { regions, driver: k.state.cxlRegion.driver || createDriver(k) } });
  return at;
};

const createDriver = (k: Kernel): Address => {
  const at = allocate(k, sizeOf(k, "device_driver"), true, "driver_register", "kernel", 0);
  k.memory.setPointer(field(k, at, "device_driver", "name"), keepText(k, "cxl_region", "driver_register"));
  return at;
};

/** Writes whether a driver is bound where the driver can see it, and gives the device's lock back. */
const endBinding = (k: Kernel, region: Address, isBound: boolean, name: string): number => {
  forgetRefusals(k, isBound);
  change(k, region, { isBound });
  k.memory.setPointer(field(k, region, "device", "driver"), isBound ? k.state.cxlRegion.driver : NULL);
  unlock(k, deviceMutex(k, region), name);
  return 0;
};

const stateField = (k: Kernel, region: Address): Address => field(k, params(k, region), "cxl_region_params", "state");

/** What `struct cxl_region_params` says of a region: one of CXL_CONFIG. */
const configState = (k: Kernel, region: Address): number => k.memory.u32(stateField(k, region));

const setConfigState = (k: Kernel, region: Address, state: number): void =>
  k.memory.setU32(stateField(k, region), state);

/** The errors of a probe before the driver is called. */
const refuseProbe = (k: Kernel, at: Address): number => {
  const region = regionAt(k.state, at);
  if (region === undefined || region.isBound) return -ERRNO.EBUSY;
  // "Resources present before probing"
  if (hasDevres(k.state, at)) return -ERRNO.EBUSY;
  return configState(k, at) === CXL_CONFIG.COMMIT ? 0 : -ERRNO.ENXIO;
};

/**
 * The region's driver is bound to it: `body` runs as its probe, under the lock of its device.
 *
 * Gives what the probe gives; where that is an error, all that was managed for the device is undone.
 */
export function* probeRegion(region: Address, body: () => Procedure): Procedure {
  const name = "really_probe";
  yield* acquireDevice(region, name);
  const refused = yield* step((k) => {
    const error = refuseProbe(k, region);
    if (error !== 0) unlock(k, deviceMutex(k, region), name);
    else k.memory.setPointer(field(k, region, "device", "driver"), k.state.cxlRegion.driver);
    return error;
  });
  if (refused !== 0) return refused;
  const result = yield* body();
  if (result < 0) yield* releaseAll(region, (k) => endBinding(k, region, false, name));
  else yield* step((k) => endBinding(k, region, true, name));
  return result;
}

/** The region's driver is unbound: what is managed for the device is undone, last first. */
export function* unbindRegion(region: Address): Procedure {
  const name = "device_release_driver";
  yield* acquireDevice(region, name);
  const isBound = yield* step((k) => {
    if (regionAt(k.state, region)?.isBound === true) return 1;
    unlock(k, deviceMutex(k, region), name);
    return 0;
  });
  return isBound === 0 ? 0 : yield* releaseAll(region, (k) => endBinding(k, region, false, name));
}

/** A kernel worker unbinds the region's driver: no signal reaches it (drivers/cxl/core/port.c detach_memdev() on cxl_bus_wq). */
export function* detachRegion(region: Address): Procedure {
  yield* step((k) => {
    enterWorker(k);
    return 0;
  });
  yield* unbindRegion(region);
  return yield* step((k) => {
    leaveWorker(k);
    return 0;
  });
}

const setCommitted = (k: Kernel, region: Address, isCommitted: boolean): number => {
  change(k, region, { isCommitted });
  setConfigState(k, region, isCommitted ? CXL_CONFIG.COMMIT : CXL_CONFIG.ACTIVE);
  return 0;
};

/**
 * The region's decoders are turned off, after its driver was unbound: nothing answers at its addresses any more.
 *
 * From the start nobody can bind the driver again; who commits the region meanwhile keeps it as it is.
 */
export function* decommitRegion(region: Address): Procedure {
  yield* step((k) => {
    if (configState(k, region) === CXL_CONFIG.COMMIT) setConfigState(k, region, CXL_CONFIG.RESET_PENDING);
    return 0;
  });
  yield* unbindRegion(region);
  return yield* step((k) => (configState(k, region) === CXL_CONFIG.RESET_PENDING ? setCommitted(k, region, false) : 0));
}

/** The region's decoders are turned on. */
export const commitRegion = (region: Address): Procedure => step((k) => setCommitted(k, region, true));

/**
 * device_attach(): binds the region's driver again, without another probe of the driver under review.
 *
 * Gives 1 where a driver is bound, 0 where none is found, or an error of the probe.
 */
function* attach(device: Address, name: string): Procedure {
  yield* acquireDevice(device, name);
  return yield* step((k) => {
    const region = regionAt(k.state, device);
    const error = region === undefined || region.isBound ? 0 : refuseProbe(k, device);
    if (region === undefined || error !== 0) {
      unlock(k, deviceMutex(k, device), name);
      return error;
    }
    endBinding(k, device, true, name);
    return 1;
  });
}

function* reprobe(device: Address): Procedure {
  yield* unbindRegion(device);
  return Math.min(yield* attach(device, "device_reprobe"), 0);
}

/** Reads the range of a region, as long as it is committed. */
const readRange = (k: Kernel, region: Address, range: Address): number => {
  const name = "cxl_region_get_hpa_range";
  if (!isUsable(k, region, sizeOf(k, "cxl_region"), name, "the region")) return -ERRNO.ENXIO;
  if (regionAt(k.state, region) === undefined) {
    k.report({
      rule: "not-a-region" satisfies CxlRegionMisuse,
      function: name,
      object: "the region",
      detail: `${name}() was given what is no region`,
      isFatal: true,
    });
    return -ERRNO.ENXIO;
  }
  if (configState(k, region) !== CXL_CONFIG.COMMIT) return -ERRNO.ENXIO;
  const resource = k.memory.pointer(field(k, params(k, region), "cxl_region_params", "res"));
  if (!isUsable(k, resource, sizeOf(k, "resource"), name, "the region's resource")) return -ERRNO.ENXIO;
  if (!isUsable(k, range, sizeOf(k, "range"), name, "the range")) return -ERRNO.ENXIO;
  k.memory.setU64(field(k, range, "range", "start"), k.memory.u64(field(k, resource, "resource", "start")));
  k.memory.setU64(field(k, range, "range", "end"), k.memory.u64(field(k, resource, "resource", "end")));
  return 0;
};

export const cxlRegionFunctions: KernelFunctions = {
  cxl_region_get_hpa_range: atomic({ sleeps: "may" }, (k, call) => readRange(k, call.address(0), call.address(1))),
  device_release_driver: procedure({ sleeps: "may" }, (call) => unbindRegion(call.address(0))),
  device_attach: procedure({ sleeps: "may" }, (call) => attach(call.address(0), "device_attach")),
  device_reprobe: procedure({ sleeps: "may" }, (call) => reprobe(call.address(0))),
  device_is_bound: atomic({ sleeps: "never" }, (k, call) =>
    regionAt(k.state, call.address(0))?.isBound === true ? 1 : 0,
  ),
};
