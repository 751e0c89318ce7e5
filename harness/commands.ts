import { address, NULL } from "../abi/address.ts";
import { describeOnlineType, MMOP, ONLINE_WORDS } from "../abi/mmop.ts";
import type { DriverFacts } from "../driver/compile/image.ts";
import {
  type CxlRegion,
  commitRegion,
  decommitRegion,
  detachRegion,
  probeRegion,
  regionById,
  unbindRegion,
} from "../models/cxl-region.ts";
import { deviceAt, put_device } from "../models/device.ts";
import { IORESOURCE, insertKernelResource, isPlaceFree, readProcIomem, removeKernelResource } from "../models/iomem.ts";
import { callback, type KernelState, type Procedure, step, update } from "../models/kernel.ts";
import { isLockFree, KERNEL_LOCKS } from "../models/lock.ts";
import { type MemoryBlock, memoryBlock, offlineBlock, onlineBlock } from "../models/memory-hotplug.ts";
import { isPinned, pinPage, unpinPage } from "../models/page.ts";
import { attributeNamed, readAttribute, writeAttribute } from "../models/sysfs.ts";
import { runnableWorks, runWork } from "../models/workqueue.ts";
import type { Command } from "./command.ts";
import type { Configuration } from "./configuration.ts";
import { printfFormat } from "./extra-inputs/printf.ts";
import { type DriverInterface, interfaceOf } from "./interface.ts";
import type { SysramState } from "./state.ts";

/**
 * Everything that the environment may do, harmless things first.
 *
 * The driver's side is found as the kernel finds it: the attributes that it registered become writes, the entry is what
 * a region driver's probe calls, the exported functions are called with a reference taken before.
 */
export const commandsOf = (facts: DriverFacts, configuration: Configuration): readonly Command[] => {
  const driver = interfaceOf(facts);
  const regions = Array.from({ length: configuration.regions }, (_, id) => id);
  const ofOne = facts.kernelFunctions.some(({ name }) => name === WORD_PARSER) ? WORDS : [...WORDS, ...ONLINE_WORDS];
  const words = (configuration.tasks ?? 1) === 1 ? ofOne : WORDS_OF_SEVERAL;
  return [
    ...regions.flatMap((id) => probes(driver, id)),
    ...regions.flatMap((id) => facts.attributes.flatMap((attribute) => uses(id, attribute, words))),
    ...regions.flatMap((id) => teardowns(id)),
    ...regions.flatMap((id) => references(driver, id)),
    ...regions.flatMap((id) => blocks(configuration, id)),
    ...regions.flatMap((id) => claims(id)),
    readIomem,
    ...(facts.kernelFunctions.some(({ name }) => QUEUES.has(name)) ? [runsWork] : []),
  ];
};

/** The functions that leave a work to a kernel worker. */
const QUEUES: ReadonlySet<string> = new Set(["queue_work", "queue_delayed_work", "mod_delayed_work"]);

/** For commands of whose end no property speaks. */
const noFact = (): undefined => undefined;

/** For commands that act on nothing in particular. */
const noTarget = (): number => 0;

/** The name of a region in labels: regions are told apart only where there are several. */
const nameOf = (id: number): string => `region${id}`;

const region = (state: SysramState, id: number): CxlRegion => regionById(state.kernel, id)!;

/** The driver's registered device below a region. */
const deviceOf = (state: SysramState, id: number) => {
  const parent = region(state, id).device;
  return state.kernel.device.devices.find((device) => device.parent === parent && device.isAdded);
};

/**
 * Whether the environment asks for this online type now.
 *
 * Kept apart from the rest, because each type multiplies the states: while somebody holds a reference to a device that
 * is gone, and another may be probed beside it, nothing depends on the type that either was asked for.
 */
const isAskedFor = ({ kernel }: SysramState, type: number): boolean => {
  if (type === MMOP.OFFLINE || type === MMOP.ONLINE_MOVABLE) return true;
  if (kernel.environment.held.some(({ device }) => deviceAt(kernel, device)?.isAdded !== true)) return false;
  return type === -1 || kernel.environment.asksForAll;
};

