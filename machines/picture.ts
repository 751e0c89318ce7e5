/**
 * Machines as pictures: text that Mermaid and Graphviz draw.
 *
 * Drawn is what can be reached, as the compiled table has it, and not what the source names: an edge whose guard never
 * holds is in no picture. Several tables of one machine (its policies) are drawn over one another, and what only one of
 * them has is marked with its name.
 */
import { type NamedMachine, tableOf } from "./index.ts";
import { edgesOf, nodesOf } from "./listing.ts";
import { type Drawn, overviewOf } from "./overview.ts";
import { POLICY_FACTS, type Policy } from "./policy.ts";

interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Events, each with the marks of the tables that have it where not all do. */
  readonly labels: readonly string[];
}

const nodesIn = (drawn: readonly Drawn[]): readonly string[] => [
  ...new Set(drawn.flatMap(({ table }) => nodesOf(table))),
];

/** One arrow from state to state, whatever the number of events that lead there. */
const arrowsIn = (drawn: readonly Drawn[]): readonly Arrow[] => {
  const marks = new Map<string, { from: string; to: string; event: string; marks: string[] }>();
  for (const { table, mark } of drawn) {
    for (const { from, event, to } of edgesOf(table)) {
      const key = JSON.stringify([from, event, to]);
      const known = marks.get(key) ?? { from, to, event, marks: [] };
      known.marks.push(mark);
      marks.set(key, known);
    }
  }
  const arrows = new Map<string, { from: string; to: string; labels: string[] }>();
  for (const { from, to, event, marks: own } of marks.values()) {
    const key = JSON.stringify([from, to]);
    const arrow = arrows.get(key) ?? { from, to, labels: [] };
    arrow.labels.push(own.length === drawn.length ? event : `${event} [${own.join(", ")}]`);
    arrows.set(key, arrow);
  }
  return [...arrows.values()];
};

/** The chapter that a state belongs to; empty where the machine has no chapters. */
const partOf = (drawn: readonly Drawn[], node: string): string => {
  for (const { table } of drawn) {
    const meta = table.configurations.find(({ value }) => value === node)?.meta as { part?: string } | undefined;
    if (meta?.part !== undefined) return meta.part;
  }
  return "";
};

const identifier = (name: string): string => name.replaceAll(/\W/g, "_");

const isEnd = (drawn: readonly Drawn[], node: string): boolean =>
  arrowsIn(drawn).every(({ from, to }) => from !== node || to === node);

/** Nodes by chapter, in the order of the walk. */
const chaptersIn = (drawn: readonly Drawn[]): ReadonlyMap<string, readonly string[]> => {
  const chapters = new Map<string, string[]>();
  for (const node of nodesIn(drawn)) {
    const part = partOf(drawn, node);
    chapters.set(part, [...(chapters.get(part) ?? []), node]);
  }
  return chapters;
};

/** The text of a Mermaid state diagram. */
export const mermaid = (drawn: readonly Drawn[]): string => {
  const lines = ["stateDiagram-v2", "  direction TB"];
  for (const [part, nodes] of chaptersIn(drawn)) {
    const indent = part === "" ? "  " : "    ";
    if (part !== "") lines.push(`  state "${part}" as part_${identifier(part)} {`);
    for (const node of nodes) lines.push(`${indent}state "${node}" as ${identifier(node)}`);
    if (part !== "") lines.push("  }");
  }
  lines.push(`  [*] --> ${identifier(nodesIn(drawn)[0]!)}`);
  for (const { from, to, labels } of arrowsIn(drawn)) {
    lines.push(`  ${identifier(from)} --> ${identifier(to)}: ${labels.join(" / ")}`);
  }
  for (const node of nodesIn(drawn)) if (isEnd(drawn, node)) lines.push(`  ${identifier(node)} --> [*]`);
  return `${lines.join("\n")}\n`;
};

/** The colours of the policies, one behind the other; each can be told from the others on white and on black. */
const COLOURS = ["#cf222e", "#0969da"] as const;

/**
 * The text of a Mermaid flow chart that has the stages of a machine alone.
 *
 * What only one of the tables does has a colour of its own, in their order.
 */
export const mermaidOverview = (drawn: readonly Drawn[]): string => {
  const { stages, arrows } = overviewOf(drawn);
  const [first, ...others] = stages;
  const lines = ["flowchart TB", `  ${identifier(first!)}((${quoted(first!)}))`];
  for (const stage of others) lines.push(`  ${identifier(stage)}(${quoted(stage)})`);
  for (const { from, to, labels } of arrows) {
    const label = labels.length === 0 ? "" : `|${quoted(labels.join("<br>"))}|`;
    lines.push(`  ${identifier(from)} -->${label} ${identifier(to)}`);
  }
  for (const [at, { mark }] of drawn.entries()) {
    const own = arrows.flatMap(({ marks }, arrow) => (drawn.length > 1 && marks.join() === mark ? [arrow] : []));
    if (own.length > 0) lines.push(`  linkStyle ${own.join(",")} stroke:${COLOURS[at]},color:${COLOURS[at]}`);
  }
  return `${lines.join("\n")}\n`;
};

const quoted = (text: string): string => JSON.stringify(text);

/** The text of a Graphviz digraph. */
export const dot = (drawn: readonly Drawn[]): string => {
  const name = drawn[0]!.table.id;
  const lines = [`digraph ${quoted(name)} {`, '  node [shape=box, style=rounded, fontname="sans-serif"];'];
  lines.push('  edge [fontname="sans-serif", fontsize=10];');
  for (const [part, nodes] of chaptersIn(drawn)) {
    const indent = part === "" ? "  " : "    ";
    if (part !== "") lines.push(`  subgraph ${quoted(`cluster ${part}`)} {`, `    label=${quoted(part)};`);
    for (const node of nodes) {
      lines.push(`${indent}${quoted(node)}${isEnd(drawn, node) ? " [peripheries=2]" : ""};`);
    }
    if (part !== "") lines.push("  }");
  }
  lines.push('  "" [shape=point];', `  "" -> ${quoted(nodesIn(drawn)[0]!)};`);
  for (const { from, to, labels } of arrowsIn(drawn)) {
    lines.push(`  ${quoted(from)} -> ${quoted(to)} [label=${quoted(labels.join("\n"))}];`);
  }
  lines.push("}");
  return `${lines.join("\n")}\n`;
};

/** What is drawn of a machine: its policies over one another, or it alone. */
export const drawnOf = (machine: NamedMachine, policies: readonly Policy[]): readonly Drawn[] =>
  machine.policies.length === 0
    ? [{ table: tableOf(machine), mark: "" }]
    : policies.map((policy) => ({ table: tableOf(machine, policy), mark: POLICY_FACTS[policy].name }));
