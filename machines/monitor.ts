import { FINDING_EVENTS } from "./sysram.machine.ts";
import { acceptedIn, type MachineTable, nextIn } from "./table.ts";

/**
 * A machine that watches: told of what happens, it says where it may stand, or that no run of it goes like this.
 *
 * Who watches a driver sees its calls and not what it finds out by itself. So a monitor stands in a set of
 * configurations: all those that the machine may be in after what was seen, and it rejects what leaves none. Watching
 * two policies at a time is watching two sets; the code is rejected when both reject it.
 */
export interface Monitor {
  readonly table: MachineTable;
  /** For a person: `the life cycle as intended`. */
  readonly name: string;
  readonly initial: Position;
  /** Where the machine may stand after an event; empty where no run of it goes on so. */
  after(from: Position, event: string): Position;
  /** The part of a position in which the machine rests; empty where it has something to do that was not done. */
  atRest(from: Position): Position;
  /** Whether the machine has the event at all; others are none of its business. */
  knows(event: string): boolean;
  /** What would have been accepted, for a person. */
  accepted(from: Position): readonly string[];
  /** The names of the states that it may stand in. */
  states(from: Position): readonly string[];
  /** Which entries of the table were taken, 1 for yes: at `configuration * events + event`. */
  readonly taken: Uint8Array;
}

/** Configurations by number, ascending. */
export type Position = readonly number[];

/** Events that nobody sees who watches the calls of a driver. */
const HIDDEN: ReadonlySet<string> = new Set(FINDING_EVENTS);

const isResting = (meta: unknown): boolean => {
  const does = (meta ?? {}) as object;
  return !("calls" in does) && !("asks" in does);
};

/** A way through hidden events to a configuration that may be stood in. */
interface Reached {
  readonly at: number;
  /** The hidden edge that led here; -1 for none. */
  readonly edge: number;
  readonly before: Reached | undefined;
}

export const monitor = (table: MachineTable, name: string): Monitor => {
  const { events, configurations } = table;
  const hidden = events.flatMap((event, number) => (HIDDEN.has(event) ? [number] : []));
  const known = new Set(events);
  const taken = new Uint8Array(configurations.length * events.length);

  /** All that may be stood in: what findings lead to belongs to it. */
  const closure = (from: Position): readonly Reached[] => {
    const reached: Reached[] = from.map((at) => ({ at, edge: -1, before: undefined }));
    for (let index = 0; index < reached.length; index += 1) {
      const before = reached[index]!;
      for (const event of hidden) {
        const at = nextIn(table, before.at, event);
        if (at === -1 || reached.some((other) => other.at === at)) continue;
        reached.push({ at, edge: before.at * events.length + event, before });
      }
    }
    return reached;
  };

  const count = (way: Reached): void => {
    for (let at: Reached | undefined = way; at !== undefined && at.edge !== -1; at = at.before) taken[at.edge] = 1;
  };

  const memo = new Map<string, Position>();
  const asPosition = (found: Iterable<number>): Position => {
    const position = [...new Set(found)].sort((one, other) => one - other);
    const key = position.join();
    const same = memo.get(key);
    if (same !== undefined) return same;
    memo.set(key, position);
    return position;
  };

  /** What an event once led to from a position leads there again: a search asks the same a million times. */
  const remembered = new WeakMap<Position, Map<string, Position>>();
  const remembering =
    (find: (from: Position, event: string) => Position) =>
    (from: Position, event: string): Position => {
      let answers = remembered.get(from);
      if (answers === undefined) {
        answers = new Map();
        remembered.set(from, answers);
      }
      let answer = answers.get(event);
      if (answer === undefined) {
        answer = find(from, event);
        answers.set(event, answer);
      }
      return answer;
    };

  const rest = remembering((from) => {
    const found: number[] = [];
    for (const way of closure(from)) {
      if (!isResting(configurations[way.at]!.meta)) continue;
      count(way);
      found.push(way.at);
    }
    return asPosition(found);
  });

  return {
    table,
    name,
    initial: asPosition([0]),
    taken,
    knows: (event) => known.has(event),
    after: remembering((from, event) => {
      const number = table.eventNumber(event);
      const found: number[] = [];
      for (const way of closure(from)) {
        const to = nextIn(table, way.at, number);
        if (to === -1) continue;
        count(way);
        taken[way.at * events.length + number] = 1;
        found.push(to);
      }
      return asPosition(found);
    }),
    atRest: (from) => rest(from, "at rest"),
    accepted: (from) => [
      ...new Set(closure(from).flatMap(({ at }) => acceptedIn(table, at).filter((event) => !HIDDEN.has(event)))),
    ],
    states: (from) => [...new Set(from.map((at) => String(configurations[at]!.value)))],
  };
};
