import { describe, expect, it } from "vitest";
import { type Address, address, NULL } from "../../abi/address.ts";
import type { Chooser } from "../../checker/chooser.ts";
import { IORESOURCE, nameOf, resourcesIn, resourcesOf, startOf } from "../../models/iomem.ts";
import type { Procedure } from "../../models/kernel.ts";
import { holdsLock, KERNEL_LOCKS } from "../../models/lock.ts";
import { memoryGroup } from "../../models/memory-group.ts";
import { blocksIn, isOnlineAs, MEM, memoryBlock, offlineBlock, onlineBlock } from "../../models/memory-hotplug.ts";
import { pinPage, unpinPage } from "../../models/page.ts";
import { enterWorker, sendSignal } from "../../models/signal.ts";
import { halt, procedureOf } from "./core-kernel.ts";
import { argumentsOf, type FakeKernel, Hangs, run, type Scripted } from "./fake-kernel.ts";
import { BLOCK, c, functions, memoryKernel, request, rules, START } from "./memory-kernel.ts";

const NAME = "System RAM (CXL)";
const SIZE = 2 * BLOCK;
const FIRST = START / BLOCK;
const MGID = 4;
const [OFFLINE, ONLINE, KERNEL, MOVABLE] = [0, 1, 2, 3] as const;

const REFUSED: Scripted = { question: "memory_block_online", label: "-ENOMEM (a memory notifier refuses)" };
const ACCEPTED: Scripted = { question: "memory_block_online", label: "succeeds" };
const WENT_OFFLINE: Scripted = { question: "memory_block_offline", label: "succeeds" };
const STAYED_ONLINE: Scripted = {
  question: "memory_block_offline",
  label: "-EBUSY (a page marked offline)",
};

interface Adding {
  readonly name?: string;
  readonly nid?: number;
  readonly start?: number;
  readonly size?: number;
  readonly flags?: number;
  readonly type?: number;
}

const add = (k: FakeKernel, adding: Adding = {}): number => {
  const { name = NAME, nid = 1, start = START, size = SIZE, flags = 0, type = MOVABLE } = adding;
  return c(k, "__add_memory_driver_managed", nid, start, size, k.text(name), flags, type);
};

const offlineAndRemove = (k: FakeKernel, start = START, size = SIZE) => c(k, "offline_and_remove_memory", start, size);

const states = (k: FakeKernel) => blocksIn(k.state, START, SIZE).map(({ id, state }) => `${id - FIRST} ${state}`);

const systemRam = (k: FakeKernel) =>
  resourcesOf(k.state, "memory hotplug").map(({ at }) => [(startOf(k, at) - START) / BLOCK, nameOf(k, at)]);

/** A driver's own resource over the range, not busy. */
const claim = (k: FakeKernel): Address => {
  const at = request(k, START, SIZE, "cxl_sysram0");
  k.memory.setU64(address(at + k.layout.offset("resource", "flags")!), IORESOURCE.SYSTEM_RAM);
  return at;
};

