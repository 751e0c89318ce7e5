import { type MachineTable, nextIn } from "./table.ts";

/** The states of a machine by name, in the order in which a walk meets them. */
export const nodesOf = (table: MachineTable): readonly string[] => [
  ...new Set(table.configurations.map(({ value }) => nameOf(value))),
];

/** A state's name; nested states as a path. */
export const nameOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : Object.entries(value as Record<string, unknown>)
        .map(([outer, inner]) => `${outer}/${nameOf(inner)}`)
        .join("+");

/** An edge between states, as a picture shows it: the configurations behind them are merged. */
export interface Edge {
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

/** The edges between states, by state in the order of the walk and then by event. */
export const edgesOf = (table: MachineTable): readonly Edge[] => {
  const edges = new Map<string, Edge>();
  for (const from of nodesOf(table)) {
    for (const [number, event] of table.events.entries()) {
      for (const [at, configuration] of table.configurations.entries()) {
        const to = nameOf(configuration.value) === from ? nextIn(table, at, number) : -1;
        if (to === -1) continue;
        const edge: Edge = { from, event, to: nameOf(table.configurations[to]!.value) };
        edges.set(JSON.stringify(edge), edge);
      }
    }
  }
  return [...edges.values()];
};

/**
 * The machine as text, one state a line: `name: event -> target, event -> target`.
 *
 * What a report shows as the source of a machine: line numbers in it are places.
 */
export const listing = (table: MachineTable): readonly string[] => {
  const edges = edgesOf(table);
  return nodesOf(table).map((node) => {
    const own = edges.filter(({ from }) => from === node);
    const text = own.map(({ event, to }) => `${event} -> ${to}`).join(", ");
    return `${node}: ${text === "" ? "the end" : text}`;
  });
};
