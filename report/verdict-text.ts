/** What the verdicts say, and what they do not say. */
import { leftOpen } from "../checker/claims/overall-verdict.ts";
import { MAX_CHANCE, oddsText } from "../checker/odds.ts";
import type { Ending } from "../checker/verdict.ts";
import {
  count,
  formatDuration,
  formatNumber,
  type Look,
  listed,
  type Paint,
  paragraph,
  row,
  type Span,
} from "./layout.ts";
import { neverRunLine, neverRunWords } from "./never-run-text.ts";
import { notJudgedLines } from "./not-judged-text.ts";
import { placeText } from "./place-text.ts";
import type { PropertyReport, Report } from "./report.ts";
import { verdictInScope } from "./scope-text.ts";

export const VERDICT_PAINT: Readonly<Record<PropertyReport["verdict"], Paint>> = {
  holds: "good",
  violated: "bad",
  unreached: "warning",
  inconclusive: "warning",
};

const numberOf = (report: Report, verdict: PropertyReport["verdict"]): number =>
  report.properties.filter((property) => property.verdict === verdict).length;

/** What cut the search short, in words that follow "because"; undefined where nothing did. */
const shortfall = ({ ending, frontier }: Report["search"]): string | undefined => {
  const left = `${count(frontier, "state")} not expanded`;
  const words: Readonly<Record<Ending, string | undefined>> = {
    exhausted: undefined,
    sampled: "runs were only sampled",
    "state limit": "the search stopped at its state limit",
    "depth limit": `the search stopped at its depth limit, with ${left}`,
    "time limit": `the search stopped at its time limit, with ${left}`,
    "memory limit": `the search stopped at its memory limit, with ${left}`,
    interrupted: `the search was interrupted, with ${left}`,
  };
  return words[ending];
};

const cutReason = ({ cut }: Report["search"]): string | undefined =>
  cut === 0
    ? undefined
    : `${count(cut, "transition")} that only ${cut === 1 ? "repeats a violation ended its run" : "repeat a violation ended their runs"}`;

/** Why nothing is said of the whole space where hashes may well have hidden a part of it. */
const hashReason = ({ hashed }: Report["search"]): string | undefined =>
  hashed === undefined || hashed.chance <= MAX_CHANCE
    ? undefined
    : `the odds that the hashes of two states were the same, and one was missed, are as high as ${oddsText(hashed.chance)}`;

/** Why nothing holds of code that was searched to the end. */
const neverRunReason = ({ neverRun }: Report): string | undefined =>
  neverRun.length === 0 ? undefined : neverRunWords(neverRun);

/** Why nothing holds where a claim about what was searched could not be judged. */
const openReason = ({ notJudged, search }: Report): string | undefined => {
  const { tasks } = search.configuration;
  const open = leftOpen(notJudged, typeof tasks === "number" ? tasks : 1).map(({ claim }) => claim);
  return open.length === 0 ? undefined : `${listed(open)} ${open.length === 1 ? "was" : "were"} not judged`;
};

/** What its own judge could not tell of a claim, where nothing cut the search short. */
const undecidedReason = ({ properties }: Report): string | undefined => {
  const [first, ...others] = properties.filter(({ verdict }) => verdict === "inconclusive");
  if (first === undefined) return undefined;
  const rest = others.length === 0 ? "" : `, and ${count(others.length, "other")} too`;
  return `${first.id} was left undecided (${first.because})${rest}`;
};

/** What is left open where the whole space was searched, but for next to nothing. */
const butFor = ({ hashed }: Report["search"]): string =>
  hashed === undefined ? "" : `; the odds that a state was missed are at most ${oddsText(hashed.chance)}`;

const headline = (report: Report): readonly Span[] => {
  const { subject, verdict, properties, findings, search } = report;
  const verdictSpan: Span = { text: verdictInScope(verdict, search.configuration), paint: VERDICT_PAINT[verdict] };
  const claims = count(properties.length, "property", "properties");
  const [violated, holding] = [numberOf(report, "violated"), numberOf(report, "holds")];
  const say = (words: string): readonly Span[] => [verdictSpan, { text: `  ${subject.name} ${words}` }];
  if (search.transitions === 0 && verdict !== "violated") return say("was not explored: no step was possible");
  switch (verdict) {
    case "violated":
      return say(`breaks ${formatNumber(violated)} of ${claims}: ${count(findings.length, "finding")}`);
    case "holds": {
      const rest = properties.length - holding;
      if (rest === 0) {
        return say(`keeps ${properties.length === 1 ? "the one property" : `all ${claims}`}${butFor(search)}`);
      }
      return say(
        `keeps ${formatNumber(holding)} of ${claims}; nothing put the other ${rest === 1 ? "one" : formatNumber(rest)} to the test${butFor(search)}`,
      );
    }
    case "inconclusive":
      return say(
        `was not seen to break any of ${claims}, but ${shortfall(search) ?? cutReason(search) ?? hashReason(search) ?? neverRunReason(report) ?? openReason(report) ?? undecidedReason(report) ?? "none was put to the test"}`,
      );
  }
};

