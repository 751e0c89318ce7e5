import { nameOf } from "../machines/listing.ts";
import { FINDING_EVENTS } from "../machines/sysram.machine.ts";
import { nextIn } from "../machines/table.ts";
import type { LogRefusal } from "../report/log-report.ts";
import type { HeldMachine, WrittenEdge } from "./held-machine.ts";

/**
 * Machines that must all accept what happens, taken together: a configuration is one of each machine.
 *
 * A log does not say everything, so what is followed is a set of configurations, all those that the machines can be in
 * after what was seen. Together, because what one machine takes for a failure the others must take for one too.
 * There may be several alternative sets of machines, of which one at least must accept: the policies of the life cycle.
 */
export interface Joint {
  /** Before anything has happened to a device. */
  readonly initial: Position;
  /** Everything that can be. */
  readonly all: Position;
  readonly nothing: Position;
  /** Where the machines may stand after one of these events; empty where none of them accepts any. */
  after(from: Position, events: readonly string[]): Position;
  /** Where they may stand after at most so many events that nobody saw. */
  unseen(from: Position, events: number): Position;
  /** The part of a position in which the driver has nothing left to do. */
  atRest(from: Position): Position;
  either(one: Position, other: Position): Position;
  /** Whether the device can only be over; without the life cycle, whether it can only be as it was before the probe. */
  isOver(from: Position): boolean;
  /** Whether the life cycle is among the machines. */
  readonly hasLife: boolean;
  /** The states of the life cycle that it may be in; without the life cycle, the states of all machines. */
  states(from: Position): readonly string[];
  /** Why none of these events is accepted. */
  refusal(from: Position, events: readonly string[]): readonly MachineRefusal[];
  /** The events that would have been accepted. */
  accepted(from: Position): readonly string[];
}

/** A set of configurations; two that are equal are one object. */
export interface Position {
  readonly number: number;
  readonly configurations: readonly number[];
}

/** Why a machine did not go on. */
export type MachineRefusal = LogRefusal["machines"][number];

/** What the driver finds out by itself. */
const FINDINGS: ReadonlySet<string> = new Set(FINDING_EVENTS);

/** Where a device is over. */
const ENDS: ReadonlySet<string> = new Set(["unbound", "released", "abandoned", "freed"]);

