/**
 * The report for a person at a terminal, who has a mail client open beside it.
 *
 * First the verdict and what it is about, then each claim, then each finding with the run that shows it, then how far
 * the search went and what it left out, then what to do next. It reads the same without colour.
 */
import type { Ending } from "../checker/verdict.ts";
import { claimLines, rank } from "./claims-text.ts";
import { findingLines, type ReportOptions, replayLine } from "./finding-text.ts";
import { joined, paragraph, unbroken } from "./layout.ts";
import { type Finding, type Report, sortFindings } from "./report.ts";
import { searchLines } from "./search-text.ts";
import { shellLine } from "./shell.ts";
import { statisticsLines } from "./statistics-text.ts";
import { keptLines, meaning, opening, remarks } from "./verdict-text.ts";

export type { Invocation, ReportOptions } from "./finding-text.ts";

/** What to add to the command line so that the search goes further. */
const FURTHER: Readonly<Record<Ending, string | undefined>> = {
  exhausted: undefined,
  sampled: "draw more runs: add --runs N",
  "state limit": "search further: add --bound-states N",
  "depth limit": "search further: add --max-commands N",
  "time limit": "search further: add --bound-time SECONDS",
  "memory limit": "search further: give the engine more memory, with NODE_OPTIONS=--max-old-space-size=8192",
  interrupted: "search to the end: run it again",
};

const nextLines = (report: Report, findings: readonly Finding[], options: ReportOptions): readonly string[] => {
  const { program } = options.command;
  const suggestion = (why: string, line: string): readonly string[] => [
    ...paragraph(options, 2, why),
    unbroken(options, 6, { text: line }),
  ];
  const [first] = findings;
  const further = FURTHER[report.search.ending];
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
    ...(further === undefined ? [] : paragraph(options, 2, further)),
    ...paragraph(options, 2, "keep this report for programs: add --json FILE"),
  ];
};

/** The whole report as text. */
export const renderReport = (report: Report, options: ReportOptions): string => {
  const { isVerbose } = options;
  const findings = sortFindings(report.findings);
  const isClean = report.verdict !== "violated" && findings.length === 0;
  return joined([
    ...opening(report, options),
    ...claimLines(report, findings, options, isVerbose),
    ...remarks(report, options),
    ...keptLines(report, options),
    ...(isClean ? ["", ...meaning(report).flatMap((text) => paragraph(options, 2, text))] : []),
    ...findings.flatMap((finding, at) => findingLines(finding, at + 1, report, options)),
    ...searchLines(report, options, isVerbose),
    ...(report.statistics === undefined ? [] : statisticsLines(report.statistics, options, isVerbose)),
    ...nextLines(report, findings, options),
  ]);
};
