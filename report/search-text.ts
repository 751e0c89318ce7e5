/** What was explored, how far, and what was left out. */

import type { Needed } from "../checker/cost.ts";
import type { Hashed } from "../checker/odds.ts";
import { oddsText } from "../checker/odds.ts";
import type { Ending } from "../checker/verdict.ts";
import {
  count,
  formatDuration,
  formatNumber,
  LABEL,
  type Look,
  labelled,
  labelledList,
  listed,
  paragraph,
} from "./layout.ts";
import { placeText } from "./place-text.ts";
import { printableSource } from "./printable.ts";
import type { Coverage, FailurePoint, Report, Setting, UncoveredLine, UncoveredWay } from "./report.ts";

/** How many entries of a list are printed, unless all are asked for. */
const LIST_LIMIT = 5;

/** Nobody counts that one entry is left out: its place is taken by saying so. */
const isLong = (items: readonly unknown[]): boolean => items.length > LIST_LIMIT + 1;

/** The first entries of a list, and the number of the others. */
const shortened = <T>(
  items: readonly T[],
  isVerbose: boolean,
): { readonly shown: readonly T[]; readonly more: readonly string[] } => {
  if (isVerbose || !isLong(items)) return { shown: items, more: [] };
  return { shown: items.slice(0, LIST_LIMIT), more: [`... and ${items.length - LIST_LIMIT} more`] };
};

/** The ways of branches that were not taken, each once; a way into a line that was not executed says no more than the line does. */
const untakenWays = ({ lines, branches }: Coverage): readonly UncoveredWay[] => {
  const dead = new Set(lines.uncovered.map(({ file, line }) => `${file}:${line}`));
  return branches.uncovered.filter(({ file, line }) => !dead.has(`${file}:${line}`));
};

/** One line may hold several branches that go alike. */
const wayTexts = (ways: readonly UncoveredWay[]): readonly string[] => [...new Set(ways.map(wayText))];

/** Whether a list of what was not exercised is told in part, unless all is asked for. */
export const isShortened = ({ coverage }: Pick<Report, "coverage">): boolean =>
  [coverage.failurePoints.unreached, coverage.lines.uncovered, wayTexts(untakenWays(coverage))].some(isLong);

const ENDING_TEXT: Readonly<Record<Ending, string>> = {
  exhausted: "exhausted: no state was left to expand",
  sampled: "sampled: runs were drawn at random",
  "state limit": "state limit: the search met as many states as it was allowed",
  "depth limit": "depth limit: longer runs were not followed",
  "time limit": "time limit: the search used up its time",
  "memory limit": "memory limit: the search used up its memory",
  interrupted: "interrupted",
};

/** `maxStates` as `max states`. */
const settingName = (name: string): string =>
  name.replaceAll(/([a-z])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);

const settingText = (value: Exclude<Setting, null>): string => {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? listed(value) : String(value);
};

const failurePointText = (point: FailurePoint): string => {
  const { function: name, result } = point;
  const where = placeText(point);
  return `${where}${where === "" ? "" : "  "}${name}() ${result === undefined ? "never called" : `never failed with ${result}`}${reason(point)}`;
};

const reason = ({ because = "" }: { readonly because?: string }): string => (because === "" ? "" : ` (${because})`);

const uncoveredText = (uncovered: UncoveredLine): string =>
  `${placeText(uncovered)}  ${printableSource(uncovered.text)}${reason(uncovered)}`;

const wayText = (way: UncoveredWay): string =>
  `${placeText(way)}  ${printableSource(way.text)} was never ${way.way}${reason(way)}`;

