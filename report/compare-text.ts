/** A comparison for a person at a terminal: what became of each finding, of the proofs, and of what users see. */
import type { BehaviourChange, Comparison, FindingChange, FindingRef, PropertyChange, Version } from "./comparison.ts";
import {
  beside,
  count,
  formatNumber,
  joined,
  type Look,
  labelled,
  listed,
  type Paint,
  paragraph,
  unbroken,
} from "./layout.ts";
import { commandWith, type Invocation, type Next, nextLines, onlyOf, replayWords } from "./next.ts";
import { notJudgedLines } from "./not-judged-text.ts";
import { whereText } from "./place-text.ts";
import { verdictInScope } from "./scope-text.ts";
import { shellLine } from "./shell.ts";
import { traceLines } from "./trace-text.ts";
import { VERDICT_PAINT } from "./verdict-text.ts";

export interface ComparisonOptions extends Look {
  /** Every property, every command that differs, every call of the runs. */
  readonly isVerbose: boolean;
  readonly command: Invocation;
  /** The arguments that name each version where there is one. */
  readonly old: readonly string[];
  readonly new: readonly string[];
}

/** How many commands of one difference are named. */
const COMMANDS_SHOWN = 6;

const STATUS_PAINT: Readonly<Record<FindingChange["status"], Paint>> = {
  new: "bad",
  remaining: "bad",
  "not seen": "warning",
  fixed: "good",
};

const numberOf = ({ findings }: Comparison, status: FindingChange["status"]): number =>
  findings.filter((finding) => finding.status === status).length;

const opening = (comparison: Comparison, options: ComparisonOptions): readonly string[] => {
  const { old, new: newer } = comparison;
  const [fixed, remaining, come, unseen] = (["fixed", "remaining", "new", "not seen"] as const).map((status) =>
    numberOf(comparison, status),
  ) as [number, number, number, number];
  const before = fixed + remaining + unseen;
  const words = [
    before === 0
      ? `${old.subject.name} had no finding`
      : `of ${count(before, "finding")} in ${old.subject.name}, ${fixed} fixed and ${remaining} remaining`,
    ...(unseen === 0 ? [] : [`${unseen} not seen again`]),
    `${come === 0 ? "nothing" : formatNumber(come)} new`,
  ];
  return paragraph(
    options,
    0,
    [
      { text: verdictInScope(newer.verdict, comparison.configuration), paint: VERDICT_PAINT[newer.verdict] },
      { text: `  ${newer.subject.name}: ${words.join("; ")}` },
    ],
    2,
  );
};

/** A finding as the report on that version has it. */
const refText = ({ number, id, place }: FindingRef): string =>
  `finding ${number}, ${id}, ${place === null ? "no line is to blame" : whereText(place)}`;

const MATCH_TEXT = {
  statement: "the same statement",
  call: "another statement with the same call",
  moved: "in another place: the defect has moved",
} as const;

const rerunText = ({ rerun }: FindingChange): readonly string[] => {
  if (rerun === null) return [];
  const because = rerun.because === null ? "" : ` (${rerun.because})`;
  return [`the run of the old version ${rerun.kind} in the new one${because}`];
};

const findingRows = (finding: FindingChange, options: ComparisonOptions): readonly string[] => {
  const { status, title, property, object, old, new: newer, match } = finding;
  const where = [
    ...(old === null ? [] : [`old: ${refText(old)}`]),
    ...(newer === null ? [] : [`new: ${refText(newer)}`]),
  ];
  const details = [
    `${property}, ${object}`,
    ...where,
    ...(match === null ? [] : [MATCH_TEXT[match]]),
    ...rerunText(finding),
    ...(status === "not seen" ? ["not called fixed, because the new version was not searched to the end"] : []),
  ];
  const cells = (name: string, paint: Paint, text: string, textPaint: Paint): readonly string[] =>
    beside(options, 2, { text: { text: name, paint }, width: 11 }, { text, paint: textPaint });
  return [
    ...cells(status, STATUS_PAINT[status], title, "plain"),
    ...details.flatMap((detail) => cells("", "plain", detail, "faint")),
  ];
};

