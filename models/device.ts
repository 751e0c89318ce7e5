import { type Address, address, NULL } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import type { Answer } from "../checker/chooser.ts";
import { hasDevres, releaseAll } from "./devres.ts";
import {
  atomic,
  callback,
  type Kernel,
  type KernelFunction,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  type Site,
  SUCCEEDS,
  step,
  update,
} from "./kernel.ts";
import { initialiseDeviceMutex, withDeviceLocked } from "./lock.ts";
import { duplicate, free, isUsable } from "./slab.ts";
import {
  addFiles,
  askVisibility,
  asWritten,
  checkNames,
  choosesVisibility,
  drain,
  filesIn,
  type GroupsOf,
  type Modes,
  pointersAt,
  withdraw,
} from "./sysfs.ts";

/**
 * Models the life of devices: references, names, parents and children, and the callback at the end.
 *
 * Kept:    device_initialize() gives one reference, device_add() and the find functions take more, and the last one to
 *          be dropped runs the managed resources and the release function at once, in the task and under the locks of
 *          whoever drops it, which sleeps only where one of these does; an added device keeps a reference on its
 *          parent; its files appear before it is found among the children of its parent; a device that is deleted is
 *          found no more, and is gone only when its last store has returned; a name is taken until the deletion ends;
 *          device_add() may fail before its files exist, and after.
 * Dropped: classes; links, power management, firmware nodes and user space's answer to an uevent; probing of a driver
 *          by device_add(); the references by which the kernel's own lists keep an added device; the postponed release
 *          of CONFIG_DEBUG_KOBJECT_RELEASE; the order of children, which is that of their addresses here; the moment
 *          between a device's death and its disappearance from the list of children; a device_add() that fails keeps
 *          no second reference of its own.
 * Source:  drivers/base/core.c, lib/kobject.c.
 */
export interface DeviceState {
  /** The devices that were initialised and not yet released, by address. */
  readonly devices: readonly Device[];
}

/** A `struct device` between its initialisation and the end of its release. */
export interface Device {
  readonly at: Address;
  /**
   * The references that the driver and its users hold: the first one, those of get_device() and the find functions,
   * and one for each added child. Those of the kernel's own lists are not counted.
   */
  readonly references: number;
  /** The parent that device_add() took a reference on; NULL before, and once it is given back. */
  readonly parent: Address;
  /** The driver's `struct device_type`, as device_add() found it. */
  readonly type: Address;
  /** Its name, as device_add() found it; empty before. */
  readonly name: string;
  /** Whether its name is taken: from device_add() until the end of device_del(). */
  readonly isAdded: boolean;
  /** Whether it is found among the children of its parent. */
  readonly isFindable: boolean;
  /** Set from the beginning of device_del() on. */
  readonly isDead: boolean;
  /** Set while its release runs. */
  readonly isReleasing: boolean;
  /** Set for devices that the kernel made and keeps: the regions. */
  readonly isEnvironment: boolean;
  /** The call that initialised it. */
  readonly site: Site;
}

/** What the driver did to a device that it must not do. */
export type DeviceMisuse =
  | "refcount-underflow"
  | "released-while-added"
  | "not-a-device"
  | "initialised-twice"
  | "added-twice"
  | "deleted-without-add"
  | "duplicate-name"
  | "no-release-function";

export const noDevices: DeviceState = { devices: [] };

/** The device at this address, if there is one. */
export const deviceAt = (state: KernelState, at: Address): Device | undefined =>
  state.device.devices.find((device) => device.at === at);

/** The devices that the driver made and that are not yet released. */
export const driverDevices = (state: KernelState): readonly Device[] =>
  state.device.devices.filter(({ isEnvironment }) => !isEnvironment);

/** The devices that are found among the children of `parent`. */
export const childrenOf = (state: KernelState, parent: Address): readonly Device[] =>
  state.device.devices.filter((device) => device.isFindable && device.parent === parent);

const setDevices = (k: Kernel, devices: readonly Device[]): void => update(k, { device: { devices } });

const insert = (k: Kernel, device: Device): void =>
  setDevices(
    k,
    [...k.state.device.devices, device].sort((a, b) => a.at - b.at),
  );

