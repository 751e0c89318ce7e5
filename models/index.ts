import { cxlRegionFunctions, noRegions } from "./cxl-region.ts";
import { deviceFunctions, noDevices } from "./device.ts";
import { devresFunctions, noDevres } from "./devres.ts";
import { emptyEnvironment } from "./environment.ts";
import { formatFunctions } from "./format.ts";
import { emptyIomem, iomemFunctions } from "./iomem.ts";
import type { KernelFunctions, KernelState } from "./kernel.ts";
import { lockFunctions, noLocks } from "./lock.ts";
import { memoryGroupFunctions, noMemoryGroups } from "./memory-group.ts";
import { memoryHotplugFunctions, noHotplugMemory } from "./memory-hotplug.ts";
import { bootMemoryTiers, memoryTierFunctions } from "./memory-tier.ts";
import { numaFunctions, twoNodes } from "./numa.ts";
import { noPins } from "./page.ts";
import { printFunctions } from "./print.ts";
import { quietSched, schedFunctions } from "./sched.ts";
import { noSignals, signalFunctions } from "./signal.ts";
import { emptySlab, slabFunctions } from "./slab.ts";
import { emptySysfs, idleKernfs, sysfsFunctions } from "./sysfs.ts";
import { ubsanFunctions } from "./ubsan.ts";
import { idleWorkqueues, workqueueFunctions } from "./workqueue.ts";

/** All that a driver may call, under the C names. */
export const kernelFunctions: KernelFunctions = {
  ...slabFunctions,
  ...formatFunctions,
  ...printFunctions,
  ...deviceFunctions,
  ...devresFunctions,
  ...sysfsFunctions,
  ...iomemFunctions,
  ...memoryGroupFunctions,
  ...memoryTierFunctions,
  ...numaFunctions,
  ...memoryHotplugFunctions,
  ...cxlRegionFunctions,
  ...lockFunctions,
  ...workqueueFunctions,
  ...schedFunctions,
  ...signalFunctions,
  ...ubsanFunctions,
};

/** The kernel after boot: nothing is allocated, held, pending or plugged in, and there is no region yet. */
export const initialKernelState: KernelState = {
  slab: emptySlab,
  device: noDevices,
  devres: noDevres,
  sysfs: emptySysfs,
  kernfs: idleKernfs,
  page: noPins,
  iomem: emptyIomem,
  memoryGroup: noMemoryGroups,
  memoryTier: bootMemoryTiers,
  numa: twoNodes,
  memoryHotplug: noHotplugMemory,
  cxlRegion: noRegions,
  lock: noLocks,
  workqueue: idleWorkqueues,
  sched: quietSched,
  signal: noSignals,
  environment: emptyEnvironment,
};
