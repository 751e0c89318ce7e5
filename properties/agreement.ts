import type { PhysicalAddress } from "../abi/address.ts";
import { count } from "../abi/count.ts";
import { describeResult, ERRNO, type ErrnoName } from "../abi/errno.ts";
import { describeOnlineType, isOnlineType, MMOP, ONLINE_WORDS, type OnlineType } from "../abi/mmop.ts";
import type { Violation } from "../checker/transition.ts";
import type { CxlRegion } from "../models/cxl-region.ts";
import type { MemoryBlock } from "../models/memory-hotplug.ts";
import { isOnlineAs } from "../models/memory-hotplug.ts";
import type { CommandFact, CommandReturned, DriverRecord, Observation } from "../models/observation.ts";
import { keptBlocks, NO_RULES, returned, type Step, type SysramProperty, siteName } from "./sysram-property.ts";

const group = "agreement";

/**
 * The online type that a word written to the attribute asks for; undefined for anything else.
 *
 * As sysfs_streq() has it: what stands behind a NUL is not read, and one newline at the end makes no difference.
 */
const wordType = (text: string): OnlineType | undefined => {
  const word = text.replace(/\0.*/s, "").replace(/\n$/, "");
  const type = ONLINE_WORDS.indexOf(word as (typeof ONLINE_WORDS)[number]);
  return isOnlineType(type) ? type : undefined;
};

/** The attribute whose words plug memory in and out (Documentation/ABI: hotplug); others may use the same words for less. */
const HOTPLUG = "hotplug";

/** The online type that a command asks for; undefined for anything but a word written to the attribute. */
const typeWritten = (command: CommandFact): OnlineType | undefined =>
  command.kind === "write" && command.attribute === HOTPLUG ? wordType(command.text) : undefined;

/** The region that a device of the driver's belongs to: its parent. */
const regionOf = ({ kernel }: Observation, device: number): CxlRegion | undefined => {
  const parent = kernel.device.devices.find(({ at }) => at === device)?.parent;
  return kernel.cxlRegion.regions.find((region) => region.device === parent);
};

/** The memory blocks inside a region. */
const blocksOf = ({ kernel }: Observation, region: CxlRegion): readonly MemoryBlock[] =>
  blocksWithin(kernel.memoryHotplug.blocks, kernel.memoryHotplug.blockSize, region.start, region.size);

/** Whether a block is not one that a device before has kept on purpose. */
const notKept = (observation: Observation): ((block: MemoryBlock) => boolean) => {
  const kept = keptBlocks(observation);
  return (block) => !kept.includes(block);
};

const blocksWithin = (
  blocks: readonly MemoryBlock[],
  blockSize: number,
  start: PhysicalAddress,
  size: number,
): readonly MemoryBlock[] => blocks.filter(({ id }) => id * blockSize < start + size && (id + 1) * blockSize > start);

export const recordsAgreeWithTheKernel: SysramProperty = {
  id: "records-agree-with-the-kernel",
  group,
  severity: "high",
  claim: "what the driver records of its resource is what the kernel has",
  why: "A driver that has lost track of its memory can never take it back.",
  source: "the documentation of the driver's structure: the resource is set while memory is plugged in",
  check:
    "with no command running, the recorded resource is in the iomem tree, and is set exactly while the region has memory blocks",
  rules: NO_RULES,
  assumptions: ["the field is found by its name, res, in the structure around the device"],
  concerns: ({ after }) =>
    after.observation.isAtRest && after.observation.records.some(({ resource }) => resource !== undefined),
  violations: ({ after: { observation } }) => (observation.isAtRest ? disagreements(observation) : []),
};

const disagreements = (observation: Observation): readonly Violation[] => {
  const found: Violation[] = [];
  const isNotKept = notKept(observation);
  for (const { device, resource } of observation.records) {
    if (resource === undefined) continue;
    const region = regionOf(observation, device);
    const isRegistered = observation.kernel.device.devices.some(({ at, isAdded }) => at === device && isAdded);
    if (resource !== 0 && !observation.resources.some(({ at }) => at === resource)) {
      found.push({
        object: "the record of the resource",
        site: "",
        detail: "the driver records a resource that is not in the iomem tree",
      });
    } else if (region !== undefined && isRegistered) {
      const blocks = blocksOf(observation, region);
      const group = observation.records.find((record) => record.device === device)?.group;
      const own = (group === undefined ? blocks : blocks.filter((block) => block.group === group)).filter(isNotKept);
      if (resource === 0 && own.length > 0) {
        found.push({
          object: "the record of the resource",
          site: siteName(own[0]!.site),
          detail: `the region has ${count(own.length, "memory block")} of this device, and the driver records no resource`,
        });
      } else if (resource !== 0 && blocks.length === 0) {
        found.push({
          object: "the record of the resource",
          site: "",
          detail: "the driver records a resource, and the region has no memory blocks",
        });
      }
    }
  }
  return found;
};

