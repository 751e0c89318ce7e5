import { type Address, address, NULL } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import {
  ALLOCATION,
  type Arguments,
  atomic,
  callback,
  failure,
  type Kernel,
  type KernelFunction,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  type Site,
  step,
  update,
} from "./kernel.ts";
import { firstOf, pair, secondOf } from "./pair.ts";
import {
  allocate,
  allocationAround,
  copyOf,
  duplicate,
  free,
  giveTo,
  isUsable,
  kmalloc,
  ZERO_SIZE_PTR,
} from "./slab.ts";
import { addGroups, drain, withdrawGroup } from "./sysfs.ts";

/**
 * Models managed resources: what is undone when a device's driver goes, or the device itself.
 *
 * Kept:    the entries of a device are undone last first; who undoes them takes the whole list first and then calls,
 *          holding no lock, so that what is added meanwhile stays for the next time; an entry may fail to be added;
 *          removing what is not there makes the kernel warn; groups; managed memory is the kernel's to free.
 * Dropped: the memory that an entry takes itself; devres_log; groups that overlap.
 * Source:  drivers/base/devres.c, include/linux/device/devres.h.
 */
export interface DevresState {
  /** What is to be undone for all devices, oldest first. */
  readonly entries: readonly DevresEntry[];
}

/** One managed resource: something to be undone. */
export interface DevresEntry {
  /** NULL for one that devres_alloc() gave and that was not added yet. */
  readonly device: Address;
  readonly kind: "action" | "memory" | "resource" | "files" | "group start" | "group end";
  /** The driver's function that undoes it; NULL where the kernel does. Of a group: the id that the driver gave it. */
  readonly release: Address;
  /** The action's argument, the managed memory, the group of files; of a group of entries its own memory. */
  readonly data: Address;
  readonly site: Site;
  /** Which run of releases has taken it, counted from 1; 0 for none. */
  readonly run: number;
}

/** What the driver did to managed resources that it must not do. */
export type DevresMisuse = "devres-not-found" | "devres-without-device" | "devres-free-of-added";

export const noDevres: DevresState = { entries: [] };

/** Whether anything is still to be undone for a device. */
export const hasDevres = (state: KernelState, device: Address): boolean =>
  state.devres.entries.some((entry) => entry.device === device && entry.run === 0);

const setEntries = (k: Kernel, entries: readonly DevresEntry[]): void => update(k, { devres: { entries } });

const withoutPlace = (k: Kernel, place: number): void => setEntries(k, k.state.devres.entries.toSpliced(place, 1));

/** Whether a device can hold managed resources; records that there is no such device. */
const isDevice = (k: Kernel, device: Address, name: string): boolean => {
  if (!isUsable(k, device, 1, name, "the device")) return false;
  if (k.state.device.devices.some(({ at }) => at === device)) return true;
  k.report({
    rule: "devres-without-device" satisfies DevresMisuse,
    function: name,
    object: "the device",
    detail: `${name}() with a device that was never initialised, or is already released`,
    isFatal: true,
  });
  return false;
};

const warnNotFound = (k: Kernel, name: string): void =>
  k.report({
    rule: "devres-not-found" satisfies DevresMisuse,
    function: name,
    object: "the managed resource",
    detail: `the kernel warns in ${name}(): the device has no such managed resource`,
  });

type NewEntry = Pick<DevresEntry, "device" | "kind" | "release" | "data">;

const add = (k: Kernel, entry: NewEntry): void =>
  setEntries(k, [...k.state.devres.entries, { ...entry, site: k.site, run: 0 }]);

/** Where the latest entry stands that `matches`, or -1. */
const latest = (k: Kernel, device: Address, matches: (entry: DevresEntry) => boolean): number =>
  k.state.devres.entries.findLastIndex((entry) => entry.device === device && entry.run === 0 && matches(entry));

/** Numbers from here on say that a run of releases goes on; smaller ones are the answer of its end. */
const RUNS = 2 ** 26;

/** Marks the entries from `first` on as taken by a run of their own; gives the run's number. */
const takeFrom = (k: Kernel, device: Address, first: number, last: number): number => {
  const { entries } = k.state.devres;
  const run = entries.reduce((highest, entry) => Math.max(highest, entry.run), 0) + 1;
  const isTaken = (entry: DevresEntry, place: number): boolean =>
    entry.device === device && entry.run === 0 && place >= first && place <= last;
  setEntries(
    k,
    entries.map((entry, place) => (isTaken(entry, place) ? { ...entry, run } : entry)),
  );
  return RUNS + run;
};

