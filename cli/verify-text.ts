import { oddsText } from "../checker/odds.ts";
import type { Policy } from "../machines/policy.ts";
import {
  count,
  formatDuration,
  joined,
  type Look,
  labelled,
  labelledList,
  paragraph,
  unbroken,
} from "../report/layout.ts";
import { notJudgedLines } from "../report/not-judged-text.ts";
import type { Report } from "../report/report.ts";
import { verdictInScope } from "../report/scope-text.ts";
import { shellLine } from "../report/shell.ts";

/** A report in a few lines: the verdict, each finding with its commands, and how far the search went. */
export const compactReport = (report: Report, look: Look, program: string): string => {
  const { subject, verdict, search, properties, findings, coverage } = report;
  const broken = properties.filter((property) => property.verdict === "violated").length;
  const holding = properties.filter((property) => property.verdict === "holds").length;
  const all = count(properties.length, "property", "properties");
  const headline =
    broken > 0
      ? `breaks ${broken} of ${all}`
      : verdict === "holds"
        ? `keeps ${holding === properties.length ? `all ${all}` : `${holding} of ${all}; nothing put the others to the test`}`
        : `was not seen to break any of ${all}, and not all of it was looked at`;
  return joined([
    ...paragraph(look, 0, [
      {
        text: verdictInScope(verdict, search.configuration),
        paint: verdict === "violated" ? "bad" : verdict === "holds" ? "good" : "warning",
      },
      { text: `  ${subject.name} ${headline}` },
    ]),
    ...notJudgedLines(report.notJudged, look),
    ...labelled(
      look,
      "space",
      `${count(search.states, "state")}, ${count(search.transitions, "transition")}, ${search.ending}, in ${formatDuration(search.elapsedMs)}`,
    ),
    ...(search.hashed === undefined
      ? []
      : labelled(
          look,
          "told apart",
          `by ${search.hashed.bits}-bit hashes: the odds that a state was missed are at most ${oddsText(search.hashed.chance)}`,
        )),
    ...labelled(
      look,
      "machine",
      `${coverage.transitions.covered} of ${count(coverage.transitions.total, "transition")} taken`,
    ),
    ...labelled(
      look,
      "failures",
      `${coverage.failurePoints.exercised} of ${count(coverage.failurePoints.total, "failure point")} exercised`,
    ),
    ...findings.flatMap((finding, index) => {
      const commands = finding.steps.filter(({ kind }) => kind === "command").map(({ what = "" }) => what);
      const faults = finding.faults.map(({ function: name, result }) => `${name}() fails with ${result}`);
      const claim = properties.find(({ id }) => id === finding.property)?.claim ?? finding.property;
      return [
        "",
        ...paragraph(look, 2, { text: `${index + 1}. ${finding.title}`, paint: "heading" }, 3),
        ...labelled(look, "   id", finding.id),
        ...labelled(look, "   claim", claim),
        ...labelledList(look, "   run", [...commands, ...faults]),
        unbroken(look, 5, { text: shellLine(program, ["replay", finding.replay]), paint: "faint" }),
      ];
    }),
  ]);
};

/** What is to be said of one rule. */
export interface RuleText {
  readonly name: string;
  readonly title: string;
  readonly states: number;
  readonly transitions: number;
  readonly outcomes: readonly {
    readonly policy: Policy;
    readonly states: number;
    readonly breach: readonly string[] | undefined;
  }[];
}

/** A rule in a few lines, and whether the life cycles keep it. */
export const compactRule = ({ name, title, states, transitions, outcomes }: RuleText, look: Look): string =>
  joined([
    ...paragraph(look, 0, {
      text: `${name}: the rule of ${title}, ${count(states, "state")} and ${count(transitions, "transition")}`,
      paint: "heading",
    }),
    ...(outcomes.length === 0
      ? paragraph(look, 2, "no call of a driver is a step of it: it is the environment's")
      : []),
    ...outcomes.flatMap(({ policy, states: met, breach }) =>
      breach === undefined
        ? labelled(look, policy, [
            { text: "holds", paint: "good" },
            { text: ` over ${count(met, "state")}, exhausted` },
          ])
        : labelledList(look, policy, [
            [{ text: "violated", paint: "bad" }, { text: `, after ${count(breach.length, "step")}:` }],
            breach.join(", "),
          ]),
    ),
  ]);
