import { isHeap, isOfTasks, SIZE_CLASSES, slotAround } from "../abi/memory-map.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { Driver } from "../driver/run/driver.ts";
import type { KernelState, Site } from "../models/kernel.ts";
import type { Watchful } from "./driver-kernel.ts";
import type { Effect } from "./effect.ts";
import type { AskedAt, FailurePoints } from "./failure-points.ts";
import { interner, sharedLists } from "./interner.ts";
import { mayRace } from "./races.ts";
import type { Reduction, TaskTransition } from "./reduction.ts";
import { partOfSlot, partOfTask, type StateSight } from "./sight.ts";
import type { PausedTask, SysramAction, SysramState } from "./state.ts";
import { type Asked, type StepRecord, stepCache } from "./step-cache.ts";

/**
 * Keeps the effects of steps, so that one that looks at the same as another one need not run.
 *
 * Whatever a step tells beside its effect is told again where it is known: how often what was run, and what it took for granted of
 * where tasks are interrupted. A step that meets what another task has touched since its latest call always runs, because that
 * may be a race; so does one that touches a stack where nothing lay when it began.
 */
export interface KnownSteps {
  /** Has to be told of all that a step depends on. */
  readonly watchful: Watchful;
  /** A call site of the driver was reached. */
  calls(site: Site): void;
  /** A question that is asked next is one of the failure points. */
  counts(site: Site, question: string, answers: readonly Answer[]): void;
  /**
   * No scheduling point was asked for before this transition; the one behind `last` may have been the reason, 0 for
   * none.
   */
  goesOnBehind(last: TaskTransition, next: TaskTransition): void;
  /** Where a transition has ended, how it was known then. */
  ends(transition: TaskTransition): void;
  /** The effect of a step, and whether it has run to tell. */
  take(step: StepToTake, chooser: Chooser, run: (chooser: Chooser) => Effect): Taken;
  /** What is known of transitions has changed. */
  recheck(): void;
  clear(): void;
}

export interface Taken {
  readonly effect: Effect;
  readonly hasRun: boolean;
}

/** A step, and where it begins. */
export interface StepToTake {
  readonly state: SysramState;
  readonly action: SysramAction;
  readonly sight: StateSight;
  readonly paused: PausedTask | undefined;
  readonly others: readonly PausedTask[];
  /** Whether some of them do more than what somebody else does at once. */
  readonly isBeside: boolean;
  /** The place of its command in the table of commands. */
  readonly index: number;
  readonly target: number;
  readonly id: number;
}

/** What happens in a step between two questions. */
interface Stretch {
  /** Pairs of transitions without a scheduling point between them. */
  readonly together: readonly TaskTransition[];
  /** Transitions with what was known of them: 1 for one that is dependent, 2 for one that is shared. */
  readonly ended: readonly number[];
  /** Blocks of the driver that were run, each with how often. */
  readonly blocks: readonly number[];
  readonly calls: readonly Site[];
  /** The failure point that is asked for behind it. */
  readonly counted: AskedAt | undefined;
}

/** No two objects lie closer together than this, in bytes. */
const LEAST_SLOT = SIZE_CLASSES[0];

/** The most steps that are kept. */
const ROOM = 150_000;