describe("adding memory", () => {
  it("creates the blocks, onlines them as asked, and puts System RAM into the driver's resource", () => {
    const k = memoryKernel();
    const own = claim(k);
    k.site = 4;
    expect(add(k)).toBe(0);
    expect(k.state.memoryHotplug.blocks).toEqual(
      [FIRST, FIRST + 1].map((id) => ({
        id,
        nid: 1,
        group: -1,
        state: "online",
        zone: MOVABLE,
        site: 4,
      })),
    );
    const [ram] = resourcesOf(k.state, "memory hotplug");
    expect(ram).toMatchObject({ parent: own, site: 4 });
    expect(systemRam(k)).toEqual([[0, NAME]]);
    expect(k.memory.u32(address(ram!.at + k.layout.offset("resource", "flags")!))).toBe(
      IORESOURCE.BUSY + IORESOURCE.SYSRAM_DRIVER_MANAGED + IORESOURCE.SYSTEM_RAM,
    );
    expect(k.state.memoryHotplug.blocks.map((block) => block.state)).toEqual(
      Array(SIZE / k.state.memoryHotplug.blockSize).fill("online"),
    );
    expect(k.state.lock.held).toEqual([]);
    expect(k.misuse).toEqual([]);
  });

  it("leaves the blocks offline when asked to, and asks nobody", () => {
    const k = memoryKernel(REFUSED);
    expect(add(k, { type: OFFLINE })).toBe(0);
    expect(states(k)).toEqual(["0 offline", "1 offline"]);
  });

  it("takes the default online type where the call names none", () => {
    const k = memoryKernel();
    c(k, "mhp_set_default_online_type", KERNEL);
    c(k, "add_memory_driver_managed", 1, START, SIZE, k.text(NAME), 0);
    expect(blocksIn(k.state, START, SIZE).map(({ zone }) => zone)).toEqual([KERNEL, KERNEL]);
    expect(c(k, "mhp_get_default_online_type")).toBe(KERNEL);
  });

  it("names the memory of add_memory() System RAM, and does not call it driver managed", () => {
    const k = memoryKernel();
    expect(c(k, "add_memory", 1, START, BLOCK, 0)).toBe(0);
    expect(systemRam(k)).toEqual([[0, "System RAM"]]);
  });

  it("refuses an unaligned start or size", () => {
    const k = memoryKernel();
    expect(add(k, { start: START + 4096 })).toBe(-22);
    expect(add(k, { size: SIZE - 4096 })).toBe(-22);
    expect(k.state.iomem.resources).toEqual([]);
    expect(k.asked).toEqual([]);
  });

  it("refuses an unaligned range over existing busy memory as that first", () => {
    const k = memoryKernel();
    add(k);
    expect(add(k, { start: START + 4096 })).toBe(-17);
  });

  it("finds size zero, and a range beyond what can be mapped, too big", () => {
    const k = memoryKernel();
    expect(add(k, { size: 0 })).toBe(-7);
    expect(add(k, { start: 2 ** 40 })).toBe(-7);
    expect(c(k, "mhp_range_allowed", START, 0)).toBe(0);
  });

  it("refuses an unknown group", () => {
    expect(add(memoryKernel(), { nid: 3, flags: MGID })).toBe(-22);
  });

  it.each(["System RAM", "System RAM (CXL", "CXL", ""])("refuses the name %j", (name) => {
    expect(add(memoryKernel(), { name })).toBe(-22);
  });

  it("refuses no name at all, and an online type that is none", () => {
    const k = memoryKernel();
    expect(c(k, "__add_memory_driver_managed", 1, START, SIZE, NULL, 0, MOVABLE)).toBe(-22);
    expect(add(k, { type: -1 })).toBe(-22);
    expect(add(k, { type: 4 })).toBe(-22);
  });

  it("refuses the same range twice", () => {
    const k = memoryKernel();
    claim(k);
    add(k);
    expect(add(k)).toBe(-17);
  });

  it("refuses a range over a busy resource", () => {
    const k = memoryKernel();
    request(k, START, SIZE, "still busy");
    expect(add(k)).toBe(-17);
  });

  it("refuses blocks that are there although nothing in the tree says so", () => {
    const k = memoryKernel();
    const own = claim(k);
    add(k);
    c(k, "release_resource", own);
    expect(k.state.iomem.resources).toEqual([]);
    expect(add(k)).toBe(-17);
    expect(k.state.iomem.resources).toEqual([]);
  });

  it("warns of an impossible node, and reads beside the mask for -1", () => {
    const k = memoryKernel();
    expect(add(k, { nid: 5 })).toBe(-22);
    expect(add(k, { nid: -1 })).toBe(-22);
    expect(rules(k)).toEqual(["impossible-node", "wild-node"]);
  });

  it("takes node and membership from the group when it is given one", () => {
    const k = memoryKernel();
    const group = c(k, "memory_group_register_static", 1, SIZE / 4096);
    expect(add(k, { nid: group, flags: MGID })).toBe(0);
    expect(blocksIn(k.state, START, SIZE).map(({ nid, group: id }) => [nid, id])).toEqual([
      [1, group],
      [1, group],
    ]);
  });

  it.each([
    ["-ENOMEM (memmap or page tables)", -12],
    ["-ENOMEM (a memory block device)", -12],
    ["-EEXIST (the resource's node)", -17],
  ])("leaves everything as it was when it ends in %s", (label, result) => {
    const k = memoryKernel(label);
    const own = claim(k);
    const before = k.state;
    expect(add(k)).toBe(result);
    expect(k.state).toEqual(before);
    expect(k.state.iomem.resources.map(({ at }) => at)).toEqual([own]);
  });

  it("returns 0 when onlining of the second block is refused, with the first online and the second offline", () => {
    const k = memoryKernel(ACCEPTED, REFUSED);
    expect(add(k)).toBe(0);
    expect(states(k)).toEqual(["0 online", "1 offline"]);
  });

  it("does not try the second block when the first is refused", () => {
    const k = memoryKernel(REFUSED);
    expect(add(k)).toBe(0);
    expect(states(k)).toEqual(["0 offline", "1 offline"]);
    expect(k.asked.filter(([question]) => question === "memory_block_online")).toHaveLength(1);
  });

  it("waits for ever when its own caller holds device_hotplug_lock", () => {
    const k = memoryKernel();
    c(k, "lock_device_hotplug");
    expect(() => add(k)).toThrow(Hangs);
  });

  it("wants that lock held for __add_memory()", () => {
    const k = memoryKernel();
    expect(c(k, "__add_memory", 1, START, BLOCK, 0)).toBe(0);
    expect(rules(k)).toEqual(["hotplug-lock-not-held"]);
    c(k, "lock_device_hotplug");
    expect(c(k, "__add_memory", 1, START + BLOCK, BLOCK, 0)).toBe(0);
    expect(k.misuse).toHaveLength(1);
    expect(k.state.lock.held).toHaveLength(1);
  });

  it("links blocks to freed memory when the group is unregistered in between", () => {
    const k = memoryKernel();
    const group = c(k, "memory_group_register_static", 1, 1);
    k.between = () => {
      if (systemRam(k).length > 0 && memoryGroup(k.state, group) !== undefined) c(k, "memory_group_unregister", group);
    };
    expect(add(k, { nid: group, flags: MGID })).toBe(0);
    expect(k.misuse).toMatchObject([{ rule: "group-unregistered-while-adding", isFatal: true }]);
  });
});

