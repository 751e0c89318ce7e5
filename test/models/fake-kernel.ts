import { type Address, address } from "../../abi/address.ts";
import type { Layout, Memory } from "../../abi/memory.ts";
import { MEMORY_MAP } from "../../abi/memory-map.ts";
import type { Answer } from "../../checker/chooser.ts";
import type { Arguments, Kernel, KernelFunction, KernelState, Misuse, Procedure } from "../../models/kernel.ts";
import { bareShadow } from "./bare-shadow.ts";

/** An answer that a test wants: its label, or its label for one question only. */
export type Scripted = string | { readonly question: string; readonly label: string };

/** What a test saw of a callback into the driver. */
export interface SeenCallback {
  readonly name: string;
  readonly function: Address | string;
  readonly arguments: readonly number[];
}

/** Plays the driver's function in a callback; gives what it returns. */
export type DriverFunction = (k: FakeKernel, values: readonly number[]) => number;

export interface FakeKernel extends Kernel {
  site: number;
  task: number;
  /** What the driver did wrong so far. */
  readonly misuse: Misuse[];
  /** Each question that was asked, and the label of its answer. */
  readonly asked: (readonly [question: string, label: string])[];
  /** The answers that are still to come; a question that has none of them next gets its first answer. */
  readonly answers: Scripted[];
  readonly callbacks: SeenCallback[];
  /** Runs before each request of a procedure: what other tasks do meanwhile. */
  between: () => void;
  /** The driver's functions by address. */
  readonly driver: Map<Address, DriverFunction>;
  /** Places a C string among the driver's constants. */
  text(value: string): Address;
  /** Sets aside zeroed bytes among the driver's variables. */
  variable(size: number): Address;
}

export interface FakeKernelOptions {
  /** The slices that the test needs; a model that reads another one fails. */
  readonly state: Partial<KernelState>;
  readonly answers?: readonly Scripted[];
}

type Fields = Readonly<Record<string, number>>;

/** Structures as LP64 lays them out; `size` is the whole structure. */
const STRUCTURES: Readonly<Record<string, { readonly size: number; readonly fields: Fields }>> = {
  resource: {
    size: 64,
    fields: { start: 0, end: 8, name: 16, flags: 24, desc: 32, parent: 40, sibling: 48, child: 56 },
  },
  notifier_block: { size: 24, fields: { notifier_call: 0, next: 8, priority: 16 } },
  memory_notify: { size: 16, fields: { start_pfn: 0, nr_pages: 8 } },
  memory_block: { size: 64, fields: { start_section_nr: 0, state: 8, online_type: 12, nid: 16 } },
  range: { size: 16, fields: { start: 0, end: 8 } },
  memory_dev_type: { size: 64, fields: { adistance: 32 } },
  kobject: { size: 64, fields: { name: 0 } },
  device: {
    size: 208,
    fields: {
      ...{ kobj: 0, parent: 64, p: 72, init_name: 80, type: 88, bus: 96, driver: 104, mutex: 128, numa_node: 140 },
      ...{ groups: 184, release: 192 },
    },
  },
  device_type: { size: 40, fields: { name: 0, groups: 8, release: 32 } },
  device_driver: { size: 96, fields: { name: 0 } },
  bus_type: { size: 112, fields: { name: 0, dev_groups: 24 } },
  attribute: { size: 16, fields: { name: 0, mode: 8 } },
  device_attribute: { size: 32, fields: { attr: 0, show: 16, store: 24 } },
  attribute_group: { size: 48, fields: { name: 0, is_visible: 8, attrs: 32 } },
  mutex: { size: 8, fields: { magic: 0 } },
  rw_semaphore: { size: 8, fields: { magic: 0 } },
  spinlock: { size: 4, fields: { magic: 0 } },
  completion: { size: 4, fields: { done: 0 } },
  work_struct: { size: 32, fields: { func: 24 } },
  cxl_region: { size: 512, fields: { dev: 0, id: 208, mode: 212, params: 248 } },
  cxl_region_params: { size: 184, fields: { state: 0, res: 32 } },
};

const layout: Layout = {
  offset: (structure, field) => STRUCTURES[structure]?.fields[field],
  size: (structure) => STRUCTURES[structure]?.size,
};

const TWO_32 = 2 ** 32;

const memoryOver = (view: DataView): Memory => {
  const fits = (at: number, length: number) => at >= 0 && at + length <= view.byteLength;
  const read = (at: number, length: number, get: () => number) => (fits(at, length) ? get() : 0);
  const write = (at: number, length: number, set: () => void) => {
    if (fits(at, length)) set();
  };
  const memory: Memory = {
    u8: (at) => read(at, 1, () => view.getUint8(at)),
    u32: (at) => read(at, 4, () => view.getUint32(at, true)),
    i32: (at) => read(at, 4, () => view.getInt32(at, true)),
    u64: (at) => read(at, 8, () => view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32),
    setU8: (at, value) => write(at, 1, () => view.setUint8(at, value)),
    setU32: (at, value) => write(at, 4, () => view.setUint32(at, value, true)),
    setU64: (at, value) =>
      write(at, 8, () => {
        view.setUint32(at, value >>> 0, true);
        view.setUint32(at + 4, Math.floor(value / TWO_32), true);
      }),
    pointer: (at) => address(memory.u32(at)),
    setPointer: (at, value) => memory.setU64(at, value),
    fill: (at, length, byte) => {
      if (fits(at, length)) new Uint8Array(view.buffer, at, length).fill(byte);
    },
    copy: (to, from, length) => {
      if (fits(to, length) && fits(from, length)) new Uint8Array(view.buffer).copyWithin(to, from, from + length);
    },
    string: (at, limit = 4096) => {
      let text = "";
      for (let offset = 0; offset < limit; offset += 1) {
        const byte = memory.u8(address(at + offset));
        if (byte === 0) break;
        text += String.fromCharCode(byte);
      }
      return text;
    },
    setString: (at, text) => {
      for (let offset = 0; offset < text.length; offset += 1) {
        memory.setU8(address(at + offset), text.charCodeAt(offset));
      }
      memory.setU8(address(at + text.length), 0);
    },
  };
  return memory;
};