/** @param hidden - events that the log cannot show; what the driver finds out by itself is never shown */
export const joint = (alternatives: readonly (readonly HeldMachine[])[], hidden: ReadonlySet<string>): Joint => {
  const isHidden = (event: string): boolean => hidden.has(event) || FINDINGS.has(event);
  const always = (): boolean => true;
  /** The number of the alternative, and the place of each of its machines. */
  const tuples: (readonly number[])[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (tuple: readonly number[]): number => {
    const key = tuple.join();
    let number = numbers.get(key);
    if (number === undefined) {
      number = tuples.push(tuple) - 1;
      numbers.set(key, number);
    }
    return number;
  };
  const machinesOf = (configuration: number): readonly HeldMachine[] => alternatives[tuples[configuration]![0]!]!;
  const eventsOf = alternatives.map((alternative) => [...new Set(alternative.flatMap(({ table }) => table.events))]);
  const allEvents = [...new Set(eventsOf.flat())];

  /** Where one configuration goes; -1 where one of its machines refuses. What no machine knows changes nothing. */
  const step = (from: number, event: string): number => {
    const [alternative, ...places] = tuples[from]!;
    const to = [alternative!];
    for (const [index, { table }] of alternatives[alternative!]!.entries()) {
      const known = table.eventNumber(event);
      const next = known === -1 ? places[index]! : nextIn(table, places[index]!, known);
      if (next === -1) return -1;
      to.push(next);
    }
    return numberOf(to);
  };

  const positions = new Map<string, Position>();
  const positionOf = (found: Iterable<number>): Position => {
    const configurations = [...new Set(found)].sort((one, other) => one - other);
    const key = configurations.join();
    let position = positions.get(key);
    if (position === undefined) {
      position = { number: positions.size, configurations };
      positions.set(key, position);
    }
    return position;
  };

  /** Everything that some of the events lead to, in so many rounds. */
  const spread = (from: Iterable<number>, isTaken: (event: string) => boolean, rounds: number): Set<number> => {
    const reached = new Set(from);
    let edge = [...reached];
    for (let round = 0; round < rounds && edge.length > 0; round += 1) {
      const next: number[] = [];
      for (const at of edge) {
        for (const event of eventsOf[tuples[at]![0]!]!) {
          const to = isTaken(event) ? step(at, event) : -1;
          if (to === -1 || reached.has(to)) continue;
          reached.add(to);
          next.push(to);
        }
      }
      edge = next;
    }
    return reached;
  };

  const memo = <A>(find: (from: Position, argument: A) => Position): ((from: Position, argument: A) => Position) => {
    const found = new Map<A, Position[]>();
    return (from, argument) => {
      let answers = found.get(argument);
      if (answers === undefined) {
        answers = [];
        found.set(argument, answers);
      }
      let answer = answers[from.number];
      if (answer === undefined) {
        answer = find(from, argument);
        answers[from.number] = answer;
      }
      return answer;
    };
  };

  const closed = memo<null>((from) => positionOf(spread(from.configurations, isHidden, Number.POSITIVE_INFINITY)));
  const placesOf = (configuration: number): readonly (readonly [HeldMachine, number])[] =>
    machinesOf(configuration).map((machine, index) => [machine, tuples[configuration]![index + 1]!]);
  const stateOf = ({ table }: HeldMachine, place: number): string => nameOf(table.configurations[place]!.value);

  const initial = positionOf(alternatives.map((alternative, index) => numberOf([index, ...alternative.map(() => 0)])));
  const nothing = positionOf([]);
  const isResting = (configuration: number): boolean =>
    placesOf(configuration).every(([{ isLife, table }, place]) => {
      const does = (table.configurations[place]!.meta ?? {}) as object;
      return !isLife || !("calls" in does || "asks" in does);
    });
  const isEnd = (configuration: number): boolean => {
    const places = placesOf(configuration);
    const life = places.find(([{ isLife }]) => isLife);
    if (life !== undefined) return ENDS.has(stateOf(...life));
    return places.every(([machine, place]) => place === 0 || ENDS.has(stateOf(machine, place)));
  };
  const over = new Map<Position, boolean>();
  const resting = memo<null>((from) => positionOf(closed(from, null).configurations.filter(isResting)));
  const joined = memo<Position>((from, other) => positionOf([...from.configurations, ...other.configurations]));
  const knows = (configuration: number, event: string): boolean =>
    machinesOf(configuration).some(({ table }) => table.eventNumber(event) !== -1);

  const refusal = (from: Position, events: readonly string[]): readonly MachineRefusal[] => {
    const stood = new Map<HeldMachine, Set<number>>();
    const going = new Set<HeldMachine>();
    for (const at of from.configurations) {
      for (const [machine, place] of placesOf(at)) {
        stood.set(machine, (stood.get(machine) ?? new Set()).add(place));
        const isAccepted = events.some((event) => {
          const known = machine.table.eventNumber(event);
          return known === -1 || nextIn(machine.table, place, known) !== -1;
        });
        if (isAccepted) going.add(machine);
      }
    }
    // Where each machine alone could have gone on, only not all of them at one time, all of them are told.
    const refusing = [...stood.keys()].filter((machine) => !going.has(machine));
    return (refusing.length > 0 ? refusing : [...stood.keys()]).map((machine) => {
      const places = [...stood.get(machine)!];
      const states = [...new Set(places.map((place) => stateOf(machine, place)))];
      const edges = machine.edges
        .filter(({ event }) => events.includes(event))
        .map((edge): MachineRefusal["edges"][number] => ({ ...edge, why: whyRefused(machine, places, edge) }));
      return { machine: machine.title, states, edges };
    });
  };

  const whyRefused = (machine: HeldMachine, places: readonly number[], { from, guard }: WrittenEdge): string => {
    const there = places.filter((place) => stateOf(machine, place) === from);
    if (there.length === 0) return "it does not stand there";
    if (guard === null) return "another machine does not go along";
    const contexts = there.map((place) => contextWords(machine.table.configurations[place]!.context));
    return `its guard does not hold: ${[...new Set(contexts)].join("; or ")}`;
  };

  return {
    initial,
    nothing,
    hasLife: alternatives.every((alternative) => alternative.some(({ isLife }) => isLife)),
    all: positionOf(spread(initial.configurations, always, Number.POSITIVE_INFINITY)),
    after: memo<readonly string[]>((from, events) =>
      positionOf(
        closed(from, null).configurations.flatMap((at) =>
          events.flatMap((event) => {
            const to = step(at, event);
            return to === -1 ? [] : [to];
          }),
        ),
      ),
    ),
    unseen: memo<number>((from, events) => {
      let reached = new Set(from.configurations);
      // What is hidden costs none of the events that were lost.
      for (let left = events; ; left -= 1) {
        const before = reached.size;
        reached = spread(reached, isHidden, Number.POSITIVE_INFINITY);
        if (left <= 0) break;
        reached = spread(reached, always, 1);
        if (reached.size === before) break;
      }
      return positionOf(reached);
    }),
    atRest: (from) => resting(from, null),
    either: (one, other) => (one === other ? one : joined(one, other)),
    isOver: (from) => {
      let is = over.get(from);
      if (is === undefined) {
        is = from.configurations.every(isEnd);
        over.set(from, is);
      }
      return is;
    },
    states: (from) => [
      ...new Set(
        from.configurations.map((at) => {
          const places = placesOf(at);
          const life = places.find(([{ isLife }]) => isLife);
          if (life !== undefined) return stateOf(...life);
          return places.map(([machine, place]) => `${machine.table.id} ${stateOf(machine, place)}`).join(", ");
        }),
      ),
    ],
    refusal: (from, events) => refusal(closed(from, null), events),
    accepted: (from) =>
      allEvents.filter(
        (event) =>
          !isHidden(event) &&
          closed(from, null).configurations.some((at) => knows(at, event) && step(at, event) !== -1),
      ),
  };
};

/** `policy intended, phase bound` */
const contextWords = (context: unknown): string =>
  Object.entries((context ?? {}) as Readonly<Record<string, unknown>>)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