describe("offline_and_remove_memory", () => {
  const added = (...answers: readonly Scripted[]) => {
    const k = memoryKernel();
    claim(k);
    add(k);
    k.answers.push(...answers);
    return k;
  };

  it("removes blocks and System RAM, and leaves the driver's resource", () => {
    const k = added();
    expect(offlineAndRemove(k)).toBe(0);
    expect(k.state.memoryHotplug.blocks).toEqual([]);
    expect(resourcesIn(k, START, SIZE).map(({ at }) => nameOf(k, at))).toEqual(["cxl_sysram0"]);
    expect(k.state.lock.held).toEqual([]);
    expect(k.misuse).toEqual([]);
  });

  it("refuses an unaligned range and one of no bytes", () => {
    const k = added();
    const asked = k.asked.length;
    expect(offlineAndRemove(k, START + 4096)).toBe(-22);
    expect(offlineAndRemove(k, START, SIZE - 4096)).toBe(-22);
    expect(offlineAndRemove(k, START, 0)).toBe(-22);
    expect(k.asked.length).toBe(asked);
  });

  it("fails before it touches anything when it cannot allocate its notes", () => {
    const k = added("-ENOMEM (notes of the blocks' types)");
    const before = k.state;
    expect(offlineAndRemove(k)).toBe(-12);
    expect(k.state).toBe(before);
  });

  it("cannot take notes on more blocks than a kmalloc() holds", () => {
    expect(offlineAndRemove(memoryKernel(), 0, (4 * 2 ** 20 + 1) * BLOCK)).toBe(-12);
  });

  it("returns the refusal of the second block, with both online again as before and nothing removed", () => {
    const k = added(WENT_OFFLINE, STAYED_ONLINE);
    const before = k.state.memoryHotplug;
    expect(offlineAndRemove(k)).toBe(-16);
    expect(k.state.memoryHotplug).toEqual(before);
    expect(systemRam(k)).toEqual([[0, NAME]]);
    expect(k.misuse).toEqual([]);
  });

  it("only warns when a block does not go online again", () => {
    const k = added(WENT_OFFLINE, STAYED_ONLINE, {
      question: "memory_block_online: again",
      label: "-ENOMEM (a memory notifier refuses)",
    });
    expect(offlineAndRemove(k)).toBe(-16);
    expect(states(k)).toEqual(["0 offline", "1 online"]);
  });

  it("does not online a block that was offline before", () => {
    const k = added();
    run(k, offlineBlock(FIRST));
    k.answers.push(STAYED_ONLINE);
    expect(offlineAndRemove(k)).toBe(-16);
    expect(states(k)).toEqual(["0 offline", "1 online"]);
  });

  it("returns -EINTR when a signal is pending, with both online", () => {
    const k = added();
    sendSignal(k, k.task, false);
    const asked = k.asked.length;
    expect(offlineAndRemove(k)).toBe(-4);
    expect(states(k)).toEqual(["0 online", "1 online"]);
    expect(k.asked.slice(asked).map(([question]) => question)).toEqual(["offline_and_remove_memory"]);
  });

  it("may be interrupted by a signal that arrives meanwhile, which stays pending", () => {
    const k = added(WENT_OFFLINE, "-EINTR (a signal)");
    expect(offlineAndRemove(k)).toBe(-4);
    expect(states(k)).toEqual(["0 online", "1 online"]);
    expect(k.state.signal.pending).toEqual([{ task: 1, isFatal: false }]);
  });

  it("is not interrupted in a kernel worker", () => {
    const k = added("-EINTR (a signal)");
    enterWorker(k);
    expect(offlineAndRemove(k)).toBe(0);
  });

  it("is refused for a page that the kernel allocated outside of the movable zone, and for one marked offline in any", () => {
    const labelsIn = (type: number): readonly string[] => {
      const k = memoryKernel();
      add(k, { type });
      const labels: string[] = [];
      const { choose } = k.chooser;
      const chooser: Chooser = {
        choose: (question, answers) => {
          if (question === "memory_block_offline") labels.push(...answers.map(({ label }) => label));
          return choose(question, answers);
        },
      };
      offlineAndRemove(Object.assign(k, { chooser }), START, BLOCK);
      return labels;
    };
    const others = ["-EPERM (a memory notifier refuses)", "-EINTR (a signal)"];
    expect(labelsIn(MOVABLE)).toEqual(["succeeds", "-EBUSY (a page marked offline)", ...others]);
    for (const type of [ONLINE, KERNEL]) {
      expect(labelsIn(type)).toEqual(["succeeds", "-EBUSY (an unmovable page)", ...others]);
    }
  });

  it("returns the veto of a memory notifier, with both online", () => {
    const k = added(WENT_OFFLINE, "-EPERM (a memory notifier refuses)");
    expect(offlineAndRemove(k)).toBe(-1);
    expect(states(k)).toEqual(["0 online", "1 online"]);
  });

  describe("while a page is pinned", () => {
    const remove = (k: FakeKernel) => procedureOf(k, "offline_and_remove_memory", START, SIZE);
    const pinned = () => {
      const k = added();
      pinPage(k, FIRST + 1);
      return k;
    };

    it("makes no progress, with device_hotplug_lock held and the block before offline, until it is let go of", () => {
      const k = pinned();
      const { request, isReady, finish } = halt(k, remove(k), "wait");
      expect(request).toMatchObject({ reason: "offline_pages", listensTo: "signal", endedBy: "the environment" });
      expect(isReady()).toBe(false);
      expect(states(k)).toEqual(["0 offline", "1 online"]);
      expect(holdsLock(k.state, KERNEL_LOCKS.device_hotplug_lock, k.task)).toBe(true);
      unpinPage(k, FIRST + 1);
      expect(isReady()).toBe(true);
      expect(finish()).toBe(0);
      expect([states(k), k.misuse]).toEqual([[], []]);
    });

    it("waits again where another page of the block was pinned before it went on", () => {
      const k = pinned();
      const { finish } = halt(k, remove(k), "wait");
      expect(() => finish()).toThrow(Hangs);
    });

    it("ends with -EINTR by a signal, with all online again", () => {
      const k = pinned();
      const { isReady, finish } = halt(k, remove(k), "wait");
      sendSignal(k, k.task, false);
      expect(isReady()).toBe(true);
      expect(finish()).toBe(-4);
      expect(states(k)).toEqual(["0 online", "1 online"]);
      expect(k.state.lock.held).toEqual([]);
    });

    it("may still be refused before it begins to wait, and asks for no signal there", () => {
      const k = pinned();
      k.answers.push(WENT_OFFLINE, STAYED_ONLINE);
      expect(offlineAndRemove(k)).toBe(-16);
      k.answers.push("-EINTR (a signal)");
      unpinPage(k, FIRST + 1);
      pinPage(k, FIRST);
      expect(() => offlineAndRemove(k)).toThrow(Hangs);
    });

    it("is recorded in a kernel worker, where no signal ends it", () => {
      const k = pinned();
      enterWorker(k);
      const { isReady, finish } = halt(k, remove(k), "wait");
      expect(k.misuse).toMatchObject([{ rule: "offlining-without-end", function: "offline_pages", isFatal: false }]);
      sendSignal(k, k.task, true);
      expect(isReady()).toBe(false);
      unpinPage(k, FIRST + 1);
      expect(finish()).toBe(0);
      expect(k.misuse).toHaveLength(1);
    });

    it("is no way to fail for remove_memory(), which takes nothing offline", () => {
      const k = pinned();
      expect(c(k, "remove_memory", START, SIZE)).toBe(-16);
    });

    it("comes behind the memory notifiers, who are told that it was cancelled where a signal ends it", () => {
      const k = added();
      const heard: number[] = [];
      const notifier = k.variable(24);
      const target = address(77);
      k.memory.setPointer(notifier, target);
      k.driver.set(target, (_, [, action]) => {
        heard.push(action!);
        return 0;
      });
      c(k, "register_memory_notifier", notifier);
      pinPage(k, FIRST);
      const { finish } = halt(k, remove(k), "wait");
      expect(heard).toEqual([MEM.GOING_OFFLINE]);
      sendSignal(k, k.task, false);
      expect(finish()).toBe(-4);
      expect(heard).toEqual([MEM.GOING_OFFLINE, MEM.CANCEL_OFFLINE]);
    });
  });

  it("removes only the first block: the second stays, and so does the group", () => {
    const k = memoryKernel();
    const group = c(k, "memory_group_register_static", 1, 1);
    add(k, { nid: group, flags: MGID });
    expect(offlineAndRemove(k, START, BLOCK)).toBe(0);
    expect(states(k)).toEqual(["1 online"]);
    expect(systemRam(k)).toEqual([[1, NAME]]);
    expect(c(k, "memory_group_unregister", group)).toBe(-16);
  });

  it("returns 0 for both blocks while the first is already gone: removes the second, and the kernel warns", () => {
    const k = added();
    offlineAndRemove(k, START, BLOCK);
    expect(offlineAndRemove(k)).toBe(0);
    expect(k.state.memoryHotplug.blocks).toEqual([]);
    expect(rules(k)).toEqual(["remove-absent-memory"]);
    // The kernel looks for one resource over the whole range, and does not find the rest of the old one.
    expect(systemRam(k)).toEqual([[1, NAME]]);
  });

  it("returns 0 when all blocks are already gone, and the kernel warns alike", () => {
    const k = added();
    offlineAndRemove(k);
    expect(offlineAndRemove(k)).toBe(0);
    expect(k.misuse).toMatchObject([{ rule: "remove-absent-memory", isFatal: false }]);
  });

  it("onlines a block again in the zone that it had", () => {
    const k = memoryKernel(ACCEPTED, ACCEPTED, WENT_OFFLINE, {
      question: "memory_block_offline",
      label: "-EBUSY (an unmovable page)",
    });
    add(k, { type: ONLINE });
    offlineAndRemove(k);
    expect(blocksIn(k.state, START, SIZE).every((block) => isOnlineAs(block, ONLINE))).toBe(true);
    expect(memoryBlock(k.state, FIRST)!.zone).toBe(KERNEL);
    expect(isOnlineAs(memoryBlock(k.state, FIRST)!, MOVABLE)).toBe(false);
  });
});

