import type { Address, PhysicalAddress } from "../abi/address.ts";
import type { KernelState, Misuse, Site } from "./kernel.ts";

/**
 * What can be seen of the whole machine between two steps: what properties judge.
 *
 * The kernel's own state is here as it is. What lies in structures that the driver shares with the kernel is here as
 * it was read out of them, because the memory itself moves on.
 */
export interface Observation {
  readonly kernel: KernelState;
  /** No command is running: every task has returned to user space. */
  readonly isAtRest: boolean;
  /** The driver's resources in the iomem tree. */
  readonly resources: readonly ResourceView[];
  /** What the driver records of its devices, in the structures around them. */
  readonly records: readonly DriverRecord[];
}

/** A resource that the driver put into the iomem tree. */
export interface ResourceView {
  readonly at: Address;
  readonly start: PhysicalAddress;
  /** The last address that belongs to it. */
  readonly end: PhysicalAddress;
  /** Its name as /proc/iomem would print it. */
  readonly name: string;
  readonly isNameLive: boolean;
  /** The call that put it there. */
  readonly site: Site;
}

/**
 * What a driver notes about one device, by the field names of `struct cxl_sysram` and their documentation.
 *
 * A field is undefined where the driver's structure has none of that name.
 */
export interface DriverRecord {
  /** The `struct device` inside. */
  readonly device: Address;
  /** `res`: the resource of the memory that is plugged in. */
  readonly resource: Address | undefined;
  /** `mgid`: the memory group; negative for none. */
  readonly group: number | undefined;
  /** `numa_node`; negative for none. */
  readonly node: number | undefined;
  /** `last_hotplug_cmd`: the online type that was asked for last. */
  readonly lastCommand: number | undefined;
}

/** A command that properties speak of. */
export type CommandFact =
  /** `onlineType`: what the caller asks for, -1 for the default; undefined where the driver's entry takes none. */
  | { readonly kind: "probe"; readonly region: Address; readonly onlineType: number | undefined }
  | { readonly kind: "write"; readonly device: Address; readonly attribute: string; readonly text: string };

/** A command that properties speak of came to its end. */
export interface CommandReturned {
  readonly kind: "returned";
  readonly command: CommandFact;
  /** What it gave to its caller: a length, 0, or a negative errno. */
  readonly result: number;
  /** What could be seen when it began. */
  readonly before: Observation;
  /** Whether another command was under way at any time since it began. */
  readonly isDisturbed: boolean;
  /** Whether a fault was injected into it. */
  readonly hadFault: boolean;
  /** The different errors that kernel calls gave to the driver in it; NULL from an allocation counts as -ENOMEM. */
  readonly errors: readonly number[];
  /** Whether the driver has got over all of them: after the last one a call succeeded that gives nothing back. */
  readonly isOver: boolean;
}

/** A task will never come to its end. */
export interface TaskDied {
  readonly kind: "died";
  readonly reason: "trap" | "endless loop" | "stack overflow" | "deadlock";
  readonly detail: string;
  readonly site: Site;
}

/** Rejected by a monitor: the driver did what no run of that machine does. */
export interface Rejected {
  readonly kind: "rejected";
  /** The machine, for a person: `the life cycle as intended`. */
  readonly machine: string;
  /** The state that it stood in. */
  readonly state: string;
  /** What the driver did, as the machine would name it: `device_unregister ok`. */
  readonly event: string;
  /** What the machine would have accepted there. */
  readonly accepted: readonly string[];
  readonly site: Site;
}

/** Two tasks touched one place, one of them writing, and nothing ordered them. */
export interface DataRace {
  readonly kind: "data race";
  /** The place, without addresses: `res of struct cxl_sysram`. */
  readonly object: string;
  /** The two lines, the one with the smaller number first. */
  readonly site: Site;
  readonly other: Site;
  readonly detail: string;
}

/** A task waited for a lock, or took it, while it held another one. */
export interface LockOrder {
  readonly kind: "lock order";
  /** The lock that was held, without addresses: `lock of struct cxl_sysram`. */
  readonly outer: string;
  /** The call that took it; 0 where the kernel did on its own. */
  readonly outerSite: Site;
  readonly inner: string;
  readonly site: Site;
}

/** What happened during a step that the state after it does not tell. */
export type SysramEvent = Misuse | CommandReturned | TaskDied | Rejected | DataRace | LockOrder;
