import { type Address, address, NULL } from "../../abi/address.ts";
import { ERRNO } from "../../abi/errno.ts";
import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { isOnlineType, MMOP } from "../../abi/mmop.ts";
import type { CallSite, DriverFacts, DriverFunction } from "../../driver/compile/image.ts";
import type { Activation, Driver, Exit, Place } from "../../driver/run/driver.ts";
import { linearMemory, readWord, writeWord } from "../../driver/run/linear-memory.ts";
import { type Argument, CALLS, type CallLabel, callEvent, isSuccess, type MachineCall } from "../../machines/calls.ts";
import type { Does } from "../../machines/does.ts";
import { listing, nodesOf } from "../../machines/listing.ts";
import { POLICY_FACTS, type Policy } from "../../machines/policy.ts";
import type { SysramEventName } from "../../machines/sysram.machine.ts";
import { type MachineTable, nextIn } from "../../machines/table.ts";
import { ATTRIBUTE, FUNCTION_POINTERS, type FunctionPointer, placeConstants } from "./constants.ts";
import { ACTIVATION_SIZE, type Frame, frameAbove, frameAt, slotsOf } from "./frame.ts";
import { KERNEL_FUNCTIONS, numberOf } from "./prototypes.ts";
import { offsetOf, STRUCTURES, sizeOf } from "./structures.ts";

/**
 * A driver whose code is a machine.
 *
 * It is run, suspended at each call of the kernel and resumed just as C is, and shares its memory with the modelled
 * kernel by the same layouts, so that the harness, the properties, the search and the reports take it for a driver like
 * any other. It does what the state says that it stands in: makes the call that the state names, tells success from
 * failure, and lets the machine go on. All decisions are the machine's; what is here is how they are carried out.
 *
 * @param file - the name under which reports show the machine's listing as its source
 */
