import { type Address, address } from "../abi/address.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { Driver } from "../driver/run/driver.ts";
import type { KernelFunction, KernelState } from "../models/kernel.ts";
import { locksHeldBy } from "../models/lock.ts";
import { allocationOf } from "../models/slab.ts";
import { attributesOf, isInUse } from "../models/sysfs.ts";
import type { RunningKernel } from "./driver-kernel.ts";
import { bitsOf, type Footprint, type FootprintRecorder, SLICES } from "./footprint.ts";
import type { KnownSteps } from "./known-steps.ts";
import type { RaceWatch } from "./races.ts";
import { isOwn, type OwnMemory, type Reduction, type TaskTransition } from "./reduction.ts";
import type { Pause, Scheduler, SchedulingPoint } from "./task.ts";

/** What is asked before the transitions of a task. */
const ANSWERS: readonly [Answer, Answer] = [
  { label: "runs on" },
  { label: "waits while another task runs", isPreemption: true },
];

const questions: string[] = [];

/** Asks by number, so that a scheduling point has one name whatever is asked of the scheduling points before. */
// Tokens and saved runs have these texts, so a transition is still an act in them.
const questionAt = (point: number): string => {
  for (let next = questions.length; next <= point; next += 1) questions.push(`the task, before its act ${next + 1}`);
  return questions[point]!;
};

/** Never interrupts a task: whatever it begins, it goes on with for as long as it can. */
export const uninterrupted: Scheduler = { isPreempted: () => false, pauses: () => {} };

/** Interrupts tasks, for the length of one step. */
export interface PreemptiveScheduler extends Scheduler {
  /** Before a step. `own`: the memory that only the task knows of; `keeps`: a device that is not freed as long as it runs. */
  begin(
    chooser: Chooser,
    command: number,
    own: readonly OwnMemory[],
    mayInterrupt: boolean,
    keeps: Address | undefined,
  ): void;
  /** The same after the step. */
  readonly own: readonly OwnMemory[];
  /** Whether the task has changed nothing so far, and has looked at nothing that others change. */
  readonly isIdle: boolean;
}

/** What a search needs that interrupts tasks only where others could notice. */
export interface Reducing {
  /** Notes what the transitions touch; it is the one that the kernel reports to. */
  readonly recorder: FootprintRecorder;
  readonly reduction: Reduction;
  /** Is told what it rests on that there was no scheduling point; where steps are kept. */
  readonly known?: Pick<KnownSteps, "goesOnBehind" | "ends" | "watchful"> | undefined;
}

/** The references that keep a device from being freed, as a lock that is held for reading: at no other lock's address. */
const referenceTo = (device: Address): { readonly lock: number } => ({ lock: device + 0.5 });

const LOCK = bitsOf("lock");
const GUARDS = bitsOf("lock", "kernfs");
const COMMUTES = bitsOf("slab", "lock", "kernfs");
const UNKEPT = (["device", "environment", "kernfs", "sysfs"] as const).map((slice) => SLICES.indexOf(slice));
const SLOT = 8;

/** Behind the numbers of all transitions but loads and stores. */
const ACCESSES = 2 ** 44;

/** Added to the number of a transition of a task that keeps a device from being freed. */
const KEEPS = 2 ** 45;

/** Numbers that tell one place in the course of commands from any other. */
const transitionAt = (
  command: number,
  { site, function: called, answers, access }: SchedulingPoint,
  isKeeping: boolean,
): TaskTransition =>
  (isKeeping ? KEEPS : 0) +
  (access === undefined
    ? ((site === 0 ? command + 1 : 0) * 4096 + site) * 2 ** 16 + (called + 1) * 64 + Math.min(answers, 63)
    : ACCESSES + site * 2 ** 16 + access.access);

/**
 * Asks before each transition whether another task runs first; with a reduction, only before those that depend on
 * others.
 *
 * @param table - what the driver calls, by the numbers of the image
 * @param reducing - tells which transitions depend on others, and learns it
 */