/** Added to the address of a file that is in use: more than function and argument in one number ever are. */
const IN_USE = 2 ** 52;

/**
 * Undoes what the kernel itself can undo, down to the next entry that the driver has a function for.
 *
 * Gives function and argument in one number, negative for the function of a resource; IN_USE and the address of a file
 * that has to be waited for; 0 once the run is empty.
 */
const nextOf = (k: Kernel, device: Address, run: number): number => {
  for (;;) {
    const place = k.state.devres.entries.findLastIndex((entry) => entry.device === device && entry.run === run);
    const entry = k.state.devres.entries[place];
    if (entry === undefined) return 0;
    if (entry.kind === "files") {
      const busy = withdrawGroup(k, device, entry.data, "devres_release_all");
      if (busy !== NULL) return IN_USE + busy;
    }
    withoutPlace(k, place);
    if (entry.kind === "memory" || entry.kind === "group start") free(k, entry.data, "devres_release_all");
    if (entry.kind === "action") return pair(entry.release, entry.data);
    if (entry.kind === "resource") return -pair(entry.release, entry.data);
  }
};

/** Calls, or waits for, what `nextOf` found. */
function* undo(device: Address, found: number): Procedure {
  if (found >= IN_USE) return yield* drain(device, address(found - IN_USE));
  const release = address(firstOf(Math.abs(found)));
  const data = address(secondOf(Math.abs(found)));
  if (found > 0) {
    yield* callback("action", release, "v_p", data);
    return 0;
  }
  yield* callback("release", release, "v_pp", device, data);
  return yield* step((k) => {
    free(k, data, "devres_release_all");
    return 0;
  });
}

const nothing = (): number => 0;

/**
 * Undoes all that is managed for a device, last first.
 *
 * @param end - what the kernel does next, in the same step that finds nothing left; its value, which lies below 2^26,
 *   is the procedure's
 */
export function* releaseAll(device: Address, end: (k: Kernel) => number = nothing): Procedure {
  const taken = yield* step((k) =>
    hasDevres(k.state, device) ? takeFrom(k, device, 0, Number.POSITIVE_INFINITY) : end(k),
  );
  return taken < RUNS ? taken : yield* runReleases(device, taken - RUNS, end);
}

function* runReleases(device: Address, run: number, end: (k: Kernel) => number): Procedure {
  for (;;) {
    const found = yield* step((k) => nextOf(k, device, run) || end(k));
    if (Math.abs(found) < RUNS) return found;
    yield* undo(device, found);
  }
}

const isAction =
  (release: Address, data: Address) =>
  (entry: DevresEntry): boolean =>
    entry.kind === "action" && entry.release === release && entry.data === data;

/** Removes the latest such action without running it; whether there was one. */
const removeAction = (k: Kernel, device: Address, release: Address, data: Address, name: string): boolean => {
  if (!isDevice(k, device, name)) return false;
  const place = latest(k, device, isAction(release, data));
  if (place !== -1) withoutPlace(k, place);
  return place !== -1;
};

function* releaseAction(device: Address, release: Address, data: Address): Procedure {
  const name = "devm_release_action";
  const isFound = yield* step((k) => {
    if (removeAction(k, device, release, data, name)) return 1;
    warnNotFound(k, name);
    return 0;
  });
  if (isFound === 1) yield* callback("action", release, "v_p", data);
  return 0;
}

/** Lets a device own memory that was just allocated for it. */
const manage = (k: Kernel, device: Address, at: Address): Address => {
  if (at !== NULL && at !== ZERO_SIZE_PTR) add(k, { device, kind: "memory", release: NULL, data: at });
  return at;
};

/** A function that allocates managed memory for the device in argument 0. */
const allocating = (name: string, allocateFor: (k: Kernel, call: Arguments) => Address): KernelFunction =>
  atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    isDevice(k, call.address(0), name) ? manage(k, call.address(0), allocateFor(k, call)) : NULL,
  );

const GFP_ZERO = 0x100;

const isZeroing = (flags: number): boolean => (flags & GFP_ZERO) !== 0;

const isMemory =
  (at: Address) =>
  (entry: DevresEntry): boolean =>
    entry.kind === "memory" && entry.data === at;

const freeManaged = (k: Kernel, device: Address, at: Address, name: string): void => {
  if (at === NULL || at === ZERO_SIZE_PTR || !isDevice(k, device, name)) return;
  const place = latest(k, device, isMemory(at));
  if (place === -1) {
    warnNotFound(k, name);
    return;
  }
  withoutPlace(k, place);
  free(k, at, name);
};

