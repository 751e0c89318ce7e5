/** What two operations that have overlapped came to, held against what they come to one after the other. */
import type { Replay } from "../schedule.ts";
import { exactly, followed } from "../walk.ts";
import type { ClaimWords } from "./claim.ts";
import { endsIn, keyOfOutcome, type OperationEnd, type OverlapOutcome, outcomeOf } from "./operations.ts";
import type { Operating, Overlapped, Overlapping } from "./overlap.ts";
import { type Overlap, REFUSED, type SerialOutcomes, serialOutcomes } from "./serial-order.ts";
import type { StepRule } from "./step-claim.ts";

/** Two operations that came to what none of their serial orders comes to. */
export interface Unserializable {
  /** The two of them, without what tells one of their kind from another. */
  readonly object: string;
  /** What they came to, one line. */
  readonly detail: string;
  readonly outcome: OverlapOutcome;
  /** What they would have come to, one after the other. */
  readonly serial: readonly OverlapOutcome[];
}

/** What is said of two operations that have overlapped. */
export type Judged =
  | { readonly kind: "serializable" }
  | ({ readonly kind: "unserializable" } & Unserializable)
  /** Not all that they may come to in a serial order is known. */
  | { readonly kind: "unknown"; readonly because: string };

const quoted = (text: string): string => `"${text}"`;

/** What operations gave, in words. */
export const endWords = (ends: readonly OperationEnd[]): string =>
  ends.map(({ operation, result }) => `${quoted(operation)} gives ${result}`).join(", ");

const linesBesides = (lines: readonly string[], others: readonly string[]): readonly string[] =>
  lines.filter((line) => !others.includes(line));

/** In what two sets of lines differ, from that of the first; empty where in nothing. */
export const differenceWords = (lines: readonly string[], others: readonly string[]): string => {
  const listed = (word: string, some: readonly string[]): readonly string[] =>
    some.length === 0 ? [] : [`there is ${word}${some.map(quoted).join(` and ${word}`)}`];
  return [...listed("", linesBesides(lines, others)), ...listed("no ", linesBesides(others, lines))].join(", and ");
};

/** What operations came to that no serial order does, next to the serial order that comes closest with the same results. */
const detailOf = ({ ends, left }: OverlapOutcome, serial: readonly OverlapOutcome[]): string => {
  const results = endWords(ends);
  const [closest] = serial
    .filter((other) => endWords(other.ends) === results)
    .map((other) => differenceWords(left, other.left))
    .sort((one, other) => one.length - other.length);
  if (closest === undefined) return `${results}, which no serial order of the two gives`;
  return `${results}, and what no serial order of the two leaves: ${closest}`;
};

/** What may fail in a serial order: nothing where nothing did, else anything. */
export const faultsOf = (hadFault: boolean): 0 | "all" => (hadFault ? "all" : 0);

/** Judges what two operations came to. */
const judge = <State, Action, Event>(
  { operations: { kindOf, isRefusal } }: Operating<State, Action, Event>,
  { first, second }: Pick<Overlap<State, Action>, "first" | "second">,
  outcome: OverlapOutcome,
  { outcomes, refusals, unknown }: SerialOutcomes,
): Judged => {
  const { ends, left } = outcome;
  if (outcomes.has(keyOfOutcome(outcome))) return { kind: "serializable" };
  const isOneRefused = ends.some((end) => {
    const refused = ends.map((each) => (each === end ? { ...end, result: REFUSED } : each));
    return isRefusal(end) && refusals.has(keyOfOutcome(outcomeOf(refused, left)));
  });
  if (isOneRefused) return { kind: "serializable" };
  if (unknown !== undefined) return { kind: "unknown", because: unknown };
  const serial = [...outcomes.values()];
  const object = [first, second].map(kindOf).sort().join(" and ");
  return { kind: "unserializable", object, detail: detailOf(outcome, serial), outcome, serial };
};

/** What a search of overlaps is judged by: a rule for its steps, and what it could not judge. */
export interface OverlapJudge<State, Action, Event> {
  readonly rule: StepRule<Overlapping<State, Action>, Event | OperationEnd | Overlapped<State, Action>>;
  /** Outcomes that could not be judged. */
  readonly unknown: () => number;
}

/**
 * The rule, for a search of `overlaps` from the same state.
 *
 * @param rest - the state at rest that they overlap from
 */