/** What was verified, and what came of it. */
export const opening = (report: Report, look: Look): readonly string[] => {
  const { search, subject } = report;
  const unrun = neverRunLine(report.neverRun);
  const partial = `interrupted after ${formatDuration(search.elapsedMs)}: this report is partial, and only what it says is violated is final`;
  return [
    ...(search.ending === "interrupted" ? [...paragraph(look, 0, { text: partial, paint: "warning" }), ""] : []),
    ...row(look, [{ text: headline(report), hang: 2 }]),
    ...(subject.title === undefined ? [] : paragraph(look, 2, { text: subject.title, paint: "faint" })),
    ...(unrun === undefined ? [] : paragraph(look, 2, { text: unrun, paint: "warning" }, 2)),
    ...notJudgedLines(report.notJudged, look),
  ];
};

/** What a driver keeps on purpose, which no claim is broken by. */
export const keptLines = ({ keptOnPurpose }: Report, look: Look): readonly string[] => {
  if (keptOnPurpose.length === 0) return [];
  const places = listed(keptOnPurpose.map(placeText));
  const text = `kept on purpose: memory that could not be removed when the driver went stays for good, with its resource, its name and its group, and the driver says so at ${places}; that is the contract of the kernel's own dax/kmem, and breaks no property, also where the region is decommitted under it`;
  return ["", ...paragraph(look, 2, { text, paint: "faint" }, 2)];
};

/** Why claims that are not violated do not hold either, where the headline speaks of those that are. */
export const remarks = (report: Report, look: Look): readonly string[] => {
  const inconclusive = numberOf(report, "inconclusive");
  const unreached = numberOf(report, "unreached");
  const { search } = report;
  const reason = shortfall(search) ?? cutReason(search) ?? hashReason(search) ?? neverRunReason(report);
  const texts = [
    ...(inconclusive === 0 || reason === undefined ? [] : [`inconclusive: ${reason}`]),
    ...(unreached === 0 ? [] : ["unreached: what the claim speaks of never happened"]),
  ];
  return report.verdict !== "violated" || texts.length === 0
    ? []
    : ["", ...texts.flatMap((text) => paragraph(look, 2, { text, paint: "faint" }, 2))];
};

/** What the verdict claims, and what it does not, where nothing was found. */
export const meaning = (report: Report): readonly string[] => {
  const { search, verdict, properties } = report;
  const whole = `${count(search.states, "state")} and ${count(search.transitions, "transition")}`;
  const unreached = numberOf(report, "unreached");
  const untested =
    unreached === 0
      ? []
      : [
          `${count(unreached, "property", "properties")} said nothing, because the situation that ${unreached === 1 ? "it speaks" : "they speak"} of never arose. That is not a success.`,
        ];
  if (search.transitions === 0) {
    return [
      "Nothing was explored, so nothing is known of the subject. A configuration in which something can happen is needed: see `configured` below.",
    ];
  }
  if (verdict === "holds") {
    return [
      `Every state that can be reached in the modelled kernel in this configuration was visited: ${whole}. What holds, holds in all of them.`,
      ...(search.hashed === undefined
        ? []
        : [
            `That is so unless two states had one hash of ${search.hashed.bits} bits, and what lies behind one of them was missed: the odds are at most ${oddsText(search.hashed.chance)}.`,
          ]),
      "It says nothing of larger configurations (more faults, tasks, regions, memory blocks), and nothing of what the models of the kernel leave out.",
      ...untested,
    ];
  }
  const soFar = `${whole} were visited, and none of them breaks a property.`;
  const hashing = hashReason(search);
  const unrun = neverRunReason(report);
  const open = openReason(report) ?? undecidedReason(report);
  const words: Readonly<Record<Ending, string>> = {
    exhausted:
      search.cut === 0
        ? hashing === undefined
          ? unrun === undefined
            ? open === undefined
              ? "The space was exhausted, but nothing in it put a property to the test."
              : `No state was left to expand, but ${open}.`
            : `No state was left to expand, but ${unrun}: what that does is not known.`
          : `No state was left to expand, but ${hashing}.`
        : `${cutReason(search)}: what they might have shown was not looked at.`,
    sampled: "The runs were drawn at random: a run that was not drawn may break one.",
    "state limit": "The search was to meet no more states than that: what lies beyond them was not looked at.",
    "depth limit": `Runs of more than ${count(search.depth, "step")} were not followed: a longer run may break one.`,
    "time limit": `${count(search.frontier, "state")} had been met and not expanded when time was up: what lies behind them was not looked at.`,
    "memory limit": `${count(search.frontier, "state")} had been met and not expanded when memory was full: what lies behind them was not looked at.`,
    interrupted: `${count(search.frontier, "state")} had been met and not expanded: what lies behind them was not looked at.`,
  };
  return [soFar, words[search.ending], ...(properties.length > 0 ? untested : [])];
};
