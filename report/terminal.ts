/**
 * The report for a person at a terminal, who has a mail client open beside it.
 *
 * First the verdict and what it is about, then each claim, then each finding with the run that shows it, then how far
 * the search went and what it left out, then what to do next. It reads the same without colour.
 */
import type { Ending } from "../checker/verdict.ts";
import {
  type Cell,
  count,
  formatDuration,
  formatNumber,
  type Look,
  listed,
  type Paint,
  row,
  type Span,
  type Text,
  unbroken,
} from "./layout.ts";
import { printableSource } from "./printable.ts";
import {
  type Coverage,
  type FailurePoint,
  type Fault,
  type Finding,
  type Needs,
  type Place,
  type PropertyReport,
  type Report,
  type Setting,
  sortFindings,
} from "./report.ts";
import { shellLine } from "./shell.ts";
import { renderTrace } from "./trace-text.ts";

/** How the user called us, so that the commands that we print can be pasted. */
export interface Invocation {
  /** The words before the command: `sysram-verify`, `npx sysram-verify`. */
  readonly program: string;
  /** The arguments that name the subject: `["v4.mbox"]`; empty where it needs none. */
  readonly inputs: readonly string[];
}

export interface ReportOptions extends Look {
  /** Every call of every run, every reason, every list to its end. */
  readonly isVerbose: boolean;
  readonly command: Invocation;
}

type Lines = readonly string[];

/** How many entries of a list are printed, unless all are asked for. */
const LIST_LIMIT = 5;
/** Columns of the label before a paragraph. */
const LABEL = 11;

const VERDICT_PAINT: Readonly<Record<PropertyReport["verdict"], Paint>> = {
  holds: "good",
  violated: "bad",
  unreached: "warning",
  inconclusive: "warning",
};

/** The order in a group: what needs attention first. */
const VERDICT_ORDER: readonly PropertyReport["verdict"][] = ["violated", "inconclusive", "unreached", "holds"];

const baseName = (file: string): string => file.slice(file.lastIndexOf("/") + 1);

const paragraph = (look: Look, indent: number, text: Text, hang = 0): Lines =>
  row(look, [
    { text: "", width: indent },
    { text, hang },
  ]);

/** A label, and a paragraph beside it. */
const labelled = (look: Look, label: string, text: Text, hang = 0): Lines =>
  row(look, [
    { text: "", width: 2 },
    { text: { text: label, paint: "faint" }, width: LABEL },
    { text, hang },
  ]);

/** Labelled lines, the label on the first. */
const labelledList = (look: Look, label: string, texts: readonly Text[]): Lines =>
  texts.flatMap((text, at) => labelled(look, at === 0 ? label : "", text, 2));

/** The first entries of a list, and the number of the others. */
const shortened = <T>(
  items: readonly T[],
  isVerbose: boolean,
): { readonly shown: readonly T[]; readonly more: Lines } => {
  if (isVerbose || items.length <= LIST_LIMIT + 1) return { shown: items, more: [] };
  return { shown: items.slice(0, LIST_LIMIT), more: [`... and ${items.length - LIST_LIMIT} more (-v lists them)`] };
};

// The verdict

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

const headline = (report: Report): readonly Span[] => {
  const { subject, verdict, properties, findings, search } = report;
  const verdictSpan: Span = { text: verdict, paint: VERDICT_PAINT[verdict] };
  const claims = count(properties.length, "property", "properties");
  const [violated, holding] = [numberOf(report, "violated"), numberOf(report, "holds")];
  const say = (words: string): readonly Span[] => [verdictSpan, { text: `  ${subject.name} ${words}` }];
  if (search.transitions === 0 && verdict !== "violated") return say("was not explored: no step was possible");
  switch (verdict) {
    case "violated":
      return say(`breaks ${formatNumber(violated)} of ${claims}: ${count(findings.length, "finding")}`);
    case "holds": {
      const rest = properties.length - holding;
      if (rest === 0) return say(`keeps ${properties.length === 1 ? "the one property" : `all ${claims}`}`);
      return say(
        `keeps ${formatNumber(holding)} of ${claims}; nothing put the other ${rest === 1 ? "one" : formatNumber(rest)} to the test`,
      );
    }
    case "inconclusive":
      return say(
        `was not seen to break any of ${claims}, but ${shortfall(search) ?? cutReason(search) ?? "none was put to the test"}`,
      );
  }
};

