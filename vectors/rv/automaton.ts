import { monitor, type Position } from "../../machines/monitor.ts";
import { FINDING_EVENTS } from "../../machines/sysram.machine.ts";
import type { MachineTable } from "../../machines/table.ts";

/**
 * A deterministic automaton over events that the kernel can be watched for.
 *
 * The kernel's monitors know states by name and nothing else. So each state of the automaton is all that a machine may
 * be in after what was seen: a state with its context, and the several of them between which only the driver itself
 * knows, because what it finds out by itself is no event.
 */
export interface Automaton {
  /** A C identifier, short, because the generator appends it to every name. */
  readonly name: string;
  /** C identifiers; the first is the initial one. */
  readonly states: readonly string[];
  readonly events: readonly string[];
  readonly finals: readonly string[];
  readonly edges: readonly AutomatonEdge[];
  /** The configurations of the machine behind each state, in the order of `states`. */
  readonly positions: readonly Position[];
}

export interface AutomatonEdge {
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

/** Two edges of one state and event: the kernel's generator would keep the last without a word. */
export class NotDeterministic extends Error {}

/** A name that C can have. */
export const identifier = (name: string): string => name.replaceAll(/\W+/g, "_");

/** Names that become one name are told apart by a number behind it. */
const distinctNames = (names: readonly string[]): readonly string[] => {
  const used = new Map<string, number>();
  return names.map((name) => {
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return times === 1 ? name : `${name}_${times}`;
  });
};

const HIDDEN: ReadonlySet<string> = new Set(FINDING_EVENTS);

/** The states in which nothing more has to happen. */
const ENDS: ReadonlySet<string> = new Set(["unbound", "released", "abandoned"]);

/** Makes the automaton of a machine. */
export const automatonOf = (name: string, table: MachineTable): Automaton => {
  const watch = monitor(table, name);
  const visible = table.events.filter((event) => !HIDDEN.has(event));
  const positions: Position[] = [watch.initial];
  const numbers = new Map([[watch.initial.join(), 0]]);
  const found: { readonly from: number; readonly event: string; readonly to: number }[] = [];
  for (let from = 0; from < positions.length; from += 1) {
    for (const event of visible) {
      const position = watch.after(positions[from]!, event);
      if (position.length === 0) continue;
      const key = position.join();
      let to = numbers.get(key);
      if (to === undefined) {
        to = positions.length;
        numbers.set(key, to);
        positions.push(position);
      }
      found.push({ from, event, to });
    }
  }
  const states = distinctNames(positions.map((position) => watch.states(position).map(identifier).join("_or_")));
  const used = new Set(found.map(({ event }) => event));
  const edges = found.map(({ from, event, to }) => ({
    from: states[from]!,
    event: identifier(event),
    to: states[to]!,
  }));
  const finals = positions.flatMap((position, number) =>
    watch.states(position).some((state) => ENDS.has(state)) ? [states[number]!] : [],
  );
  const automaton: Automaton = {
    name,
    states,
    events: visible.filter((event) => used.has(event)).map(identifier),
    finals,
    edges,
    positions,
  };
  checkDeterminism(automaton);
  return automaton;
};

/**
 * Whether the dialect can tell everything apart.
 *
 * @throws NotDeterministic where a state has two edges of one event, or two events have one name
 */
export const checkDeterminism = ({ name, edges, events }: Pick<Automaton, "name" | "edges" | "events">): void => {
  const seen = new Set<string>();
  for (const { from, event } of edges) {
    const key = `${from} ${event}`;
    if (seen.has(key)) throw new NotDeterministic(`${name} has two edges from ${from} by ${event}`);
    seen.add(key);
  }
  if (new Set(events).size !== events.length) throw new NotDeterministic(`${name} has two events of one name`);
};

/**
 * The automaton in the dialect of DOT that the kernel's generator reads (tools/verification/rvgen, automata.py).
 *
 * It reads by lines and white space: the blanks around "=" and before "];" are part of the dialect, and exactly one
 * line stands between the states and the edges.
 */
export const dotOf = (automaton: Automaton): string => {
  checkDeterminism(automaton);
  const { states, finals, edges } = automaton;
  const [initial] = states;
  const arrows = new Map<string, AutomatonEdge[]>();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to}`;
    arrows.set(key, [...(arrows.get(key) ?? []), edge]);
  }
  return [
    "digraph state_automaton {",
    `\t{node [shape = plaintext, style=invis, label=""] "__init_${initial}"};`,
    ...states.map((state) => `\t{node [shape = ${finals.includes(state) ? "doublecircle" : "circle"}] "${state}"};`),
    `\t"__init_${initial}" -> "${initial}";`,
    ...states.map((state) => `\t"${state}" [label = "${state}"];`),
    ...[...arrows.values()].map(
      ([first, ...rest]) =>
        `\t"${first!.from}" -> "${first!.to}" [ label = "${[first!, ...rest].map(({ event }) => event).join("\\n")}" ];`,
    ),
    "\t{ rank = min ;",
    `\t\t"__init_${initial}";`,
    `\t\t"${initial}";`,
    "\t}",
    "}",
    "",
  ].join("\n");
};
