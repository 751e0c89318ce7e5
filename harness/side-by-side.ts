import { describeResult } from "../abi/errno.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import { stepClaim } from "../checker/claims/step-claim.ts";
import { replay, type Schedule } from "../checker/schedule.ts";
import type { System } from "../checker/system.ts";
import type { Future, Transition } from "../checker/transition.ts";
import { type Step, taken } from "../checker/walk.ts";
import type { SysramEvent } from "../models/observation.ts";
import type { MachineContext } from "./offers.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";
import { visibleState } from "./visible-state.ts";

/**
 * Two drivers in one environment: what it does, it does to both, and what fails for one fails for the other.
 *
 * One step is a command in the one driver and then in the other, up to its end or to where both sleep. Where only one of
 * them sleeps, how long it takes is no difference: it is woken until it is done too, or until it sleeps where it slept
 * before and nothing but another command could end that. A run is followed to the first thing that tells the two apart. Where a call fails that only one of them makes, they are
 * not in the same environment any more, and where one corrupts the machine, nothing after it means anything: such runs
 * end without being compared. Where the search of either driver alone would not go on, this one does not either.
 */
export type Pair = { readonly kind: "both"; readonly old: SysramState; readonly new: SysramState } | typeof OVER;

/** Something that happens to both, or that only one of them knows. */
export interface PairAction {
  readonly label: string;
  readonly old: Placed | undefined;
  readonly new: Placed | undefined;
}

/** An action with its place among those that are enabled. */
interface Placed {
  readonly action: SysramAction;
  readonly place: number;
}

/** Which of the two. */
export type Side = "old" | "new";

/** What is seen of a step: the steps that each driver took for it, and in what they differ. */
export type PairEvent =
  | { readonly kind: "took"; readonly old: readonly Step[]; readonly new: readonly Step[] }
  | Difference;

/** A command of which the two drivers make something else. */
export interface Difference {
  readonly kind: "differs";
  /** What the environment does. */
  readonly command: string;
  /** `offers`: only one of the two knows the command. */
  readonly what: "offers" | "returns" | "leaves";
  /** What each of them returns, or leaves behind that the other does not. */
  readonly old: string;
  readonly new: string;
}

export type PairSystem = System<Pair, PairAction, PairEvent>;

const OVER = { kind: "over" } as const;

/**
 * Both at one time; they have the same initial configurations in the same order.
 *
 * @param futureOf - by what each was searched by: it says where a run ends
 */
export const sideBySide = (
  old: SysramSystem,
  newer: SysramSystem,
  futureOf: MachineContext["futureOf"],
): PairSystem => ({
  initial: old.initial.map((state, index): Pair => ({ kind: "both", old: state, new: newer.initial[index]! })),

  actions: (pair) => {
    if (pair.kind === "over") return [];
    const olds = placesOf(old, pair.old);
    const news = placesOf(newer, pair.new);
    return [
      ...[...olds].map(([label, action]): PairAction => ({ label, old: action, new: news.get(label) })),
      ...[...news].flatMap(([label, action]): readonly PairAction[] =>
        olds.has(label) ? [] : [{ label, old: undefined, new: action }],
      ),
    ];
  },

  step: (pair, { label, old: oldAction, new: newAction }, chooser) => {
    if (pair.kind === "over") throw new Error("a run that is over goes on");
    if (oldAction === undefined || newAction === undefined) {
      const words = (placed: Placed | undefined): string => (placed === undefined ? "is not there" : "is there");
      const events: readonly PairEvent[] = [
        { kind: "differs", command: label, what: "offers", old: words(oldAction), new: words(newAction) },
      ];
      return { state: OVER, events };
    }
    const first = asking(chooser);
    const one = running(old, futureOf, first.chooser, pair.old, oldAction);
    const again = answeringAlike(chooser, first.asked);
    const two = running(newer, futureOf, again.chooser, pair.new, newAction);
    if (one.isAsleep() !== two.isAsleep()) {
      one.goOn();
      two.goOn();
    }
    const took: PairEvent = { kind: "took", old: one.steps, new: two.steps };
    if (one.future === "fatal" || two.future === "fatal" || !again.isAlike()) return { state: OVER, events: [took] };
    const difference = differenceOf(label, one, two);
    if (difference !== undefined) return { state: OVER, events: [took, difference] };
    if (one.future === "repeats" || two.future === "repeats") return { state: OVER, events: [took] };
    return { state: { kind: "both", old: one.state, new: two.state }, events: [took] };
  },

  key: (pair) => {
    if (pair.kind === "over") return "over";
    const key = old.key(pair.old);
    return `${key.length} ${key}${newer.key(pair.new)}`;
  },

  describe: ({ label }) => label,
});

/** What may happen, by its label. */
const placesOf = (system: SysramSystem, state: SysramState): ReadonlyMap<string, Placed> => {
  const places = new Map<string, Placed>();
  for (const [place, action] of system.actions(state).entries()) places.set(system.describe(action), { action, place });
  return places;
};

/** Who sleeps, to be woken. */
const sleeperIn = (system: SysramSystem, state: SysramState): Placed | undefined => {
  if (state.tasks.length === 0) return undefined;
  const actions = system.actions(state);
  const place = actions.findIndex(({ kind }) => kind === "continue");
  return place === -1 ? undefined : { action: actions[place]!, place };
};

/** A command in one of the drivers, and what it has come to. */
interface Running {
  state: SysramState;
  future: Future;
  /** The results of the commands that ended, in their order. */
  readonly results: number[];
  readonly steps: Step[];
  isAsleep(): boolean;
  /** Wakes who sleeps for as long as that leads to a state that was not there before. */
  goOn(): void;
}

