import { type Address, address, NULL } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import { SIZE_CLASSES } from "../abi/memory-map.ts";
import { print } from "./format.ts";
import {
  ALLOCATION,
  atomic,
  callback,
  failure,
  type Kernel,
  type KernelFunction,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  type Request,
  step,
  update,
} from "./kernel.ts";
import { firstOf, pair, secondOf } from "./pair.ts";
import { allocate, free, isUsable } from "./slab.ts";

/**
 * Models the files of a device in sysfs.
 *
 * Kept:    a file exists from the moment that it is added until its removal begins; two writers run the store of one
 *          file at the same time; a removal waits until no store and no show of the file runs, and later ones get
 *          -ENODEV, through files that were opened before too; a removal by the file's own store waits for ever, but for
 *          the one that is meant for it: the first store to ask waits for the others and goes on with the file gone,
 *          those that ask behind it wait until that one has returned, and are told that they did not remove it; a store gets the text with a NUL behind it, in a buffer that may fail to be allocated; groups with names,
 *          groups that choose what is visible; a name that exists already is refused, with a warning.
 * Dropped: writers that share one open file, and so take turns; binary files; links beyond their failure; poll();
 *          what a show wrote; a text of more than 4095 bytes, which is cut there.
 * Source:  fs/kernfs/file.c (kernfs_fop_write_iter, kernfs_seq_start), fs/kernfs/dir.c (kernfs_drain,
 *          kernfs_remove_self), fs/sysfs/file.c, fs/sysfs/group.c, drivers/base/core.c (dev_attr_store, dev_attr_show).
 */
export interface SysfsState {
  /** The files, by device and then by name. */
  readonly attributes: readonly Attribute[];
}

/** The active references to files: who has one keeps others from removing the file, as a reader keeps a writer out. */
export interface KernfsState {
  /** The stores and shows that run now, by task. */
  readonly active: readonly ActiveUse[];
}

/** One file of a device. */
export interface Attribute {
  readonly device: Address;
  /** Its name below the device's folder: `hotplug`, or `group/hotplug`. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** The driver's `struct attribute`. */
  readonly at: Address;
  /** The driver's functions; NULL for none. */
  readonly show: Address;
  readonly store: Address;
}

/** A store or show that runs. */
export interface ActiveUse {
  readonly device: Address;
  readonly attribute: Address;
  readonly kind: "store" | "show";
  readonly task: number;
  /** The buffer that it was given. */
  readonly buffer: Address;
  /** What it is to a removal of the file by one of its own stores; absent where it keeps others from removing the file. */
  readonly self?: SelfRemoval;
}

/**
 * What a store or show is to the removal of its file that it asked for: it waits for the others, it has removed the file and goes
 * on, or it waits until another one that did so has returned.
 */
type SelfRemoval = "removing" | "removed" | "lost";

/** What the driver did with its files that it must not do. */
export type SysfsMisuse =
  | "duplicate-attribute"
  | "removal-by-own-store"
  | "self-removal-from-outside"
  | "self-removal-of-no-file"
  | "bad-show-count"
  | "bad-sysfs-buffer";

export const emptySysfs: SysfsState = { attributes: [] };

export const idleKernfs: KernfsState = { active: [] };

const PAGE_SIZE = 4096;

/** The longest text that the buffer of a store can hold here. */
const STORE_LIMIT = SIZE_CLASSES.at(-1)! - 1;

/** The files of a device, by name. */
export const attributesOf = (state: KernelState, device: Address): readonly Attribute[] =>
  state.sysfs.attributes.filter((attribute) => attribute.device === device);

/** The file of this name below a device, if there is one. */
export const attributeNamed = (state: KernelState, device: Address, name: string): Attribute | undefined =>
  state.sysfs.attributes.find((attribute) => attribute.device === device && attribute.name === name);

/**
 * Whether a store or show of a device runs that a removal has to wait for; of one of its files where `attribute` is not NULL.
 *
 * One that has asked for the removal of its file is none.
 */