describe("offline_and_remove_memory_ranges", () => {
  const ranges = (k: FakeKernel, ...list: readonly (readonly [start: number, size: number])[]) => {
    const at = k.variable(16 * list.length);
    list.forEach(([start, size], index) => {
      k.memory.setU64(address(at + 16 * index), start);
      k.memory.setU64(address(at + 16 * index + 8), start + size - 1);
    });
    return at;
  };
  const remove = (k: FakeKernel, at: number, length: number) => c(k, "offline_and_remove_memory_ranges", at, length);

  const both = (k: FakeKernel) => ranges(k, [START, BLOCK], [START + BLOCK, BLOCK]);

  it("removes all of them, or none", () => {
    const k = memoryKernel();
    add(k, { size: BLOCK });
    add(k, { start: START + BLOCK, size: BLOCK });
    k.answers.push(WENT_OFFLINE, STAYED_ONLINE);
    expect(remove(k, both(k), 2)).toBe(-16);
    expect(states(k)).toEqual(["0 online", "1 online"]);
    expect(remove(k, both(k), 2)).toBe(0);
    expect(states(k)).toEqual([]);
    expect(systemRam(k)).toEqual([]);
  });

  it("refuses no ranges, and one that is not of whole blocks", () => {
    const k = memoryKernel();
    expect(remove(k, NULL, 1)).toBe(-22);
    expect(remove(k, both(k), 0)).toBe(-22);
    expect(remove(k, ranges(k, [START, BLOCK], [START, 4096]), 2)).toBe(-22);
  });
});