const change = (k: Kernel, at: Address, parts: Partial<Device>): void =>
  setDevices(
    k,
    k.state.device.devices.map((device) => (device.at === at ? { ...device, ...parts } : device)),
  );

const pointerAt = (k: Kernel, at: Address, structure: string, name: string): Address => {
  const offset = k.layout.offset(structure, name);
  return offset === undefined ? NULL : k.memory.pointer(address(at + offset));
};

/** Where the pointer to a device's name lies; a device begins with its kobject. */
const nameField = (k: Kernel, device: Address): Address => address(device + (k.layout.offset("kobject", "name") ?? 0));

/** Text that the kernel reads from the driver's memory; empty for NULL. */
const textAt = (k: Kernel, at: Address): string => (at === NULL ? "" : k.memory.string(at));

const notADevice = (k: Kernel, name: string): undefined => {
  k.report({
    rule: "not-a-device" satisfies DeviceMisuse,
    function: name,
    object: "the device",
    detail: `${name}() was given a device that was never initialised, or whose last reference is gone`,
    isFatal: true,
  });
  return undefined;
};

/** The device at this address; one that is none is recorded, and the kernel reads garbage from there on. */
const known = (k: Kernel, at: Address, name: string): Device | undefined => {
  if (!isUsable(k, at, 1, name, "the device")) return undefined;
  return deviceAt(k.state, at) ?? notADevice(k, name);
};

const initialise = (k: Kernel, at: Address, name: string): void => {
  if (!isUsable(k, at, k.layout.size("device") ?? 1, name, "the device")) return;
  if (deviceAt(k.state, at) !== undefined) {
    k.report({
      rule: "initialised-twice" satisfies DeviceMisuse,
      function: name,
      object: "the device",
      detail: `${name}() of a device that is initialised; the kernel complains in kobject_init()`,
    });
    return;
  }
  initialiseDeviceMutex(k, at);
  const node = k.layout.offset("device", "numa_node");
  if (node !== undefined) k.memory.setU32(address(at + node), -1);
  insert(k, {
    at,
    references: 1,
    parent: NULL,
    type: NULL,
    name: "",
    isAdded: false,
    isFindable: false,
    isDead: false,
    isReleasing: false,
    isEnvironment: false,
    site: k.site,
  });
};

/**
 * Adds a device of the kernel's own, as it stands when the driver meets it.
 *
 * The kernel holds its one reference for ever: who drops that one drops too many.
 */
export const addEnvironmentDevice = (k: Kernel, at: Address, name: string, parent: Address = NULL): void => {
  initialise(k, at, "device_initialize");
  const type = pointerAt(k, at, "device", "type");
  change(k, at, { name, parent, type, isAdded: true, isFindable: true, isEnvironment: true, site: 0 });
};

/** Gives a device a new name; the old one stays where that fails. The text is the kernel's to free. */
const setName = (k: Kernel, at: Address, text: string, name: string): number => {
  if (!isUsable(k, at, 1, name, "the device")) return -ERRNO.EINVAL;
  const next = duplicate(k, name, text.replaceAll("/", "!"), "kernel");
  if (next === NULL) return -ERRNO.ENOMEM;
  const old = k.memory.pointer(nameField(k, at));
  k.memory.setPointer(nameField(k, at), next);
  free(k, old, name);
  return 0;
};

interface AddAnswer extends Answer {
  readonly errno: number;
  readonly isLate: boolean;
}

const ADDS: AddAnswer = { ...SUCCEEDS, isLate: false };
const FAILS_EARLY: AddAnswer = { label: "-ENOMEM", errno: ERRNO.ENOMEM, fault: "small allocation", isLate: false };
const FAILS_LATE: AddAnswer = {
  label: "-ENOMEM (after its files exist)",
  errno: ERRNO.ENOMEM,
  fault: "small allocation",
  isLate: true,
};
const ADD_WITHOUT_FILES: readonly [AddAnswer, ...AddAnswer[]] = [ADDS, FAILS_EARLY];
const ADD_WITH_FILES: readonly [AddAnswer, ...AddAnswer[]] = [ADDS, FAILS_EARLY, FAILS_LATE];