export const isInUse = (state: KernelState, device: Address, attribute: Address = NULL): boolean =>
  state.kernfs.active.some(
    (use) => use.self === undefined && use.device === device && (attribute === NULL || use.attribute === attribute),
  );

const byDeviceAndName = (a: Attribute, b: Attribute): number =>
  a.device - b.device || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const isSameFile = (a: Attribute, b: Attribute): boolean => a.device === b.device && a.name === b.name;

const pointerAt = (k: Kernel, at: Address, structure: string, name: string): Address => {
  const offset = k.layout.offset(structure, name);
  return offset === undefined ? NULL : k.memory.pointer(address(at + offset));
};

/** The pointers in an array that ends with NULL, at most as many as any sane driver has. */
export const pointersAt = (k: Kernel, at: Address): readonly Address[] => {
  const list: Address[] = [];
  for (let place = at; place !== NULL && list.length < 64; place = address(place + 8)) {
    const pointer = k.memory.pointer(place);
    if (pointer === NULL) break;
    list.push(pointer);
  }
  return list;
};

/** Reads an attribute; a `struct device_attribute` begins with its `struct attribute`, so both go by one address. */
const attributeAt = (k: Kernel, device: Address, at: Address, folder: string, mode?: number): Attribute => {
  const name = k.memory.string(pointerAt(k, at, "attribute", "name"));
  return {
    device,
    at,
    name: folder === "" ? name : `${folder}/${name}`,
    mode: mode ?? k.memory.u32(address(at + (k.layout.offset("attribute", "mode") ?? 0))) & 0o7777,
    show: pointerAt(k, at, "device_attribute", "show"),
    store: pointerAt(k, at, "device_attribute", "store"),
  };
};

/** What the groups' visibility functions said of each attribute: its permission bits, 0 for none. */
export type Modes = ReadonlyMap<number, number>;

const folderOf = (k: Kernel, group: Address): string => {
  const name = pointerAt(k, group, "attribute_group", "name");
  return name === NULL ? "" : k.memory.string(name);
};

/** The groups that a function works on: read anew in each step, and the same each time. */
export type GroupsOf = (k: Kernel) => readonly Address[];

const filesOfGroup = (k: Kernel, device: Address, group: Address, modes: Modes): readonly Attribute[] => {
  const folder = folderOf(k, group);
  return pointersAt(k, pointerAt(k, group, "attribute_group", "attrs"))
    .filter((at) => modes.get(at) !== 0)
    .map((at) => attributeAt(k, device, at, folder, modes.get(at)));
};

const visibilityOf = (k: Kernel, group: Address): Address => pointerAt(k, group, "attribute_group", "is_visible");

/** Whether some group has a function that chooses what is visible. */
export const choosesVisibility = (k: Kernel, groups: readonly Address[]): boolean =>
  groups.some((group) => visibilityOf(k, group) !== NULL);

/** Asks the groups of a device which attributes are visible. A device begins with its kobject: both go by one address. */
export function* askVisibility(device: Address, groupsOf: GroupsOf): Generator<Request, Modes, number> {
  const modes = new Map<number, number>();
  for (let place = 0; ; place += 1) {
    const found = yield* step((k) => {
      const group = groupsOf(k)[place] ?? NULL;
      return group === NULL ? 0 : pair(group, visibilityOf(k, group));
    });
    if (found === 0) return modes;
    const group = address(firstOf(found));
    const isVisible = address(secondOf(found));
    for (let index = 0; isVisible !== NULL; index += 1) {
      const at = yield* step((k) => pointersAt(k, pointerAt(k, group, "attribute_group", "attrs"))[index] ?? NULL);
      if (at === NULL) break;
      modes.set(at, (yield* callback("is_visible", isVisible, "h_ppi", device, at, index)) & 0o777);
    }
  }
}

const warnDuplicate = (k: Kernel, name: string): number => {
  k.report({
    rule: "duplicate-attribute" satisfies SysfsMisuse,
    function: name,
    object: "the attribute",
    detail: `${name}() adds a file of a name that exists already; the kernel warns in sysfs_warn_dup()`,
  });
  return -ERRNO.EEXIST;
};