const cutReason = ({ cut }: Report["search"]): string | undefined =>
  cut === 0 ? undefined : `${count(cut, "transition")} that only repeat a violation ended their runs`;

const opening = (report: Report, look: Look): Lines => {
  const { search, subject } = report;
  const partial = `interrupted after ${formatDuration(search.elapsedMs)}: this report is partial, and only what it says is violated is final`;
  return [
    ...(search.ending === "interrupted" ? [...paragraph(look, 0, { text: partial, paint: "warning" }), ""] : []),
    ...row(look, [{ text: headline(report), hang: 2 }]),
    ...(subject.title === undefined ? [] : paragraph(look, 2, { text: subject.title, paint: "faint" })),
  ];
};

// The table of claims

const groupsOf = (properties: readonly PropertyReport[]): ReadonlyMap<string, readonly PropertyReport[]> => {
  const groups = new Map<string, PropertyReport[]>();
  for (const property of properties) {
    const group = groups.get(property.group);
    if (group === undefined) groups.set(property.group, [property]);
    else group.push(property);
  }
  return groups;
};

const rank = ({ verdict }: PropertyReport): number => VERDICT_ORDER.indexOf(verdict);

/** The numbers of the findings that break a property. */
const numbersOf = (property: PropertyReport, findings: readonly Finding[]): readonly number[] =>
  findings.flatMap((finding, at) => (finding.property === property.id ? [at + 1] : []));

const table = ({ properties }: Report, findings: readonly Finding[], look: Look, isVerbose: boolean): Lines => {
  if (properties.length === 0) return [];
  const tested = Math.max(6, ...properties.map((property) => formatNumber(property.tested).length));
  const verdict = Math.max(...properties.map((property) => property.verdict.length));
  const cells = (name: Text, claim: Text, number: Text): readonly Cell[] => [
    { text: "", width: 4 },
    { text: name, width: verdict },
    { text: "", width: 2 },
    { text: claim, hang: 2 },
    { text: "", width: 2 },
    { text: number, width: tested, isRight: true },
  ];
  const faint = (text: string): Span => ({ text, paint: "faint" });

  const propertyRows = (property: PropertyReport): Lines => {
    const numbers = numbersOf(property, findings);
    const pointer = numbers.length === 0 ? "" : `(${numbers.length === 1 ? "finding" : "findings"} ${listed(numbers)})`;
    const name: Span = { text: property.verdict, paint: VERDICT_PAINT[property.verdict] };
    const main = row(
      look,
      cells(name, [property.claim, "  ", { ...faint(pointer), isWhole: true }], formatNumber(property.tested)),
    );
    if (!isVerbose) return main;
    return [...main, ...row(look, cells("", faint(`${property.id}: ${property.because}`), ""))];
  };

  const groups = [...groupsOf(properties)].flatMap(([group, members]) => [
    ...paragraph(look, 2, { text: group, paint: "heading" }),
    ...members.toSorted((one, other) => rank(one) - rank(other)).flatMap(propertyRows),
  ]);
  return ["", ...row(look, cells("", "", faint("tested"))), ...groups];
};

/** Why claims that are not violated do not hold either, where the headline speaks of those that are. */
const remarks = (report: Report, look: Look): Lines => {
  const inconclusive = numberOf(report, "inconclusive");
  const unreached = numberOf(report, "unreached");
  const reason = shortfall(report.search) ?? cutReason(report.search);
  const texts = [
    ...(inconclusive === 0 || reason === undefined ? [] : [`inconclusive: ${reason}`]),
    ...(unreached === 0 ? [] : ["unreached: what the claim speaks of never happened"]),
  ];
  return report.verdict !== "violated" || texts.length === 0
    ? []
    : ["", ...texts.flatMap((text) => paragraph(look, 4, { text, paint: "faint" }, 2))];
};

