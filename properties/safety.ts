import { count } from "../abi/count.ts";
import type { Violation } from "../checker/transition.ts";
import type { MemoryHotplugMisuse } from "../models/memory-hotplug.ts";
import type { TaskDied } from "../models/observation.ts";
import type { MemoryMisuse } from "../models/shadow-memory.ts";
import type { UbsanMisuse } from "../models/ubsan.ts";
import {
  keptBlocks,
  misuses,
  misusesOf,
  NO_RULES,
  type Step,
  type SysramProperty,
  siteName,
} from "./sysram-property.ts";

const group = "safety of the machine";

export const memoryHasABackingRegion: SysramProperty = {
  id: "memory-has-a-backing-region",
  group,
  severity: "high",
  claim: "no system memory remains once the region that backs it is gone",
  why: "The decoders are off, so the next access to that memory goes nowhere and takes the machine down.",
  source:
    "drivers/cxl/core/region.c commit_store(): the driver is released, then the decoders are reset, whatever it did",
  check:
    "after every step, a region that is not committed has no memory block in its range but those that the driver keeps on purpose: that could not be removed, as the log says, and have all that belongs to them",
  rules: NO_RULES,
  assumptions: ["models/cxl-region.ts: the decoders are reset after the driver is released, and cannot be refused"],
  concerns: ({ before, after }) =>
    before.observation.kernel.cxlRegion !== after.observation.kernel.cxlRegion &&
    after.observation.kernel.cxlRegion.regions.some(({ isCommitted }) => !isCommitted),
  violations: ({ after: { observation } }) => {
    const { blocks: all, blockSize } = observation.kernel.memoryHotplug;
    const kept = keptBlocks(observation);
    const blocks = all.filter((block) => !kept.includes(block));
    return observation.kernel.cxlRegion.regions
      .filter(({ isCommitted }) => !isCommitted)
      .flatMap((region): readonly Violation[] => {
        const left = blocks.filter(
          ({ id }) => id * blockSize < region.start + region.size && (id + 1) * blockSize > region.start,
        );
        if (left.length === 0) return [];
        const online = left.filter(({ state }) => state === "online").length;
        return [
          {
            object: "system memory",
            site: siteName(left[0]!.site),
            detail: `region${region.id} is decommitted, and ${count(left.length, "of its memory blocks is", "of its memory blocks are")} still system memory, ${online} of them online`,
          },
        ];
      });
  },
};

/** Whether nothing that the task did after some point in this step means anything: what it left undone follows from that. */
const isCutOff = (step: Step): boolean =>
  step.events.some((event) => event.kind === "died" || (event.kind === "misuse" && event.isFatal));

/** Judges every misuse whose rule no other property watches. */
export const theKernelDoesNotWarn = (watched: ReadonlySet<string>): SysramProperty => ({
  id: "the-kernel-does-not-warn",
  group,
  severity: "medium",
  claim: "the kernel never has cause to warn",
  why: "A warning with a backtrace is a bug report in waiting, and panics a machine that runs with panic_on_warn.",
  source: "each model names the kernel function that warns or misbehaves",
  check: "no call breaks a rule of the kernel's other than those that a property of its own watches",
  rules: NO_RULES,
  assumptions: [],
  concerns: ({ before, after }) => after.observation.kernel !== before.observation.kernel,
  violations: (step) =>
    misuses(step)
      .filter(({ rule }) => !watched.has(rule))
      .map(({ function: name, object, site, detail, isFatal }) => ({
        object: name === "" ? object : `${object} in ${name}()`,
        site: siteName(site),
        detail,
        isFatal,
      })),
});

const died = (step: Step, reasons: readonly TaskDied["reason"][]): readonly Violation[] =>
  step.events
    .filter((event): event is TaskDied => event.kind === "died" && reasons.includes(event.reason))
    .map(({ reason, detail, site }) => ({ object: reason, site: siteName(site), detail, isFatal: true }));

const MEMORY_RULES: ReadonlySet<string> = new Set<MemoryMisuse>([
  "use-after-free",
  "out-of-bounds",
  "wild-pointer",
  "uninitialised-read",
  "write-to-constant",
]);