/** Whether a number anywhere in `value` lies in the range. */
const mentions = (value: unknown, from: number, to: number): boolean => {
  if (typeof value === "number") return value >= from && value < to;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((part) => mentions(part, from, to));
};

/** A kernel without a driver: memory, a scripted chooser, and a record of what went wrong. */
export const fakeKernel = ({ state, answers = [] }: FakeKernelOptions): FakeKernel => {
  const memory = memoryOver(new DataView(new ArrayBuffer(MEMORY_MAP.pages * 65_536)));
  let nextVariable: number = MEMORY_MAP.dataStart;
  const variable = (size: number): Address => {
    const at = address(nextVariable);
    nextVariable += Math.ceil(size / 8) * 8;
    return at;
  };
  const k: FakeKernel = {
    state: state as KernelState,
    get whole() {
      return k.state;
    },
    memory,
    shadow: bareShadow(),
    layout,
    site: 1,
    task: 1,
    misuse: [],
    asked: [],
    answers: [...answers],
    callbacks: [],
    between: () => {},
    driver: new Map(),
    chooser: {
      choose: <A extends Answer>(question: string, options: readonly [A, ...A[]]): A => {
        const next = k.answers[0];
        const isForAll = typeof next === "string";
        const label = isForAll ? next : next?.question === question ? next.label : undefined;
        const found = options.find((option) => option.label === label);
        if (found !== undefined) k.answers.shift();
        const answer = found ?? options[0];
        k.asked.push([question, answer.label]);
        return answer;
      },
    },
    isReferenced: (from, length) => {
      const to = from + length;
      const isWord = (at: number) => {
        const word = memory.u64(address(at));
        return word >= from && word < to;
      };
      for (let at: number = MEMORY_MAP.dataStart; at < MEMORY_MAP.heapStart; at += 8) if (isWord(at)) return true;
      for (const { at, size } of k.state.slab.live) {
        for (let offset = 0; offset + 8 <= size; offset += 8) if (isWord(at + offset)) return true;
      }
      const { slab: _, ...others } = k.state;
      return mentions(others, from, to);
    },
    report: ({ isFatal = false, site = k.site, ...misuse }) => {
      k.misuse.push({ kind: "misuse", isFatal, site, ...misuse });
    },
    text: (value) => {
      const at = variable(value.length + 1);
      memory.setString(at, value);
      return at;
    },
    variable,
  };
  return k;
};

/** One argument as a test writes it: a number, or the text that a string argument or a format stands for. */
export type FakeArgument = number | string;

/** Arguments as a kernel function reads them. */
export const argumentsOf = (k: FakeKernel, values: readonly FakeArgument[]): Arguments => {
  const number = (index: number): number => {
    const value = values[index];
    return typeof value === "number" ? value : 0;
  };
  const text = (index: number): string => {
    const value = values[index];
    return typeof value === "string" ? value : k.memory.string(address(number(index)));
  };
  return {
    i32: (index) => number(index) | 0,
    u32: (index) => number(index) >>> 0,
    u64: (index) => (number(index) < 0 ? number(index) + 2 ** 64 : number(index)),
    bits: (index) => BigInt.asUintN(64, BigInt(number(index))),
    address: (index) => address(number(index)),
    string: text,
    formatted: text,
  };
};

/** Thrown where a task would wait for ever, because nothing else runs in a test. */
export class Hangs extends Error {}

/** Runs a procedure to its end; nothing else happens meanwhile but `between`. */
export const run = (k: FakeKernel, procedure: Procedure): number => {
  let next = procedure.next();
  while (!next.done) {
    k.between();
    const request = next.value;
    switch (request.kind) {
      case "atomic":
        next = procedure.next(request.run(k));
        break;
      case "callback": {
        const { name, function: target, arguments: values } = request;
        k.callbacks.push({ name, function: target, arguments: values });
        next = procedure.next((typeof target === "number" ? k.driver.get(target)?.(k, values) : undefined) ?? 0);
        break;
      }
      case "sleep":
        next = procedure.next(0);
        break;
      case "wait":
        if (!request.isReady(k.state, k.task)) throw new Hangs(request.reason);
        next = procedure.next(0);
        break;
    }
  }
  return next.value;
};

/** Calls a kernel function with arguments as C would pass them. */
export const call = (k: FakeKernel, target: KernelFunction | undefined, ...values: readonly FakeArgument[]): number => {
  if (target === undefined) throw new Error("the model has no such function: look at the name in the test");
  const from = argumentsOf(k, values);
  return target.kind === "atomic" ? target.run(k, from) : run(k, target.run(from));
};