const CHANGES: readonly PropertyChange["change"][] = [
  "no longer holds",
  "changed",
  "unchanged",
  "holds now",
  "still holds",
];

/** What is told by its number, unless all is asked for. */
const QUIET: readonly PropertyChange["change"][] = ["still holds", "unchanged"];

/** Violated properties by name, the others by their number. */
const inShort = (
  properties: readonly PropertyChange[],
  one: (property: PropertyChange) => string,
): readonly string[] => [
  ...properties.filter((property) => property.new === "violated").map(one),
  ...(["inconclusive", "unreached", "holds"] as const).flatMap((verdict) => {
    const number = properties.filter((property) => property.new === verdict).length;
    return number === 0
      ? []
      : [`${count(number, "property", "properties")}${verdict === "holds" ? "" : ` (${verdict})`}`];
  }),
];

const propertyLines = ({ properties }: Comparison, options: ComparisonOptions): readonly string[] => {
  const of = (change: PropertyChange["change"]): readonly PropertyChange[] =>
    properties.filter((property) => property.change === change);
  const one = ({ id, old, new: newer }: PropertyChange): string =>
    old === newer ? `${id} (${newer})` : `${id} (${old}, now ${newer})`;
  return [
    "",
    ...paragraph(options, 0, { text: "proofs", paint: "heading" }),
    ...CHANGES.flatMap((change) => {
      const changed = of(change);
      if (changed.length === 0) return [];
      const names = options.isVerbose || !QUIET.includes(change) ? changed.map(one) : inShort(changed, one);
      return names.flatMap((name, at) =>
        beside(options, 2, { text: { text: at === 0 ? change : "", paint: "faint" }, width: 17 }, name),
      );
    }),
  ];
};