/** What a caller of the entry may ask for; -1 is the caller's word for the default. */
const ASKED: readonly number[] = [MMOP.ONLINE_MOVABLE, MMOP.OFFLINE, MMOP.ONLINE, MMOP.ONLINE_KERNEL, -1];

const wordsOfAsked = (type: number): string =>
  type === -1 ? "online type -1 (the default)" : describeOnlineType(type);

/**
 * An entry that takes no online type is not asked for one. A whole number of any other type gets the same values, and may
 * mean something else (a node): then nobody says that an online type was asked for.
 */
const probes = ({ entry, onlineTypeParameter }: DriverInterface, id: number): readonly Command[] => {
  const isTyped = onlineTypeParameter !== undefined && entry.parameters[onlineTypeParameter] === "enum mmop";
  return (onlineTypeParameter === undefined ? [undefined] : ASKED).map((onlineType) => ({
    label: onlineType === undefined ? `probe ${nameOf(id)}` : `probe ${nameOf(id)}, ${wordsOfAsked(onlineType)}`,
    isInstant: false,
    isPossible: (state) => {
      const { isBound, isCommitted } = region(state, id);
      return !isBound && isCommitted && (onlineType === undefined || isAskedFor(state, onlineType));
    },
    target: (state) => region(state, id).at,
    fact: (at) => ({ kind: "probe", region: address(at), onlineType: isTyped ? onlineType : undefined }),
    run: (at) => {
      // Parameters that are not known (a later version's bool) get the value that asks for nothing.
      const values = entry.parameters.map((_, index) =>
        index === 0 ? at : index === onlineTypeParameter ? (onlineType ?? 0) : 0,
      );
      return probeRegion(address(at), () => callback(entry.name, entry.name, "i_pi", ...values));
    },
  }));
};

/** What is written: every word that there is, with the newline of echo, then what is none: cut short, longer, nothing. */
const WORDS: readonly string[] = [...ONLINE_WORDS.map((word) => `${word}\n`), "of\n", "online_\n", "\n"];

/** What is in the kernel takes words with and without a newline; a driver that reads them itself is given them without one too. */
const WORD_PARSER = "mhp_online_type_from_str";

/** What is written where several tasks may run: two words that ask for different things, and one that is none. */
const WORDS_OF_SEVERAL: readonly string[] = [ONLINE_WORDS[MMOP.OFFLINE], ONLINE_WORDS[MMOP.ONLINE_MOVABLE], "of"].map(
  (word) => `${word}\n`,
);

/** The file of an attribute of the region's device, where the driver has registered it. */
const fileOf = (state: SysramState, id: number, attribute: string) => {
  const device = deviceOf(state, id);
  return device === undefined ? undefined : attributeNamed(state.kernel, device.at, attribute);
};

const pathOf = (id: number, attribute: string): string => `sysram_${nameOf(id)}/${attribute}`;

/** Writing a text to an attribute. */
const writing = (
  id: number,
  attribute: string,
  text: string,
): Pick<Command, "isInstant" | "isPossible" | "target" | "fact" | "run"> => ({
  isInstant: false,
  isPossible: (state) => (fileOf(state, id, attribute)?.store ?? NULL) !== NULL,
  target: (state) => deviceOf(state, id)!.at,
  fact: (device) => ({ kind: "write", device: address(device), attribute, text }),
  run: (device) => writeAttribute(address(device), attribute, text),
});

/** Reading and writing one attribute of the region's device, where the driver has registered it. */
const uses = (id: number, attribute: string, words: readonly string[]): readonly Command[] => [
  ...words.map((text): Command => {
    const write = writing(id, attribute, text);
    return {
      ...write,
      label: `${toldBy(text)} > ${pathOf(id, attribute)}`,
      isPossible: (state) => write.isPossible(state) && isAskedFor(state, onlineTypeAt(text)),
    };
  }),
  {
    label: `cat ${pathOf(id, attribute)}`,
    isInstant: false,
    isPossible: (state) => (fileOf(state, id, attribute)?.show ?? NULL) !== NULL,
    target: (state) => deviceOf(state, id)!.at,
    fact: noFact,
    run: (device) => readAttribute(address(device), attribute),
  },
];