export const theDriverDoesNotCrash: SysramProperty = {
  id: "the-driver-does-not-crash",
  group,
  severity: "high",
  claim: "the driver touches only memory that is its own, and calls only functions that exist",
  why: "What else it touches belongs to somebody, who finds it changed, or the processor stops it there and then.",
  source: "Documentation/dev-tools/kasan.rst, Documentation/dev-tools/kmsan.rst",
  check:
    "no trap; every load and store of the driver, and each that the kernel makes on its behalf, is to live memory, reads only what was written, and writes no constant",
  rules: MEMORY_RULES,
  assumptions: [
    "models/shadow-memory.ts: variables of functions count as written, and as alive for as long as their task",
  ],
  concerns: () => true,
  violations: (step) => [
    // A trap after memory was corrupted, or after BUG(), has that for its cause, which is told already.
    ...(misuses(step).some(({ isFatal }) => isFatal) ? [] : died(step, ["trap"])),
    ...misusesOf(step, MEMORY_RULES),
  ],
};

const VALUE_RULES: ReadonlySet<string> = new Set<UbsanMisuse>([
  "array-index-out-of-bounds",
  "shift-out-of-bounds",
  "invalid-load",
  "signed-integer-overflow",
  "unreachable-code",
  "misaligned-access",
]);

export const valuesAreInRange: SysramProperty = {
  id: "values-are-in-range",
  group,
  severity: "medium",
  claim: "every value, index and shift is in the range of its type, and no code runs that is said to be unreachable",
  why: "What the C means beyond that is the compiler's choice, or another value than the one that was meant.",
  source: "lib/ubsan.c, lib/Kconfig.ubsan: what CONFIG_UBSAN reports with every check that it offers",
  check:
    "clang's own checks of indices, shifts, truth values, signed overflow and unreachable code; each load is aligned, and one from an enumerated field gives a value in its range",
  rules: VALUE_RULES,
  assumptions: [
    "models/ubsan.ts: the kernel's -fwrapv defines signed overflow, and UBSAN_INTEGER_WRAP reports it all the same; in C the compilers leave out the check that UBSAN_ENUM asks for",
  ],
  concerns: () => true,
  violations: (step) => misusesOf(step, VALUE_RULES),
};

const WAITS_FOR_ITSELF: ReadonlySet<string> = new Set([
  "recursive-lock",
  "removal-by-own-store",
  "self-removal-from-outside",
  "wait-for-itself",
]);

const WITHOUT_END: ReadonlySet<string> = new Set<MemoryHotplugMisuse>(["offlining-without-end"]);

export const everyCallReturns: SysramProperty = {
  id: "every-call-returns",
  group,
  severity: "high",
  claim: "every function of the driver comes to its end",
  why: "The task hangs with whatever it holds, and the machine with it.",
  source:
    "Documentation/process/coding-style.rst; kernel/watchdog.c for what becomes of it; mm/memory_hotplug.c offline_pages()",
  check:
    "no endless loop, no endless recursion, no lock that waits for itself, and no kernel worker takes memory offline in which a page is pinned, since only a signal could end that",
  rules: new Set([...WAITS_FOR_ITSELF, ...WITHOUT_END]),
  assumptions: ["models/page.ts: whoever has pinned a page need never let go of it"],
  concerns: () => true,
  violations: (step) => {
    // A model that saw the task wait for itself has said so already.
    const stuck = misusesOf(step, WAITS_FOR_ITSELF);
    const endless = misusesOf(step, WITHOUT_END);
    // A loop through memory that is not the driver's has that for its cause.
    if (misuses(step).some(({ isFatal, rule }) => isFatal && MEMORY_RULES.has(rule))) return [...stuck, ...endless];
    return [
      ...stuck,
      ...endless,
      ...died(step, stuck.length > 0 ? ["endless loop"] : ["endless loop", "stack overflow", "deadlock"]),
    ];
  },
};

const LOCK_RULES: ReadonlySet<string> = new Set<string>(["lock-held-at-return"]);

export const locksAreReleased: SysramProperty = {
  id: "locks-are-released",
  group,
  severity: "high",
  claim: "a command that ends holds no lock",
  why: "The next one that wants the lock waits for ever.",
  source: "Documentation/locking/mutex-design.rst: the owner unlocks before it leaves",
  check: "a task that returns to user space while others run holds no lock; with no command running no lock is held",
  rules: LOCK_RULES,
  assumptions: [],
  concerns: ({ before, after }) =>
    after.observation.isAtRest && before.observation.kernel.lock !== after.observation.kernel.lock,
  violations: (step) => {
    const { isAtRest, kernel } = step.after.observation;
    const { length } = kernel.lock.held;
    const returned = misusesOf(step, LOCK_RULES);
    if (returned.length > 0) return returned.map((one) => ({ ...one, site: "" }));
    if (!isAtRest || length === 0 || isCutOff(step)) return [];
    const detail = `${count(length, "lock is", "locks are")} still held when the command ends`;
    return [{ object: "a lock", site: "", detail, isFatal: true }];
  },
};