/** The files that groups stand for. */
export const filesIn = (k: Kernel, device: Address, groups: readonly Address[], modes: Modes): readonly Attribute[] =>
  groups.flatMap((group) => filesOfGroup(k, device, group, modes));

/** Whether the files can be added: no name twice. Gives 0, or -EEXIST after recording the warning. */
export const checkNames = (k: Kernel, files: readonly Attribute[], name: string): number => {
  const isTwice = files.some(
    (file, place) =>
      files.findIndex((other) => other.name === file.name) !== place ||
      attributeNamed(k.state, file.device, file.name) !== undefined,
  );
  return isTwice ? warnDuplicate(k, name) : 0;
};

/** Makes files appear. */
export const addFiles = (k: Kernel, files: readonly Attribute[]): void => {
  if (files.length > 0)
    update(k, { sysfs: { attributes: [...k.state.sysfs.attributes, ...files].sort(byDeviceAndName) } });
};

/** No group has chosen: every attribute has the permissions that it was written with. */
export const asWritten: Modes = new Map();

/** Makes files disappear: from now on nobody can use them; whether somebody still does, also of those that others take away. */
export const withdraw = (k: Kernel, device: Address, isMeant: (at: Address) => boolean, name: string): boolean => {
  const { attributes } = k.state.sysfs;
  const gone = attributes.filter((file) => file.device === device && isMeant(file.at));
  if (gone.length > 0) update(k, { sysfs: { attributes: attributes.filter((file) => !gone.includes(file)) } });
  for (const { at } of gone) k.takes?.(at, "file");
  const users = k.state.kernfs.active.filter(
    (use) => use.self === undefined && use.device === device && isMeant(use.attribute),
  );
  if (users.some(({ task }) => task === k.task)) {
    k.report({
      rule: "removal-by-own-store" satisfies SysfsMisuse,
      function: name,
      object: "the attribute",
      detail: `${name}() waits for the store or show that it is called from`,
      isFatal: true,
    });
  }
  return users.length > 0;
};

/** Waits until no store and no show of the device runs; of one of its files where `attribute` is not NULL. */
export function* drain(device: Address, attribute: Address = NULL): Procedure {
  yield { kind: "wait", reason: "kernfs_drain", isReady: (state) => !isInUse(state, device, attribute) };
  return 0;
}

const startUse = (k: Kernel, use: Omit<ActiveUse, "task">): void => {
  const active = [...k.state.kernfs.active, { ...use, task: k.task }].sort((a, b) => a.task - b.task);
  update(k, { kernfs: { active } });
};

const endUse = (k: Kernel, buffer: Address): void =>
  update(k, { kernfs: { active: k.state.kernfs.active.filter((use) => use.buffer !== buffer) } });

/** The errors of one use of a file before its callback is called; only the buffer is asked for. */
const bufferFor = (k: Kernel, file: Attribute | undefined, bits: number, size: number, name: string): number => {
  if (file === undefined) return -ERRNO.ENODEV;
  if ((file.mode & bits) === 0) return -ERRNO.EACCES;
  const error = failure(k, name, ALLOCATION);
  return error === 0 ? allocate(k, size, true, name, "kernel", 0) : error;
};

/** Makes a use of a file active; gives attribute and callback in one number, or -ENODEV without the buffer. */
const activate = (k: Kernel, device: Address, file: string, kind: ActiveUse["kind"], buffer: Address): number => {
  const attribute = attributeNamed(k.state, device, file);
  if (attribute === undefined) {
    free(k, buffer, "kernfs_get_active");
    return -ERRNO.ENODEV;
  }
  startUse(k, { device, attribute: attribute.at, kind, buffer });
  return pair(attribute.at, attribute[kind]);
};