export const machineDriver = (table: MachineTable, policy: Policy, file: string): Driver => {
  const buffer = new ArrayBuffer(MEMORY_MAP.pages * 65_536);
  const memory = linearMemory(buffer);
  const constants = placeConstants(memory);
  const facts = factsOf(table, file);
  const policyFacts = POLICY_FACTS[policy];
  const does = table.configurations.map(({ meta }) => meta as Does);
  const sites = table.configurations.map(({ value }) => 1 + nodesOf(table).indexOf(String(value)));
  const givesBack = table.configurations.map(({ value }) => value === "giving-back");
  const numbers = new Map(KERNEL_FUNCTIONS.map(({ name }) => [name, numberOf(name)]));

  const field = (structure: string, name: string, at: number): Address => address(at + offsetOf(structure, name));
  const record = (frame: Frame, name: string): Address => field("cxl_sysram", name, frame.get("sysram"));
  const pointerIn = (frame: Frame, name: string): Address => memory.pointer(record(frame, name));
  const intIn = (frame: Frame, name: string): number => memory.i32(record(frame, name));
  const isThere = (frame: Frame): boolean => frame.get("sysram") !== NULL;

  /** Carries out what a call gave beyond its success or failure. */
  const keep = (frame: Frame, { keeps }: MachineCall, value: number): void => {
    switch (keeps) {
      case undefined:
        return;
      case "sysram":
        frame.set("sysram", value);
        memory.setPointer(record(frame, "cxlr"), address(frame.get("region")));
        memory.setU64(record(frame, "hpa_range"), frame.get("start"));
        memory.setU64(address(record(frame, "hpa_range") + 8), frame.get("end"));
        memory.setU32(record(frame, "online_type"), frame.get("online type"));
        memory.setU32(record(frame, "last_hotplug_cmd"), MMOP.OFFLINE);
        memory.setU32(record(frame, "numa_node"), frame.get("node"));
        memory.setU32(record(frame, "mgid"), -1);
        memory.setPointer(field("device", "parent", frame.get("sysram")), address(frame.get("region")));
        memory.setPointer(field("device", "bus", frame.get("sysram")), constants.busType);
        memory.setPointer(field("device", "type", frame.get("sysram")), constants.deviceType);
        return;
      case "name":
        memory.setPointer(record(frame, "res_name"), address(value));
        return;
      case "type":
        memory.setPointer(record(frame, "mtype"), address(value));
        return;
      case "group":
        memory.setU32(record(frame, "mgid"), value);
        return;
      case "resource":
        memory.setPointer(record(frame, "res"), address(value));
        // Not busy, so that the core can put the memory's own resource beneath.
        memory.setU64(field("resource", "flags", value), SYSTEM_RAM);
        return;
    }
  };

  /** What a call that ended well took away. */
  const forget = (frame: Frame, label: CallLabel): void => {
    if (label === "kfree resource") memory.setPointer(record(frame, "res"), NULL);
    else if (label === "memory_group_unregister") memory.setU32(record(frame, "mgid"), -1);
    else if (label === "clear_node_memory_type") memory.setPointer(record(frame, "mtype"), NULL);
    else if (label === "kfree name") memory.setPointer(record(frame, "res_name"), NULL);
    else if (label === "kfree sysram") frame.set("sysram", NULL);
  };

  const noteCommand = (frame: Frame, type: number): void => memory.setU32(record(frame, "last_hotplug_cmd"), type);

  const argumentOf = (frame: Frame, argument: Argument): number => {
    switch (argument) {
      case "region":
        return frame.get("region");
      case "sysram":
      case "device":
        return frame.get("sysram");
      case "range":
        return frame.addressOf("start");
      case "start":
        return memory.u64(record(frame, "hpa_range"));
      case "size":
        return memory.u64(address(record(frame, "hpa_range") + 8)) + 1 - memory.u64(record(frame, "hpa_range"));
      case "pages":
        return argumentOf(frame, "size") / PAGE_SIZE;
      case "node":
        return intIn(frame, "numa_node");
      case "distance":
        return LOW_TIER_DISTANCE;
      case "online type":
        return frame.get("online type");
      case "address of the online type":
        return frame.addressOf("online type");
      case "size of sysram":
        return sizeOf("cxl_sysram");
      case "GFP_KERNEL":
        return GFP_KERNEL;
      case "name format":
        return constants.nameFormat;
      case "device name format":
        return constants.deviceNameFormat;
      case "format arguments":
        frame.set("format arguments", memory.i32(field("cxl_region", "id", frame.get("region"))));
        return frame.addressOf("format arguments");
      case "name":
        return pointerIn(frame, "res_name");
      case "type":
        return pointerIn(frame, "mtype");
      case "group":
        return intIn(frame, "mgid");
      case "resource":
        return pointerIn(frame, "res");
      case "iomem_resource":
        return constants.iomemResource;
      case "memory name":
        return constants.memoryName;
      case "MHP_NID_IS_MGID":
        return MHP_NID_IS_MGID;
      case "unbind":
      case "online one block":
        return FUNCTION_POINTERS[argument];
      case "no flags":
        return 0;
      case "a second":
        return 1000;
    }
  };

  /** What a piece of work comes to: a call of the kernel, or a fact, or an answer to whoever called the driver. */
  type Outcome =
    | { readonly kind: "call"; readonly function: string; readonly arguments: readonly number[] }
    | { readonly kind: "event"; readonly event: SysramEventName }
    | { readonly kind: "result"; readonly result: number };

  const calls = (name: string, ...values: readonly number[]): Outcome => ({
    kind: "call",
    function: name,
    arguments: values,
  });
  const fact = (event: SysramEventName): Outcome => ({ kind: "event", event });
  const gives = (result: number): Outcome => ({ kind: "result", result });

  const fails = (frame: Frame, error: number): void => {
    if (frame.get("result") === 0) frame.set("result", error);
  };

  const callOf = (frame: Frame, { function: name, arguments: values }: MachineCall): Outcome =>
    calls(name, ...values.map((argument) => argumentOf(frame, argument)));

  const endOf = (frame: Frame, label: CallLabel, value: number): Outcome => {
    const spec: MachineCall = CALLS[label];
    const isOk = isSuccess(spec.result, value);
    if (isOk) {
      keep(frame, spec, value);
      forget(frame, label);
    } else {
      fails(frame, spec.error === undefined ? value : -ERRNO[spec.error]);
    }
    // Memory that cannot be given back stays, and is what was asked for as far as it goes.
    if (!isOk && givesBack[frame.get("configuration")] === true) frame.set("result", 0);
    // Whether the memory is there already is no business of who probes.
    if (label === "devm_add_action") frame.set("result", isOk ? 0 : value);
    const isProbe = frame.get("entry") === ENTRIES.indexOf("devm_cxl_add_sysram");
    if (label === "__add_memory_driver_managed" && isOk && isProbe) {
      if (policyFacts.notesCommand === "when the probe has plugged in") noteCommand(frame, frame.get("online type"));
    }
    return fact(callEvent(label, isOk));
  };

  /** A call that the machine speaks of, with the calls around it that it does not. */
  const workOnCall = (frame: Frame, label: CallLabel, step: number, given: number): Outcome => {
    const spec: MachineCall = CALLS[label];
    if (label === "walk_memory_blocks") {
      if (step === 0) return calls("lock_device_hotplug");
      if (step === 1) return callOf(frame, spec);
      if (step === 2) {
        frame.set("outcome", given);
        return calls("unlock_device_hotplug");
      }
      return endOf(frame, label, frame.get("outcome"));
    }
    return step === 0 ? callOf(frame, spec) : endOf(frame, label, given);
  };

  const findNode = (frame: Frame, step: number, given: number): Outcome | number => {
    if (step === 0) return calls("phys_to_target_node", frame.get("start"));
    if (step === 1 && given < 0) return calls("memory_add_physaddr_to_nid", frame.get("start"));
    return given;
  };

  const workOnQuestion = (frame: Frame, question: string, step: number, given: number): Outcome => {
    switch (question) {
      case "does the region fit": {
        if (step === 0) return calls("memory_block_size_bytes");
        if (step === 1) {
          const start = Math.ceil(frame.get("start") / given) * given;
          const end = Math.floor((frame.get("end") + 1) / given) * given - 1;
          frame.set("start", start);
          frame.set("end", end);
          frame.set("node", -1);
          if (start >= end) {
            fails(frame, -ERRNO.ENOSPC);
            return fact("region refused");
          }
          if (policyFacts.looksFirstAt === "the range") return decideType(frame);
        }
        const node = findNode(frame, step - 1, given);
        if (typeof node !== "number") return node;
        if (node < 0) {
          fails(frame, -ERRNO.EINVAL);
          return fact("region refused");
        }
        frame.set("node", node);
        return decideType(frame);
      }
      case "which node": {
        const known = intIn(frame, "numa_node");
        const node = known >= 0 ? known : findNode(frame, step, given);
        if (typeof node !== "number") return node;
        memory.setU32(record(frame, "numa_node"), node);
        if (node >= 0) return fact("node known");
        fails(frame, -ERRNO.EINVAL);
        return fact("no node");
      }
      case "plug in at once": {
        const type = frame.get("online type");
        const isStatic = memory.i32(field("cxl_region", "mode", frame.get("region"))) === PARTMODE_RAM;
        if (!isStatic || type === MMOP.OFFLINE) return fact("waits for a word");
        if (policyFacts.notesCommand === "when it begins") noteCommand(frame, type);
        return fact("plugs in");
      }
      case "does a signal reach this task":
        if (step === 0) return calls("current_work");
        return fact(given === NULL ? "a signal may come" : "no signal comes");
      default:
        fails(frame, -ERRNO.EBUSY);
        return fact("memory is there");
    }
  };

  /** The online type of the device: what the probe was asked for, or the default where that is none. */
  const decideType = (frame: Frame): Outcome => {
    const asked = frame.get("argument");
    frame.set("online type", asked >>> 0);
    const isKnown = isOnlineType(asked);
    if (isKnown || policyFacts.unknownOnlineType === "passes it on") return fact("region fits");
    return calls("mhp_get_default_online_type");
  };

  /** The work of a state: its next call, or how it ends. */
  const work = (frame: Frame, todo: Does, step: number, given: number, lastCall: number): Outcome | undefined => {
    if ("calls" in todo) return workOnCall(frame, todo.calls, step, given);
    if (!("asks" in todo)) return undefined;
    if (lastCall === DEFAULT_TYPE) {
      frame.set("online type", given);
      return fact("region fits");
    }
    return workOnQuestion(frame, todo.asks, step, given);
  };

  /** What a function of the driver does before the machine takes over, or instead of it. */
  const begins = (frame: Frame, step: number, given: number): Outcome => {
    const entry = ENTRIES[frame.get("entry")]!;
    switch (entry) {
      case "devm_cxl_add_sysram":
        return fact("probe");
      case "cxl_sysram_offline_and_remove":
        if (policyFacts.notesCommand === "when it begins") noteCommand(frame, MMOP.OFFLINE);
        return fact("asked offline");
      case "store": {
        if (step === 0) return calls("mhp_online_type_from_str", frame.get("argument"));
        if (given < 0) {
          fails(frame, given);
          return fact("asked nonsense");
        }
        frame.set("online type", given);
        if (policyFacts.notesCommand === "when it begins") noteCommand(frame, given);
        return fact(given === MMOP.OFFLINE ? "asked offline" : "asked online");
      }
      case "unbind":
        return fact("unbind");
      case "release":
        return fact("release");
      case "cxl_region_find_sysram":
        if (step === 0) {
          const region = frame.get("region");
          memory.setString(frame.addressOf("text"), `sysram_region${memory.i32(field("cxl_region", "id", region))}`);
          return calls("device_find_child_by_name", region, frame.addressOf("text"));
        }
        return gives(given);
      case "online one block": {
        const block = frame.get("sysram");
        if (step === 0) {
          if (memory.i32(field("memory_block", "state", block)) === MEM_ONLINE) return gives(0);
          memory.setU32(field("memory_block", "online_type", block), memory.u32(address(frame.get("argument"))));
          return calls("device_online", field("memory_block", "dev", block));
        }
        return gives(Math.min(given, 0));
      }
    }
  };

  /** Makes a call: its arguments into the slots, and the activation aside. */
  const suspend = (place: Place, frame: Frame, outcome: Outcome & { readonly kind: "call" }): Exit => {
    const slots = slotsOf(frame.at);
    memory.fill(slots, frame.at - slots, 0);
    for (const [index, value] of outcome.arguments.entries())
      writeWord(memory, address(slots + (index + 1) * 8), value);
    const called = numbers.get(outcome.function)!;
    frame.set("site", isInLife(frame) ? sites[frame.get("configuration")]! : 0);
    const activation: Activation = {
      entry: ENTRIES[frame.get("entry")]!,
      task: place.task,
      level: place.level,
      stack: slots,
      frame: frame.at,
      slots,
      function: called,
      arguments: slots,
    };
    return { kind: "called", activation };
  };

  /** Goes on until the kernel is called or the function returns. */
  const run = (place: Place, frame: Frame, given: number, lastCall: number): Exit => {
    let step = frame.get("step");
    let value = given;
    let last = lastCall;
    for (;;) {
      const outcome = isInLife(frame)
        ? work(frame, does[frame.get("configuration")]!, step, value, last)
        : begins(frame, step, value);
      if (outcome === undefined) return { kind: "returned", result: resultOf(frame) };
      switch (outcome.kind) {
        case "result":
          return { kind: "returned", result: outcome.result };
        case "call":
          frame.set("step", step + 1);
          saveBefore(frame, outcome.function);
          return suspend(place, frame, outcome);
        case "event": {
          go(frame, outcome.event);
          step = 0;
          value = 0;
          last = -1;
          frame.set("step", 0);
          if (!("calls" in does[frame.get("configuration")]!)) save(frame, frame.get("configuration"));
        }
      }
    }
  };

  const go = (frame: Frame, event: SysramEventName): void => {
    const from = frame.get("configuration");
    const at = isInLife(frame) ? from : from - OUTSIDE;
    const number = table.eventNumber(event);
    const to = nextIn(table, at, number);
    if (to === -1) {
      const { value } = table.configurations[at]!;
      throw new Error(`checker bug: the machine ${table.id} in ${String(value)} has no way on from "${event}"`);
    }
    frame.set("configuration", to);
  };

  /**
   * Notes in the device where it stands, for whoever calls the driver meanwhile or later.
   *
   * A reference that is dropped may be the last one: nothing may be noted after that, so what follows is noted before.
   */
  const saveBefore = (frame: Frame, name: string): void => {
    if (!isInLife(frame)) return;
    const at = frame.get("configuration");
    if (name !== "put_device" && name !== "device_unregister") {
      save(frame, at);
      return;
    }
    save(frame, nextIn(table, at, table.eventNumber(`${name} ok`)));
    frame.set("sysram", NULL);
  };

  const save = (frame: Frame, configuration: number): void => {
    if (isThere(frame)) memory.setU32(record(frame, "configuration"), configuration);
  };

  const resultOf = (frame: Frame): number => {
    const entry = ENTRIES[frame.get("entry")]!;
    if (entry === "store") return frame.get("result") === 0 ? frame.get("region") : frame.get("result");
    return frame.get("result");
  };

  /** Begins an activation. */
  const begin = (place: Place, entry: Entry, values: readonly number[]): Exit => {
    const stack = address((place.stack - ACTIVATION_SIZE) & ~15);
    memory.fill(stack, place.stack - stack, 0);
    const frame = frameAt(memory, frameAbove(stack));
    frame.set("previous", place.frame);
    frame.set("entry", ENTRIES.indexOf(entry));
    const [first = 0, second = 0, third = 0, fourth = 0] = values;
    if (entry === "devm_cxl_add_sysram" || entry === "cxl_region_find_sysram") frame.set("region", first);
    else frame.set("sysram", first);
    frame.set("argument", entry === "store" ? third : second);
    // The length that a store returns stands where a probe has its region: a store has none.
    if (entry === "store") frame.set("region", fourth);
    const isOfDevice = !["devm_cxl_add_sysram", "cxl_region_find_sysram", ...NO_LIFE].includes(entry);
    frame.set("configuration", OUTSIDE + (isOfDevice ? intIn(frame, "configuration") : 0));
    return run(place, frame, 0, -1);
  };

  const byPointer = new Map<number, Entry>(
    Object.entries(FUNCTION_POINTERS).map(([name, pointer]) => [pointer, name as FunctionPointer]),
  );

  return {
    facts,
    takesOneCommand: true,
    memory,
    layout: {
      offset: (structure, name) => STRUCTURES[structure]?.fields[name]?.offset,
      size: (structure) => STRUCTURES[structure]?.size,
    },
    writableStart: address(MEMORY_MAP.dataStart),
    dataEnd: constants.end,
    kernelData: (name) => {
      if (name === "iomem_resource") return constants.iomemResource;
      if (name === "cxl_bus_type") return constants.busType;
      return name === "cxl_region_type" ? constants.regionType : undefined;
    },
    functionAt: (pointer) => {
      const name = byPointer.get(pointer);
      return name === undefined ? undefined : facts.functionPointers.find((place) => place.function === name);
    },
    blockHits: new Float64Array(0),
    variables: [
      {
        name: "the machine's constants",
        isConstant: false,
        at: address(MEMORY_MAP.dataStart),
        size: constants.end - MEMORY_MAP.dataStart,
      },
    ],
    watchMemory: () => {},
    frameNow: () => NULL,
    stackNow: () => NULL,
    call: (place, name, values) => begin(place, name as Entry, values),
    callPointer: (place, _shape, target, values) => {
      const entry = byPointer.get(target);
      if (entry === undefined) throw new Error(`checker bug: the kernel calls ${target}, which is no function`);
      return begin(place, entry, values);
    },
    resume: (activation, result) => {
      const frame = frameAt(memory, frameAbove(activation.stack));
      const place: Place = { task: activation.task, level: activation.level, stack: activation.stack, frame: NULL };
      // What C would see: an `int` is 32 bits wide, a pointer or u64 is not.
      writeWord(memory, activation.slots, result);
      return run(place, frame, readWord(memory, activation.slots), activation.function);
    },
    backtrace: (frame) => {
      const found: number[] = [];
      for (let at = frame; at !== NULL && found.length < 64; at = memory.pointer(at)) {
        found.push(memory.u32(address(at + 4)));
      }
      return found;
    },
  };
};