describe("remove_memory", () => {
  it("refuses while a block is online, and is no misuse", () => {
    const k = memoryKernel();
    add(k);
    expect(c(k, "remove_memory", START, SIZE)).toBe(-16);
    expect(states(k)).toEqual(["0 online", "1 online"]);
    expect(k.misuse).toEqual([]);
  });

  it("removes what is offline", () => {
    const k = memoryKernel();
    add(k, { type: OFFLINE });
    expect(c(k, "remove_memory", START, SIZE)).toBe(0);
    expect([states(k), systemRam(k)]).toEqual([[], []]);
  });

  it("stops the kernel on a misaligned range", () => {
    const k = memoryKernel();
    c(k, "remove_memory", START, 4096);
    expect(k.misuse).toMatchObject([{ rule: "remove-misaligned", isFatal: true }]);
  });

  it("stops the kernel in __remove_memory() on memory that is online, and wants the lock there", () => {
    const k = memoryKernel();
    add(k);
    c(k, "__remove_memory", START, SIZE);
    expect(k.misuse.map(({ rule, isFatal }) => [rule, isFatal])).toEqual([
      ["hotplug-lock-not-held", false],
      ["remove-online-memory", true],
    ]);
  });
});

describe("an administrator", () => {
  it("onlines and offlines single blocks, and may be refused", () => {
    const k = memoryKernel();
    add(k, { type: OFFLINE });
    expect(run(k, onlineBlock(FIRST, MOVABLE))).toBe(0);
    expect(run(k, onlineBlock(FIRST, MOVABLE))).toBe(-22);
    expect(states(k)).toEqual(["0 online", "1 offline"]);
    k.answers.push(STAYED_ONLINE);
    expect(run(k, offlineBlock(FIRST))).toBe(-16);
    expect(run(k, offlineBlock(FIRST))).toBe(0);
    expect(run(k, offlineBlock(FIRST))).toBe(-22);
    expect(run(k, onlineBlock(FIRST + 7, MOVABLE))).toBe(-19);
    expect(k.state.lock.held).toEqual([]);
  });

  it("waits while the driver holds device_hotplug_lock", () => {
    const k = memoryKernel();
    add(k);
    c(k, "lock_device_hotplug");
    k.task = 2;
    expect(() => run(k, offlineBlock(FIRST))).toThrow(Hangs);
  });
});

