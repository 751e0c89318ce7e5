import { MMOP, ONLINE_WORDS, type OnlineType } from "../abi/mmop.ts";
import type { Configuration } from "../harness/configuration.ts";

/**
 * One thing that user space can do to a region with a sysram device, on any kernel that has one.
 *
 * Failures are among them: what makes the kernel fail is switched on and off like anything else.
 */
export type UserAction =
  /** Binds the region's driver, whose probe asks for no online type of its own. */
  | { readonly kind: "bind" }
  | { readonly kind: "unbind" }
  /** Turns the region's decoders off (`echo 0 > commit`), which unbinds the driver before. */
  | { readonly kind: "decommit" }
  | { readonly kind: "commit" }
  /** Writes a word to the device's hotplug attribute. */
  | { readonly kind: "write"; readonly word: string }
  /** The same, while a page in the memory is busy and a signal comes. */
  | { readonly kind: "interrupted write"; readonly word: string }
  /** Sets one memory block offline or online through its own file. */
  | { readonly kind: "set block"; readonly block: number; readonly word: "offline" | "online_movable" }
  /** Has the kernel allocate a page in the memory that it cannot move. */
  | { readonly kind: "pin" }
  | { readonly kind: "unpin" }
  /** Another owner claims a part of the range, while no memory is there. */
  | { readonly kind: "claim" }
  | { readonly kind: "unclaim" }
  /** Has a memory notifier refuse (error injection): onlining with -ENOMEM, offlining with -EPERM. */
  | { readonly kind: "refuse"; readonly what: Refused }
  | { readonly kind: "allow"; readonly what: Refused };

/**
 * What only code in the kernel can do, beside some of the above.
 *
 * A KUnit suite is such code: it asks for an online type, and holds references.
 */
export type KernelAction =
  | UserAction
  /** Calls the driver's entry with an online type, as a probe of the region's driver. */
  | { readonly kind: "probe"; readonly onlineType: OnlineType }
  /** Looks the device up and keeps the reference. */
  | { readonly kind: "hold" }
  /** Has the memory plugged out through that reference. */
  | { readonly kind: "use" }
  | { readonly kind: "drop" };

export type Refused = "onlining" | "offlining";

/**
 * Words that are written: those that the kernel knows, then one that it does not.
 *
 * The one that is taken where any will do stands first: memory in the movable zone can be offlined again for certain.
 */
const WORDS: readonly string[] = [...ONLINE_WORDS.toReversed(), "of"];

/** An action as a person reads it. */
export const describeAction = (action: KernelAction): string => {
  switch (action.kind) {
    case "bind":
      return "bind the region's driver";
    case "probe":
      return `probe the region for ${ONLINE_WORDS[action.onlineType]!}`;
    case "hold":
      return "look the device up and hold the reference";
    case "use":
      return "plug the memory out with the held reference";
    case "drop":
      return "drop the held reference";
    case "unbind":
      return "unbind the region's driver";
    case "decommit":
      return "echo 0 > commit";
    case "commit":
      return "echo 1 > commit";
    case "write":
      return `echo ${action.word} > hotplug`;
    case "interrupted write":
      return `echo ${action.word} > hotplug, while a page is busy and a signal comes`;
    case "set block":
      return `echo ${action.word} > state of memory block ${action.block}`;
    case "pin":
      return "the kernel takes a page in the memory that it cannot move";
    case "unpin":
      return "the kernel gives that page back";
    case "claim":
      return "another owner claims a part of the range";
    case "unclaim":
      return "the other owner gives it back";
    case "refuse":
      return `a memory notifier refuses ${action.what} from here on`;
    case "allow":
      return `no memory notifier refuses ${action.what} any more`;
  }
};

/** What the harness calls the command behind an action; undefined where it is no command of the harness. */
export const commandLabel = (action: KernelAction): string | undefined => {
  switch (action.kind) {
    case "bind":
      return "probe region0, online type -1 (the default)";
    case "probe":
      return `probe region0, ${ONLINE_WORDS[action.onlineType]!}`;
    case "hold":
      return "cxl_region_find_sysram() of region0, and hold the reference";
    case "use":
      return "cxl_sysram_offline_and_remove() with the held reference of region0";
    case "drop":
      return "drop the held reference of region0";
    case "unbind":
      return "unbind the driver of region0";
    case "decommit":
      return "decommit region0 (echo 0 > commit)";
    case "commit":
      return "commit region0 (echo 1 > commit)";
    case "write":
    case "interrupted write":
      return `echo ${action.word} > sysram_region0/hotplug`;
    case "set block":
      return action.word === "offline"
        ? `the administrator offlines memory block ${action.block} of region0`
        : `the administrator onlines memory block ${action.block} of region0 as online_movable`;
    case "claim":
      return "another owner claims a part of region0";
    case "unclaim":
      return "the other owner gives its part of region0 back";
    case "pin":
    case "unpin":
    case "refuse":
    case "allow":
      return undefined;
  }
};

const REFUSALS: readonly UserAction[] = [
  { kind: "refuse", what: "onlining" },
  { kind: "allow", what: "onlining" },
  { kind: "refuse", what: "offlining" },
  { kind: "allow", what: "offlining" },
];

/** Every action of user space, harmless ones first. */
export const USER_ACTIONS: readonly UserAction[] = [
  { kind: "bind" },
  ...WORDS.map((word): UserAction => ({ kind: "write", word })),
  { kind: "unbind" },
  { kind: "decommit" },
  { kind: "commit" },
  // The first block alone: the second stands for all others, of which a real region may have many.
  { kind: "set block", block: 0, word: "offline" },
  { kind: "set block", block: 0, word: "online_movable" },
  { kind: "claim" },
  { kind: "unclaim" },
  { kind: "pin" },
  { kind: "unpin" },
  ...REFUSALS,
  { kind: "interrupted write", word: "offline" },
];

/** The actions of a KUnit suite. */
export const KERNEL_ACTIONS: readonly KernelAction[] = [
  ...[MMOP.ONLINE_MOVABLE, MMOP.OFFLINE].map((onlineType): KernelAction => ({ kind: "probe", onlineType })),
  { kind: "bind" },
  ...WORDS.filter((word) => word !== "online_kernel").map((word): KernelAction => ({ kind: "write", word })),
  { kind: "hold" },
  { kind: "use" },
  { kind: "unbind" },
  { kind: "drop" },
  ...REFUSALS,
];

/** The machine that vectors are made for: the first of its memory blocks stands for itself, the second for all others. */
export const VECTOR_CONFIGURATION: Configuration = { regions: 1, blocks: 2 };