/** Writing any other text than those of the table; undefined for one of those, and for nothing, which no shell writes. */
export const writeCommand = (id: number, attribute: string, text: string): Command | undefined =>
  text === "" || WORDS.includes(text)
    ? undefined
    : {
        ...writing(id, attribute, text),
        label: `printf '${printfFormat(text)}' > ${pathOf(id, attribute)}`,
        family: `printf (a drawn text) > ${pathOf(id, attribute)}`,
      };

/** The command of a shell that writes a text: echo adds a newline, printf does not. */
const toldBy = (text: string): string => {
  if (!text.endsWith("\n")) return `printf '${printfFormat(text)}'`;
  return `echo ${text.trim() === "" ? '""' : text.trim()}`;
};

/** The online type that a word asks for; for those that ask for none, one that is always asked for. */
const onlineTypeAt = (text: string): number => {
  const type = (ONLINE_WORDS as readonly string[]).indexOf(text.replace(/\n$/, ""));
  return type === -1 ? MMOP.OFFLINE : type;
};

/**
 * Who commits a region and takes that back does so one after the other.
 *
 * Two at a time can reset the decoders under a driver that is being unbound, whatever the driver does: commit_store() in
 * drivers/cxl/core/region.c cannot tell the reset that it asked for from one that somebody asks for after a commit in between.
 */
const committer = (id: number): string => `who commits ${nameOf(id)}`;

const teardowns = (id: number): readonly Command[] => [
  {
    label: `unbind the driver of ${nameOf(id)}`,
    isInstant: false,
    isPossible: (state) => region(state, id).isBound,
    target: (state) => region(state, id).at,
    fact: noFact,
    run: (at) => unbindRegion(address(at)),
  },
  {
    label: `a kernel worker unbinds the driver of ${nameOf(id)}`,
    isInstant: false,
    isPossible: (state) => region(state, id).isBound,
    target: (state) => region(state, id).at,
    fact: noFact,
    run: (at) => detachRegion(address(at)),
  },
  {
    label: `decommit ${nameOf(id)} (echo 0 > commit)`,
    actor: committer(id),
    isInstant: false,
    isPossible: (state) => region(state, id).isCommitted,
    target: (state) => region(state, id).at,
    fact: noFact,
    run: (at) => decommitRegion(address(at)),
  },
  {
    label: `commit ${nameOf(id)} (echo 1 > commit)`,
    actor: committer(id),
    isInstant: false,
    isPossible: (state) => !region(state, id).isCommitted,
    target: (state) => region(state, id).at,
    fact: noFact,
    run: (at) => commitRegion(address(at)),
  },
];