/** Makes managed memory larger or smaller; it moves unless it only shrinks. */
const resizeManaged = (k: Kernel, device: Address, at: Address, size: number, isZeroed: boolean): Address => {
  const name = "devm_krealloc";
  if (size === 0) {
    freeManaged(k, device, at, "devm_kfree");
    return ZERO_SIZE_PTR;
  }
  if (!isDevice(k, device, name)) return NULL;
  if (at === NULL || at === ZERO_SIZE_PTR) return manage(k, device, kmalloc(k, name, size, isZeroed, "kernel"));
  const place = latest(k, device, isMemory(at));
  const old = allocationAround(k, at);
  if (place === -1 || old === undefined) {
    warnNotFound(k, name);
    return NULL;
  }
  if (size <= old.size) return at;
  const moved = kmalloc(k, name, size, isZeroed, "kernel");
  if (moved === NULL) return NULL;
  k.memory.copy(moved, at, old.size);
  setEntries(k, k.state.devres.entries.with(place, { ...k.state.devres.entries[place]!, data: moved }));
  free(k, at, name);
  return moved;
};

/** Adds the files of a group, to be removed with the rest of what is managed. */
function* addManagedGroup(device: Address, group: Address): Procedure {
  const name = "devm_device_add_group";
  const isThere = yield* step((k) => (isDevice(k, device, name) ? 1 : 0));
  const error = isThere === 1 ? yield* addGroups(device, () => [group], name) : -ERRNO.EINVAL;
  if (error !== 0) return error;
  return yield* step((k) => {
    add(k, { device, kind: "files", release: NULL, data: group });
    return 0;
  });
}

const allocateResource = (k: Kernel, release: Address, size: number): Address => {
  const name = "devres_alloc_node";
  const at = kmalloc(k, name, Math.max(size, 1), true, "driver");
  if (at !== NULL) add(k, { device: NULL, kind: "resource", release, data: at });
  return at;
};

const isResource =
  (at: Address) =>
  (entry: DevresEntry): boolean =>
    entry.kind === "resource" && entry.data === at;

/** The entry that devres_alloc() made for this memory and that was not added yet, or -1 after recording that. */
const loosePlace = (k: Kernel, at: Address, name: string): number => {
  const place = latest(k, NULL, isResource(at));
  if (place === -1) {
    k.report({
      rule: "devres-free-of-added" satisfies DevresMisuse,
      function: name,
      object: "the managed resource",
      detail: `${name}() of what is no resource of devres_alloc(), or was added to a device before`,
      isFatal: true,
    });
  }
  return place;
};

const freeResource = (k: Kernel, at: Address): void => {
  if (at === NULL) return;
  const place = loosePlace(k, at, "devres_free");
  if (place === -1) return;
  withoutPlace(k, place);
  free(k, at, "devres_free");
};

const addResource = (k: Kernel, device: Address, at: Address, name: string): void => {
  if (!isDevice(k, device, name)) return;
  const place = loosePlace(k, at, name);
  if (place === -1) return;
  const { release } = k.state.devres.entries[place]!;
  withoutPlace(k, place);
  add(k, { device, kind: "resource", release, data: at });
  giveTo(k, at, "kernel");
};

/** Which resource a function looks for: its release function, and the driver's match function, if there is one. */
interface Wanted {
  readonly device: Address;
  readonly release: Address;
  readonly match: Address;
  readonly matchData: Address;
}

/** The latest resource that matches, or NULL; the driver's match function decides where it gave one. */
function* findResource({ device, release, match, matchData }: Wanted, name: string): Procedure {
  let tried = NULL;
  for (;;) {
    const before = tried;
    const candidate = yield* step((k) => {
      if (!isDevice(k, device, name)) return NULL;
      const limit = before === NULL ? Number.POSITIVE_INFINITY : latest(k, device, isResource(before));
      const { entries } = k.state.devres;
      const found = entries.findLast(
        (entry, place) =>
          place < limit &&
          entry.device === device &&
          entry.run === 0 &&
          entry.kind === "resource" &&
          entry.release === release,
      );
      return found?.data ?? NULL;
    });
    if (candidate === NULL || match === NULL) return candidate;
    tried = address(candidate);
    if ((yield* callback("match", match, "i_ppp", device, candidate, matchData)) !== 0) return candidate;
  }
}

/** Takes a resource from its device; the driver owns it then. */
const detach = (k: Kernel, device: Address, at: Address): void => {
  const place = latest(k, device, isResource(at));
  if (place === -1) return;
  const { release } = k.state.devres.entries[place]!;
  withoutPlace(k, place);
  add(k, { device: NULL, kind: "resource", release, data: at });
  giveTo(k, at, "driver");
};

