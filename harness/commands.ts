import { address, NULL } from "../abi/address.ts";
import { describeOnlineType, MMOP, ONLINE_WORDS, type OnlineType } from "../abi/mmop.ts";
import type { DriverImage } from "../driver/build/image.ts";
import {
  type CxlRegion,
  commitRegion,
  decommitRegion,
  probeRegion,
  regionById,
  unbindRegion,
} from "../models/cxl-region.ts";
import { put_device } from "../models/device.ts";
import { IORESOURCE, insertKernelResource, isPlaceFree, readProcIomem, removeKernelResource } from "../models/iomem.ts";
import { callback, type KernelState, type Procedure, step, update } from "../models/kernel.ts";
import { memoryBlock, offlineBlock, onlineBlock, pinBlock, unpinBlock } from "../models/memory-hotplug.ts";
import type { CommandFact } from "../models/observation.ts";
import { sendSignal } from "../models/sched.ts";
import { writeAttribute } from "../models/sysfs.ts";
import type { Command } from "./command.ts";
import type { Configuration } from "./configuration.ts";
import { type DriverInterface, interfaceOf } from "./interface.ts";
import type { SysramState } from "./state.ts";

/**
 * Everything that the environment may do, harmless things first.
 *
 * The driver's side is found as the kernel finds it: the attributes that it registered become writes, the entry is what
 * a region driver's probe calls, the exported functions are called with a reference taken before.
 */
export const commandsOf = (image: DriverImage, configuration: Configuration): readonly Command[] => {
  const driver = interfaceOf(image);
  const regions = Array.from({ length: configuration.regions }, (_, id) => id);
  return [
    ...regions.flatMap((id) => probes(driver, id)),
    ...regions.flatMap((id) => writes(id)),
    ...regions.flatMap((id) => teardowns(id)),
    ...regions.flatMap((id) => references(driver, id)),
    ...regions.flatMap((id) => blocks(configuration, id)),
    ...regions.flatMap((id) => claims(id)),
    readIomem,
    signal,
  ];
};

const OTHER: CommandFact = { kind: "other" };

/** The name of a region in labels: regions are told apart only where there are several. */
const nameOf = (id: number): string => `region${id}`;

const region = (state: SysramState, id: number): CxlRegion => regionById(state.kernel, id)!;

/** The driver's registered device below a region. */
const deviceOf = (state: SysramState, id: number) => {
  const parent = region(state, id).device;
  return state.kernel.device.devices.find((device) => device.parent === parent && device.isAdded);
};

/** What a caller of the entry may ask for; -1 is the caller's word for the default. */
const ASKED: readonly number[] = [MMOP.ONLINE_MOVABLE, MMOP.OFFLINE, MMOP.ONLINE, MMOP.ONLINE_KERNEL, -1];

const probes = ({ entry }: DriverInterface, id: number): readonly Command[] =>
  ASKED.map((onlineType) => ({
    label: `probe ${nameOf(id)}, ${onlineType === -1 ? "online type -1 (the default)" : describeOnlineType(onlineType)}`,
    isInstant: false,
    isPossible: (state) => !region(state, id).isBound && region(state, id).isCommitted,
    fact: (state) => ({ kind: "probe", region: region(state, id).at, onlineType }),
    run: (state) => {
      // Parameters that are not known (a later version's bool) get the value that asks for nothing.
      const values = entry.parameters.map((_, index) =>
        index === 0 ? region(state, id).at : index === 1 ? onlineType : 0,
      );
      return probeRegion(region(state, id).at, function* () {
        return yield* callback(entry.name, entry.name, "i_pi", ...values);
      });
    },
  }));

/** What is written: every word that there is, with the newline of echo, and one that there is not. */
const WORDS: readonly string[] = [...ONLINE_WORDS.map((word) => `${word}\n`), "of\n"];

const ATTRIBUTE = "hotplug";

const writes = (id: number): readonly Command[] =>
  WORDS.map((text) => ({
    label: `echo ${text.trim()} > sysram_${nameOf(id)}/${ATTRIBUTE}`,
    isInstant: false,
    isPossible: (state) => deviceOf(state, id) !== undefined,
    fact: (state) => ({ kind: "write", device: deviceOf(state, id)!.at, attribute: ATTRIBUTE, text }),
    run: (state) => writeAttribute(deviceOf(state, id)!.at, ATTRIBUTE, text),
  }));

const teardowns = (id: number): readonly Command[] => [
  {
    label: `unbind the driver of ${nameOf(id)}`,
    isInstant: false,
    isPossible: (state) => region(state, id).isBound,
    fact: (state) => ({ kind: "teardown", region: region(state, id).at }),
    run: (state) => unbindRegion(region(state, id).at),
  },
  {
    label: `decommit ${nameOf(id)} (echo 0 > commit)`,
    isInstant: false,
    isPossible: (state) => region(state, id).isCommitted,
    fact: (state) => ({ kind: "teardown", region: region(state, id).at }),
    run: (state) => decommitRegion(region(state, id).at),
  },
  {
    label: `commit ${nameOf(id)} (echo 1 > commit)`,
    isInstant: false,
    isPossible: (state) => !region(state, id).isCommitted,
    fact: () => OTHER,
    run: (state) => commitRegion(region(state, id).at),
  },
];

