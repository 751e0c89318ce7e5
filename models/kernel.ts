import type { Address } from "../abi/address.ts";
import type { CallbackShape } from "../abi/callback-shape.ts";
import { ERRNO, type ErrnoName } from "../abi/errno.ts";
import type { Layout, Memory } from "../abi/memory.ts";
import type { Answer, Chooser, FaultKind } from "../checker/chooser.ts";
import type { CxlRegionState } from "./cxl-region.ts";
import type { DeviceState } from "./device.ts";
import type { DevresState } from "./devres.ts";
import type { EnvironmentState } from "./environment.ts";
import type { IomemState } from "./iomem.ts";
import type { LockState } from "./lock.ts";
import type { MemoryGroupState } from "./memory-group.ts";
import type { MemoryHotplugState } from "./memory-hotplug.ts";
import type { MemoryTierState } from "./memory-tier.ts";
import type { NumaState } from "./numa.ts";
import type { PageState } from "./page.ts";
import type { SchedState } from "./sched.ts";
import type { ShadowMemory } from "./shadow-memory.ts";
import type { ListensTo, SignalState } from "./signal.ts";
import type { SlabState } from "./slab.ts";
import type { KernfsState, SysfsState } from "./sysfs.ts";
import type { WorkqueueState } from "./workqueue.ts";

/**
 * The modelled kernel's own state, one slice a facility.
 *
 * Plain, readonly, finite data: a kernel function replaces a slice and never changes one in place, so a state can be
 * kept, compared and printed at any time. What the kernel keeps inside structures that the driver can see (a
 * resource's flags and name) lies in the linear memory instead, because the driver may change it there.
 */
export interface KernelState {
  readonly slab: SlabState;
  readonly device: DeviceState;
  readonly devres: DevresState;
  readonly sysfs: SysfsState;
  readonly kernfs: KernfsState;
  readonly iomem: IomemState;
  readonly memoryGroup: MemoryGroupState;
  readonly memoryTier: MemoryTierState;
  readonly numa: NumaState;
  readonly memoryHotplug: MemoryHotplugState;
  readonly page: PageState;
  readonly cxlRegion: CxlRegionState;
  readonly lock: LockState;
  readonly workqueue: WorkqueueState;
  readonly sched: SchedState;
  readonly signal: SignalState;
  readonly environment: EnvironmentState;
}

/** A place in the subject that calls the kernel, by its number in the driver's table; 0 where the environment calls. */
export type Site = number;

/** A rule of the kernel's that the driver broke: recorded, never thrown, and judged by a property. */
export interface Misuse {
  readonly kind: "misuse";
  /** Which rule, kebab-case; each model lists its own. */
  readonly rule: string;
  /** The kernel function that noticed. */
  readonly function: string;
  /** What it was done to, without addresses: `the memory group`. */
  readonly object: string;
  /** The call that broke the rule. */
  readonly site: Site;
  readonly detail: string;
  /** Set when the real kernel's memory is corrupted or the task is dead from here on. */
  readonly isFatal: boolean;
}

/** The running kernel as a kernel function sees it. */
export interface Kernel {
  /** Replaced by each change, never changed in place. */
  state: KernelState;
  /** The same without a note of what was looked at: for what never changes while tasks run, such as the size of a memory block. */
  readonly whole: KernelState;
  readonly memory: Memory;
  /** What may be touched of the memory; the slab keeps it up to date. */
  readonly shadow: ShadowMemory;
  readonly layout: Layout;
  readonly chooser: Chooser;
  /** The call in the subject that is being answered. */
  readonly site: Site;
  /** The task on whose behalf the kernel runs. */
  readonly task: number;
  /** Told of each lock, file of the driver's whose users must go, or work that must be done, before this task waits for it. */
  readonly takes?: (lock: Address, kind: LockedKind) => void;
  /** Told of each lock that this task looks at, and goes on whether it is taken or not. */
  readonly looks?: (lock: Address) => void;
  /** Told of each place in the heap of which it was looked whether something is allocated there. */
  readonly looksAtSlot?: (at: Address) => void;
  /** Told of each address of which it was looked what is allocated around it. */
  readonly looksAtAllocation?: (at: number) => void;
  /** Whether anything live (driver data, heap, stacks, kernel state) holds an address in these bytes. */
  isReferenced(from: Address, length: number): boolean;
  report(
    misuse: Omit<Misuse, "kind" | "site" | "isFatal"> & { readonly isFatal?: boolean; readonly site?: Site },
  ): void;
}

/** What a task may wait for until others let go of it. */
export type LockedKind = "lock" | "file" | "work";

/** Replaces slices of the kernel's state. */
export const update = (k: Kernel, slices: Partial<KernelState>): void => {
  k.state = { ...k.whole, ...slices };
};

/** The arguments of one call, as C passed them. */
export interface Arguments {
  /** Argument `index` as an `int`. */
  i32(index: number): number;
  u32(index: number): number;
  /** An unsigned 64-bit argument, exact below 2^53. */
  u64(index: number): number;
  /** All 64 bits of an argument, unsigned. */
  bits(index: number): bigint;
  address(index: number): Address;
  /** The C string that argument `index` points to. */
  string(index: number): string;
  /** The text that a printf-like function makes of the format in argument `format` and the variable arguments behind. */
  formatted(format: number): string;
}

/**
 * Who can bring about what a task waits for: a task that is under way, the environment in no time (a page is let go of), or also a
 * command that comes later. Where only the first can, and all that are under way wait, nobody ever will.
 */
export type EndedBy = "who is under way" | "the environment" | "anybody";

