/** What a log of a real run came to, for a person at a terminal. */
import { count, joined, type Look, labelled, labelledList, listed, type Paint, paragraph } from "./layout.ts";
import type { LogDevice, LogRefusal, LogReport } from "./log-report.ts";

const PAINT: Readonly<Record<LogReport["verdict"], Paint>> = {
  accepted: "good",
  refused: "bad",
  inconclusive: "warning",
};

/** How much of a long list is shown. */
const SHOWN = 12;

const some = (items: readonly string[], between = ", "): string =>
  items.length <= SHOWN
    ? items.join(between)
    : `${items.slice(0, SHOWN).join(between)}${between}and ${items.length - SHOWN} more`;

const deviceText = ({ line, states, isAtRest }: LogDevice): string =>
  `first met at line ${line}, now ${some(states, " or ")}${isAtRest ? "" : ", in the middle of something"}`;

const holesText = ({ holes, untraced, unfollowed }: LogReport): readonly string[] => [
  ...(holes.number === 0
    ? []
    : [
        `${count(holes.number, "hole")}${holes.events === null ? "" : ` of ${count(holes.events, "event")} together`}: at each, whatever may have been lost counts as possible`,
        ...holes.first
          .slice(0, SHOWN)
          .map(({ line, events, why }) => `line ${line}: ${why}${events === null ? "" : ` (${events})`}`),
        ...(holes.number > SHOWN ? [`and ${holes.number - Math.min(SHOWN, holes.first.length)} more`] : []),
      ]),
  ...(holes.shapeless === 0
    ? []
    : [`${count(holes.shapeless, "line")} without the shape of the format, each of which may have been an event`]),
  ...(untraced.length === 0 ? [] : [`not traced, so that they may have been called at any time: ${listed(untraced)}`]),
  ...(unfollowed.overlaps === 0
    ? []
    : [
        `${count(unfollowed.overlaps, "time")} two tasks worked on one device at one time, and it was not followed until they were done`,
      ]),
  ...(unfollowed.tooMany === 0
    ? []
    : [
        `${count(unfollowed.tooMany, "time")} the devices could no longer be told apart, and were taken for any devices; arguments in the log would tell them`,
      ]),
];

const refusalLines = (refusal: LogRefusal, look: Look): readonly string[] => {
  const { line, text, task, events, because, device, machines, accepted } = refusal;
  return [
    "",
    ...paragraph(look, 0, { text: `line ${line}`, paint: "heading" }),
    ...labelled(look, "says", { text: text.trim(), paint: "call" }),
    ...(task === null ? [] : labelled(look, "task", task)),
    ...labelled(look, "means", events.length === 0 ? "the driver returns" : some(events, " or ")),
    ...(because === null ? [] : labelled(look, "because", because)),
    ...(device === null ? [] : labelled(look, `device ${device.number}`, deviceText(device))),
    ...(accepted.length === 0 ? [] : labelled(look, "accepted", `here would have been ${some(accepted, " or ")}`)),
    ...machines.flatMap(({ machine, states, edges }) => [
      ...paragraph(look, 2, `${machine}, in ${some(states, " or ")}`),
      ...(edges.length === 0 ? paragraph(look, 4, "it has no edge for that") : []),
      ...edges
        .slice(0, SHOWN)
        .flatMap(({ from, event, to, guard, why }) =>
          paragraph(look, 4, `${from} --${event}--> ${to}${guard === null ? "" : ` [${guard}]`}: ${why}`, 4),
        ),
      ...(edges.length > SHOWN
        ? paragraph(look, 4, `and ${edges.length - SHOWN} more edges, none of them from where it is`)
        : []),
    ]),
  ];
};

/** The whole answer as text. */
export const logText = (report: LogReport, look: Look): string => {
  const { log, verdict, because, prefix, refusal, devices, heldAgainst } = report;
  return joined([
    ...paragraph(look, 0, [{ text: verdict, paint: PAINT[verdict] }, { text: `  ${log.name}: ${because}` }], 2),
    ...labelled(look, "log", `${log.format}, ${count(log.lines, "line")}, ${count(log.events, "event")} of the driver`),
    ...labelled(look, "machines", listed(heldAgainst.machines)),
    ...(refusal === null
      ? []
      : labelled(
          look,
          "accepted",
          prefix.lastEvent === 0
            ? "nothing of the driver before that"
            : `lines 1 to ${prefix.lines}; the last of them that shows the driver is line ${prefix.lastEvent}`,
        )),
    ...labelledList(look, "unseen", holesText(report)),
    ...labelledList(
      look,
      "devices",
      devices.slice(0, SHOWN).map((device) => `device ${device.number}: ${deviceText(device)}`),
    ),
    ...(refusal === null ? [] : refusalLines(refusal, look)),
  ]);
};