export const documentedFieldsAreKept: SysramProperty = {
  id: "documented-fields-are-kept",
  group,
  severity: "low",
  claim: "the driver's documented fields say what their documentation says",
  why: "Whoever reads the field, in the next patch or in a crash dump, is told what is not so.",
  source: "the kernel-doc of the driver's structure: last_hotplug_cmd is the last command submitted",
  check: "after a write of an online word that succeeds, last_hotplug_cmd is that online type",
  rules: NO_RULES,
  assumptions: ["the field is found by its name, last_hotplug_cmd, in the structure around the device"],
  concerns: (step) => writesOfWords(step).length > 0,
  violations: (step) =>
    writesOfWords(step).flatMap(({ type, record }) =>
      record.lastCommand === type
        ? []
        : [
            {
              object: "last_hotplug_cmd",
              site: "",
              detail: `${describeOnlineType(type)} was written last, and last_hotplug_cmd says ${describeOnlineType(record.lastCommand ?? 0)}`,
            },
          ],
    ),
};

/** The writes that asked for an online type and succeeded, with the record of the device after them. */
const writesOfWords = (
  step: Step,
): readonly { readonly type: OnlineType; readonly record: DriverRecord; readonly event: CommandReturned }[] =>
  returned(step).flatMap((event) => {
    const { command, result, isDisturbed } = event;
    if (command.kind !== "write" || result < 0 || isDisturbed) return [];
    const type = typeWritten(command);
    const record = step.after.observation.records.find(({ device }) => device === command.device);
    return type === undefined || record?.lastCommand === undefined ? [] : [{ type, record, event }];
  });

export const onlineTypeIsAsAsked: SysramProperty = {
  id: "online-type-is-as-asked",
  group,
  severity: "medium",
  claim: "the online type asked for is the online type that the memory gets",
  why: "Memory in the wrong zone cannot be removed again, or is not there for those who wait for it.",
  source: "include/linux/memory_hotplug.h enum mmop; mm/memory_hotplug.c __add_memory_driver_managed()",
  check:
    "after a probe or a write that nothing disturbed, each block of the region is online as asked; a probe's -1 asks for the system's default, and an entry whose parameters name no online type (enum mmop) is asked for none",
  rules: NO_RULES,
  assumptions: [
    "models/memory-hotplug.ts: mhp_get_default_online_type() is the default, as CONFIG_CXL_SYSRAM_ONLINE_TYPE_SYSTEM_DEFAULT=y says",
  ],
  concerns: (step) => undisturbed(step).length > 0,
  violations: (step) => undisturbed(step).flatMap(({ asked, region, why }) => wrongBlocks(step, asked, region, why)),
};

interface Request {
  readonly asked: OnlineType;
  readonly region: CxlRegion;
  /** How it was asked for, for a person. */
  readonly why: string;
}

/** The requests for online memory in this step that nothing stood in the way of. */
const undisturbed = (step: Step): readonly Request[] =>
  returned(step).flatMap(({ command, result, hadFault, isDisturbed, before }): readonly Request[] => {
    if (hadFault || isDisturbed || result < 0 || before.kernel.environment.claims.length > 0) return [];
    // While the command slept, the administrator or another owner may have been at the memory.
    if (before !== step.before.observation) return [];
    const { regions } = step.after.observation.kernel.cxlRegion;
    if (command.kind === "probe") {
      const region = regions.find(({ at }) => at === command.region);
      if (region === undefined || !region.isStaticRam || blocksOf(before, region).length > 0) return [];
      const { defaultOnlineType } = before.kernel.memoryHotplug;
      if (command.onlineType === undefined) return [];
      if (command.onlineType === -1) {
        return [
          {
            asked: defaultOnlineType,
            region,
            why: `the probe was asked for ${command.onlineType}, the default, which is ${describeOnlineType(defaultOnlineType)}`,
          },
        ];
      }
      if (!isOnlineType(command.onlineType)) return [];
      return [
        { asked: command.onlineType, region, why: `the probe was asked for ${describeOnlineType(command.onlineType)}` },
      ];
    }
    if (command.kind !== "write") return [];
    const asked = typeWritten(command);
    const region = regionOf(step.after.observation, command.device);
    if (asked === undefined || region === undefined) return [];
    return [{ asked, region, why: `${describeOnlineType(asked)} was written` }];
  });

const wrongBlocks = (step: Step, asked: OnlineType, region: CxlRegion, why: string): readonly Violation[] => {
  const { records, kernel } = step.after.observation;
  // Blocks in the group of a device that was there before are not what this one was asked for.
  const registered = records.filter(({ device }) =>
    kernel.device.devices.some(({ at, isAdded }) => at === device && isAdded),
  );
  const blocks = blocksOf(step.after.observation, region)
    .filter(notKept(step.after.observation))
    .filter(
      (block) =>
        registered.length === 0 || registered.some(({ group: own }) => own === undefined || own === block.group),
    );
  if (asked === MMOP.OFFLINE) {
    if (!blocks.some(({ state }) => state === "online")) return [];
    return [{ object: "the online type", site: "", detail: `${why}, and the memory is online` }];
  }
  if (blocks.length === 0) return [{ object: "the online type", site: "", detail: `${why}, and there is no memory` }];
  const wrong = blocks.find((block) => block.state !== "online" || !isOnlineAs(block, asked));
  if (wrong === undefined) return [];
  const got = wrong.state === "online" ? describeOnlineType(wrong.zone) : "offline";
  return [{ object: "the online type", site: siteName(wrong.site), detail: `${why}, and the memory is ${got}` }];
};

