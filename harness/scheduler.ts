import { type Address, address } from "../abi/address.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { Driver } from "../driver/run/driver.ts";
import type { KernelState } from "../models/kernel.ts";
import { allocationOf } from "../models/slab.ts";
import type { RunningKernel } from "./driver-kernel.ts";
import { bitsOf, type Footprint, type FootprintRecorder, SLICES } from "./footprint.ts";
import type { RaceWatch } from "./races.ts";
import { type Act, behind, isOwn, type OwnMemory, type Reduction } from "./reduction.ts";
import type { Moment, Scheduler } from "./task.ts";

/** What is asked before the acts of a task. */
const ANSWERS: readonly [Answer, Answer] = [
  { label: "runs on" },
  { label: "waits while another task runs", isPreemption: true },
];

const questions: string[] = [];

/** Asks by number, so that a moment has one name whatever is asked of the moments before. */
const questionAt = (moment: number): string => {
  for (let next = questions.length; next <= moment; next += 1) questions.push(`the task, before its act ${next + 1}`);
  return questions[moment]!;
};

/** Never interrupts a task: whatever it begins, it goes on with for as long as it can. */
export const uninterrupted: Scheduler = { isPreempted: () => false, pauses: () => {} };

/** Interrupts tasks, for the length of one step. */
export interface PreemptiveScheduler extends Scheduler {
  /** Before a step. `own`: the memory that only the task knows of. */
  begin(chooser: Chooser, command: number, own: readonly OwnMemory[], mayInterrupt: boolean): void;
  /** The same after the step. */
  readonly own: readonly OwnMemory[];
  /** Whether the task has changed nothing so far, and has looked at nothing that others change. */
  readonly isIdle: boolean;
}

/** Functions that make an object ready for use, and tell nobody of it. */
const PREPARES: ReadonlySet<string> = new Set([
  "device_initialize",
  "dev_set_name",
  "__mutex_init",
  "__init_rwsem",
  "__spin_lock_init",
  "__lockdep_set_class",
  "init_completion",
  "__init_work",
  "__init_waitqueue_head",
]);

/** A question about the caller's own locks alone. */
const ASKS_OF_OWN_LOCKS: ReadonlySet<string> = new Set(["__lockdep_is_held"]);

/** What a search needs that interrupts tasks only where others could notice. */
export interface Reducing {
  /** Notes what the acts touch; it is the one that the kernel reports to. */
  readonly recorder: FootprintRecorder;
  readonly reduction: Reduction;
}

const LOCK = bitsOf("lock");
const COMMUTES = bitsOf("slab", "lock");
const SLOT = 8;

/** Behind the numbers of all acts but loads and stores. */
const ACCESSES = 2 ** 44;

/** Numbers that tell one place in the course of commands from any other. */
const actAt = (command: number, { site, function: called, answers, access }: Moment): Act =>
  access === undefined
    ? ((site === 0 ? command + 1 : 0) * 4096 + site) * 2 ** 16 + (called + 1) * 64 + Math.min(answers, 63)
    : ACCESSES + site * 2 ** 16 + access.access;

/**
 * Asks before each act whether another task runs first; with a reduction, only before those that are loud.
 *
 * @param reducing - tells which acts are loud, and learns it
 */