function* use(device: Address, file: string, kind: ActiveUse["kind"], bits: number, text: string): Procedure {
  const name = kind === "store" ? "kernfs_fop_write_iter" : "seq_read_iter";
  const length = Math.min(text.length, STORE_LIMIT);
  const buffer = yield* step((k) => {
    const size = kind === "store" ? length + 1 : PAGE_SIZE;
    const at = bufferFor(k, attributeNamed(k.state, device, file), bits, size, name);
    if (at > 0 && kind === "store") k.memory.setString(address(at), text.slice(0, length));
    return at === NULL ? -ERRNO.ENOMEM : at;
  });
  if (buffer < 0) return buffer;
  const found = yield* step((k) => activate(k, device, file, kind, address(buffer)));
  if (found < 0) return found;
  const attribute = firstOf(found);
  const target = address(secondOf(found));
  let result: number = -ERRNO.EIO;
  if (target !== NULL) {
    const label = `${file}_${kind}`;
    result =
      kind === "store"
        ? yield* callback(label, target, "l_pppl", device, attribute, buffer, length)
        : yield* callback(label, target, "l_ppp", device, attribute, buffer);
  }
  yield* step((k) => {
    endUse(k, address(buffer));
    free(k, address(buffer), name);
    if (kind === "show" && result >= PAGE_SIZE) {
      k.report({
        rule: "bad-show-count" satisfies SysfsMisuse,
        function: "dev_attr_show",
        object: "the attribute",
        detail: "a show returned a page or more; the kernel complains in dev_attr_show()",
      });
    }
    return 0;
  });
  return result;
}

/**
 * An action of user space: writes `text` into a file of a device, through an open file of its own.
 *
 * Gives what write() does: the length, or a negative errno; what the store returns is passed on as it is.
 */
export const writeAttribute = (device: Address, file: string, text: string): Procedure =>
  use(device, file, "store", 0o222, text);

/** An action of user space: reads a file of a device, through an open file of its own; gives what the show returns. */
export const readAttribute = (device: Address, file: string): Procedure => use(device, file, "show", 0o444, "");

/** Adds the files of groups after the device was added. */
export function* addGroups(device: Address, groupsOf: GroupsOf, name: string): Procedure {
  const attempt = (k: Kernel, modes: Modes): number => {
    const files = filesIn(k, device, groupsOf(k), modes);
    const error = checkNames(k, files, name) || failure(k, name, ALLOCATION);
    if (error === 0) addFiles(k, files);
    return error;
  };
  const outcome = yield* step((k) => (choosesVisibility(k, groupsOf(k)) ? 1 : attempt(k, asWritten)));
  if (outcome <= 0) return outcome;
  const modes = yield* askVisibility(device, groupsOf);
  return yield* step((k) => attempt(k, modes));
}

/** Removes the files of groups, and waits until nobody uses them. */
function* removeGroups(device: Address, groupsOf: GroupsOf, name: string): Procedure {
  for (;;) {
    const busy = yield* step((k) => {
      const busyIn = groupsOf(k).map((group) => withdrawGroup(k, device, group, name));
      return busyIn.find((at) => at !== NULL) ?? NULL;
    });
    if (busy === NULL) return 0;
    yield* drain(device, address(busy));
  }
}

/**
 * Takes a group's files out of sight; gives one that is still in use, or NULL.
 *
 * Who gets one has to drain it and ask again.
 */
export const withdrawGroup = (k: Kernel, device: Address, group: Address, name: string): Address => {
  const meant = filesOfGroup(k, device, group, asWritten);
  withdraw(k, device, (file) => meant.some(({ at }) => at === file), name);
  return meant.find(({ at }) => isInUse(k.state, device, at))?.at ?? NULL;
};

/** Asks a group again what is visible, and adds and removes its files accordingly. */
function* updateGroup(device: Address, group: Address): Procedure {
  const name = "sysfs_update_group";
  const modes = yield* askVisibility(device, () => [group]);
  const outcome = yield* step((k) => {
    const error = failure(k, name, ALLOCATION);
    if (error !== 0) return error;
    const meant = filesOfGroup(k, device, group, modes);
    const hidden = filesOfGroup(k, device, group, asWritten).filter(({ at }) => !meant.some((file) => file.at === at));
    withdraw(k, device, (file) => hidden.some(({ at }) => at === file), name);
    const present = k.state.sysfs.attributes.filter((file) => !meant.some((next) => isSameFile(file, next)));
    update(k, { sysfs: { attributes: [...present, ...meant].sort(byDeviceAndName) } });
    return hidden.find(({ at }) => isInUse(k.state, device, at))?.at ?? 0;
  });
  if (outcome <= 0) return outcome;
  return yield* drain(device, address(outcome));
}

