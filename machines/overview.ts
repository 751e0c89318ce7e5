import { COMMAND_EVENTS, FINDING_EVENTS } from "./sysram.machine.ts";
import { acceptedIn, type MachineTable, nextIn } from "./table.ts";

/** A machine that is drawn, perhaps over others. */
export interface Drawn {
  readonly table: MachineTable;
  /** What marks its edges where others lack them; empty for a machine that stands alone. */
  readonly mark: string;
}

/** An arrow of the overview: what leads from one stage to another, with nothing of the overview in between. */
export interface StageArrow {
  readonly from: string;
  readonly to: string;
  /** What makes a run take this way and no other one; empty where it is the way on. */
  readonly labels: readonly string[];
  /** The marks of the tables that have it. */
  readonly marks: readonly string[];
}

/** A machine by its stages alone. */
export interface Overview {
  /** The stage in which the machine begins, and then the others in the order of the walk. */
  readonly stages: readonly string[];
  readonly arrows: readonly StageArrow[];
}

/** A way from one stage to the next, by the events on it. */
interface Way {
  readonly from: string;
  readonly to: string;
  readonly events: readonly string[];
}

/** The stage that a configuration belongs to; undefined where it is on the way between two. */
const stageOf = ({ configurations }: MachineTable, at: number): string | undefined =>
  (configurations[at]!.meta as { readonly stage?: string }).stage;

/** The ways from each stage to the next ones, the shortest first. */
const waysIn = (table: MachineTable): readonly Way[] =>
  table.configurations.flatMap((_, start) => {
    const from = stageOf(table, start);
    if (from === undefined) return [];
    const ways: Way[] = [];
    const queue: { readonly at: number; readonly events: readonly string[] }[] = [{ at: start, events: [] }];
    const met = new Set([start]);
    for (const { at, events } of queue) {
      for (const event of acceptedIn(table, at)) {
        const next = nextIn(table, at, table.eventNumber(event));
        const to = stageOf(table, next);
        const way = [...events, event];
        if (to !== undefined && to !== from) ways.push({ from, to, events: way });
        if (to !== undefined || met.has(next)) continue;
        met.add(next);
        queue.push({ at: next, events: way });
      }
    }
    return ways;
  });

const commands: ReadonlySet<string> = new Set(COMMAND_EVENTS);
const findings: ReadonlySet<string> = new Set(FINDING_EVENTS);

/** What to write beside a way: what somebody asked for, or what failed, or what the driver found out at a fork. */
const labelOf = ({ events }: Way, isFork: boolean): string | undefined =>
  events.find((event) => commands.has(event)) ??
  events.find((event) => event.endsWith(" failed")) ??
  (isFork ? events.find((event) => findings.has(event)) : undefined);

/** The stages of a machine and what leads from one to another; several tables are laid over one another. */
export const overviewOf = (drawn: readonly Drawn[]): Overview => {
  const arrows = new Map<
    string,
    { from: string; to: string; labels: Set<string>; marks: Set<string>; isPlain: boolean }
  >();
  for (const { table, mark } of drawn) {
    const ways = waysIn(table);
    for (const way of ways) {
      const plain = ways.filter((other) => other.from === way.from && labelOf(other, false) === undefined);
      const label = labelOf(way, new Set(plain.map(({ to }) => to)).size > 1);
      const key = JSON.stringify([way.from, way.to]);
      const arrow = arrows.get(key) ?? { ...way, labels: new Set<string>(), marks: new Set<string>(), isPlain: false };
      if (label === undefined) arrow.isPlain = true;
      else arrow.labels.add(label);
      arrow.marks.add(mark);
      arrows.set(key, arrow);
    }
  }
  const first = stageOf(drawn[0]!.table, 0);
  if (first === undefined) throw new Error(`${drawn[0]!.table.id} begins in no stage`);
  const met = drawn.flatMap(({ table }) => table.configurations.flatMap((_, at) => stageOf(table, at) ?? []));
  return {
    stages: [...new Set([first, ...met])],
    arrows: [...arrows.values()].map(({ from, to, labels, marks, isPlain }) => ({
      ...{ from, to, marks: [...marks] },
      labels: isPlain ? [] : [...labels],
    })),
  };
};