export const preemptiveScheduler = (
  k: RunningKernel,
  { memory }: Pick<Driver, "memory">,
  table: readonly KernelFunction[],
  races: RaceWatch,
  reducing?: Reducing,
): PreemptiveScheduler => {
  const prepares = table.map(({ declared }) => declared.prepares === true);
  const asksOfOwn = table.map(({ declared }) => declared.asksOfOwnLocks === true);

  let chooser: Chooser;
  let command = 0;
  let mayInterrupt = false;
  let points = 0;
  let isIdle = true;
  let own: readonly OwnMemory[] = [];

  let transition: TaskTransition | undefined;
  let called = -1;
  let isPreparing = false;
  /** Whether something may have been freed, since there was a scheduling point, that the task could be sure of then. */
  let isExposed = false;
  let locksBefore = 0;
  let before: KernelState = k.whole;

  let held: object | undefined;
  let inUse: object | undefined;
  let holder = -1;
  let keeps: Address | undefined;
  let isKeeping = false;
  let heldBits = 0;
  let writeBits = 0;
  const locksNow = ({ reduction }: Reducing, isWrite = false): number => {
    const { lock, kernfs } = k.whole;
    if (held !== lock || inUse !== kernfs || holder !== k.task) {
      held = lock;
      inUse = kernfs;
      holder = k.task;
      const mine = lock.held.filter(({ holders }) => holders.includes(k.task));
      const uses = kernfs.active.filter(({ task, self }) => task === k.task && self === undefined);
      const kept = uses.map(({ device }) => device);
      if (keeps !== undefined) kept.push(keeps);
      isKeeping = kept.length > 0;
      heldBits = reduction.bitsOf([...mine, ...kept.map(referenceTo)]);
      writeBits = reduction.bitsOf(mine.filter(({ mode }) => mode === "write"));
    }
    return isWrite ? writeBits : heldBits;
  };
  if (reducing !== undefined) {
    reducing.recorder.locksNow = (isWrite) => locksNow(reducing, isWrite);
    reducing.recorder.unkept = (at, size) => {
      // These are looked at past the kernel's own view.
      for (const slice of UNKEPT) reducing.known?.watchful.slice(slice);
      const { device, environment } = k.whole;
      const inside = device.devices.map((each) => each.at).filter((each) => each >= at && each < at + size);
      const isKept = (each: Address): boolean =>
        attributesOf(k.whole, each).length > 0 ||
        isInUse(k.whole, each) ||
        environment.held.some((reference) => reference.device === each);
      return reducing.reduction.bitsOf(inside.filter((each) => !isKept(each)).map(referenceTo));
    };
    k.looks = (lock) => reducing.reduction.areLookedAt(reducing.reduction.bitsOf([{ lock }]));
  }

  /** Whether a scheduling point is needed before the next transition. */
  const needsPoint = (
    { reduction, known }: Reducing,
    last: TaskTransition | undefined,
    next: TaskTransition,
  ): boolean => {
    if (reduction.needsPointBetween(last ?? 0, next)) return true;
    known?.goesOnBehind(last ?? 0, next);
    return false;
  };

  // Past the kernel's own view of memory: nobody reads there but we.
  const firstArgument = ({ slots }: SchedulingPoint): number => memory.pointer(address(slots + SLOT));

  /** Whether an address of the task's own memory has been written to where others could find it. */
  const isToldOf = ({ replaced, words, areWritten }: Footprint): boolean => {
    for (let index = 0; index < words.length; index += 1) {
      const at = words[index]! * 8;
      if (areWritten[index]! && !isOwn(own, at) && isOwn(own, memory.pointer(address(at)))) return true;
    }
    const others = replaced & ~COMMUTES;
    return SLICES.some(
      (slice, index) => (others & (1 << index)) !== 0 && own.some((part) => holdsMore(slice, part.at, part.size)),
    );
  };

  /** Whether a device of the task's own is found by others from now on. */
  const isPublished = (): boolean =>
    k.whole.device !== before.device &&
    k.whole.device.devices.some(
      ({ at, isAdded, isFindable, isReleasing }) => (isAdded || isFindable) && !isReleasing && isOwn(own, at),
    );

  const holdsMore = (slice: keyof KernelState, at: number, size: number): boolean =>
    k.held(slice, at, size) > k.held(slice, at, size, before);

  /** What nobody else could reach from this transition on, because the transition has allocated it. */
  const allocated = (): readonly OwnMemory[] => {
    const { slab } = k.whole;
    if (slab === before.slab) return [];
    return slab.live.filter((one) => !before.slab.live.includes(one)).map(({ at, size }) => ({ at, size }));
  };

  /** What nobody else has a reference to any more, because the transition has dropped the last one. */
  const released = (): readonly OwnMemory[] => {
    const { device, slab } = k.whole;
    if (device === before.device || reducing?.reduction.isReleasedShared === true) return [];
    const already = before.device.devices.filter(({ isReleasing }) => isReleasing);
    return device.devices.flatMap(({ at, isReleasing }) => {
      if (!isReleasing || already.some((other) => other.at === at)) return [];
      k.looksAtAllocation?.(at);
      const home = allocationOf(slab, at);
      return home === undefined ? [] : [{ at: home.at, size: home.size, isReleased: true } as const];
    });
  };

  /** Whether something of a device is touched that another task releases. */
  const touchesReleased = ({ words }: Footprint): boolean => {
    for (const { at, isReleasing } of before.device.devices) {
      if (!isReleasing || isOwn(own, at)) continue;
      k.looksAtAllocation?.(at);
      const home = allocationOf(before.slab, at);
      if (home !== undefined && words.some((word) => isOwn([home], word * 8))) return true;
    }
    return false;
  };

  /** Whether a load or store is of memory that only the task knows of. */
  const isOfTask = ({ access }: SchedulingPoint): boolean =>
    access !== undefined && isOwn(own, access.at) && (access.to === undefined || isOwn(own, access.to));

  /** Notes what the transition that ended here has touched, and what of the task's memory is still its own. */
  const close = (why?: Pause["kind"]): void => {
    if (reducing === undefined || transition === undefined) return;
    const { recorder, reduction, known } = reducing;
    recorder.close(k.whole);
    const { footprint } = recorder;
    const locks = locksNow(reducing);
    const isWaiting = why === "waiting";
    const looksAtLocks = (footprint.touched & LOCK) !== 0 && (footprint.replaced & LOCK) === 0;
    // To look at a lock that is taken is no reason for a scheduling point before it, as long as it ends there.
    if (isWaiting && footprint.replaced === 0) transition = -transition;
    else if ((locks & ~locksBefore) !== 0) reduction.takes(transition, locks & ~locksBefore);
    else if (looksAtLocks && asksOfOwn[called] !== true) reduction.makeDependent(transition);
    // Others may find a lock taken for good before this transition already.
    if (why === "finished" && locksHeldBy(k.whole, k.task).length > 0) reduction.makeDependent(transition);
    if (isPreparing) {
      footprint.touched = 0;
      footprint.replaced = 0;
    }
    if (touchesReleased(footprint)) reduction.shareReleased();
    const more = [...allocated(), ...released()];
    if (more.length > 0) own = [...own, ...more];
    reduction.note(transition, footprint, own, isExposed);
    // Others may free from here on what a lock has kept, or what they free where they find one taken or something changed.
    isExposed ||= ((footprint.touched & GUARDS) !== 0 && asksOfOwn[called] !== true) || reduction.isShared(transition);
    const isAskedAgain = isWaiting && called !== -1;
    isIdle &&= footprint.replaced === 0 && !footprint.areWritten.includes(true);
    isIdle &&= isAskedAgain || !reduction.isDependent(transition);
    known?.ends(transition);
    if (k.whole.slab !== before.slab) {
      for (const { at } of own) k.looksAtAllocation?.(at);
      own = own.filter(({ at }) => allocationOf(k.whole.slab, address(at)) !== undefined);
    }
    if (own.length > 0 && (isToldOf(footprint) || isPublished()))
      own = own.filter(({ isReleased }) => isReleased === true);
    transition = undefined;
  };

  return {
    begin: (next, number, ownBefore, mayBe, kept) => {
      keeps = kept;
      held = undefined;
      chooser = next;
      command = number;
      own = ownBefore;
      mayInterrupt = mayBe;
      points = 0;
      isIdle = true;
      isExposed = false;
      transition = undefined;
    },
    isPreempted: (point) => {
      const last = transition;
      close();
      const locks = reducing === undefined ? 0 : locksNow(reducing);
      const next = transitionAt(command, point, isKeeping);
      if (!point.isFirst && mayInterrupt) {
        points += 1;
        const isAsked = reducing === undefined || (!isOfTask(point) && needsPoint(reducing, last, next));
        if (isAsked) isExposed = false;
        if (isAsked && chooser.choose(questionAt(points), ANSWERS) === ANSWERS[1]) {
          if (point.access !== undefined) races.pends(point.access, point.site);
          return true;
        }
      }
      if (point.access === undefined) races.callsKernel();
      if (reducing !== undefined) {
        transition = next;
        called = point.function;
        // Later the slots of the call are somebody else's.
        isPreparing = prepares[called] === true && isOwn(own, firstArgument(point));
        locksBefore = locks;
        before = k.whole;
        reducing.recorder.reset(before);
      }
      return false;
    },
    pauses: close,
    get own() {
      return own;
    },
    get isIdle() {
      return isIdle && reducing !== undefined;
    },
  };
};
