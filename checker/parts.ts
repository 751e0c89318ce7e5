/**
 * A search in parts: one for each initial state, each searched by itself, and what they come to as one.
 *
 * That is the search of the whole where no state can be reached from two of the initial states: then the sets of states are
 * disjoint, and so numbers add up, and the cheapest run of all is the cheapest of those of the parts. Where several runs are
 * equally cheap, that of the first part is kept, whichever part was done first.
 */
import { concludeAsked, mergeAsked } from "./claims/grant-claim.ts";
import { compareNeeded, costOfSteps, type Needed, neededBy } from "./cost.ts";
import type { AnswerCoverage, QuestionCoverage } from "./coverage.ts";
import type { Exploration } from "./explore.ts";
import type { Finding } from "./finding.ts";
import { cheapestFirst } from "./merge-findings.ts";
import { together } from "./odds.ts";
import { replay, type Schedule } from "./schedule.ts";
import type { System } from "./system.ts";
import { type Asked, type Ending, type PropertyVerdict, type Reach, type Verdict, verdictOn } from "./verdict.ts";

/** What the search of one part came to. */
export interface SearchedPart {
  /** Its schedules are runs of the whole system. */
  readonly exploration: Exploration;
  /** What the witness of each property costs, in their order; undefined where there is none. */
  readonly witnessCosts: readonly (Needed | undefined)[];
}

/** The same system, in one of its initial states alone. */
export const partOf = <S extends { readonly initial: readonly unknown[] }>(system: S, initial: number): S => ({
  ...system,
  initial: [system.initial[initial]!],
});

/** What a search came to, with other runs in the place of its own. */
export const withRuns = (exploration: Exploration, runOf: (schedule: Schedule) => Schedule): Exploration => ({
  ...exploration,
  properties: exploration.properties.map(({ asked, ...verdict }) => ({
    ...verdict,
    ...(verdict.witness === undefined ? {} : { witness: runOf(verdict.witness) }),
    ...(asked === undefined ? {} : { asked: asked.map((one) => askedWithRuns(one, runOf)) }),
  })),
  findings: exploration.findings.map((finding) => findingWithRuns(finding, runOf)),
});

/** The runs that show a finding. */
export const runsOf = ({ counterexample, besides = [] }: Finding): readonly Schedule[] => [
  counterexample,
  ...besides.map(({ run }) => run),
];

/** The runs that a search names: those of its findings, and those of its verdicts. */
export const runsIn = (exploration: Exploration): readonly Schedule[] => {
  const runs: Schedule[] = [];
  withRuns(exploration, (run) => {
    runs.push(run);
    return run;
  });
  return runs;
};

const askedWithRuns = (asked: Asked, runOf: (schedule: Schedule) => Schedule): Asked =>
  asked.refusal === undefined ? asked : { ...asked, refusal: findingWithRuns(asked.refusal, runOf) };

/** A finding, with other runs in the place of its own. */
export const findingWithRuns = (
  { besides, ...finding }: Finding,
  runOf: (schedule: Schedule) => Schedule,
): Finding => ({
  ...finding,
  counterexample: runOf(finding.counterexample),
  ...(besides === undefined ? {} : { besides: besides.map((one) => ({ ...one, run: runOf(one.run) })) }),
});

/** A part beside what its witnesses cost. Takes those runs again, so whatever counts what runs must have been read before. */
export const pricedPart = <State, Action, Event>(
  system: System<State, Action, Event>,
  exploration: Exploration,
): SearchedPart => ({
  exploration,
  witnessCosts: exploration.properties.map(({ witness }) =>
    witness === undefined ? undefined : needOf(system, witness),
  ),
});

const needOf = <State, Action, Event>(system: System<State, Action, Event>, run: Schedule): Needed =>
  neededBy(costOfSteps(replay(system, run).steps));

/** Some states in shares as equal as can be, the first parts having those that are left over. */
export const sharesOf = (states: number, parts: number): readonly number[] =>
  Array.from({ length: parts }, (_, part) => Math.floor(states / parts) + (part < states % parts ? 1 : 0));