const references = ({ find, uses: functions, accessors, object }: DriverInterface, id: number): readonly Command[] => {
  if (find === undefined || object === undefined) return [];
  const isHeld = (state: SysramState): boolean => heldOf(state.kernel, id) !== undefined;
  const actor = `the holder of ${nameOf(id)}`;
  return [
    {
      label: `${find.name}() of ${nameOf(id)}, and hold the reference`,
      actor,
      isInstant: false,
      isPossible: (state) => !isHeld(state) && deviceOf(state, id) !== undefined,
      target: (state) => region(state, id).at,
      fact: noFact,
      run: function* (at): Procedure {
        const found = yield* callback(find.name, find.name, "i_p", at);
        // Whoever has the object asks for what is in it.
        for (const { name } of found > 0 ? accessors : []) yield* callback(name, name, "i_p", found);
        return yield* step((k) => {
          // NULL, or an ERR_PTR(): there is none.
          if (found <= 0) return 0;
          const held = { region: id, object: address(found), device: address(found + object.deviceOffset) };
          update(k, { environment: { ...k.state.environment, held: [...k.state.environment.held, held] } });
          return 0;
        });
      },
    },
    ...functions.map(
      (use): Command => ({
        label: `${use.name}() with the held reference of ${nameOf(id)}`,
        actor,
        isInstant: false,
        isPossible: isHeld,
        target: (state) => heldOf(state.kernel, id)!.object,
        keeps: (held) => address(held + object.deviceOffset),
        fact: noFact,
        run: (held) => callback(use.name, use.name, "i_p", held),
      }),
    ),
    {
      label: `drop the held reference of ${nameOf(id)}`,
      actor,
      isInstant: false,
      isPossible: isHeld,
      target: (state) => heldOf(state.kernel, id)!.device,
      fact: noFact,
      run: function* (device): Procedure {
        yield* step((k) => {
          const rest = k.state.environment.held.filter((reference) => reference.device !== device);
          update(k, { environment: { ...k.state.environment, held: rest } });
          return 0;
        });
        return yield* put_device(address(device));
      },
    },
  ];
};

const heldOf = (state: KernelState, id: number) => state.environment.held.find((reference) => reference.region === id);

/** The ids of the memory blocks that may come to lie in a region, first to last. */
const blockIds = (state: SysramState, id: number, count: number): readonly number[] => {
  const { blockSize } = state.kernel.memoryHotplug;
  const first = Math.ceil(region(state, id).start / blockSize);
  return Array.from({ length: count }, (_, index) => first + index);
};

const blocks = (configuration: Configuration, id: number): readonly Command[] =>
  Array.from({ length: configuration.blocks }, (_, index): readonly Command[] => {
    const name = `memory block ${index} of ${nameOf(id)}`;
    const blockOf = (state: SysramState) =>
      memoryBlock(state.kernel, blockIds(state, id, configuration.blocks)[index]!);
    // With one task at a time somebody else does it in no time, where it takes none; else it is a task like others, and waits
    // for locks and for pages.
    const isAlone = (configuration.tasks ?? 1) === 1;
    const byAdministrator = (
      label: string,
      isPossible: (block: MemoryBlock, kernel: KernelState) => boolean,
      run: Command["run"],
    ): Command => ({
      ...instant(label, (block, kernel) => isPossible(block, kernel) && !(isAlone && takesTime(block, kernel)), run),
      isInstant: isAlone,
    });
    const instant = (
      label: string,
      isPossible: (block: MemoryBlock, kernel: KernelState) => boolean,
      run: Command["run"],
    ): Command => ({
      label,
      isInstant: true,
      isPossible: (state) => {
        const block = blockOf(state);
        return block !== undefined && isPossible(block, state.kernel);
      },
      target: (state) => blockOf(state)!.id,
      fact: noFact,
      run,
    });
    return [
      {
        ...instant(
          `a page in ${name} is pinned`,
          // One pinned page at a time: a second one would be met only after the first. In the movable zone alone: in others it
          // makes no difference. With one task at a time not while memory is taken offline: that waits for one that was pinned before.
          ({ zone }, kernel) =>
            zone === MMOP.ONLINE_MOVABLE &&
            kernel.page.pinned.length === 0 &&
            !(isAlone && !isLockFree(kernel, KERNEL_LOCKS.device_hotplug_lock, "write")),
          (block) =>
            step((k) => {
              pinPage(k, block);
              return 0;
            }),
        ),
        isInTheWay: true as const,
      },
      instant(
        `the page in ${name} is unpinned`,
        ({ id }, kernel) => isPinned(kernel, id),
        (block) =>
          step((k) => {
            unpinPage(k, block);
            return 0;
          }),
      ),
      byAdministrator(`the administrator offlines ${name}`, ({ state }) => state === "online", offlineBlock),
      byAdministrator(
        `the administrator onlines ${name} as online_movable`,
        ({ state }) => state === "offline",
        (block) => onlineBlock(block, MMOP.ONLINE_MOVABLE),
      ),
    ];
  }).flat();