/** What happens to a resource once it is found. */
type Fate = "detach" | "destroy" | "release";

function* takeResource(wanted: Wanted, name: string, fate: Fate): Procedure {
  const found = address(yield* findResource(wanted, name));
  const missing = fate === "detach" ? NULL : -ERRNO.ENOENT;
  if (found === NULL) return missing;
  yield* step((k) => {
    detach(k, wanted.device, found);
    if (fate === "destroy") freeResource(k, found);
    return 0;
  });
  if (fate !== "release") return fate === "detach" ? found : 0;
  yield* callback("release", wanted.release, "v_pp", wanted.device, found);
  return yield* step((k) => {
    freeResource(k, found);
    return 0;
  });
}

/** devres_get(): what the device has already, or else what the caller brought; the other one is freed. */
function* findOrAdd(device: Address, brought: Address, match: Address, matchData: Address): Procedure {
  const name = "devres_get";
  const release = yield* step((k) => {
    const place = loosePlace(k, brought, name);
    return place === -1 ? NULL : k.state.devres.entries[place]!.release;
  });
  if (release === NULL) return NULL;
  const found = yield* findResource({ device, release: address(release), match, matchData }, name);
  return yield* step((k) => {
    if (found === NULL) addResource(k, device, brought, name);
    else freeResource(k, brought);
    return found === NULL ? brought : found;
  });
}

const GROUP_SIZE = 64;

/** The places of a group's start and end; its end lies behind the last entry while the group is open. */
const groupPlaces = (k: Kernel, device: Address, id: Address): readonly [start: number, end: number] => {
  const { entries } = k.state.devres;
  const isOpen = (place: number): boolean =>
    !entries.some(
      (entry) => entry.device === device && entry.kind === "group end" && entry.data === entries[place]!.data,
    );
  const start = entries.findLastIndex(
    (entry, place) =>
      entry.device === device &&
      entry.run === 0 &&
      entry.kind === "group start" &&
      (id === NULL ? isOpen(place) : entry.release === id || entry.data === id),
  );
  if (start === -1) return [-1, -1];
  const end = latest(k, device, (entry) => entry.kind === "group end" && entry.data === entries[start]!.data);
  return [start, end === -1 ? entries.length : end];
};

const openGroup = (k: Kernel, device: Address, id: Address): Address => {
  const name = "devres_open_group";
  if (!isDevice(k, device, name) || failure(k, name, ALLOCATION) !== 0) return NULL;
  const at = allocate(k, GROUP_SIZE, true, name, "kernel");
  if (at !== NULL) add(k, { device, kind: "group start", release: id, data: at });
  return id === NULL ? at : id;
};

/** Finds a group, or records that there is none. */
const knownGroup = (k: Kernel, device: Address, id: Address, name: string): readonly [number, number] | undefined => {
  if (!isDevice(k, device, name)) return undefined;
  const places = groupPlaces(k, device, id);
  if (places[0] !== -1) return places;
  warnNotFound(k, name);
  return undefined;
};

const closeGroup = (k: Kernel, device: Address, id: Address): void => {
  const places = knownGroup(k, device, id, "devres_close_group");
  if (places === undefined) return;
  add(k, { device, kind: "group end", release: NULL, data: k.state.devres.entries[places[0]]!.data });
};

/** Forgets a group and keeps what is in it. */
const removeGroup = (k: Kernel, device: Address, id: Address): void => {
  const places = knownGroup(k, device, id, "devres_remove_group");
  if (places === undefined) return;
  const { data } = k.state.devres.entries[places[0]]!;
  const isMark = ({ kind, data: of }: DevresEntry): boolean => kind.startsWith("group") && of === data;
  setEntries(
    k,
    k.state.devres.entries.filter((entry) => !isMark(entry)),
  );
  free(k, data, "devres_remove_group");
};

function* releaseGroup(device: Address, id: Address): Procedure {
  const taken = yield* step((k) => {
    const places = knownGroup(k, device, id, "devres_release_group");
    return places === undefined ? 0 : takeFrom(k, device, places[0], places[1]);
  });
  return taken === 0 ? 0 : yield* runReleases(device, taken - RUNS, nothing);
}

const wantedBy = (call: Arguments): Wanted => ({
  device: call.address(0),
  release: call.address(1),
  match: call.address(2),
  matchData: call.address(3),
});

