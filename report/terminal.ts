/**
 * The report for a person at a terminal, who has a mail client open beside it.
 *
 * First the verdict and what it is about, then each claim, then each finding with the run that shows it, then how far
 * the search went and what it left out, then what to do next. It reads the same without colour.
 */
import { claimLines, rank } from "./claims-text.ts";
import { findingLines, type ReportOptions } from "./finding-text.ts";
import { joined, paragraph } from "./layout.ts";
import { nextLines, nextOf } from "./next.ts";
import type { Report } from "./report.ts";
import { searchLines } from "./search-text.ts";
import { statisticsLines } from "./statistics-text.ts";
import { keptLines, meaning, opening, remarks } from "./verdict-text.ts";

/** The claim that is of most interest. */
const mostWanted = ({ findings, properties }: Report): string | undefined =>
  findings[0]?.property ?? properties.toSorted((one, other) => rank(one) - rank(other))[0]?.id;

/** The whole report as text. */
export const renderReport = (report: Report, options: ReportOptions): string => {
  const { isVerbose } = options;
  const { findings } = report;
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
    ...nextLines(nextOf(report, mostWanted(report), options.command), options.command.program, options),
  ]);
};

/** The verdict, and the gravest finding with its run, where there is any. */
export const renderGravest = (report: Report, options: ReportOptions): string => {
  const [gravest] = report.findings;
  return joined([
    ...opening(report, options),
    ...(gravest === undefined ? [] : findingLines(gravest, 1, report, options)),
  ]);
};
