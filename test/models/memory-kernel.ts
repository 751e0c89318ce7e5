import type { Address } from "../../abi/address.ts";
import { noRegions } from "../../models/cxl-region.ts";
import { emptyIomem, iomemFunctions } from "../../models/iomem.ts";
import type { KernelFunctions } from "../../models/kernel.ts";
import { lockFunctions, noLocks } from "../../models/lock.ts";
import { memoryGroupFunctions, noMemoryGroups } from "../../models/memory-group.ts";
import { memoryHotplugFunctions, noHotplugMemory } from "../../models/memory-hotplug.ts";
import { bootMemoryTiers, memoryTierFunctions } from "../../models/memory-tier.ts";
import { numaFunctions, twoNodes } from "../../models/numa.ts";
import { noPins } from "../../models/page.ts";
import { quietSched } from "../../models/sched.ts";
import { noSignals } from "../../models/signal.ts";
import { emptySlab, slabFunctions } from "../../models/slab.ts";
import { idleWorkqueues } from "../../models/workqueue.ts";
import { call, type FakeArgument, type FakeKernel, fakeKernel, type Scripted } from "./fake-kernel.ts";

/** One memory block, in bytes. */
export const BLOCK = 128 * 2 ** 20;

/** Where the region of the tests begins. */
export const START = 0x2000_0000;

export const functions: KernelFunctions = {
  ...iomemFunctions,
  ...lockFunctions,
  ...memoryGroupFunctions,
  ...memoryHotplugFunctions,
  ...memoryTierFunctions,
  ...numaFunctions,
  ...slabFunctions,
};

/** A machine with two nodes, no hot-added memory and an empty resource tree. */
export const memoryKernel = (...answers: readonly Scripted[]): FakeKernel => {
  const k = fakeKernel({
    state: {
      slab: emptySlab,
      iomem: emptyIomem,
      numa: twoNodes,
      cxlRegion: noRegions,
      memoryGroup: noMemoryGroups,
      memoryTier: bootMemoryTiers,
      memoryHotplug: noHotplugMemory,
      page: noPins,
      lock: noLocks,
      workqueue: idleWorkqueues,
      sched: quietSched,
      signal: noSignals,
    },
    answers,
  });
  k.state = { ...k.state, iomem: { ...k.state.iomem, root: k.variable(k.layout.size("resource")!) } };
  return k;
};

/** Calls a kernel function by its C name. */
export const c = (k: FakeKernel, name: string, ...values: readonly FakeArgument[]): number =>
  call(k, functions[name], ...values);

/** request_mem_region(): the resource, or 0. */
export const request = (k: FakeKernel, start: number, size: number, name: string | Address): Address =>
  c(
    k,
    "__request_region",
    k.state.iomem.root,
    start,
    size,
    typeof name === "string" ? k.text(name) : name,
    0,
  ) as Address;

/** The rules that were broken so far. */
export const rules = (k: FakeKernel): readonly string[] => k.misuse.map(({ rule }) => rule);