/** What beginning to add a device comes to, beside 0 and a negative errno. */
const ASK_VISIBILITY = 1;
const UNDO = 2;

const isNameTaken = (k: Kernel, parent: Address, name: string): boolean =>
  k.state.device.devices.some((other) => other.isAdded && other.parent === parent && other.name === name);

/** The groups of attributes that a device is added with, in the order of device_add_attrs() and bus_add_device(). */
const groupsOf =
  (device: Address): GroupsOf =>
  (k) => {
    const type = pointerAt(k, device, "device", "type");
    const bus = pointerAt(k, device, "device", "bus");
    return [
      ...(type === NULL ? [] : pointersAt(k, pointerAt(k, type, "device_type", "groups"))),
      ...pointersAt(k, pointerAt(k, device, "device", "groups")),
      ...(bus === NULL ? [] : pointersAt(k, pointerAt(k, bus, "bus_type", "dev_groups"))),
    ];
  };

/** The errors of device_add() that come without a fault; 0 where there is none. */
const refuseAdd = (k: Kernel, device: Device, parent: Address, name: string): number => {
  if (device.isAdded || device.isDead) {
    k.report({
      rule: "added-twice" satisfies DeviceMisuse,
      function: "device_add",
      object: "the device",
      detail: "a device is added once; drivers/base/core.c forbids to add it again, also after device_del()",
    });
    if (device.isAdded) return -ERRNO.EEXIST;
  }
  if (name === "") return -ERRNO.EINVAL;
  if (parent !== NULL && known(k, parent, "device_add") === undefined) return -ERRNO.EINVAL;
  if (parent !== NULL && deviceAt(k.state, parent)?.isDead) return -ERRNO.ENOENT;
  if (!isNameTaken(k, parent, name)) return 0;
  k.report({
    rule: "duplicate-name" satisfies DeviceMisuse,
    function: "device_add",
    object: "the device's name",
    detail: "the parent has a child of this name; the kernel warns in sysfs_warn_dup()",
  });
  return -ERRNO.EEXIST;
};

/** Gives a device the name that its driver set in `init_name`; 0 or -ENOMEM. */
const adoptInitName = (k: Kernel, at: Address): number => {
  const initName = pointerAt(k, at, "device", "init_name");
  if (initName === NULL) return 0;
  const error = setName(k, at, textAt(k, initName), "dev_set_name");
  if (error === 0) k.memory.setPointer(address(at + k.layout.offset("device", "init_name")!), NULL);
  return error;
};

/** Everything of device_add() up to the uevent, after which user space knows the device and may open its files. */
const beginAdd = (k: Kernel, at: Address, modes: Modes | undefined): number => {
  const device = known(k, at, "device_add");
  if (device === undefined) return -ERRNO.EINVAL;
  const nameError = adoptInitName(k, at);
  if (nameError !== 0) return nameError;
  const parent = pointerAt(k, at, "device", "parent");
  const name = textAt(k, k.memory.pointer(nameField(k, at)));
  const refused = refuseAdd(k, device, parent, name);
  if (refused !== 0) return refused;
  const groups = groupsOf(at)(k);
  if (modes === undefined && choosesVisibility(k, groups)) return ASK_VISIBILITY;
  const files = filesIn(k, at, groups, modes ?? asWritten);
  const clash = checkNames(k, files, "device_add");
  if (clash !== 0) return clash;
  const answer = k.chooser.choose("device_add", files.length > 0 ? ADD_WITH_FILES : ADD_WITHOUT_FILES);
  if (answer.errno !== 0 && !answer.isLate) return -answer.errno;
  const type = pointerAt(k, at, "device", "type");
  change(k, at, { parent, type, name, isAdded: true, isDead: false });
  if (parent !== NULL) change(k, parent, { references: deviceAt(k.state, parent)!.references + 1 });
  addFiles(k, files);
  return answer.isLate ? UNDO : 0;
};

