import { type Address, address } from "../abi/address.ts";
import { MEMORY_MAP, TASK_AREA } from "../abi/memory-map.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { DriverFacts } from "../driver/build/image.ts";
import type { RunningKernel } from "./driver-kernel.ts";
import { bitsOf, type FootprintRecorder } from "./footprint.ts";
import type { RaceWatch } from "./races.ts";
import { type Act, isOwn, lockBits, type OwnMemory, type Reduction } from "./reduction.ts";
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

const LOCK = bitsOf("lock");
const COMMUTES = bitsOf("slab", "lock");
const SLOT = 8;

/** Numbers that tell one place in the course of commands from any other. */
const actAt = (command: number, { site, function: called, answers }: Moment): Act =>
  ((site === 0 ? command + 1 : 0) * 4096 + site) * 2 ** 16 + (called + 1) * 64 + Math.min(answers, 63);

/**
 * Asks before each act whether another task runs first; with a reduction, only before those that are loud.
 *
 * @param recorder - notes what the acts touch; it is the one that the kernel reports to
 */
export const preemptiveScheduler = (
  k: RunningKernel,
  { kernelFunctions }: DriverFacts,
  recorder: FootprintRecorder | undefined,
  reduction: Reduction | undefined,
  races: RaceWatch,
): PreemptiveScheduler => {
  const bitsOfLocks = lockBits();
  const prepares = kernelFunctions.map(({ name }) => PREPARES.has(name));
  const asksOfOwn = kernelFunctions.map(({ name }) => ASKS_OF_OWN_LOCKS.has(name));
  const parameters = kernelFunctions.map((prototype) => prototype.parameters.length);

  let chooser: Chooser;
  let command = 0;
  let mayInterrupt = false;
  let moments = 0;
  let own: readonly OwnMemory[] = [];

  let act: Act | undefined;
  let called = -1;
  let slots: Address = address(0);
  let locksBefore = 0;
  let slabBefore = k.state.slab;

  const locksNow = (): number => bitsOfLocks(k.whole.lock.held.filter(({ holders }) => holders.includes(k.task)));

  const isGiven = (): boolean => {
    if (called === -1) return false;
    for (let index = 0; index < parameters[called]!; index += 1) {
      if (isOwn(own, k.memory.pointer(address(slots + (index + 1) * SLOT)))) return true;
    }
    return false;
  };

  /** Notes what the act that ended here has touched, and what of the task's memory is still its own. */
  const close = (): void => {
    if (recorder === undefined || reduction === undefined || act === undefined) return;
    const state = k.whole;
    recorder.close(state);
    const { footprint } = recorder;
    const locks = locksNow();
    const looksAtLocks = (footprint.touched & LOCK) !== 0 && (footprint.replaced & LOCK) === 0;
    if ((locks & ~locksBefore) !== 0 || (looksAtLocks && asksOfOwn[called] !== true)) reduction.makeLoud(act);
    const isPreparing = prepares[called] === true && isOwn(own, firstArgument());
    if (isPreparing) {
      footprint.touched = 0;
      footprint.replaced = 0;
    }
    reduction.learn(act, footprint, locks & locksBefore, own);
    const isPrivate = (footprint.touched & ~COMMUTES) === 0;
    if (own.length > 0 && ((!isPrivate && isGiven()) || writesElsewhere())) own = [];
    if (isPrivate && state.slab !== slabBefore) {
      const fresh = state.slab.live.filter((allocation) => !slabBefore.live.includes(allocation));
      if (fresh.length > 0) own = [...own, ...fresh.map(({ at, size }) => ({ at, size }))];
    }
    act = undefined;
  };

  const firstArgument = (): number => (called === -1 ? 0 : k.memory.pointer(address(slots + SLOT)));

  const writesElsewhere = (): boolean => {
    const { words, areWritten } = recorder!.footprint;
    for (let index = 0; index < words.length; index += 1) {
      if (areWritten[index]! && !isOwn(own, words[index]! * 8)) return true;
    }
    return false;
  };

  return {
    begin: (next, number, ownBefore, mayBe) => {
      chooser = next;
      command = number;
      own = ownBefore;
      mayInterrupt = mayBe;
      moments = 0;
      act = undefined;
    },
    isPreempted: (moment) => {
      close();
      const next = actAt(command, moment);
      if (!moment.isFirst && mayInterrupt) {
        moments += 1;
        const isAsked = reduction === undefined || reduction.isLoud(next);
        if (isAsked && chooser.choose(questionAt(moments), ANSWERS) === ANSWERS[1]) return true;
      }
      races.acts();
      if (reduction !== undefined) {
        act = next;
        called = moment.function;
        slots = moment.slots;
        locksBefore = locksNow();
        slabBefore = k.whole.slab;
        recorder?.reset(k.whole);
      }
      return false;
    },
    pauses: close,
    get own() {
      return own;
    },
  };
};

/** Whether an address lies in the part of memory where a task keeps its stack. */
export const isOfTask = (at: number, task: number): boolean => {
  const start = MEMORY_MAP.tasksStart + task * TASK_AREA;
  return at >= start && at < start + TASK_AREA;
};
