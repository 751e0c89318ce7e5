/** Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request. */
import { placeText } from "./place-text.ts";
import { printable } from "./printable.ts";
import type { Finding, Report } from "./report.ts";

/** A text as a workflow command takes it. */
const inMessage = (text: string): string => printable(text).replaceAll("%", "%25");

const inProperty = (text: string): string => inMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

const command = ({ severity, place, property, title, why, replay }: Finding): string => {
  const at = place === null ? [] : [`file=${inProperty(place.file)}`, `line=${place.line}`];
  const properties = [...at, `title=${inProperty(property)}`].join(",");
  const level = severity === "low" ? "warning" : "error";
  return `::${level} ${properties}::${[title, why, `replay ${replay}`].map(inMessage).join("%0A")}`;
};

/** A line for each finding, in the order of the report. */
export const githubAnnotations = ({ findings }: Report): string =>
  findings.map((finding) => `${command(finding)}\n`).join("");

/** A text in a cell of a table, where nothing in it means anything to Markdown. */
const inCell = (text: string): string => printable(text).replaceAll(/[\\`*_[\]<>|~#&]/g, "\\$&");

/** The summary of a step, in Markdown. */
export const githubSummary = ({ subject, verdict, findings, search }: Report): string => {
  const head = `### sysram-verify: ${verdict}\n\n${inCell(subject.title ?? subject.name)}: ${search.states} states, ${search.ending}.\n`;
  if (findings.length === 0) return `${head}\nNothing was found that breaks a property.\n`;
  const rows = findings.map(({ property, title, place, needs, replay }) => {
    const where = place === null ? "" : placeText(place);
    return `| ${inCell(property)} | ${inCell(title)} | ${inCell(where)} | ${inCell(needs)} | \`${replay}\` |\n`;
  });
  return `${head}\n| property | finding | place | needs | replay |\n| --- | --- | --- | --- | --- |\n${rows.join("")}`;
};