/** Takes the first step of a command. */
const running = (
  system: SysramSystem,
  futureOf: MachineContext["futureOf"],
  chooser: Chooser,
  from: SysramState,
  begin: Placed,
): Running => {
  const take = ({ action, place }: Placed): void => {
    const answering = (question: string, offered: readonly Answer[]): number =>
      offered.indexOf(chooser.choose(question, offered as readonly [Answer, ...Answer[]]));
    const { step, transition } = system.watching({ ends: (result) => self.results.push(result) }, () =>
      taken<SysramState, SysramAction, SysramEvent>(system, self.state, action, place, answering),
    );
    self.steps.push(step);
    self.state = transition.after;
    self.future = futureOf(transition);
  };
  const self: Running = {
    state: from,
    future: "goes on",
    results: [],
    steps: [],
    isAsleep: () => self.state.tasks.length > 0,
    goOn: () => {
      const met = new Set<string>();
      for (let next = sleeperIn(system, self.state); next !== undefined; next = sleeperIn(system, self.state)) {
        const key = system.key(self.state);
        if (self.future !== "goes on" || met.has(key)) return;
        met.add(key);
        take(next);
      }
    },
  };
  take(begin);
  return self;
};

/** The answers that one driver was given, by the question and its number among its like. */
type Asked = Map<string, Answer>;

const numbering = (): ((question: string) => string) => {
  const seen = new Map<string, number>();
  return (question) => {
    const number = seen.get(question) ?? 0;
    seen.set(question, number + 1);
    return `${number} ${question}`;
  };
};

/** Notes what is asked, and what is answered. */
const asking = (chooser: Chooser): { readonly chooser: Chooser; readonly asked: Asked } => {
  const asked: Asked = new Map();
  const nameOf = numbering();
  return {
    asked,
    chooser: {
      choose: (question, answers) => {
        const answer = chooser.choose(question, answers);
        asked.set(nameOf(question), answer);
        return answer;
      },
    },
  };
};

/** Gives the answers that were given before; what was not asked before does not fail. */
const answeringAlike = (
  chooser: Chooser,
  asked: Asked,
): { readonly chooser: Chooser; readonly isAlike: () => boolean } => {
  const nameOf = numbering();
  const left = new Map(asked);
  return {
    isAlike: () => [...left.values()].every(({ fault }) => fault === undefined),
    chooser: {
      choose: <A extends Answer>(question: string, answers: readonly [A, ...A[]]): A => {
        const name = nameOf(question);
        const given = left.get(name);
        const found = answers.find(({ label }) => label === given?.label);
        if (found !== undefined) {
          left.delete(name);
          return found;
        }
        const [first, ...others] = answers.filter(({ fault }) => fault === undefined);
        if (first === undefined || others.length === 0) return first ?? answers[0];
        return chooser.choose(`${question} (asked by the new driver only)`, [first, ...others]);
      },
    },
  };
};

const differenceOf = (command: string, one: Running, two: Running): Difference | undefined => {
  const [old, newer] = [one, two].map(resultText) as [string, string];
  if (old !== newer) return { kind: "differs", command, what: "returns", old, new: newer };
  const [before, after] = [visibleState(one.state.observation), visibleState(two.state.observation)];
  const [gone, come] = [without(before, after), without(after, before)];
  if (gone.length === 0 && come.length === 0) return undefined;
  return { kind: "differs", command, what: "leaves", old: listed(gone), new: listed(come) };
};

const resultText = ({ results, isAsleep }: Running): string => {
  const returned = results.map(describeResult);
  return !isAsleep() ? returned.join(", then ") : [...returned, "never, if nothing else happens"].join(", then ");
};

const without = (lines: readonly string[], others: readonly string[]): readonly string[] =>
  lines.filter((line) => !others.includes(line));

const listed = (lines: readonly string[]): string => (lines.length === 0 ? "nothing of that" : lines.join("; "));

type PairStep = Transition<Pair, PairEvent>;

const differenceIn = ({ events }: PairStep): Difference | undefined =>
  events.find((event): event is Difference => event.kind === "differs");

/** The claim that nothing tells two drivers apart. */
export const behaveAlike = stepClaim<Pair, PairEvent>({
  id: "both-behave-alike",
  group: "agreement",
  claim: "both drivers answer every command alike, and leave alike what can be seen",
  why: "A user of the old driver meets with the new one.",
  source: "the old driver",
  assumptions: [],
  concerns: () => true,
  violations: (step) => {
    const difference = differenceIn(step);
    if (difference === undefined) return [];
    const { command, what, old, new: newer } = difference;
    const detail = `${command}: ${old}, and now ${newer}`;
    // What comes after it tells nothing new.
    return [{ object: `${what}: ${command}`, site: "", detail, isFatal: true }];
  },
});

/** A difference, with the run of each driver that shows it; where one does not know the command, up to there. */
export interface ShownDifference {
  readonly difference: Difference;
  readonly old: Schedule;
  readonly new: Schedule;
}

/** Takes a run of both again, to its difference. */
export const showDifference = (system: PairSystem, schedule: Schedule): ShownDifference => {
  const { steps } = replay(system, schedule);
  const stepsOf = (side: Side): readonly Step[] =>
    steps.flatMap(({ transition }) => transition.events.flatMap((event) => (event.kind === "took" ? event[side] : [])));
  const { initial } = schedule;
  return {
    difference: differenceIn(steps.at(-1)!.transition)!,
    old: { initial, steps: stepsOf("old") },
    new: { initial, steps: stepsOf("new") },
  };
};