describe("walk_memory_blocks", () => {
  const CALLBACK = address(5);

  const visit = (k: FakeKernel, answer: (section: number) => number) => {
    const seen: number[][] = [];
    k.driver.set(CALLBACK, (kernel, [block, data]) => {
      const section = kernel.memory.u32(address(block!));
      seen.push([
        section - FIRST,
        kernel.memory.u32(address(block! + 8)),
        kernel.memory.i32(address(block! + 16)),
        data!,
      ]);
      return answer(section);
    });
    return seen;
  };

  it("shows the driver each block that is there, in order", () => {
    const k = memoryKernel(ACCEPTED, REFUSED);
    add(k);
    c(k, "lock_device_hotplug");
    const seen = visit(k, () => 0);
    const live = k.state.slab.live;
    expect(c(k, "walk_memory_blocks", START - BLOCK, 4 * BLOCK, 77, CALLBACK)).toBe(0);
    expect(seen).toEqual([
      [0, MEM.ONLINE, 1, 77],
      [1, MEM.OFFLINE, 1, 77],
    ]);
    expect(k.state.slab.live).toEqual(live);
    expect(k.misuse).toEqual([]);
  });

  it("stops at the first answer that is not zero, and gives it", () => {
    const k = memoryKernel();
    add(k);
    c(k, "lock_device_hotplug");
    const seen = visit(k, () => -5);
    expect(c(k, "walk_memory_blocks", START, SIZE, 0, CALLBACK)).toBe(-5);
    expect(seen).toHaveLength(1);
    expect(c(k, "walk_memory_blocks", START, 0, 0, CALLBACK)).toBe(0);
  });

  it("wants device_hotplug_lock held", () => {
    const k = memoryKernel();
    c(k, "walk_memory_blocks", START, SIZE, 0, CALLBACK);
    expect(rules(k)).toEqual(["hotplug-lock-not-held"]);
  });
});