const coverageLines = (coverage: Coverage, look: Look, isVerbose: boolean): readonly string[] => {
  const { failurePoints, lines, branches, states, transitions } = coverage;
  const share = (done: number, total: number, what: string): string => `${formatNumber(done)} of ${count(total, what)}`;
  const told = (label: string, total: number, text: string, left: readonly string[] = []): readonly string[] => {
    const { shown, more } = shortened(left, isVerbose);
    return [
      ...(total === 0 ? [] : labelled(look, label, text)),
      ...[...shown, ...more].flatMap((line) => paragraph(look, 4 + LABEL, line, 2)),
    ];
  };
  const untaken = untakenWays(coverage);
  const exercised = `${share(failurePoints.exercised, failurePoints.total, "failure point")} exercised`;
  const executed = `${share(lines.covered, lines.total, "line")} executed${lines.uncovered.length === 0 ? "" : "; not executed:"}`;
  const ways = `${share(branches.covered, branches.total, "way")} taken${untaken.length === 0 ? "" : "; not taken:"}`;
  const machines = `${share(states.covered, states.total, "state")}, ${share(transitions.covered, transitions.total, "transition")} taken`;
  return [
    ...told("failures", failurePoints.total, exercised, failurePoints.unreached.map(failurePointText)),
    ...told("lines", lines.total, executed, lines.uncovered.map(uncoveredText)),
    ...told("branches", branches.total, ways, wayTexts(untaken)),
    ...told("machines", transitions.total, machines),
  ];
};

/** Which runs were followed for certain, the most believable first, by a search that was ended before its time. */
const followedText = ({ smallAllocationFaults, ordinaryFaults, preemptions, steps }: Needed): string => {
  const faults = smallAllocationFaults + ordinaryFaults;
  const shorter = `of fewer than ${count(steps, "step")}`;
  if (faults > 0) return `every run with fewer faults than ${faults}`;
  if (preemptions === 0) return `every run without faults and interruptions ${shorter}`;
  const before = preemptions === 1 ? "no interruption" : `at most ${count(preemptions - 1, "interruption")}`;
  if (steps === 0) return `every run without faults and with ${before}`;
  return `every run without faults and with ${before}, and every one ${shorter} with ${count(preemptions, "interruption")}`;
};

/** How states were told apart by less than all that they are. */
const hashedText = ({ bits, chance }: Hashed): string =>
  `by ${bits}-bit hashes of the states: the odds that one was taken for another, and missed, are at most ${oddsText(chance)}`;

/** The bounds on what is unlikely, which an exhausted search was exhausted within: `preemption bound 2, `. */
const withinBounds = ({ faults, preemptions }: Report["search"]["configuration"]): string =>
  [
    ...(typeof faults === "number" ? [`fault bound ${faults}, `] : []),
    ...(typeof preemptions === "number" ? [`preemption bound ${preemptions}, `] : []),
  ].join("");

export const searchLines = (report: Report, look: Look, isVerbose: boolean): readonly string[] => {
  const { search, coverage, notes } = report;
  const { states, transitions, depth, ending, frontier, cut, fatal, elapsedMs, configuration } = search;
  const settings = Object.entries(configuration)
    .map(([name, value]) => (value === null ? undefined : `${settingName(name)} ${settingText(value)}`))
    .filter((setting) => setting !== undefined);
  const unexpanded = frontier === 0 || ending === "exhausted" ? "" : `; ${count(frontier, "state")} not expanded`;
  const dropped = [
    ...(cut === 0 ? [] : [`${count(cut, "transition")} that only ${cut === 1 ? "repeats" : "repeat"} a violation`]),
    ...(fatal === 0 ? [] : [`${count(fatal, "transition")} behind which the machine is dead`]),
  ];
  return [
    "",
    ...paragraph(look, 0, { text: "what was explored", paint: "heading" }),
    ...labelled(
      look,
      "space",
      `${count(states, "state")}, ${count(transitions, "transition")}, runs of up to ${count(depth, "step")}, in ${formatDuration(elapsedMs)}`,
    ),
    ...labelled(look, "ending", `${withinBounds(configuration)}${ENDING_TEXT[ending]}${unexpanded}`),
    ...(search.hashed === undefined ? [] : labelled(look, "told apart", hashedText(search.hashed))),
    ...(search.followed === undefined ? [] : labelled(look, "followed", followedText(search.followed))),
    ...(dropped.length === 0 ? [] : labelled(look, "cut off", listed(dropped))),
    ...(settings.length === 0 ? [] : labelled(look, "configured", settings.join(", "))),
    ...coverageLines(coverage, look, isVerbose),
    ...labelledList(look, "left out", notes),
  ];
};
