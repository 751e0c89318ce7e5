/**
 * Reads an automaton as the kernel's generator does (tools/verification/rvgen, automata.py), rule by rule.
 *
 * It knows nothing of DOT: it goes by lines, and by the words between blanks.
 */
export interface ReadAutomaton {
  readonly name: string;
  /** The initial one first, the rest sorted. */
  readonly states: readonly string[];
  /** Sorted. */
  readonly events: readonly string[];
  readonly finals: readonly string[];
  /** By state and event, in the orders above; undefined where there is no edge. */
  readonly next: readonly (readonly (string | undefined)[])[];
}

const words = (line: string): readonly string[] => line.split(/\s+/).filter((word) => word !== "");

export const readAutomaton = (fileName: string, text: string): ReadAutomaton => {
  const stem = /^(.*)\.(dot|gv)$/.exec(fileName)?.[1];
  if (stem === undefined || stem === "") throw new Error(`not a dot file: ${fileName}`);
  const lines = text.split("\n");
  const [digraph, kind] = words(lines[0]!);
  if (digraph !== "digraph" || kind !== "state_automaton") throw new Error(`not a valid .dot format: ${fileName}`);

  let cursor = lines.findIndex((line) => words(line)[0] === "{node");
  const states: string[] = [];
  const finals: string[] = [];
  let initial = "";
  for (; words(lines[cursor]!)[0] === "{node"; cursor += 1) {
    const line = lines[cursor]!;
    const state = words(line).at(-1)!.replaceAll('"', "").replaceAll("};", "").replaceAll(",", "_");
    if (state.startsWith("__init_")) initial = state.slice(7);
    else {
      states.push(state);
      if (/doublecircle|ellipse/.test(line)) finals.push(state);
    }
  }
  const sorted = [...new Set(states)].sort();
  if (!sorted.includes(initial)) throw new Error(`the initial state ${initial} is not among the states`);
  const ordered = [initial, ...sorted.filter((state) => state !== initial)];
  if (finals.length === 0) finals.push(initial);

  cursor += 1; // The line that draws the arrow to the initial state.
  const edges: { readonly from: string; readonly to: string; readonly events: readonly string[] }[] = [];
  for (; lines[cursor]!.trimStart().startsWith('"'); cursor += 1) {
    const parts = words(lines[cursor]!);
    if (parts[1] !== "->") continue;
    const label = parts
      .slice(parts.indexOf("label") + 2, -1)
      .join("")
      .replaceAll('"', "");
    const name = (word: string): string => word.replaceAll('"', "").replaceAll(",", "_");
    edges.push({ from: name(parts[0]!), to: name(parts[2]!), events: label.split("\\n") });
  }
  const events = [...new Set(edges.flatMap((edge) => edge.events))].sort();
  const next = ordered.map(() => events.map((): string | undefined => undefined));
  for (const edge of edges) {
    const row = next[ordered.indexOf(edge.from)];
    if (row === undefined || !ordered.includes(edge.to)) throw new Error(`an edge of an unknown state: ${edge.from}`);
    // A second edge of one state and event silently takes the place of the first.
    for (const event of edge.events) row[events.indexOf(event)] = edge.to;
  }
  return { name: stem, states: ordered, events, finals, next };
};