describe("memory notifiers", () => {
  const names = Object.fromEntries(Object.entries(MEM).map(([name, action]) => [action, name]));
  const BAD = 0x8002;

  const notifier = (k: FakeKernel, target: number, priority: number): Address => {
    const at = k.variable(24);
    k.memory.setU64(at, target);
    k.memory.setU32(address(at + 16), priority);
    return at;
  };

  /** A driver's notifier that refuses one action; what it heard: action and block. */
  const listen = (k: FakeKernel, refused?: number) => {
    const heard: string[] = [];
    const at = notifier(k, 5, 0);
    k.driver.set(address(5), (kernel, [self, action, data]) => {
      const pfn = kernel.memory.u64(address(data!));
      expect(self).toBe(at);
      expect(kernel.memory.u64(address(data! + 8))).toBe(BLOCK / 4096);
      heard.push(`${names[action!]} ${(pfn * 4096 - START) / BLOCK}`);
      return action === refused ? BAD : 1;
    });
    expect(c(k, "register_memory_notifier", at)).toBe(0);
    return { at, heard };
  };

  it("hear of each block before and after it changes", () => {
    const k = memoryKernel();
    const { heard } = listen(k);
    add(k);
    offlineAndRemove(k);
    expect(heard).toEqual([
      "GOING_ONLINE 0",
      "ONLINE 0",
      "GOING_ONLINE 1",
      "ONLINE 1",
      "GOING_OFFLINE 0",
      "OFFLINE 0",
      "GOING_OFFLINE 1",
      "OFFLINE 1",
    ]);
    expect(k.state.slab.live).toEqual([]);
  });

  it("may refuse to let a block go online, which adding ignores", () => {
    const k = memoryKernel();
    const { heard } = listen(k, MEM.GOING_ONLINE);
    expect(add(k)).toBe(0);
    expect(heard).toEqual(["GOING_ONLINE 0", "CANCEL_ONLINE 0"]);
    expect(states(k)).toEqual(["0 offline", "1 offline"]);
  });

  it("may refuse to let a block go offline, which removing returns", () => {
    const k = memoryKernel();
    const { heard } = listen(k, MEM.GOING_OFFLINE);
    add(k);
    heard.length = 0;
    expect(offlineAndRemove(k)).toBe(-1);
    expect(heard).toEqual(["GOING_OFFLINE 0", "CANCEL_OFFLINE 0"]);
    expect(states(k)).toEqual(["0 online", "1 online"]);
  });

  it("hear nothing of a block that cannot be isolated, because that is found before", () => {
    const k = memoryKernel();
    add(k, { type: KERNEL });
    const { heard } = listen(k);
    k.answers.push({ question: "start_isolate_page_range", label: "-EBUSY (an unmovable page)" });
    expect(offlineAndRemove(k)).toBe(-16);
    expect([heard, states(k)]).toEqual([[], ["0 online", "1 online"]]);
  });

  it("hear that it was cancelled where another one refuses that was asked first, and they never", () => {
    const k = memoryKernel();
    const { heard } = listen(k);
    k.answers.push({ question: "memory_notify", label: "-ENOMEM (a memory notifier that is asked first refuses)" });
    expect(add(k, { size: BLOCK })).toBe(0);
    expect([heard, states(k)]).toEqual([["CANCEL_ONLINE 0"], ["0 offline"]]);
    run(k, onlineBlock(FIRST, MOVABLE));
    heard.length = 0;
    k.answers.push({ question: "memory_notify", label: "-EPERM (a memory notifier that is asked first refuses)" });
    expect(offlineAndRemove(k, START, BLOCK)).toBe(-1);
    expect([heard, states(k)]).toEqual([["CANCEL_OFFLINE 0"], ["0 online"]]);
  });

  it("all hear that it was cancelled, though who stands behind the one that refuses was never asked", () => {
    const k = memoryKernel();
    const second: string[] = [];
    c(k, "register_memory_notifier", notifier(k, 6, -1));
    k.driver.set(address(6), (_, [, action]) => {
      second.push(names[action!]!);
      return 1;
    });
    const { heard } = listen(k, MEM.GOING_ONLINE);
    add(k, { size: BLOCK });
    expect([heard, second]).toEqual([["GOING_ONLINE 0", "CANCEL_ONLINE 0"], ["CANCEL_ONLINE"]]);
  });

  it("are waited for by who unregisters one of them, who hangs where one of them does so", () => {
    const k = memoryKernel();
    const { at } = listen(k);
    let isWaiting = false;
    k.driver.set(address(5), (kernel) => {
      kernel.task += 1;
      const { isReady } = halt(kernel, procedureOf(kernel, "unregister_memory_notifier", at), "wait");
      isWaiting = !isReady();
      kernel.task -= 1;
      return 1;
    });
    add(k, { size: BLOCK });
    expect([isWaiting, k.misuse]).toEqual([true, []]);
    k.driver.set(address(5), (kernel) => c(kernel, "unregister_memory_notifier", at));
    expect(() => offlineAndRemove(k, START, BLOCK)).toThrow(Hangs);
    expect(rules(k)).toEqual(["recursive-lock"]);
  });

  it("are called by priority, and then in the order in which they came", () => {
    const k = memoryKernel();
    const all = [0, 5, 0, 9].map((priority, index) => notifier(k, 5 + index, priority));
    for (const at of all) c(k, "register_memory_notifier", at);
    expect(k.state.memoryHotplug.notifiers).toEqual([all[3], all[1], all[0], all[2]]);
  });

  it("are registered once, and heard no more after they are unregistered", () => {
    const k = memoryKernel();
    const { at, heard } = listen(k);
    expect(c(k, "register_memory_notifier", at)).toBe(-17);
    expect(rules(k)).toEqual(["notifier-registered-twice"]);
    c(k, "unregister_memory_notifier", at);
    add(k);
    expect(heard).toEqual([]);
  });

  it("oops when their memory was freed while they are registered", () => {
    const k = memoryKernel();
    const at = c(k, "kzalloc", 24, 0);
    c(k, "register_memory_notifier", at);
    c(k, "kfree", at);
    add(k, { size: BLOCK });
    expect(k.misuse[0]).toMatchObject({ rule: "use-after-free", object: "the memory notifier", isFatal: true });
  });

  it("hang when they remove memory themselves", () => {
    const k = memoryKernel();
    add(k, { size: BLOCK });
    const { heard } = listen(k);
    k.driver.set(address(5), (kernel) => c(kernel, "remove_memory", START, BLOCK));
    expect(() => offlineAndRemove(k, START, BLOCK)).toThrow(Hangs);
    expect(heard).toEqual([]);
  });
});