/** Adds one file after the device was added. */
const addFile = (k: Kernel, device: Address, at: Address, name: string): number => {
  if (!isUsable(k, at, 1, name, "the attribute")) return -ERRNO.EINVAL;
  const files = [attributeAt(k, device, at, "")];
  const error = checkNames(k, files, name) || failure(k, name, ALLOCATION);
  if (error === 0) addFiles(k, files);
  return error;
};

/** Removes one file, and waits until nobody uses it. */
function* removeFile(device: Address, at: Address, name: string): Procedure {
  const isBusy = yield* step((k) => (withdraw(k, device, (file) => file === at, name) ? 1 : 0));
  return isBusy === 0 ? 0 : yield* drain(device, at);
}

/* The removal of a file by its own store. */

const ownUse = (state: KernelState, device: Address, at: Address, task: number): ActiveUse | undefined =>
  state.kernfs.active.find((use) => use.device === device && use.attribute === at && use.task === task);

/** Says what this task's use of the file is to its removal. */
const setSelf = (k: Kernel, device: Address, at: Address, self: SelfRemoval | undefined): number => {
  const mine = ownUse(k.state, device, at, k.task)!;
  const { self: _, ...rest } = mine;
  const next: ActiveUse = self === undefined ? rest : { ...rest, self };
  update(k, { kernfs: { active: k.state.kernfs.active.map((use) => (use === mine ? next : use)) } });
  return 0;
};

/** Records who may not ask for the removal of a file as its own; gives that there is nothing to remove. */
const refuseSelfRemoval = (k: Kernel, isOutside: boolean, name: string): number => {
  k.report({
    rule: (isOutside ? "self-removal-from-outside" : "self-removal-of-no-file") satisfies SysfsMisuse,
    function: name,
    object: "the attribute",
    detail: isOutside
      ? `${name}() is called from no store and no show of the file: it gives up a use that is somebody else's`
      : `${name}() finds no such file any more; the kernel warns in sysfs_remove_file_self()`,
    isFatal: isOutside,
  });
  return NO_FILE;
};

/** What asking for the removal of one's own file comes to. */
const NO_FILE = 0;
const WINS = 1;
const WINS_BESIDE_OTHERS = 2;
const LOSES = 3;

/** Gives up this task's hold on its own file, and finds out whether it is the first to do so. */
const beginSelfRemoval = (k: Kernel, device: Address, at: Address, name: string): number => {
  const mine = ownUse(k.state, device, at, k.task);
  if (mine?.self !== undefined || mine === undefined) return refuseSelfRemoval(k, mine === undefined, name);
  const { active } = k.state.kernfs;
  const isRace = active.some((use) => use.device === device && use.attribute === at && use.self === "removing");
  const isThere = k.state.sysfs.attributes.some((file) => file.device === device && file.at === at);
  setSelf(k, device, at, isRace ? "lost" : "removing");
  k.takes?.(at, "file");
  if (isRace) return LOSES;
  // Who takes the file away already waits for this use of it, and finds it given up, or taken up again.
  if (!isThere) return WINS_BESIDE_OTHERS;
  withdraw(k, device, (file) => file === at, name);
  return WINS;
};

/** Whether somebody uses a file who is not among those that have lost the race to remove it. */
const isHeldByWinner = (state: KernelState, device: Address, at: Address): boolean =>
  state.kernfs.active.some((use) => use.device === device && use.attribute === at && use.self !== "lost");

/**
 * Removes the file whose store or show this task runs, without waiting for that; whether it did.
 *
 * The first one waits for the others, and goes on with the file gone. Who else asks for the same waits until the store of the first
 * one has returned, and is told that it did not.
 */
