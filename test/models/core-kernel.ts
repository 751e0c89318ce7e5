import { type Address, address } from "../../abi/address.ts";
import { initialKernelState, kernelFunctions } from "../../models/index.ts";
import type { Procedure, Request } from "../../models/kernel.ts";
import { call, type FakeArgument, type FakeKernel, fakeKernel, run, type Scripted } from "./fake-kernel.ts";

/** A kernel after boot, with all its functions. */
export const coreKernel = (...answers: readonly Scripted[]): FakeKernel => {
  const k = fakeKernel({ state: initialKernelState, answers });
  k.state = { ...k.state, iomem: { ...k.state.iomem, root: k.variable(k.layout.size("resource")!) } };
  return k;
};

/** Calls a kernel function by its C name. */
export const c = (k: FakeKernel, name: string, ...values: readonly FakeArgument[]): Address =>
  address(call(k, kernelFunctions[name], ...values));

/** The procedure behind a kernel function, not yet begun. */
export const procedureOf = (k: FakeKernel, name: string, ...values: readonly number[]): Procedure => {
  const target = kernelFunctions[name];
  if (target?.kind !== "procedure") throw new Error(`${name} is no procedure: call it with c()`);
  const at = (index: number): number => values[index] ?? 0;
  return target.run({
    i32: (index) => at(index) | 0,
    u32: (index) => at(index) >>> 0,
    u64: at,
    bits: (index) => BigInt.asUintN(64, BigInt(at(index))),
    address: (index) => address(at(index)),
    string: (index) => k.memory.string(address(at(index))),
    formatted: (index) => k.memory.string(address(at(index))),
  });
};

/** The rules that were broken so far. */
export const rules = (k: FakeKernel): readonly string[] => k.misuse.map(({ rule }) => rule);

/** Does something as another task. */
export const asTask = <T>(k: FakeKernel, task: number, action: () => T): T => {
  const before = k.task;
  k.task = task;
  try {
    return action();
  } finally {
    k.task = before;
  }
};

/** A task that stands still in front of one request. */
export interface Halted {
  readonly request: Request;
  /** Whether the task could go on. */
  isReady(): boolean;
  /** Lets it run to its end. */
  finish(): number;
}

/** Runs a procedure up to the first request of a kind, without answering that one; `between` plays other tasks. */
export const halt = (
  k: FakeKernel,
  procedure: Procedure,
  kind: Request["kind"],
  task = k.task,
  between: () => void = () => {},
): Halted => {
  let next = asTask(k, task, () => procedure.next());
  while (next.done !== true && next.value.kind !== kind) {
    const request = next.value;
    between();
    next = asTask(k, task, () => procedure.next(answerOf(k, request)));
  }
  if (next.done === true) throw new Error(`the procedure ended with ${next.value} and made no request of kind ${kind}`);
  const request = next.value;
  return {
    request,
    isReady: () => request.kind !== "wait" || request.isReady(k.state, k.task),
    finish: () =>
      asTask(k, task, () =>
        run(
          k,
          (function* (): Procedure {
            let answer = yield request;
            for (;;) {
              const following = procedure.next(answer);
              if (following.done === true) return following.value;
              answer = yield following.value;
            }
          })(),
        ),
      ),
  };
};

const answerOf = (k: FakeKernel, request: Request): number => {
  switch (request.kind) {
    case "atomic":
      return request.run(k);
    case "callback": {
      const { name, function: target, arguments: values } = request;
      k.callbacks.push({ name, function: target, arguments: values });
      return typeof target === "string" ? 0 : (k.driver.get(target)?.(k, values) ?? 0);
    }
    case "sleep":
    case "wait":
      return 0;
  }
};

/** Runs a procedure to its end; `between` plays other tasks before each of its requests. */
export const runBeside = (k: FakeKernel, procedure: Procedure, between: () => void): number => {
  let next = procedure.next();
  while (next.done !== true) {
    between();
    next = procedure.next(answerOf(k, next.value));
  }
  return next.value;
};

/** Places a function of the driver's at a made-up address. */
export const driverFunction = (
  k: FakeKernel,
  at: number,
  run: (values: readonly number[]) => number = () => 0,
): Address => {
  k.driver.set(address(at), (_, values) => run(values));
  return address(at);
};

const field = (k: FakeKernel, at: Address, structure: string, name: string): Address =>
  address(at + k.layout.offset(structure, name)!);

/** Writes a pointer into a field of a structure. */
export const setField = (k: FakeKernel, at: Address, structure: string, name: string, value: number): void =>
  k.memory.setPointer(field(k, at, structure, name), address(value));

export const pointerField = (k: FakeKernel, at: Address, structure: string, name: string): Address =>
  k.memory.pointer(field(k, at, structure, name));

/** A structure of the driver's among its variables, zeroed, with pointers in some fields. */
export const structure = (k: FakeKernel, name: string, fields: Readonly<Record<string, number>> = {}): Address => {
  const at = k.variable(k.layout.size(name)!);
  for (const [key, value] of Object.entries(fields)) setField(k, at, name, key, value);
  return at;
};

/** A list of pointers that ends with NULL. */
export const pointers = (k: FakeKernel, ...values: readonly number[]): Address => {
  const at = k.variable((values.length + 1) * 8);
  for (const [index, value] of values.entries()) k.memory.setPointer(address(at + index * 8), address(value));
  return at;
};

/** A `struct device_attribute`. */
export const attribute = (k: FakeKernel, name: string, mode: number, show: number, store: number): Address => {
  const at = structure(k, "device_attribute", { show, store });
  setField(k, at, "attribute", "name", k.text(name));
  k.memory.setU32(field(k, at, "attribute", "mode"), mode);
  return at;
};

/** Where the release function of the devices of tests stands. */
export const RELEASE = 77;

export interface DeviceOptions {
  readonly name?: string;
  readonly parent?: Address;
  /** The attributes of its one group. */
  readonly attributes?: readonly Address[];
  readonly groups?: Address;
}

/** An initialised device in memory of its own, which its release function frees. */
export const makeDevice = (
  k: FakeKernel,
  { name, parent = address(0), attributes, groups }: DeviceOptions = {},
): Address => {
  const at = c(k, "kzalloc", k.layout.size("device")!, 0);
  if (!k.driver.has(address(RELEASE))) driverFunction(k, RELEASE, ([device]) => c(k, "kfree", device!));
  const list =
    groups ??
    (attributes === undefined
      ? 0
      : pointers(k, structure(k, "attribute_group", { attrs: pointers(k, ...attributes) })));
  const type = structure(k, "device_type", { release: RELEASE, groups: list });
  c(k, "device_initialize", at);
  setField(k, at, "device", "type", type);
  setField(k, at, "device", "parent", parent);
  if (name !== undefined) c(k, "dev_set_name", at, name);
  return at;
};