/** Whether who onlines or offlines a block now would have to wait. */
const takesTime = ({ id }: MemoryBlock, kernel: KernelState): boolean =>
  isPinned(kernel, id) || !isLockFree(kernel, KERNEL_LOCKS.device_hotplug_lock, "write");

const claimOf = (state: KernelState, id: number) => state.environment.claims.find((claim) => claim.region === id);

/** Where a claim begins in a region, from the region's start, and how far it goes; in bytes. */
export interface Part {
  readonly offset: number;
  readonly size: number;
}

type PartOf = (region: CxlRegion, blockSize: number) => Part;

/** The second block, so that the claim is a part of the range and not all of it. */
const secondBlock: PartOf = ({ start, size }, blockSize) => ({
  offset: Math.min(Math.ceil((start + size / 2) / blockSize) * blockSize, start + size - blockSize) - start,
  size: blockSize,
});

/** Another owner claims a part of the region's range. */
const claiming = (
  id: number,
  partOf: PartOf,
): Pick<Command, "isInstant" | "isPossible" | "target" | "fact" | "run"> => ({
  isInstant: true,
  isPossible: (state) => {
    if (claimOf(state.kernel, id) !== undefined || state.kernel.memoryHotplug.blocks.length > 0) return false;
    const { offset, size } = partOf(region(state, id), state.kernel.memoryHotplug.blockSize);
    return offset >= 0 && offset + size <= region(state, id).size;
  },
  target: (state) => region(state, id).start + partOf(region(state, id), state.kernel.memoryHotplug.blockSize).offset,
  fact: noFact,
  run: (start) =>
    step((k) => {
      // Neither changes while tasks run.
      const { size } = partOf(regionById(k.whole, id)!, k.whole.memoryHotplug.blockSize);
      if (!isPlaceFree(k, start, size, "another owner")) return 0;
      const at = insertKernelResource(k, {
        start,
        size,
        name: "another owner",
        flags: IORESOURCE.MEM | IORESOURCE.BUSY,
        owner: "another owner",
        site: 0,
        function: "another owner",
      });
      update(k, {
        environment: { ...k.state.environment, claims: [...k.state.environment.claims, { region: id, at }] },
      });
      return 0;
    }),
});

const claims = (id: number): readonly Command[] => [
  { label: `another owner claims a part of ${nameOf(id)}`, isInTheWay: true, ...claiming(id, secondBlock) },
  {
    label: `the other owner gives its part of ${nameOf(id)} back`,
    isInstant: true,
    isPossible: (state) => claimOf(state.kernel, id) !== undefined,
    target: (state) => claimOf(state.kernel, id)!.at,
    fact: noFact,
    run: (at) =>
      step((k) => {
        removeKernelResource(k, address(at), "another owner");
        const rest = k.state.environment.claims.filter((claim) => claim.at !== at);
        update(k, { environment: { ...k.state.environment, claims: rest } });
        return 0;
      }),
  },
];

/** Claiming any other part than the one of the table. */
export const claimCommand = (id: number, part: Part): Command => ({
  ...claiming(id, () => part),
  label: `another owner claims 0x${part.size.toString(16)} bytes of ${nameOf(id)} at its 0x${part.offset.toString(16)}`,
  family: `another owner claims (a drawn part) of ${nameOf(id)}`,
  isInTheWay: true,
});

const runsWork: Command = {
  label: "a kernel worker runs a work that is pending",
  isWorkers: true,
  isInstant: false,
  isPossible: ({ kernel }) => runnableWorks(kernel).length > 0,
  target: noTarget,
  fact: noFact,
  run: runWork,
};

const readIomem: Command = {
  label: "cat /proc/iomem",
  isInTheWay: true,
  isInstant: true,
  isPossible: () => true,
  target: noTarget,
  fact: noFact,
  run: () =>
    step((k) => {
      readProcIomem(k);
      return 0;
    }),
};