export const resultsTellWhatHappened: SysramProperty = {
  id: "results-tell-what-happened",
  group,
  severity: "medium",
  claim: "a value returned is what happened, and a store returns its length or a negative errno",
  why: "The caller goes on as if the work was done, or reports an error that did not happen.",
  source: "Documentation/filesystems/sysfs.rst, store methods; drivers/base/core.c dev_attr_store()",
  check:
    "a write that succeeds has done what was asked; one that fails after a kernel call failed, with no call in between by which it went on, gives an error that a kernel call gave it, or one that stands for that",
  rules: NO_RULES,
  assumptions: [],
  concerns: (step) => returned(step).some(({ command }) => command.kind === "write" || command.kind === "probe"),
  violations: (step) => returned(step).flatMap((event) => falseResult(step, event)),
};

const MAX_ERRNO = 4095;

const falseResult = (
  step: Step,
  { command, result, errors, isOver, isDisturbed, before }: CommandReturned,
): readonly Violation[] => {
  const wrong = (detail: string): readonly Violation[] => [{ object: "the result", site: "", detail }];
  if (command.kind === "probe") {
    if (result > 0 || result < -MAX_ERRNO) return wrong(`the probe returned ${result}`);
    if (result < 0 && !isOver && !isErrorOf(result, errors)) {
      return wrong(
        `the probe returned ${describeResult(result)}, and its calls failed with ${errors.map(describeResult).join(", ")}`,
      );
    }
    return [];
  }
  if (command.kind !== "write") return [];
  if (result >= 0 && result !== command.text.length) {
    return wrong(`the write of ${count(command.text.length, "byte")} returned ${result}`);
  }
  if (result < -MAX_ERRNO) return wrong(`the write returned ${result}, which is no errno`);
  if (result < 0) {
    if (isOver || isErrorOf(result, errors)) return [];
    return wrong(
      `the write returned ${describeResult(result)}, and its calls failed with ${errors.map(describeResult).join(", ")}`,
    );
  }
  // Where another command was under way, what it did may be all that is to be seen.
  if (command.attribute !== HOTPLUG || isDisturbed) return [];
  const type = wordType(command.text);
  const region = regionOf(step.after.observation, command.device);
  if (region === undefined) return [];
  if (type === undefined) return wrong(`the write of a word that is no online type succeeded`);
  const { group: own } = step.after.observation.records.find(({ device }) => device === command.device) ?? {};
  // Blocks in the group of a device that was there before are not this one's to remove.
  const left = blocksOf(step.after.observation, region)
    .filter(notKept(step.after.observation))
    .filter((block) => own === undefined || block.group === own).length;
  if (type === MMOP.OFFLINE && left > 0) {
    return wrong(
      `the write of offline succeeded, and ${count(left, "memory block is", "memory blocks are")} still there`,
    );
  }
  if (type !== MMOP.OFFLINE && left === 0 && before.kernel.memoryHotplug.blocks.length === 0) {
    return wrong(`the write of ${describeOnlineType(type)} succeeded, and there is no memory`);
  }
  return [];
};

/**
 * Errors that drivers rightly give for others: what one of these calls gave, and what may be made of it.
 *
 * A call that gives NULL does not say whether memory ran out or the range is taken (kernel/resource.c __request_region();
 * drivers/dax/kmem.c makes -EBUSY of it). -EEXIST of memory that is there already is a range in use. What is gone is gone by
 * any of three names. A wait that a signal ended is begun anew (include/linux/errno.h ERESTARTNOINTR, kernel/signal.c), and
 * who is told to try again may be told that it is busy.
 */
const STANDS_FOR: readonly (readonly [given: readonly ErrnoName[], returned: readonly ErrnoName[]])[] = [
  [["ENOMEM"], ["EBUSY"]],
  [["EEXIST"], ["EBUSY"]],
  [
    ["ENODEV", "ENXIO", "ENOENT"],
    ["ENODEV", "ENXIO", "ENOENT"],
  ],
  [["EINTR"], ["ERESTARTSYS", "ERESTARTNOINTR", "EAGAIN"]],
  [["EAGAIN"], ["EBUSY"]],
];

const isErrorOf = (result: number, errors: readonly number[]): boolean =>
  errors.includes(result) ||
  STANDS_FOR.some(
    ([given, returned]) =>
      returned.some((name) => result === -ERRNO[name]) && given.some((name) => errors.includes(-ERRNO[name])),
  );