export const knownSteps = (
  { blockHits }: Pick<Driver, "blockHits">,
  points: FailurePoints,
  reduction: Pick<Reduction, "isDependent" | "isShared" | "needsPointBetween" | "isReleasedShared"> | undefined,
): KnownSteps => {
  const parts = interner();
  const shared = sharedLists();
  let wasReleasedShared = reduction?.isReleasedShared;
  let record: StepRecord<Effect> | undefined;
  let sight: StateSight | undefined;
  /** Whether the step has touched a stack where nothing lay when it began. */
  let isForeign = false;

  let together: TaskTransition[] = [];
  let ended: number[] = [];
  let calls: Site[] = [];
  let counted: AskedAt | undefined;
  const hitsBefore = new Float64Array(blockHits.length);

  const begin = (): void => {
    together = [];
    ended = [];
    calls = [];
    counted = undefined;
    hitsBefore.set(blockHits);
  };

  const knownOf = (transition: TaskTransition): number =>
    reduction === undefined
      ? 0
      : (reduction.isDependent(transition) ? 1 : 0) + (reduction.isShared(transition) ? 2 : 0);

  const cache = stepCache<Stretch, Effect>(
    {
      cut: () => {
        const blocks: number[] = [];
        for (let block = 0; block < blockHits.length; block += 1) {
          const times = blockHits[block]! - hitsBefore[block]!;
          if (times > 0) blocks.push(block, times);
        }
        const stretch: Stretch = {
          together: shared(together),
          ended: shared(ended),
          calls: shared(calls),
          blocks: shared(blocks),
          counted,
        };
        begin();
        return stretch;
      },
      holds: ({ together: pairs, ended: transitions }) => {
        for (let at = 0; at < pairs.length; at += 2) {
          if (reduction!.needsPointBetween(pairs[at]!, pairs[at + 1]!)) return false;
        }
        for (let at = 0; at < transitions.length; at += 2)
          if (knownOf(transitions[at]!) !== transitions[at + 1]!) return false;
        return true;
      },
      passes: ({ blocks, calls: sites, counted: asked }, place) => {
        for (let at = 0; at < blocks.length; at += 2) blockHits[blocks[at]!]! += blocks[at + 1]!;
        for (const site of sites) points.called(site);
        if (asked !== undefined && place !== undefined) points.countAgain(asked, place);
      },
    },
    ROOM,
  );

  /** All that is known of a step before it begins, and looked at in any case. */
  const startOf = (
    { state, action, sight: { surroundings }, paused, others, isBeside, index, target, id }: StepToTake,
    own: readonly { readonly id: number }[],
  ): string => {
    const numbers = [index, target, id, others.length > 0 ? (isBeside ? 2 : 1) : 0, surroundings];
    if (paused !== undefined) {
      const { layers, own: memory, isDisturbed, hadFault, errors, isOver } = paused;
      const flags = (isDisturbed ? 1 : 0) + (hadFault ? 2 : 0) + (isOver ? 4 : 0);
      numbers.push(parts.idOf(layers), parts.idOf(memory), flags, ...errors, 0);
      for (const segment of own) numbers.push(segment.id);
    }
    return `${action.kind} ${numbers.join()}${ofTask(state.kernel, id)}`;
  };

  /** The same with lists that equal effects have in common. */
  const slim = ({ touches, ...effect }: Effect): Effect => ({
    ...effect,
    touches: touches && {
      reads: shared(touches.reads),
      writes: shared(touches.writes),
      acquired: shared(touches.acquired),
    },
  });

  const isTouchedBy = (at: number): void => {
    const segment = sight!.segmentAround(at);
    if (segment !== undefined) record!.looksAt(segment.at);
    else if (isOfTasks(at)) isForeign = true;
    else if (isHeap(at)) {
      // Nothing was there when the step began: it has allocated it since, or nothing is there at all, or less.
      const slot = slotAround(at);
      record!.looksAt(sight!.segmentAt(slot) === undefined ? partOfSlot(slot) : slot);
    }
  };

  return {
    watchful: {
      slice: (slice) => record?.looksAt(slice),
      memory: (at, length) => {
        if (record === undefined) return;
        for (let byte = at; byte < at + length; byte += LEAST_SLOT) isTouchedBy(byte);
        if (length > 1) isTouchedBy(at + length - 1);
      },
      slot: (at) => record?.looksAt(partOfSlot(at)),
      references: (from, length) => record?.looksFor(from, length),
    },
    calls: (site) => {
      if (record !== undefined) calls.push(site);
    },
    counts: (site, question, answers) => {
      if (record !== undefined) counted = { site, question, answers };
    },
    goesOnBehind: (last, next) => {
      if (record !== undefined) together.push(last, next);
    },
    ends: (transition) => {
      if (record !== undefined) ended.push(transition, knownOf(transition));
    },
    take: (step, chooser, run) => {
      const own = step.paused === undefined ? [] : step.sight.segmentsOf(step.id);
      const start = startOf(step, own);
      const begun = [partOfTask(step.id), ...own.map(({ at }) => at)];
      const touched = step.others.map((other) => other.touched);
      const fits = ({ touches }: Effect): boolean => touches === undefined || !mayRace(touches, touched);
      const asked: Asked[] = [];
      const found = cache.find(start, begun, step.sight, chooser, asked, fits);
      if (found !== undefined) return { effect: found, hasRun: false };
      sight = step.sight;
      isForeign = false;
      begin();
      const noted = cache.record(start, begun, step.sight);
      record = noted;
      let next = 0;
      const asking: Chooser = {
        choose: (question, answers) => {
          noted.asks(question, answers);
          const before = asked[next];
          next += 1;
          if (before !== undefined && before.question !== question) {
            throw new Error(`checker bug: a step asks "${question}", and asked "${before.question}" there before`);
          }
          const answer = before === undefined ? chooser.choose(question, answers) : answers[before.place]!;
          noted.isAnswered(answers.indexOf(answer));
          return answer;
        },
      };
      try {
        const effect = run(asking);
        if (!isForeign && fits(effect)) noted.ends(slim(effect));
        return { effect, hasRun: true };
      } finally {
        record = undefined;
      }
    },
    recheck: () => {
      cache.recheck();
      // What is taken for a task's own hangs on it in each step, and no transition tells of it.
      if (reduction?.isReleasedShared !== wasReleasedShared) cache.clear();
      wasReleasedShared = reduction?.isReleasedShared;
    },
    clear: cache.clear,
  };
};

/** What concerns a task alone, and is looked at past the kernel's own view; and the devices that are being released. */
const ofTask = ({ lock, kernfs, signal, device, workqueue }: KernelState, task: number): string => {
  let text = "";
  for (const { lock: at, holders, mode, site } of lock.held) {
    if (holders.includes(task)) text += ` lock ${at} ${mode} ${site}`;
  }
  for (const { task: user, device: of, attribute, kind, buffer, self } of kernfs.active) {
    if (user === task) text += ` use ${of} ${attribute} ${kind} ${buffer} ${self}`;
  }
  for (const { task: to, isFatal } of signal.pending) if (to === task) text += ` signal ${isFatal}`;
  for (const { task: runner, work } of workqueue.running) if (runner === task) text += ` work ${work}`;
  for (const worker of signal.workers) if (worker === task) text += " worker";
  for (const { at, isReleasing } of device.devices) if (isReleasing) text += ` releasing ${at}`;
  return text;
};