const references = ({ find, uses, object }: DriverInterface, id: number): readonly Command[] => {
  if (find === undefined || object === undefined) return [];
  const isHeld = (state: SysramState): boolean => heldOf(state.kernel, id) !== undefined;
  return [
    {
      label: `${find.name}() of ${nameOf(id)}, and hold the reference`,
      isInstant: false,
      isPossible: (state) => !isHeld(state) && deviceOf(state, id) !== undefined,
      fact: () => OTHER,
      run: (state) => {
        const { at } = region(state, id);
        return (function* (): Procedure {
          const found = yield* callback(find.name, find.name, "i_p", at);
          return yield* step((k) => {
            if (found === NULL) return 0;
            const held = { region: id, object: address(found), device: address(found + object.deviceOffset) };
            update(k, { environment: { ...k.state.environment, held: [...k.state.environment.held, held] } });
            return 0;
          });
        })();
      },
    },
    ...uses.map(
      (use): Command => ({
        label: `${use.name}() with the held reference of ${nameOf(id)}`,
        isInstant: false,
        isPossible: isHeld,
        fact: () => ({ kind: "use" }),
        run: (state) => callback(use.name, use.name, "i_p", heldOf(state.kernel, id)!.object),
      }),
    ),
    {
      label: `drop the held reference of ${nameOf(id)}`,
      isInstant: false,
      isPossible: isHeld,
      fact: () => ({ kind: "drop" }),
      run: (state) => {
        const held = heldOf(state.kernel, id)!;
        return (function* (): Procedure {
          yield* step((k) => {
            const rest = k.state.environment.held.filter((reference) => reference !== held);
            update(k, { environment: { ...k.state.environment, held: rest } });
            return 0;
          });
          return yield* put_device(held.device);
        })();
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
    const block = (state: SysramState) => memoryBlock(state.kernel, blockIds(state, id, configuration.blocks)[index]!);
    const name = `memory block ${index} of ${nameOf(id)}`;
    const instant = (
      run: (state: SysramState, block: number) => Procedure,
      label: string,
      isPossible: Command["isPossible"],
    ): Command => ({
      label,
      isInstant: true,
      isPossible,
      fact: () => OTHER,
      run: (state) => run(state, block(state)!.id),
    });
    const toggle = (type: OnlineType): Command =>
      instant(
        (_, at) => (type === MMOP.OFFLINE ? offlineBlock(at) : onlineBlock(at, type)),
        `the administrator writes ${describeOnlineType(type)} to the state of ${name}`,
        (state) => block(state) !== undefined && (block(state)!.state === "online") === (type === MMOP.OFFLINE),
      );
    return [
      instant(
        (_, at) =>
          step((k) => {
            pinBlock(k, at);
            return 0;
          }),
        `a page in ${name} is pinned`,
        (state) => block(state)?.state === "online" && block(state)?.pins === 0,
      ),
      instant(
        (_, at) =>
          step((k) => {
            unpinBlock(k, at);
            return 0;
          }),
        `the page in ${name} is unpinned`,
        (state) => block(state)?.pins === 1,
      ),
      toggle(MMOP.OFFLINE),
      toggle(MMOP.ONLINE_MOVABLE),
    ];
  }).flat();

const claims = (id: number): readonly Command[] => {
  // The second block, so that the claim is a part of the range and not all of it.
  const range = (state: SysramState) => {
    const { blockSize } = state.kernel.memoryHotplug;
    const { start, size } = region(state, id);
    const from = Math.ceil((start + size / 2) / blockSize) * blockSize;
    return { start: Math.min(from, start + size - blockSize), size: blockSize };
  };
  const claimOf = (state: SysramState) => state.kernel.environment.claims.find((claim) => claim.region === id);
  return [
    {
      label: `another owner claims a part of ${nameOf(id)}`,
      isInstant: true,
      isPossible: (state) => claimOf(state) === undefined && state.kernel.memoryHotplug.blocks.length === 0,
      fact: () => OTHER,
      run: (state) => {
        const { start, size } = range(state);
        return step((k) => {
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
        });
      },
    },
    {
      label: `the other owner gives its part of ${nameOf(id)} back`,
      isInstant: true,
      isPossible: (state) => claimOf(state) !== undefined,
      fact: () => OTHER,
      run: (state) => {
        const claim = claimOf(state)!;
        return step((k) => {
          removeKernelResource(k, claim.at, "another owner");
          update(k, {
            environment: {
              ...k.state.environment,
              claims: k.state.environment.claims.filter((other) => other !== claim),
            },
          });
          return 0;
        });
      },
    },
  ];
};

const readIomem: Command = {
  label: "cat /proc/iomem",
  isInstant: true,
  isPossible: () => true,
  fact: () => OTHER,
  run: () =>
    step((k) => {
      readProcIomem(k);
      return 0;
    }),
};

/** A signal that comes while no command runs is delivered at once; one that comes while a command sleeps stays pending. */
const signal: Command = {
  label: "a signal arrives",
  isInstant: true,
  isPossible: (state) =>
    state.tasks.some(({ id }) => !state.kernel.sched.signals.some((pending) => pending.task === id)),
  fact: () => OTHER,
  run: (state) => {
    const task = state.tasks[0]!.id;
    return step((k) => {
      sendSignal(k, task, false);
      return 0;
    });
  },
};
