/** One finding, with the run that shows it. */
import type { Needs } from "../checker/finding.ts";
import { count, type Look, labelled, labelledList, listed, type Paint, paragraph, unbroken } from "./layout.ts";
import { type Invocation, replayWords } from "./next.ts";
import { placeText, whereText } from "./place-text.ts";
import type { Fault, Finding, Report, ReportStep } from "./report.ts";
import { shellLine } from "./shell.ts";
import { traceLines } from "./trace-text.ts";

export interface ReportOptions extends Look {
  /** Every call of every run, every reason, every list to its end. */
  readonly isVerbose: boolean;
  readonly command: Invocation;
}

const failing = (fault: Fault): string => {
  const where = placeText(fault);
  return `${fault.function}() fails with ${fault.result}${where === "" ? "" : ` at ${where}`}`;
};

const needsText = ({ needs, faults }: Finding): string => {
  const what: Readonly<Record<Needs, string>> = {
    nothing: "nothing to go wrong: every call succeeds that can",
    "ordinary-errno": "an error that happens on a healthy machine",
    "small-allocation-failure": "a small allocation that fails, which is rare outside fault injection",
    race: "two tasks at the same time",
  };
  if (faults.length === 0) return what[needs];
  return `${what[needs]}${needs === "race" ? ", and" : ":"} ${listed(faults.map(failing))}`;
};

/** The steps, without saying at the end what is said again right beneath. */
const stepsOf = ({ steps, state }: Finding): readonly ReportStep[] =>
  steps.map((step) =>
    step.kind === "violation" && state.includes(step.what ?? "") ? { ...step, what: "here the claim is broken" } : step,
  );

/** @param number - its place in the report, counted from 1 */
export const findingLines = (
  finding: Finding,
  number: number,
  report: Report,
  options: ReportOptions,
): readonly string[] => {
  const { place, state, assumptions, confirmed } = finding;
  const { program, inputs } = options.command;
  const property = report.properties.find(({ id }) => id === finding.property);
  const heading = `finding ${number} of ${report.findings.length}`;
  const trace = traceLines(stepsOf(finding), {
    ...options,
    shows: options.isVerbose ? "all" : "relevant",
    focus: finding,
  });
  const section = (name: string): readonly string[] => ["", ...paragraph(options, 2, { text: name, paint: "heading" })];
  const list = (items: readonly string[], paint: Paint): readonly string[] =>
    items.flatMap((item) => paragraph(options, 6, { text: item, paint }, 2));
  return [
    "",
    ...paragraph(options, 0, { text: `${heading}  ${finding.title}`, paint: "heading" }, 2),
    ...labelled(options, "id", finding.id),
    ...labelled(options, "claim", property?.claim ?? finding.property),
    ...labelled(options, "matters", finding.why),
    ...labelled(options, "needs", needsText(finding)),
    ...(place === null ? [] : labelled(options, "where", whereText(place))),
    ...labelled(
      options,
      "severity",
      `${finding.severity}; ${count(finding.seen, "transition")} ${finding.seen === 1 ? "shows" : "show"} it`,
    ),
    ...labelledList(options, "confirmed", confirmed),
    ...(trace.length === 0 ? [] : ["", ...trace]),
    ...(state.length === 0 ? [] : [...section("what is wrong"), ...list(state, "bad")]),
    ...(assumptions.length === 0 ? [] : [...section("this assumes"), ...list(assumptions, "plain")]),
    ...section("replay"),
    unbroken(options, 6, { text: shellLine(program, replayWords(finding.replay, report, inputs)) }),
  ];
};