export const overlapJudge = <State, Action, Event>(
  context: Operating<State, Action, Event>,
  words: ClaimWords,
  rest: State,
): OverlapJudge<State, Action, Event> => {
  const { operations } = context;
  const known = new Map<string, SerialOutcomes>();
  let unknown = 0;

  const serialOf = ({ first, second, hadFault }: Overlapped<State, Action>["side"]): SerialOutcomes => {
    const { describe } = operations.ending;
    const key = JSON.stringify([describe(first), describe(second), hadFault]);
    let serial = known.get(key);
    if (serial === undefined) {
      serial = serialOutcomes(context, { rest, first, second }, faultsOf(hadFault));
      known.set(key, serial);
    }
    return serial;
  };

  const overlappedIn = (events: readonly (Event | OperationEnd | Overlapped<State, Action>)[]) => {
    const last = events.at(-1) as Partial<Overlapped<State, Action>> | undefined;
    return last?.kind === "overlapped" ? (last as Overlapped<State, Action>).side : undefined;
  };

  return {
    unknown: () => unknown,
    rule: {
      ...words,
      concerns: ({ events }) => overlappedIn(events) !== undefined,
      violations: ({ events }) => {
        const side = overlappedIn(events);
        if (side === undefined) return [];
        const outcome = outcomeOf(side.ends, operations.left(side.state));
        const judged = judge(context, side, outcome, serialOf(side));
        if (judged.kind === "unknown") unknown += 1;
        return judged.kind === "unserializable" ? [{ object: judged.object, site: "", detail: judged.detail }] : [];
      },
    },
  };
};

/** Two operations that have overlapped in a run, from one state at rest to the next. */
export interface FoundOverlap<State, Action> extends Overlap<State, Action> {
  /** The step behind which both have ended, counted from 1. */
  readonly step: number;
  readonly faults: number;
  outcome(): OverlapOutcome;
}

type Run<State, Action, Event> = Pick<Replay<State, Action, Event>, "start" | "steps">;

/** Where two operations have overlapped and nothing else was done. */
export const pairsIn = <State, Action, Event>(
  { operations }: Operating<State, Action, Event>,
  { start, steps }: Run<State, Action, Event>,
): readonly FoundOverlap<State, Action>[] => {
  const { ending, isAtRest, roleOf, left } = operations;
  const found: FoundOverlap<State, Action>[] = [];
  let from = 0;
  for (const [at, { transition }] of steps.entries()) {
    if (!isAtRest(transition.after)) continue;
    const side = steps.slice(from, at + 1);
    const rest = from === 0 ? start : steps[from - 1]!.transition.after;
    from = at + 1;
    if (!isAtRest(rest) || side.some(({ action }) => roleOf(action) === "aside")) continue;
    // Who could only wait has not begun.
    const [first, second, ...more] = side.flatMap(({ action, transition: { before, after } }) =>
      before !== after && roleOf(action) === "begins" ? [action] : [],
    );
    if (first === undefined || second === undefined || more.length > 0) continue;
    const faults = side.reduce(
      (sum, { asked }) => sum + asked.filter(({ answer }) => answer.fault !== undefined).length,
      0,
    );
    const outcome = (): OverlapOutcome => {
      const again = followed(ending, rest, exactly(side.map(({ step }) => step)));
      return outcomeOf(
        [...again].flatMap((taken) => endsIn(taken.transition.events)),
        left(transition.after),
      );
    };
    found.push({ rest, first, second, step: at + 1, faults, outcome });
  }
  return found;
};

export const judgedOverlap = <State, Action, Event>(
  context: Operating<State, Action, Event>,
  found: FoundOverlap<State, Action>,
  serial = serialOutcomes(context, found, faultsOf(found.faults > 0)),
): Judged | undefined => {
  const outcome = found.outcome();
  return outcome.ends.length === 2 ? judge(context, found, outcome, serial) : undefined;
};

export const atEnd = <State, Action, Event>(
  context: Operating<State, Action, Event>,
  run: Run<State, Action, Event>,
): readonly { readonly step: number; readonly judged: Judged }[] => {
  const last = pairsIn(context, run).at(-1);
  if (last?.step !== run.steps.length) return [];
  const judged = judgedOverlap(context, last);
  return judged === undefined ? [] : [{ step: last.step, judged }];
};

/** Judges all pairs in a run that have overlapped, as far as somebody asks. */
export function* overlapsIn<State, Action, Event>(
  context: Operating<State, Action, Event>,
  run: Run<State, Action, Event>,
): Generator<{ readonly step: number; readonly judged: Judged }, void, undefined> {
  for (const found of pairsIn(context, run)) {
    const judged = judgedOverlap(context, found);
    if (judged !== undefined) yield { step: found.step, judged };
  }
}

/** What is said of two operations that have overlapped at the end of a run; undefined where it ends otherwise. */
export const overlapAtEndOf = <State, Action, Event>(
  context: Operating<State, Action, Event>,
  run: Run<State, Action, Event>,
): Judged | undefined => atEnd(context, run)[0]?.judged;

/**
 * The most faults in what two operations do.
 *
 * Of a loop's calls that fail now and then not each mixture is tried in one step, and an operation that is interrupted takes several:
 * with more faults it would come to what no serial order was asked for.
 */
export const MOST_FAULTS = 1;