export const preemptiveScheduler = (
  k: RunningKernel,
  { facts: { kernelFunctions }, memory }: Pick<Driver, "facts" | "memory">,
  races: RaceWatch,
  reducing?: Reducing,
): PreemptiveScheduler => {
  const prepares = kernelFunctions.map(({ name }) => PREPARES.has(name));
  const asksOfOwn = kernelFunctions.map(({ name }) => ASKS_OF_OWN_LOCKS.has(name));
  const parameters = kernelFunctions.map((prototype) => prototype.parameters.length);

  let chooser: Chooser;
  let command = 0;
  let mayInterrupt = false;
  let moments = 0;
  let isIdle = true;
  let own: readonly OwnMemory[] = [];

  let act: Act | undefined;
  let called = -1;
  let slots: Address = address(0);
  let locksBefore = 0;
  let before: KernelState = k.whole;

  const locksNow = ({ reduction }: Reducing): number =>
    reduction.bitsOf(k.whole.lock.held.filter(({ holders }) => holders.includes(k.task)));

  const isLoud = ({ reduction }: Reducing, last: Act | undefined, next: Act): boolean =>
    reduction.isLoud(next) || (last !== undefined && reduction.isLoud(behind(last)));

  // Past the kernel's own view of memory: nobody reads there but we.
  const argument = (index: number): number => memory.pointer(address(slots + (index + 1) * SLOT));

  const isGiven = (): boolean => {
    if (called === -1) return false;
    for (let index = 0; index < parameters[called]!; index += 1) if (isOwn(own, argument(index))) return true;
    return false;
  };

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

  const holdsMore = (slice: keyof KernelState, at: number, size: number): boolean =>
    k.held(slice, at, size) > k.held(slice, at, size, before);

  /** What nobody else could reach from this act on, because the act has allocated it. */
  const allocated = (): readonly OwnMemory[] => {
    const { slab } = k.whole;
    if (slab === before.slab) return [];
    return slab.live.filter((one) => !before.slab.live.includes(one)).map(({ at, size }) => ({ at, size }));
  };

  /** Whether a load or store is of memory that only the task knows of. */
  const isOfTask = ({ access }: Moment): boolean =>
    access !== undefined && isOwn(own, access.at) && (access.to === undefined || isOwn(own, access.to));

  /** Notes what the act that ended here has touched, and what of the task's memory is still its own. */
  const close = (isWaiting = false): void => {
    if (reducing === undefined || act === undefined) return;
    const { recorder, reduction } = reducing;
    recorder.close(k.whole);
    const { footprint } = recorder;
    const locks = locksNow(reducing);
    const looksAtLocks = (footprint.touched & LOCK) !== 0 && (footprint.replaced & LOCK) === 0;
    // To look at a lock that is taken is no reason for a moment before it, as long as it ends there.
    if (isWaiting && footprint.replaced === 0) act = -act;
    else if ((locks & ~locksBefore) !== 0 || (looksAtLocks && asksOfOwn[called] !== true)) reduction.makeLoud(act);
    if (prepares[called] === true && isOwn(own, argument(0))) {
      footprint.touched = 0;
      footprint.replaced = 0;
    }
    const more = allocated();
    if (more.length > 0) own = [...own, ...more];
    reduction.learn(act, footprint, locks & locksBefore, own);
    const isAskedAgain = isWaiting && called !== -1;
    isIdle &&= footprint.replaced === 0 && !footprint.areWritten.includes(true);
    isIdle &&= isAskedAgain || !reduction.isLoud(act);
    if (k.whole.slab !== before.slab)
      own = own.filter(({ at }) => allocationOf(k.whole.slab, address(at)) !== undefined);
    const isPrivate = (footprint.touched & ~COMMUTES) === 0;
    if (own.length > 0 && ((!isPrivate && isGiven()) || isToldOf(footprint))) own = [];
    act = undefined;
  };

  return {
    begin: (next, number, ownBefore, mayBe) => {
      chooser = next;
      command = number;
      own = ownBefore;
      mayInterrupt = mayBe;
      moments = 0;
      isIdle = true;
      act = undefined;
    },
    isPreempted: (moment) => {
      const last = act;
      close();
      const next = actAt(command, moment);
      if (!moment.isFirst && mayInterrupt) {
        moments += 1;
        const isAsked = reducing === undefined || (!isOfTask(moment) && isLoud(reducing, last, next));
        if (isAsked && chooser.choose(questionAt(moments), ANSWERS) === ANSWERS[1]) {
          if (moment.access !== undefined) races.pends(moment.access, moment.site);
          return true;
        }
      }
      if (moment.access === undefined) races.acts();
      if (reducing !== undefined) {
        act = next;
        called = moment.function;
        slots = moment.slots;
        locksBefore = locksNow(reducing);
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