/** Takes back what beginAdd() did, once no store runs; gives the parent if this drops its last reference. */
const endAdded = (k: Kernel, at: Address): Address => {
  const device = deviceAt(k.state, at);
  if (device === undefined) return NULL;
  change(k, at, { isAdded: false, parent: NULL });
  const parent = device.parent === NULL ? undefined : deviceAt(k.state, device.parent);
  if (parent === undefined) return NULL;
  if (parent.references === 1) return parent.at;
  change(k, parent.at, { references: parent.references - 1 });
  return NULL;
};

function* putParent(parent: number): Procedure {
  return parent === NULL ? 0 : yield* put_device(address(parent));
}

/** Adds a device: user space sees it at once, and the children of its parent have it among them a moment later. */
function* device_add(at: Address): Procedure {
  let outcome = yield* step((k) => beginAdd(k, at, undefined));
  if (outcome === ASK_VISIBILITY) {
    const modes = yield* askVisibility(at, groupsOf(at));
    outcome = yield* step((k) => beginAdd(k, at, modes));
  }
  if (outcome < 0) return outcome;
  if (outcome === UNDO) {
    const isBusy = yield* step((k) => (withdraw(k, at, () => true, "device_add") ? 1 : 0));
    if (isBusy === 1) yield* drain(at);
    yield* putParent(yield* step((k) => endAdded(k, at)));
    return -ERRNO.ENOMEM;
  }
  return yield* step((k) => {
    if (deviceAt(k.state, at)?.isAdded) change(k, at, { isFindable: true });
    return 0;
  });
}

/** What beginning to delete a device comes to. */
const NOT_DELETED = 0;
const DELETED = 1;
const DELETED_IN_USE = 2;

/** Marks a device as dead and takes it and its files out of sight. */
const beginDelete = (k: Kernel, at: Address): number => {
  const device = known(k, at, "device_del");
  if (device === undefined) return NOT_DELETED;
  if (!device.isAdded || device.isDead) {
    k.report({
      rule: "deleted-without-add" satisfies DeviceMisuse,
      function: "device_del",
      object: "the device",
      detail: "device_del() of a device that was not added, or is deleted already: the kernel follows dead pointers",
      isFatal: true,
    });
    return NOT_DELETED;
  }
  change(k, at, { isDead: true, isFindable: false });
  return withdraw(k, at, () => true, "device_del") ? DELETED_IN_USE : DELETED;
};

/** Deletes a device: it is gone for everybody, once its stores have returned and its managed resources are undone. */
export function* device_del(at: Address): Procedure {
  const outcome = yield* withDeviceLocked(at, "device_del", (k) => beginDelete(k, at));
  if (outcome === NOT_DELETED) return 0;
  if (outcome === DELETED_IN_USE) yield* drain(at);
  yield* putParent(yield* releaseAll(at, (k) => endAdded(k, at)));
  return 0;
}

/** What dropping a reference comes to, beside the address of the release function. */
const STAYS = 0;
const HAS_DEVRES = -1;
const HAS_NO_RELEASE = -2;

const releaseFunction = (k: Kernel, at: Address): number => {
  const type = pointerAt(k, at, "device", "type");
  const own = pointerAt(k, at, "device", "release");
  const target = own !== NULL ? own : type === NULL ? NULL : pointerAt(k, type, "device_type", "release");
  if (target !== NULL) return target;
  k.report({
    rule: "no-release-function" satisfies DeviceMisuse,
    function: "put_device",
    object: "the device",
    detail: "the kernel warns in device_release(): the device does not have a release() function",
  });
  return HAS_NO_RELEASE;
};

const underflow = (k: Kernel, name: string, detail: string): number => {
  k.report({
    rule: "refcount-underflow" satisfies DeviceMisuse,
    function: name,
    object: "the device",
    detail,
    isFatal: true,
  });
  return STAYS;
};