// One finding

const failing = ({ function: name, result, file, line }: Fault): string => {
  const where = file === undefined ? "" : ` at ${baseName(file)}${line === undefined ? "" : `:${line}`}`;
  return `${name}() fails with ${result}${where}`;
};

const needsText = ({ needs, faults }: Finding): string => {
  const what: Readonly<Record<Needs, string>> = {
    nothing: "nothing to go wrong: every call succeeds that can",
    "ordinary-errno": "an error that happens on a healthy machine",
    "small-allocation-failure": "a small allocation that fails, which is rare outside fault injection",
    race: "two tasks at the same time",
  };
  if (faults.length === 0) return what[needs];
  return `${what[needs]}: ${listed(faults.map(failing))}`;
};

const placeText = ({ file, line, function: name }: Place): string =>
  `${baseName(file)}:${line}${name === undefined ? "" : ` in ${name}()`}`;

/** The command line of a replay, in one piece. */
const replayLine = ({ replay }: Finding, { program, inputs }: Invocation): string =>
  shellLine(program, ["replay", replay, ...inputs]);

const findingLines = (finding: Finding, number: number, report: Report, options: ReportOptions): Lines => {
  const { place, state, assumptions, confirmed } = finding;
  const property = report.properties.find(({ id }) => id === finding.property);
  const heading = `finding ${number} of ${report.findings.length}`;
  const trace = renderTrace(finding.steps, {
    ...options,
    shows: options.isVerbose ? "all" : "relevant",
    focus: finding,
  });
  const section = (name: string): Lines => ["", ...paragraph(options, 2, { text: name, paint: "heading" })];
  const list = (items: readonly string[], paint: Paint): Lines =>
    items.flatMap((item) => paragraph(options, 6, { text: item, paint }, 2));
  return [
    "",
    ...row(options, [
      {
        text: [
          { text: `${heading}  `, paint: "faint" },
          { text: finding.title, paint: "heading" },
        ],
        hang: 2,
      },
    ]),
    ...labelled(options, "claim", property?.claim ?? finding.property),
    ...labelled(options, "matters", finding.why),
    ...labelled(options, "needs", needsText(finding)),
    ...(place === null ? [] : labelled(options, "where", placeText(place))),
    ...labelled(
      options,
      "severity",
      `${finding.severity}; ${count(finding.seen, "transition")} ${finding.seen === 1 ? "shows" : "show"} it`,
    ),
    ...labelledList(options, "confirmed", confirmed),
    ...(trace === "" ? [] : ["", ...trace.trimEnd().split("\n")]),
    ...(state.length === 0 ? [] : [...section("what is wrong"), ...list(state, "bad")]),
    ...(assumptions.length === 0 ? [] : [...section("this assumes"), ...list(assumptions, "plain")]),
    ...section("replay"),
    unbroken(options, 6, { text: replayLine(finding, options.command) }),
  ];
};

// What was explored

/** What the verdict claims, and what it does not, where nothing was found. */
const meaning = (report: Report): readonly string[] => {
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
      "It says nothing of larger configurations (more faults, tasks, regions, memory blocks), and nothing of what the models of the kernel leave out.",
      ...untested,
    ];
  }
  const soFar = `${whole} were visited, and none of them breaks a property.`;
  const words: Readonly<Record<Ending, string>> = {
    exhausted: "The space was exhausted, but the verdicts above say what keeps them from holding.",
    sampled: "The runs were drawn at random: a run that was not drawn may break one.",
    "state limit": "The search was to meet no more states than that: what lies beyond them was not looked at.",
    "depth limit": `Runs of more than ${count(search.depth, "step")} were not followed: a longer run may break one.`,
    "time limit": `${count(search.frontier, "state")} had been met and not expanded when time was up: what lies behind them was not looked at.`,
    "memory limit": `${count(search.frontier, "state")} had been met and not expanded when memory was full: what lies behind them was not looked at.`,
    interrupted: `${count(search.frontier, "state")} had been met and not expanded: what lies behind them was not looked at.`,
  };
  return [soFar, words[search.ending], ...(properties.length > 0 ? untested : [])];
};

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