/** How to merge. */
export interface MergeOptions {
  /** The most states that all parts were to meet. */
  readonly maxStates?: number | undefined;
  /** How long all of it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What several parts came to, as one search; they are given in the order of their initial states. */
export const mergeParts = (parts: readonly SearchedPart[], { maxStates, elapsedMs }: MergeOptions): Exploration => {
  const searched = parts.map(({ exploration }) => exploration);
  const reach = togetherReaching(searched);
  // A part that had less to meet than its share leaves the rest of it to nobody; what is told is what was asked for.
  const told = reach.ending === "state limit" && maxStates !== undefined ? { ...reach, states: maxStates } : reach;
  const followed = leastFollowed(searched);
  const merged = searched[0]!.properties.map((_, at) => mergedVerdict(parts, at, told));
  // What is wrong in a part for want of what another part has is not wrong.
  const granted = merged.flatMap((verdict) =>
    verdict.asked === undefined ? [] : concludeAsked(verdict.property, verdict, verdict.asked, told),
  );
  const concluded = new Map(granted.map((one) => [one.verdict.property, one]));
  return {
    ...reach,
    depth: Math.max(...searched.map(({ depth }) => depth)),
    ...(followed === undefined ? {} : { frontierCost: followed }),
    properties: merged.map((verdict) => concluded.get(verdict.property)?.verdict ?? verdict),
    notJudged: searched[0]!.notJudged,
    findings: cheapestFirst([
      ...mergedFindings(searched).filter(({ property }) => !concluded.has(property)),
      ...granted.flatMap(({ findings }) => findings),
    ]),
    fatal: searched.reduce((sum, { fatal }) => sum + fatal, 0),
    questions: mergedQuestions(searched),
    elapsedMs,
  };
};

/** From what leaves nothing out to what leaves out most. */
const ENDINGS: readonly Ending[] = [
  "exhausted",
  "depth limit",
  "state limit",
  "sampled",
  "time limit",
  "memory limit",
  "interrupted",
];

const weakest = (endings: readonly Ending[]): Ending =>
  ENDINGS[Math.max(...endings.map((ending) => ENDINGS.indexOf(ending)))]!;

/** What all parts have followed; undefined where they followed all, or of one nothing is known. */
const leastFollowed = (searched: readonly Exploration[]): Needed | undefined => {
  const cutShort = searched.filter(({ ending }) => ending !== "exhausted");
  const costs = cutShort.flatMap(({ frontierCost }) => frontierCost ?? []);
  return costs.length < cutShort.length ? undefined : costs.toSorted(compareNeeded)[0];
};

/** How far several searches got. */
const togetherReaching = (reaches: readonly Reach[]): Reach => {
  const sum = (of: "states" | "transitions" | "frontier" | "cut"): number =>
    reaches.reduce((total, reach) => total + reach[of], 0);
  const hashed = together(reaches.map((reach) => reach.hashed));
  return {
    ending: weakest(reaches.map(({ ending }) => ending)),
    states: sum("states"),
    transitions: sum("transitions"),
    frontier: sum("frontier"),
    cut: sum("cut"),
    ...(hashed === undefined ? {} : { hashed }),
  };
};

const mergedVerdict = (parts: readonly SearchedPart[], at: number, reach: Reach): PropertyVerdict => {
  let [concerned, violated] = [0, 0];
  let witness: Schedule | undefined;
  let cheapest: Needed | undefined;
  for (const { exploration, witnessCosts } of parts) {
    const counts = exploration.properties[at]!;
    concerned += counts.concerned;
    violated += counts.violated;
    const cost = witnessCosts[at];
    if (cost === undefined || (cheapest !== undefined && compareNeeded(cost, cheapest) >= 0)) continue;
    cheapest = cost;
    witness = counts.witness;
  }
  const own = parts.map(({ exploration }) => exploration.properties[at]!);
  const asked = own.flatMap((verdict) => (verdict.asked === undefined ? [] : [verdict.asked]));
  if (asked.length > 0) {
    return { ...verdictOn(own[0]!.property, { concerned, violated: 0, witness }, reach), asked: mergeAsked(asked) };
  }
  const reaches = own.flatMap((verdict) => verdict.reach ?? []);
  const counts = { concerned, violated, witness };
  const alone = reaches.length < own.length ? undefined : togetherReaching(reaches);
  const verdict = verdictOn(own[0]!.property, counts, alone ?? reach);
  const merged: PropertyVerdict = alone === undefined ? verdict : { ...verdict, reach: alone };
  // A claim on a search as a whole may know of one that came to its end what its counts do not tell.
  const known = own.toSorted((one, other) => RANK[other.verdict] - RANK[one.verdict])[0]!;
  return RANK[known.verdict] > RANK[merged.verdict]
    ? { ...merged, verdict: known.verdict, because: known.because }
    : merged;
};

/** What is worse goes before what is better. */
const RANK: Readonly<Record<Verdict, number>> = { holds: 0, unreached: 0, inconclusive: 1, violated: 2 };

/** The cheapest run to each thing that is wrong; the most believable first, and among equals in the order of the properties. */
const mergedFindings = (searched: readonly Exploration[]): readonly Finding[] =>
  cheapestFirst(
    searched[0]!.properties.flatMap(({ property }) => {
      const found = new Map<string, Finding>();
      for (const finding of searched.flatMap(({ findings }) => findings)) {
        if (finding.property !== property) continue;
        const key = JSON.stringify([finding.object, finding.site]);
        const known = found.get(key);
        const kept = known !== undefined && compareNeeded(known.cost, finding.cost) <= 0 ? known : finding;
        found.set(key, { ...kept, seen: (known?.seen ?? 0) + finding.seen });
      }
      return [...found.values()];
    }),
  );

const mergedQuestions = (searched: readonly Exploration[]): readonly QuestionCoverage[] => {
  const rows = new Map<string, Map<string, AnswerCoverage>>();
  for (const { question, answers } of searched.flatMap(({ questions }) => questions)) {
    const counts = rows.get(question) ?? new Map<string, AnswerCoverage>();
    rows.set(question, counts);
    for (const answer of answers) {
      const key = JSON.stringify([answer.label, answer.fault]);
      counts.set(key, { ...answer, given: answer.given + (counts.get(key)?.given ?? 0) });
    }
  }
  return [...rows].map(([question, counts]) => ({ question, answers: [...counts.values()] }));
};