/** What a procedure asks of whoever runs it. */
export type Request =
  /** One atomic step of the kernel. */
  | { readonly kind: "atomic"; readonly run: (k: Kernel) => number }
  /** Runs a function of the driver; the answer is what it returns. */
  | {
      readonly kind: "callback";
      readonly name: string;
      /** A function pointer, or the name of a function that the driver exports. */
      readonly function: Address | string;
      readonly shape: CallbackShape;
      readonly arguments: readonly number[];
    }
  /** The task sleeps; whatever the environment can do meanwhile may happen. */
  | { readonly kind: "sleep"; readonly reason: string }
  /** The task goes on only once `isReady` holds for it; asked again whenever the state has changed. */
  | {
      readonly kind: "wait";
      readonly reason: string;
      readonly isReady: (state: KernelState, task: number) => boolean;
      /** The signals that make it hold; where it says nothing, none. */
      readonly listensTo?: ListensTo;
      /** Who can make it hold; where it says nothing, only who is under way already. */
      readonly endedBy?: EndedBy;
    };

/**
 * A kernel function of several steps, written as a generator.
 *
 * What it does to the kernel it does inside the requests that it yields; the code between them sees only its own
 * arguments and the answers. A suspended procedure is stored as the list of answers so far, and brought back by
 * running it again over that list, so the code between requests must be a function of them alone.
 */
export type Procedure = Generator<Request, number, number>;

/**
 * What others must know of a kernel function beside what it does; it is looked up once for each driver.
 *
 * Whether it sleeps has to be said, because neither answer would do for a function of which it was forgotten. The same
 * goes for how a pointer tells of a failure, which a test asks of each prototype. Where one of the others is left out, a
 * search asks more questions than it had to, or a report names more, and nothing is missed.
 */
export interface Declared {
  /**
   * Whether it may put its caller to sleep, in the kernel and not in the model: `may` where it begins with might_sleep(),
   * takes a mutex or an rwsem, waits, or allocates with GFP_KERNEL on its usual way; `by its flags` where it allocates with
   * those that it is given. What a function of the driver's does that it calls back is looked at by itself.
   */
  readonly sleeps: "never" | "may" | "by its flags";
  /**
   * How it tells its caller that it failed; with a negative errno where this is not said. NULL stands for -ENOMEM. `never`: what
   * it gives is an answer, as NULL is where nothing was found, or a negative number where there is no node.
   */
  readonly fails?: "with NULL" | "with ERR_PTR" | "never";
  /** It takes a spinlock, under which nothing may sleep; said in models/lock.ts where it is told which kind of lock it takes. */
  readonly takesSpinlock?: true;
  /** It makes the object in its first argument ready for use, and tells nobody of it. */
  readonly prepares?: true;
  /** It looks at locks, and only at whether its caller holds them. */
  readonly asksOfOwnLocks?: true;
  /** The compiler calls it where it checks what the driver does, and no driver does: nobody misses a call that never comes. */
  readonly isCheck?: true;
}

/** One modelled kernel function. */
export type KernelFunction = { readonly declared: Declared } & (
  | { readonly kind: "atomic"; readonly run: (k: Kernel, call: Arguments) => number }
  | { readonly kind: "procedure"; readonly run: (call: Arguments) => Procedure }
);

/** Kernel functions under their C names. */
export type KernelFunctions = Readonly<Record<string, KernelFunction>>;

/** A kernel function that nothing can interrupt; it gives the value that C gets, 0 for `void`. */
export const atomic = (declared: Declared, run: (k: Kernel, call: Arguments) => number): KernelFunction => ({
  kind: "atomic",
  declared,
  run,
});

/** A kernel function of several steps, or one that calls back into the driver. */
export const procedure = (declared: Declared, run: (call: Arguments) => Procedure): KernelFunction => ({
  kind: "procedure",
  declared,
  run,
});

/** One atomic step inside a procedure; yields the number that `run` gives. */
export function* step(run: (k: Kernel) => number): Procedure {
  return yield { kind: "atomic", run };
}

/** Calls a function of the driver from a procedure; gives what it returns. */
export function* callback(
  name: string,
  target: Address | string,
  shape: CallbackShape,
  ...values: readonly number[]
): Procedure {
  return yield { kind: "callback", name, function: target, shape, arguments: values };
}

/** The answer in which nothing goes wrong. */
export const SUCCEEDS: Answer & { readonly errno: 0 } = { label: "succeeds", errno: 0 };

/** An answer in which a call fails with an error number. */
export interface ErrnoAnswer extends Answer {
  /** 0, or the error number, positive. */
  readonly errno: number;
}

/** All the ways in which a call can end: success first, then each error as a fault of its kind. */
export const outcomes = (
  ...errors: readonly (readonly [name: ErrnoName, fault: FaultKind, when?: string])[]
): readonly [ErrnoAnswer, ...ErrnoAnswer[]] => [
  SUCCEEDS,
  ...errors.map(([name, fault, when]) => ({
    label: when === undefined ? `-${name}` : `-${name} (${when})`,
    errno: ERRNO[name],
    fault,
  })),
];

/** The ends of a call that does nothing but allocate. */
export const ALLOCATION = outcomes(["ENOMEM", "small allocation"]);

/** Asks whether the call fails; gives 0 or a negative errno, as C would return it. */
export const failure = (k: Kernel, question: string, answers: readonly [ErrnoAnswer, ...ErrnoAnswer[]]): number => {
  const { errno } = k.chooser.choose(question, answers);
  return errno === 0 ? 0 : -errno;
};
