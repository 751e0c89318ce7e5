import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from "xstate";
import { serialise } from "./serialise.ts";

/**
 * A finite machine as a table: configurations by events.
 *
 * XState's interpreter takes tens of microseconds a step, which is too slow for a search that takes a million. So each
 * machine is compiled once, by asking XState's own pure transition function about every reachable configuration and
 * every event. A configuration is a state with its context.
 */
export interface MachineTable {
  readonly id: string;
  readonly events: readonly string[];
  /** The reachable configurations, in the order in which a breadth-first walk meets them; the initial one is first. */
  readonly configurations: readonly MachineConfiguration[];
  /** Where an event leads: at `configuration * events.length + event`; -1 where it is not accepted. */
  readonly next: Int16Array;
  /** The place of an event in `events`; -1 for what the machine knows nothing of. */
  eventNumber(event: string): number;
}

/** One state of a machine, with its context and what its author wrote about it. */
export interface MachineConfiguration {
  /** Tells it from every other. */
  readonly key: string;
  /** The state: a name, or a name for each nested state. */
  readonly value: unknown;
  readonly context: unknown;
  /** The `meta` of the innermost state. */
  readonly meta: unknown;
}

/** A machine that does not come to an end: its context grows without bound. */
export class UnboundedMachine extends Error {}

/** More configurations than this, and the machine is no longer one that a person can read. */
const LIMIT = 2_000;

/** What tells one configuration from another. */
export const keyOf = ({ value, context }: { readonly value: unknown; readonly context: unknown }): string =>
  serialise([value, context]);

const metaOf = (snapshot: AnyMachineSnapshot): unknown => Object.values(snapshot.getMeta()).at(-1);

/**
 * Compiles a machine.
 *
 * @throws UnboundedMachine when more configurations are met than a machine may have
 */
export const compile = (machine: AnyStateMachine, input?: unknown): MachineTable => {
  const events: readonly string[] = machine.events;
  const [initial] = initialTransition(machine, input as never) as unknown as [AnyMachineSnapshot];
  const snapshots: AnyMachineSnapshot[] = [initial];
  const numbers = new Map<string, number>([[keyOf(initial), 0]]);
  const next: number[] = [];
  for (let at = 0; at < snapshots.length; at += 1) {
    const from = snapshots[at]!;
    for (const type of events) {
      if (!from.can({ type })) {
        next.push(-1);
        continue;
      }
      const [to] = transition(machine, from as never, { type } as never) as unknown as [AnyMachineSnapshot];
      const key = keyOf(to);
      let number = numbers.get(key);
      if (number === undefined) {
        number = snapshots.length;
        if (number === LIMIT) throw new UnboundedMachine(`${machine.id} has more than ${LIMIT} configurations`);
        numbers.set(key, number);
        snapshots.push(to);
      }
      next.push(number);
    }
  }
  const places = new Map(events.map((event, place) => [event, place]));
  return {
    id: machine.id,
    events,
    configurations: snapshots.map((snapshot) => ({
      key: keyOf(snapshot),
      value: snapshot.value,
      context: snapshot.context,
      meta: metaOf(snapshot),
    })),
    next: Int16Array.from(next),
    eventNumber: (event) => places.get(event) ?? -1,
  };
};

/** Where an event leads from a configuration; -1 where it is not accepted. */
export const nextIn = ({ next, events }: MachineTable, configuration: number, event: number): number =>
  event === -1 ? -1 : next[configuration * events.length + event]!;

/** The events that a configuration accepts. */
export const acceptedIn = (table: MachineTable, configuration: number): readonly string[] =>
  table.events.filter((_, event) => nextIn(table, configuration, event) !== -1);