/** The functions of the driver: what is exported, and what the kernel calls through a pointer. */
const ENTRIES = [
  "devm_cxl_add_sysram",
  "cxl_region_find_sysram",
  "cxl_sysram_offline_and_remove",
  "release",
  "store",
  "unbind",
  "online one block",
] as const;

type Entry = (typeof ENTRIES)[number];

/** Functions that do their own small work and move no machine. */
const NO_LIFE: readonly string[] = ["online one block"];

/** Added to a configuration while the function that moves the machine has not begun to. */
const OUTSIDE = 1_000_000;

const isInLife = (frame: Frame): boolean => frame.get("configuration") < OUTSIDE;

const DEFAULT_TYPE = numberOf("mhp_get_default_online_type");

/** IORESOURCE_SYSTEM_RAM (include/linux/ioport.h). */
const SYSTEM_RAM = 0x0100_0200;
/** MEMTIER_DEFAULT_LOWTIER_ADISTANCE (include/linux/memory-tiers.h). */
const LOW_TIER_DISTANCE = (4 * 128 + 64) * 5;
/** GFP_KERNEL; no model looks at more than __GFP_ZERO. */
const GFP_KERNEL = 0xcc0;
const MHP_NID_IS_MGID = 4;
const PAGE_SIZE = 4096;
const PARTMODE_RAM = 0;
const MEM_ONLINE = 0;