const taking = (name: string, fate: Fate): KernelFunction =>
  procedure({ sleeps: "never", ...(fate === "detach" && { fails: "never" }) }, (call) =>
    takeResource(wantedBy(call), name, fate),
  );

const marking = (change: (k: Kernel, device: Address, id: Address) => void): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) => {
    change(k, call.address(0), call.address(1));
    return 0;
  });

export const devresFunctions: KernelFunctions = {
  devm_add_action: atomic({ sleeps: "may" }, (k, call) => {
    const name = "devm_add_action";
    if (!isDevice(k, call.address(0), name)) return -ERRNO.ENOMEM;
    const error = failure(k, name, ALLOCATION);
    if (error !== 0) return error;
    add(k, { device: call.address(0), kind: "action", release: call.address(1), data: call.address(2) });
    return 0;
  }),
  devm_remove_action_nowarn: atomic({ sleeps: "never" }, (k, call) =>
    removeAction(k, call.address(0), call.address(1), call.address(2), "devm_remove_action_nowarn") ? 0 : -ERRNO.ENOENT,
  ),
  devm_release_action: procedure({ sleeps: "never" }, (call) =>
    releaseAction(call.address(0), call.address(1), call.address(2)),
  ),
  devm_is_action_added: atomic({ sleeps: "never" }, (k, call) =>
    latest(k, call.address(0), isAction(call.address(1), call.address(2))) === -1 ? 0 : 1,
  ),

  devm_device_add_group: procedure({ sleeps: "may" }, (call) => addManagedGroup(call.address(0), call.address(1))),

  devm_kmalloc: allocating("devm_kmalloc", (k, call) =>
    kmalloc(k, "devm_kmalloc", call.u64(1), isZeroing(call.u32(2)), "kernel"),
  ),
  devm_kzalloc: allocating("devm_kzalloc", (k, call) => kmalloc(k, "devm_kzalloc", call.u64(1), true, "kernel")),
  devm_kmalloc_array: allocating("devm_kmalloc_array", (k, call) =>
    kmalloc(k, "devm_kmalloc_array", call.u64(1) * call.u64(2), isZeroing(call.u32(3)), "kernel"),
  ),
  devm_kcalloc: allocating("devm_kcalloc", (k, call) =>
    kmalloc(k, "devm_kcalloc", call.u64(1) * call.u64(2), true, "kernel"),
  ),
  devm_kmemdup: allocating("devm_kmemdup", (k, call) =>
    copyOf(k, "devm_kmemdup", call.address(1), call.u64(2), "kernel"),
  ),
  devm_kstrdup: allocating("devm_kstrdup", (k, call) =>
    call.address(1) === NULL ? NULL : duplicate(k, "devm_kstrdup", call.string(1), "kernel"),
  ),
  devm_kstrdup_const: allocating("devm_kstrdup_const", (k, call) =>
    call.address(1) === NULL ? NULL : duplicate(k, "devm_kstrdup_const", call.string(1), "kernel"),
  ),
  devm_kasprintf: allocating("devm_kasprintf", (k, call) =>
    duplicate(k, "devm_kasprintf", call.formatted(2), "kernel"),
  ),
  devm_krealloc: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    resizeManaged(k, call.address(0), call.address(1), call.u64(2), isZeroing(call.u32(3))),
  ),
  devm_kfree: atomic({ sleeps: "never" }, (k, call) => {
    freeManaged(k, call.address(0), call.address(1), "devm_kfree");
    return 0;
  }),

  devres_alloc_node: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    allocateResource(k, call.address(0), call.u64(1)),
  ),
  devres_free: atomic({ sleeps: "never" }, (k, call) => {
    freeResource(k, call.address(0));
    return 0;
  }),
  devres_add: atomic({ sleeps: "never" }, (k, call) => {
    addResource(k, call.address(0), call.address(1), "devres_add");
    return 0;
  }),
  devres_find: procedure({ sleeps: "never", fails: "never" }, (call) => findResource(wantedBy(call), "devres_find")),
  devres_get: procedure({ sleeps: "never", fails: "never" }, (call) =>
    findOrAdd(call.address(0), call.address(1), call.address(2), call.address(3)),
  ),
  devres_remove: taking("devres_remove", "detach"),
  devres_destroy: taking("devres_destroy", "destroy"),
  devres_release: taking("devres_release", "release"),
  devres_open_group: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    openGroup(k, call.address(0), call.address(1)),
  ),
  devres_close_group: marking(closeGroup),
  devres_remove_group: marking(removeGroup),
  devres_release_group: procedure({ sleeps: "never" }, (call) => releaseGroup(call.address(0), call.address(1))),
};