const settingText = (value: Setting): string => {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return Number.isInteger(value) ? formatNumber(value) : String(value);
  return typeof value === "string" ? value : listed(value);
};

const failurePointText = ({ function: name, result, file, line }: FailurePoint): string => {
  const where = file === undefined ? "" : `${baseName(file)}${line === undefined ? "" : `:${line}`}  `;
  return `${where}${name}() ${result === undefined ? "never called" : `never failed with ${result}`}`;
};

const coverageLines = ({ failurePoints, lines, transitions }: Coverage, look: Look, isVerbose: boolean): Lines => {
  const share = (done: number, total: number, what: string): string => `${formatNumber(done)} of ${count(total, what)}`;
  const inner = (texts: readonly string[]): Lines => texts.flatMap((text) => paragraph(look, 4 + LABEL, text, 2));
  const unreached = shortened(failurePoints.unreached.map(failurePointText), isVerbose);
  const uncovered = shortened(
    lines.uncovered.map(({ file, line, text }) => `${baseName(file)}:${line}  ${printableSource(text)}`),
    isVerbose,
  );
  return [
    ...(failurePoints.total === 0
      ? []
      : labelled(
          look,
          "failures",
          `${share(failurePoints.exercised, failurePoints.total, "failure point")} exercised`,
        )),
    ...inner([...unreached.shown, ...unreached.more]),
    ...(lines.total === 0 ? [] : labelled(look, "lines", `${share(lines.covered, lines.total, "line")} executed`)),
    ...inner([...uncovered.shown, ...uncovered.more]),
    ...(transitions.total === 0
      ? []
      : labelled(look, "machines", `${share(transitions.covered, transitions.total, "transition")} taken`)),
  ];
};

const searchLines = (report: Report, look: Look, isVerbose: boolean): Lines => {
  const { search, coverage, notes } = report;
  const { states, transitions, depth, ending, frontier, cut, fatal, elapsedMs, configuration } = search;
  const settings = Object.entries(configuration)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${settingName(name)} ${settingText(value)}`);
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
    ...labelled(look, "ending", `${ENDING_TEXT[ending]}${unexpanded}`),
    ...(dropped.length === 0 ? [] : labelled(look, "cut off", listed(dropped))),
    ...(settings.length === 0 ? [] : labelled(look, "configured", settings.join(", "))),
    ...coverageLines(coverage, look, isVerbose),
    ...labelledList(look, "left out", notes),
  ];
};

// What to do next

const nextLines = (report: Report, findings: readonly Finding[], options: ReportOptions): Lines => {
  const { program } = options.command;
  const suggestion = (why: string, line: string): Lines => [
    ...paragraph(options, 2, why),
    unbroken(options, 6, { text: line }),
  ];
  const [first] = findings;
  const about = first?.property ?? report.properties.toSorted((one, other) => rank(one) - rank(other))[0]?.id;
  return [
    "",
    ...paragraph(options, 0, { text: "next", paint: "heading" }),
    ...(first === undefined ? [] : suggestion("follow finding 1 call by call:", replayLine(first, options.command))),
    ...(about === undefined
      ? []
      : suggestion(
          "read the rule, its source in the kernel, and how it is checked:",
          shellLine(program, ["explain", about]),
        )),
    ...paragraph(options, 2, "keep this report for programs: add --json FILE"),
  ];
};

/** The whole report as text. */
export const renderReport = (report: Report, options: ReportOptions): string => {
  const { isVerbose } = options;
  const findings = sortFindings(report.findings);
  const isClean = report.verdict !== "violated" && findings.length === 0;
  const lines = [
    ...opening(report, options),
    ...table(report, findings, options, isVerbose),
    ...remarks(report, options),
    ...(isClean ? ["", ...meaning(report).flatMap((text) => paragraph(options, 2, text))] : []),
    ...findings.flatMap((finding, at) => findingLines(finding, at + 1, report, options)),
    ...searchLines(report, options, isVerbose),
    ...nextLines(report, findings, options),
  ];
  return lines.map((line) => `${line}\n`).join("");
};