const factsOf = (table: MachineTable, file: string): DriverFacts => {
  const lines = listing(table);
  const site = (name: string, line: number, callee: string): CallSite => ({
    file: line === 0 ? "" : file,
    line,
    column: 1,
    function: name,
    callee,
  });
  const nodes = nodesOf(table);
  const lineOf = (node: string): number => 1 + lines.findIndex((line) => line.startsWith(`${node}:`));
  const states = nodes.map((node) => {
    const meta = table.configurations.find(({ value }) => value === node)!.meta as Does;
    return site(node, lineOf(node), "calls" in meta ? CALLS[meta.calls].function : "");
  });
  const define = (result: string, name: string, ...parameters: readonly string[]): DriverFunction => ({
    result,
    name,
    parameters,
    file,
    line: 1,
  });
  return {
    suspendsAtAccesses: false,
    kernelFunctions: KERNEL_FUNCTIONS,
    sites: [site("", 0, ""), ...states],
    blocks: [],
    branches: [],
    accesses: [],
    enumLoads: [],
    variables: [],
    kernelVariables: [],
    structures: STRUCTURES,
    functions: [
      define("int", "devm_cxl_add_sysram", "struct cxl_region *", "enum mmop"),
      define("struct cxl_sysram *", "cxl_region_find_sysram", "struct cxl_region *"),
      define("int", "cxl_sysram_offline_and_remove", "struct cxl_sysram *"),
    ],
    functionPointers: Object.keys(FUNCTION_POINTERS).map((name) => site(name, 1, "")),
    attributes: [ATTRIBUTE],
    kernelData: ["iomem_resource", "cxl_bus_type", "cxl_region_type"],
  };
};