describe("mhp_online_type_from_str", () => {
  it.each([
    ["offline", 0],
    ["online", 1],
    ["online_kernel", 2],
    ["online_movable", 3],
    ["online_movable\n", 3],
    ["online_movable\n\n", -22],
    ["Online", -22],
    ["", -22],
    ["online ", -22],
  ])("reads %j as %d", (text, type) => {
    expect(c(memoryKernel(), "mhp_online_type_from_str", text)).toBe(type);
  });
});

describe("the size of a block", () => {
  it("is 128 MiB", () => {
    expect(c(memoryKernel(), "memory_block_size_bytes")).toBe(BLOCK);
  });
});

describe("a suspended procedure", () => {
  /** Runs a call and notes what it yielded and was answered. */
  const record = (k: FakeKernel, target: () => Procedure) => {
    const kinds: string[] = [];
    const answers: number[] = [];
    const procedure = target();
    let next = procedure.next();
    while (!next.done) {
      kinds.push(next.value.kind);
      const answer = next.value.kind === "atomic" ? next.value.run(k) : 0;
      answers.push(answer);
      next = procedure.next(answer);
    }
    return { kinds, answers, result: next.value };
  };

  /** Runs it again over the answers alone, without a kernel. */
  const replay = (answers: readonly number[], target: () => Procedure) => {
    const kinds: string[] = [];
    const procedure = target();
    let next = procedure.next();
    for (const answer of answers) {
      if (next.done) break;
      kinds.push(next.value.kind);
      next = procedure.next(answer);
    }
    return { kinds, answers, result: next.done ? next.value : undefined };
  };

  const procedureOf = (k: FakeKernel, name: string, ...values: readonly (string | number)[]) => {
    const function_ = functions[name]!;
    if (function_.kind !== "procedure") throw new Error(`${name}() is one step: choose one that is a procedure`);
    return () => function_.run(argumentsOf(k, values));
  };

  it("comes back by running it again over its answers", () => {
    const k = memoryKernel(ACCEPTED, ACCEPTED, WENT_OFFLINE, STAYED_ONLINE);
    const adding = procedureOf(k, "__add_memory_driver_managed", 1, START, SIZE, k.text(NAME), 0, MOVABLE);
    const removing = procedureOf(k, "offline_and_remove_memory", START, SIZE);
    for (const [target, result] of [
      [adding, 0],
      [removing, -16],
      [removing, 0],
    ] as const) {
      const recorded = record(k, target);
      expect(recorded.result).toBe(result);
      expect(replay(recorded.answers, target)).toEqual(recorded);
    }
  });

  it("takes one step for each block and each part of the work", () => {
    const k = memoryKernel();
    const adding = procedureOf(k, "__add_memory_driver_managed", 1, START, SIZE, k.text(NAME), 0, MOVABLE);
    expect(record(k, adding).kinds).toEqual([
      "atomic", // name and online type
      "atomic", // device_hotplug_lock
      "atomic", // the resource
      "atomic", // the blocks
      "atomic", // first block online
      "atomic", // second block online
      "atomic", // unlock
    ]);
    expect(record(k, procedureOf(k, "offline_and_remove_memory", START, SIZE)).kinds).toEqual([
      "atomic", // its notes
      "atomic", // device_hotplug_lock
      "atomic", // first block offline
      "atomic", // second block offline
      "atomic", // remove
      "atomic", // unlock
    ]);
  });
});