function* removeFileSelf(device: Address, at: Address, name: string): Procedure {
  const outcome = yield* step((k) => beginSelfRemoval(k, device, at, name));
  if (outcome === NO_FILE) return 0;
  if (outcome !== LOSES) {
    yield* drain(device, at);
    yield* step((k) => setSelf(k, device, at, outcome === WINS ? "removed" : undefined));
    return 1;
  }
  for (;;) {
    yield { kind: "wait", reason: name, isReady: (state) => !isHeldByWinner(state, device, at) };
    // Of several that waited for this one comes first, and the others wait for that one.
    const isOver = yield* step((k) => {
      if (isHeldByWinner(k.state, device, at)) return 0;
      setSelf(k, device, at, "removed");
      return 1;
    });
    if (isOver === 1) return 0;
  }
}

/** Writes into the page of a show; records a buffer that is none. */
const emit = (k: Kernel, buffer: Address, at: number, text: string, name: string): number => {
  if (buffer % PAGE_SIZE !== 0 || at < 0 || at >= PAGE_SIZE) {
    k.report({
      rule: "bad-sysfs-buffer" satisfies SysfsMisuse,
      function: name,
      object: "the page of the show",
      detail: `the kernel warns in ${name}(): the buffer is no page, or the place lies outside of it`,
    });
    return 0;
  }
  return print(k, address(buffer + at), PAGE_SIZE - at, text, name);
};

/** A function on the files of a device, or of its kobject, which is the same address. */
type OnGroups = (device: Address, groupsOf: GroupsOf, name: string) => Procedure;

const onGroup = (name: string, run: OnGroups): KernelFunction =>
  procedure({ sleeps: "may" }, (call) => {
    const group = call.address(1);
    return run(call.address(0), () => [group], name);
  });

const onGroups = (name: string, run: OnGroups): KernelFunction =>
  procedure({ sleeps: "may" }, (call) => {
    const list = call.address(1);
    return run(call.address(0), (k) => pointersAt(k, list), name);
  });

const addingFile = (name: string): KernelFunction =>
  atomic({ sleeps: "may" }, (k, call) => addFile(k, call.address(0), call.address(1), name));

const removingFile = (name: string): KernelFunction =>
  procedure({ sleeps: "may" }, (call) => removeFile(call.address(0), call.address(1), name));

const removingFileSelf = (name: string): KernelFunction =>
  procedure({ sleeps: "may" }, (call) => removeFileSelf(call.address(0), call.address(1), name));

/** Takes a lock of kernfs or of uevents, or allocates, and changes nothing that a driver could see. */
const unseen = atomic({ sleeps: "may" }, () => 0);

export const sysfsFunctions: KernelFunctions = {
  sysfs_emit: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    emit(k, call.address(0), 0, call.formatted(1), "sysfs_emit"),
  ),
  sysfs_emit_at: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    emit(k, call.address(0), call.i32(1), call.formatted(2), "sysfs_emit_at"),
  ),

  sysfs_create_file: addingFile("sysfs_create_file"),
  sysfs_remove_file: removingFile("sysfs_remove_file"),
  sysfs_remove_file_self: removingFileSelf("sysfs_remove_file_self"),
  sysfs_create_group: onGroup("sysfs_create_group", addGroups),
  sysfs_create_groups: onGroups("sysfs_create_groups", addGroups),
  sysfs_update_group: procedure({ sleeps: "may" }, (call) => updateGroup(call.address(0), call.address(1))),
  sysfs_remove_group: onGroup("sysfs_remove_group", removeGroups),
  sysfs_remove_groups: onGroups("sysfs_remove_groups", removeGroups),
  sysfs_create_link: atomic({ sleeps: "may" }, (k) => failure(k, "sysfs_create_link", ALLOCATION)),
  sysfs_remove_link: unseen,
  sysfs_notify: unseen,

  device_create_file: addingFile("device_create_file"),
  device_remove_file: removingFile("device_remove_file"),
  device_remove_file_self: removingFileSelf("device_remove_file_self"),
  device_add_groups: onGroups("device_add_groups", addGroups),
  device_remove_groups: onGroups("device_remove_groups", removeGroups),

  kobject_uevent: unseen,
  kobject_uevent_env: unseen,
  add_uevent_var: atomic({ sleeps: "never" }, () => 0),
};
