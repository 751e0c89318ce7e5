/** What runs that were drawn at random were made of, and what never happened in them. */
import { type Cell, count, formatNumber, type Look, labelled, labelledList, paragraph, row } from "./layout.ts";
import type { CommandStatistics, FaultStatistics, LengthStatistics, Statistics } from "./report.ts";

/** How many of the rarest are told, unless all are asked for. */
const FEW = 3;

/** Columns of the longest bar. */
const BAR = 40;

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(whole, 1)).toFixed(2)} %`;

const numbers = (texts: readonly string[]): readonly Cell[] =>
  texts.map((text) => ({ text, width: 11, isRight: true }));

/** A table with numbers on its left and words on its right. */
const table = (look: Look, heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  const line = (cells: readonly string[], isHead: boolean): readonly string[] =>
    row(look, [
      { text: "", width: 4 },
      ...numbers(cells.slice(0, -1)),
      { text: "", width: 2 },
      { text: isHead ? { text: cells.at(-1)!, paint: "faint" } : cells.at(-1)!, hang: 2 },
    ]);
  return [...line(heads, true), ...rows.flatMap((cells) => line(cells, false))];
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const faultName = ({ function: name, result }: FaultStatistics): string => `${name} = ${result}`;

const commandTable = (commands: readonly CommandStatistics[], look: Look): readonly string[] => {
  const total = sum(commands.map(({ executed }) => executed));
  return table(
    look,
    ["enabled", "executed", "share", "refused", "failed", "command"],
    commands.map(({ command, enabled, executed, refused, failed }) => [
      ...[formatNumber(enabled), formatNumber(executed), percent(executed, total)],
      ...[formatNumber(refused), formatNumber(failed), command],
    ]),
  );
};

const faultTable = (faults: readonly FaultStatistics[], look: Look): readonly string[] => {
  const total = sum(faults.map(({ given }) => given));
  return table(
    look,
    ["offered", "given", "share", "fault"],
    faults.map((fault) => [
      formatNumber(fault.offered),
      formatNumber(fault.given),
      percent(fault.given, total),
      faultName(fault),
    ]),
  );
};

const histogram = (lengths: readonly LengthStatistics[], look: Look): readonly string[] => {
  const most = Math.max(1, ...lengths.map(({ runs }) => runs));
  return lengths.flatMap(({ from, to, runs }) =>
    row(look, [
      { text: "", width: 4 },
      { text: `${formatNumber(from)} to ${formatNumber(to)} steps`, width: 22, isRight: true },
      { text: formatNumber(runs), width: 11, isRight: true },
      { text: "", width: 2 },
      { text: "#".repeat(Math.ceil((BAR * runs) / most)) },
    ]),
  );
};

/** The rarest of what happened at all, each with its share. */
const rarest = <Item>(items: readonly Item[], times: (item: Item) => number, name: (item: Item) => string): string => {
  const total = sum(items.map(times));
  const happened = items.filter((item) => times(item) > 0).toSorted((one, other) => times(one) - times(other));
  const shown = happened.slice(0, FEW).map((item) => `${name(item)} (${percent(times(item), total)})`);
  return shown.length === 0 ? "" : `; the rarest: ${shown.join(", ")}`;
};

const happenedText = (happened: number, total: number, what: string): string =>
  `${formatNumber(happened)} of ${count(total, what)}`;

/** The commonest range of lengths, in words. */
const lengthsText = (lengths: readonly LengthStatistics[], runs: number): string => {
  const [commonest] = lengths.toSorted((one, other) => other.runs - one.runs);
  if (commonest === undefined || commonest.runs === 0) return "no run has come to its end";
  return `${percent(commonest.runs, runs)} of the runs are ${formatNumber(commonest.from)} to ${formatNumber(commonest.to)} steps long`;
};

export const statisticsLines = (
  { runs, skipped, commands, faults, lengths, warnings }: Statistics,
  look: Look,
  isVerbose: boolean,
): readonly string[] => {
  const steps = sum(commands.map(({ executed }) => executed));
  const executed = commands.filter((command) => command.executed > 0).length;
  const given = faults.filter((fault) => fault.given > 0).length;
  return [
    "",
    ...paragraph(look, 0, { text: "what the runs were made of", paint: "heading" }),
    ...labelled(
      look,
      "runs",
      `${count(runs, "run")} drawn; ${percent(skipped, steps + skipped)} of the steps were thrown away`,
    ),
    ...labelled(look, "lengths", lengthsText(lengths, runs)),
    ...(isVerbose ? histogram(lengths, look) : []),
    ...labelled(
      look,
      "commands",
      `${happenedText(executed, commands.length, "command")} executed${
        isVerbose
          ? ""
          : rarest(
              commands,
              (command) => command.executed,
              ({ command }) => command,
            )
      }`,
      2,
    ),
    ...(isVerbose ? commandTable(commands, look) : []),
    ...labelled(
      look,
      "faults",
      `${happenedText(given, faults.length, "kind")} of fault given${
        isVerbose ? "" : rarest(faults, (fault) => fault.given, faultName)
      }`,
      2,
    ),
    ...(isVerbose ? faultTable(faults, look) : []),
    ...labelledList(
      look,
      "never",
      warnings.map((text) => ({ text, paint: "warning" })),
    ),
  ];
};