/** Commands that differ in the same. */
const grouped = (differences: readonly BehaviourChange[]): readonly (readonly BehaviourChange[])[] => {
  const groups = new Map<string, BehaviourChange[]>();
  for (const difference of differences) {
    const key = JSON.stringify([difference.what, difference.old, difference.new]);
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  return [...groups.values()];
};

const NEEDS_TEXT: Readonly<Record<BehaviourChange["needs"], string>> = {
  nothing: "",
  "ordinary-errno": " (where a call fails with an ordinary error)",
  "small-allocation-failure": " (where a small allocation fails)",
  race: "",
};

const behaviourLines = ({ behaviours }: Comparison, options: ComparisonOptions): readonly string[] => {
  const { differences, states, transitions, ending } = behaviours;
  const [first] = differences;
  const space = `${count(states, "state")} and ${count(transitions, "transition")} of both side by side, ${ending}`;
  const heading = ["", ...paragraph(options, 0, { text: "what users see", paint: "heading" })];
  if (first === undefined) {
    const words =
      ending === "exhausted"
        ? "nothing changes: every command gives the same result, and leaves the same behind"
        : "no change was seen, but the search was cut short";
    return [...heading, ...paragraph(options, 2, words), ...labelled(options, "space", space)];
  }
  return [
    ...heading,
    ...grouped(differences).flatMap((group) => {
      const { what, old, new: newer, needs } = group[0]!;
      const commands = group.map(({ command }) => command);
      const shown = options.isVerbose ? commands : commands.slice(0, COMMANDS_SHOWN);
      const more = commands.length > shown.length ? [`${commands.length - shown.length} more`] : [];
      return [
        ...paragraph(options, 2, [listed([...shown, ...more]), { text: NEEDS_TEXT[needs], paint: "faint" }], 2),
        ...sideLines("old", what, old, options),
        ...sideLines("new", what, newer, options),
      ];
    }),
    ...labelled(options, "space", space),
    ...paragraph(options, 2, {
      text: "Runs are followed to their first difference; one command at a time, and a call fails in both or in neither.",
      paint: "faint",
    }),
    "",
    ...paragraph(options, 0, { text: "the first difference", paint: "heading" }),
    ...runLines("old", first, options),
    ...runLines("new", first, options),
  ];
};

const VERBS: Readonly<Record<BehaviourChange["what"], string>> = {
  offers: "the command",
  returns: "it returns",
  leaves: "it leaves",
};

const sideLines = (
  side: "old" | "new",
  what: BehaviourChange["what"],
  text: string,
  options: ComparisonOptions,
): readonly string[] =>
  beside(options, 4, { text: { text: `${side}: ${VERBS[what]} `, paint: "faint" }, width: 18 }, text);

const runLines = (side: "old" | "new", difference: BehaviourChange, options: ComparisonOptions): readonly string[] => {
  const { steps, replay } = side === "old" ? difference.oldRun : difference.newRun;
  const words = ["replay", replay, ...options[side]];
  return [
    ...paragraph(options, 2, { text: side, paint: "heading" }),
    ...traceLines(steps, { ...options, shows: options.isVerbose ? "all" : "relevant" }),
    ...paragraph(options, 6, { text: `${VERBS[difference.what]} ${difference[side]}`, paint: "warning" }, 2),
    unbroken(options, 6, { text: shellLine(options.command.program, words), paint: "faint" }),
  ];
};

const versionText = ({ subject, states, transitions, ending, cut }: Version): string =>
  `${subject.name}: ${count(states, "state")}, ${count(transitions, "transition")}, ${ending}${cut === 0 ? "" : `; ${count(cut, "transition")} that only repeat a violation not followed`}`;

/** The options that say which space is proved. */
const SPACE = ["--faults", "--tasks", "--preemptions", "--regions", "--blocks", "--policy"] as const;

/** What to do after a comparison. */
export const nextOf = (comparison: Comparison, options: ComparisonOptions): readonly Next[] => {
  const { command, given, inputs } = options.command;
  const { findings, new: newer, configuration } = comparison;
  const open = findings.find((finding) => finding.new !== null);
  const review = commandWith("review", given, { "--json": false }, options.new);
  const certify = commandWith("certify", onlyOf(given, SPACE), { "--output": "certificate.json" }, options.new);
  const next: Next =
    open?.new != null
      ? {
          why: `follow the first that is ${open.status} call by call:`,
          words: replayWords(open.new.replay, { subject: newer.subject, search: { configuration } }, options.new),
        }
      : newer.verdict === "holds"
        ? { why: "write down what was proved of the new version:", words: certify }
        : { why: "see how far the new version was searched:", words: review };
  if (given.has("--json")) return [next];
  const kept = commandWith(command, given, { "--json": "comparison.json" }, inputs);
  return [next, { why: "keep this comparison for programs:", words: kept }];
};

/** The whole comparison as text. */
export const renderComparison = (comparison: Comparison, options: ComparisonOptions): string => {
  const { findings, old, new: newer, configuration } = comparison;
  const settings = Object.entries(configuration).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${String(value)}`],
  );
  return joined([
    ...opening(comparison, options),
    ...notJudgedLines(comparison.notJudged, options),
    ...(findings.length === 0
      ? []
      : [
          "",
          ...paragraph(options, 0, { text: "findings", paint: "heading" }),
          ...findings.flatMap((finding) => findingRows(finding, options)),
        ]),
    ...propertyLines(comparison, options),
    ...behaviourLines(comparison, options),
    "",
    ...paragraph(options, 0, { text: "what was explored", paint: "heading" }),
    ...labelled(options, "old", versionText(old)),
    ...labelled(options, "new", versionText(newer)),
    ...labelled(options, "configured", settings.join(", ")),
    ...nextLines(nextOf(comparison, options), options.command.program, options),
  ]);
};