/** Drops a reference; gives the release function where it was the last one. */
const dropReference = (k: Kernel, at: Address, name: string): number => {
  const device = deviceAt(k.state, at);
  if (device === undefined || device.isReleasing) {
    return underflow(k, name, `${name}() of a device whose last reference is gone`);
  }
  if (device.references > 1) {
    change(k, at, { references: device.references - 1 });
    return STAYS;
  }
  if (device.isEnvironment) return underflow(k, name, `${name}() drops the reference that the kernel itself holds`);
  if (device.isAdded) {
    k.report({
      rule: "released-while-added" satisfies DeviceMisuse,
      function: name,
      object: "the device",
      detail: `${name}() drops the last reference of a device that is still added: device_del() will find it freed`,
      isFatal: true,
    });
    return STAYS;
  }
  change(k, at, { references: 0, isReleasing: true });
  return hasDevres(k.state, at) ? HAS_DEVRES : releaseFunction(k, at);
};

/**
 * Drops a reference, and releases the device where it was the last one.
 *
 * The name is remembered by its address before the release function runs, which frees the device.
 */
export function* put_device(at: Address, name = "put_device"): Procedure {
  if (at === NULL) return 0;
  let release = yield* step((k) => dropReference(k, at, name));
  if (release === STAYS) return 0;
  if (release === HAS_DEVRES) release = yield* releaseAll(at, (k) => releaseFunction(k, at));
  const nameAt = yield* step((k) => k.memory.pointer(nameField(k, at)));
  if (release !== HAS_NO_RELEASE) yield* callback("release", address(release), "v_p", at);
  return yield* step((k) => {
    setDevices(
      k,
      k.state.device.devices.filter((device) => device.at !== at),
    );
    free(k, address(nameAt), "kobject_cleanup");
    return 0;
  });
}

export function* device_unregister(at: Address): Procedure {
  yield* device_del(at);
  return yield* put_device(at, "device_unregister");
}

function* device_register(at: Address): Procedure {
  yield* step((k) => {
    initialise(k, at, "device_register");
    return 0;
  });
  return yield* device_add(at);
}

const getDevice = (k: Kernel, at: Address): Address => {
  if (at === NULL) return NULL;
  const device = known(k, at, "get_device");
  if (device?.isReleasing === true) notADevice(k, "get_device");
  else if (device !== undefined) change(k, at, { references: device.references + 1 });
  return at;
};

/** Whether two words are the same to sysfs: a newline at the end of either does not count. */
const isSameWord = (a: string, b: string): boolean => a === b || `${a}\n` === b || a === `${b}\n`;

/** A child of a parent with a reference taken, or NULL. */
const takeChild = (k: Kernel, parent: Address, name: string, isWanted: (child: Device) => boolean): Address => {
  if (parent === NULL || known(k, parent, name) === undefined) return NULL;
  const child = childrenOf(k.state, parent).find(isWanted);
  return child === undefined ? NULL : getDevice(k, child.at);
};

/** Which devices a walk visits. */
type Walk = (k: Kernel) => readonly Device[];

/** Takes a reference on the device that a walk visits next, or gives NULL. */
const takeNext = (k: Kernel, walk: Walk, after: Address, isReverse: boolean): Address => {
  const devices = walk(k);
  const next = isReverse
    ? devices.findLast(({ at }) => after === NULL || at < after)
    : devices.find(({ at }) => at > after);
  return next === undefined ? NULL : getDevice(k, next.at);
};

/** What the answer of a walk's callback leads to: an end with a device in hand, or with the answer itself. */
type WalkKind = "find" | "for each";

/** Calls back for each device, holding a reference meanwhile, until the callback says that it is enough. */
function* walkDevices(walk: Walk, data: Address, target: Address, kind: WalkKind, isReverse = false): Procedure {
  let after: Address = NULL;
  for (;;) {
    const before = after;
    const at = address(yield* step((k) => takeNext(k, walk, before, isReverse)));
    if (at === NULL) return 0;
    const answer = yield* callback(kind === "find" ? "match" : "fn", target, "i_pp", at, data);
    if (kind === "find" && answer !== 0) return at;
    yield* put_device(at);
    if (answer !== 0) return answer;
    after = at;
  }
}

const amongChildren =
  (parent: Address, name: string): Walk =>
  (k) =>
    parent === NULL || known(k, parent, name) === undefined ? [] : childrenOf(k.state, parent);

