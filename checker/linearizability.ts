/**
 * Linearizability of two operations at a time, judged against the same system when it does them one after the other.
 *
 * Compared are both results and what is left at rest. From every state at rest that operations lead to which are done one at a
 * time, each two of them overlap in every way; what they come to must be what one of their serial orders comes to
 * (serial-order.ts), where nothing fails if nothing failed, and anything may if something did. One that is
 * refused because somebody else is at it, and changes nothing, is as good.
 */

import {
  endsIn,
  keyOfOutcome,
  type OperationEnd,
  type Operations,
  type OverlapOutcome,
  outcomeOf,
} from "./operations.ts";
import type { Overlapped, Overlapping } from "./overlap.ts";
import type { Property } from "./property.ts";
import { replay, type Schedule } from "./schedule.ts";
import { type Overlap, REFUSED, type SerialOutcomes, serialOutcomes } from "./serial-order.ts";

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

const SERIALIZABLE = { kind: "serializable" } as const;

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
const faultsOf = (hadFault: boolean): 0 | "all" => (hadFault ? "all" : 0);

/** Judges what two operations came to. */
const judge = <State, Action, Event>(
  { kindOf, isRefusal }: Operations<State, Action, Event>,
  { first, second }: Pick<Overlap<State, Action>, "first" | "second">,
  outcome: OverlapOutcome,
  { outcomes, refusals, unknown }: SerialOutcomes,
): Judged => {
  const { ends, left } = outcome;
  if (outcomes.has(keyOfOutcome(outcome))) return SERIALIZABLE;
  const isOneRefused = ends.some((end) => {
    const refused = ends.map((each) => (each === end ? { ...end, result: REFUSED } : each));
    return isRefusal(end) && refusals.has(keyOfOutcome(outcomeOf(refused, left)));
  });
  if (isOneRefused) return SERIALIZABLE;
  if (unknown !== undefined) return { kind: "unknown", because: unknown };
  const serial = [...outcomes.values()];
  const object = [first, second].map(kindOf).sort().join(" and ");
  return { kind: "unserializable", object, detail: detailOf(outcome, serial), outcome, serial };
};

/** The judge of a search: a property, and what it could not judge. */
export interface LinearizabilityJudge<State, Action, Event> {
  readonly property: Property<Overlapping<State, Action>, Event | Overlapped<State, Action>>;
  /** Outcomes that could not be judged. */
  readonly unknown: () => number;
}

/** What a claim says of itself. */
export type ClaimWords = Pick<Property<never, never>, "id" | "group" | "claim" | "why" | "source">;

/**
 * The claim, for a search of `overlaps` from the same state.
 *
 * @param rest - the state at rest that they overlap from
 */
export const linearizabilityJudge = <State, Action, Event>(
  operations: Operations<State, Action, Event>,
  claim: ClaimWords,
  rest: State,
): LinearizabilityJudge<State, Action, Event> => {
  const known = new Map<string, SerialOutcomes>();
  let unknown = 0;

  const serialOf = ({ first, second, hadFault }: Overlapped<State, Action>["side"]): SerialOutcomes => {
    const { describe } = operations.system;
    const key = JSON.stringify([describe(first), describe(second), hadFault]);
    let serial = known.get(key);
    if (serial === undefined) {
      serial = serialOutcomes(operations, { rest, first, second }, faultsOf(hadFault));
      known.set(key, serial);
    }
    return serial;
  };

  const overlappedIn = (events: readonly (Event | Overlapped<State, Action>)[]) => {
    const last = events.at(-1) as Partial<Overlapped<State, Action>> | undefined;
    return last?.kind === "overlapped" ? (last as Overlapped<State, Action>).side : undefined;
  };

  return {
    unknown: () => unknown,
    property: {
      ...claim,
      concerns: ({ events }) => overlappedIn(events) !== undefined,
      violations: ({ events }) => {
        const side = overlappedIn(events);
        if (side === undefined) return [];
        const outcome = outcomeOf(side.ends, operations.left(side.state));
        const judged = judge(operations, side, outcome, serialOf(side));
        if (judged.kind === "unknown") unknown += 1;
        return judged.kind === "unserializable" ? [{ object: judged.object, site: "", detail: judged.detail }] : [];
      },
    },
  };
};

/**
 * Looks whether a run ends with two operations that have overlapped, and judges what they came to.
 *
 * @returns undefined where it ends otherwise
 */
export const overlapAtEndOf = <State, Action, Event>(
  operations: Operations<State, Action, Event>,
  schedule: Schedule,
): Judged | undefined => {
  const { start, steps } = replay(operations.system, schedule);
  const states = [start, ...steps.map(({ transition }) => transition.after)];
  const end = states.length - 1;
  if (!operations.isAtRest(states[end]!)) return undefined;
  const rest = states.findLastIndex((state, at) => at < end && operations.isAtRest(state));
  if (rest === -1) return undefined;
  const side = steps.slice(rest);
  const ends = side.flatMap(({ transition }) => endsIn(operations, transition.events));
  const begun = side.flatMap(({ action, transition: { before, after } }) =>
    before !== after && operations.roleOf(action) === "begins" ? [action] : [],
  );
  const [first, second] = begun;
  if (begun.length !== 2 || ends.length !== 2 || first === undefined || second === undefined) return undefined;
  if (side.some(({ action }) => operations.roleOf(action) === "aside")) return undefined;
  const hadFault = side.some(({ asked }) => asked.some(({ answer }) => answer.fault !== undefined));
  const overlap = { rest: states[rest]!, first, second };
  const serial = serialOutcomes(operations, overlap, faultsOf(hadFault));
  return judge(operations, overlap, outcomeOf(ends, operations.left(states[end]!)), serial);
};
