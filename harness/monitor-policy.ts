import { lifeCycle, lifeCycleName, RULES, tableOf } from "../machines/index.ts";
import { edgesOf, nameOf } from "../machines/listing.ts";
import { type Monitor, monitor } from "../machines/monitor.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import type { MachineTable } from "../machines/table.ts";
import { type Monitors, NO_MONITORS } from "./monitors.ts";

/** Which life-cycle machine monitors the code: one policy, whichever of them the code keeps to, or none. */
export type MonitorPolicy = Policy | "any" | "none";

export const MONITOR_POLICIES: readonly MonitorPolicy[] = [...POLICIES, "any", "none"];

/**
 * The machines for a search.
 *
 * Under one policy the rules monitor it too. Where any policy will do nobody has said what the code is meant to do:
 * then only what no machine knows is worth telling, and the rules would tell once more what the properties tell.
 */
export const monitorsFor = (policy: MonitorPolicy): Monitors => {
  if (policy === "none") return NO_MONITORS;
  const lives = (policy === "any" ? POLICIES : [policy]).map((one) => monitor(lifeCycle(one), lifeCycleName(one)));
  const rules = policy === "any" ? [] : RULES.map((rule) => monitor(tableOf(rule), `the rule of ${rule.title}`));
  return { lives, rules };
};

/** The machine of a life cycle, to monitor itself: what it takes of itself is counted so. */
export const lifeAlone = (policy: Policy): Monitors => ({
  lives: [monitor(lifeCycle(policy), lifeCycleName(policy))],
  rules: [],
});

/** How much of a machine was taken, by edges between its states. */
export interface EdgeCoverage {
  readonly total: number;
  readonly covered: number;
  /** The edges that were never taken, as `state: event`. */
  readonly missing: readonly string[];
  /** The states, and those that were stood in. */
  readonly states: { readonly total: number; readonly covered: number };
}

/** @param taken - which entries of the table were, 1 for yes */
export const edgeCoverage = (table: MachineTable, taken: Uint8Array): EdgeCoverage => {
  const seen = new Set<string>();
  const stood = new Set<string>();
  for (const [place, times] of taken.entries()) {
    if (times === 0) continue;
    const from = table.configurations[Math.floor(place / table.events.length)]!;
    const to = table.configurations[table.next[place]!]!;
    stood.add(nameOf(from.value)).add(nameOf(to.value));
    seen.add(wordsOf(nameOf(from.value), table.events[place % table.events.length]!, nameOf(to.value)));
  }
  const all = edgesOf(table).map(({ from, event, to }) => wordsOf(from, event, to));
  const missing = all.filter((edge) => !seen.has(edge));
  const states = { total: new Set(table.configurations.map(({ value }) => nameOf(value))).size, covered: stood.size };
  return { total: all.length, covered: all.length - missing.length, missing, states };
};

const wordsOf = (from: string, event: string, to: string): string => `${from}: ${event} -> ${to}`;

/** The monitor of a life of which the code took most, for coverage. */
export const mostTaken = ({ lives }: Monitors): Monitor | undefined =>
  lives.toSorted((one, other) => sum(other.taken) - sum(one.taken))[0];

const sum = (numbers: Uint8Array): number => numbers.reduce((total, number) => total + number, 0);