/** The devices of a bus behind `start`; those of the kernel's own buses are in no list here. */
const onBus =
  (bus: Address, start: Address): Walk =>
  (k) =>
    k.state.device.devices.filter(
      ({ at, isFindable }) => isFindable && at > start && pointerAt(k, at, "device", "bus") === bus,
    );

const forEachChild = (name: string, isReverse: boolean): KernelFunction =>
  procedure({ sleeps: "never" }, (call) => {
    const parent = call.address(0);
    return walkDevices(amongChildren(parent, name), call.address(1), call.address(2), "for each", isReverse);
  });

const rename = (k: Kernel, at: Address, text: string): number => {
  const device = known(k, at, "device_rename");
  if (device === undefined) return -ERRNO.EINVAL;
  if (isNameTaken(k, device.parent, text)) return -ERRNO.EEXIST;
  const error = setName(k, at, text, "device_rename");
  if (error === 0) change(k, at, { name: text });
  return error;
};

/** The name of what drives a device: its driver, or else its bus, or else the empty end of its own name. */
const driverString = (k: Kernel, at: Address): Address => {
  const driver = pointerAt(k, at, "device", "driver");
  if (driver !== NULL) return pointerAt(k, driver, "device_driver", "name");
  const bus = pointerAt(k, at, "device", "bus");
  if (bus !== NULL) return pointerAt(k, bus, "bus_type", "name");
  const own = k.memory.pointer(nameField(k, at));
  return address(own + textAt(k, own).length);
};

export const deviceFunctions: KernelFunctions = {
  device_initialize: atomic({ sleeps: "never", prepares: true }, (k, call) => {
    initialise(k, call.address(0), "device_initialize");
    return 0;
  }),
  dev_set_name: atomic({ sleeps: "may", prepares: true }, (k, call) =>
    setName(k, call.address(0), call.formatted(1), "dev_set_name"),
  ),
  device_rename: atomic({ sleeps: "may" }, (k, call) => rename(k, call.address(0), call.string(1))),
  device_add: procedure({ sleeps: "may" }, (call) => device_add(call.address(0))),
  device_register: procedure({ sleeps: "may" }, (call) => device_register(call.address(0))),
  device_del: procedure({ sleeps: "may" }, (call) => device_del(call.address(0))),
  device_unregister: procedure({ sleeps: "may" }, (call) => device_unregister(call.address(0))),
  get_device: atomic({ sleeps: "never", fails: "never" }, (k, call) => getDevice(k, call.address(0))),
  // might_sleep() is commented out there, and managed resources are freed under a spinlock.
  put_device: procedure({ sleeps: "never" }, (call) => put_device(call.address(0))),
  device_is_registered: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    known(k, call.address(0), "device_is_registered")?.isAdded === true ? 1 : 0,
  ),
  dev_driver_string: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    isUsable(k, call.address(0), 1, "dev_driver_string", "the device") ? driverString(k, call.address(0)) : NULL,
  ),

  device_find_child_by_name: atomic({ sleeps: "never", fails: "never" }, (k, call) => {
    const wanted = call.string(1);
    return takeChild(k, call.address(0), "device_find_child_by_name", ({ name }) => isSameWord(name, wanted));
  }),
  device_find_any_child: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    takeChild(k, call.address(0), "device_find_any_child", () => true),
  ),
  device_find_child: procedure({ sleeps: "never", fails: "never" }, (call) =>
    walkDevices(amongChildren(call.address(0), "device_find_child"), call.address(1), call.address(2), "find"),
  ),
  device_for_each_child: forEachChild("device_for_each_child", false),
  device_for_each_child_reverse: forEachChild("device_for_each_child_reverse", true),

  bus_find_device: procedure({ sleeps: "never", fails: "never" }, (call) =>
    walkDevices(onBus(call.address(0), call.address(1)), call.address(2), call.address(3), "find"),
  ),
  bus_for_each_dev: procedure({ sleeps: "never" }, (call) =>
    walkDevices(onBus(call.address(0), call.address(1)), call.address(2), call.address(3), "for each"),
  ),
  bus_rescan_devices: atomic({ sleeps: "may" }, () => 0),
};
