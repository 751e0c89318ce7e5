import { type Exploration, type ExploreOptions, explore } from "../checker/explore.ts";
import { mergeFindings } from "../checker/merge-findings.ts";
import type { SysramEvent } from "../models/observation.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";

type Options = ExploreOptions<SysramState, SysramAction, SysramEvent>;

/**
 * How far each of the small searches goes that are there to learn from, and how many of them there are at most.
 *
 * Their end must not depend on the clock: what they teach decides how many states the search meets behind them.
 */
const LESSON = { faults: 0, preemptions: 1, maxStates: 3000 } as const;
const LESSONS = 6;

/** A search that goes wrong goes on for this part of what it has done, to learn what else is wrong. */
const AFTERMATH = 0.25;

/**
 * Searches a system in which tasks are interrupted only where it can matter.
 *
 * Where it can matter is learned in small searches first. Should the search itself find that it took an act to be quiet
 * that is not, it is done again, until none does; so an exhausted search has left out no order of acts that could
 * have made a difference. One that a bound has ended before is not done again: it claims nothing of what it did not see.
 *
 * A bound on interruptions is approached from below, one more in each round: a round takes many times as long as the one
 * before it, so that little is lost, and where time is up all runs with fewer interruptions have been followed.
 */
export const exploreReduced = async (system: SysramSystem, options: Options): Promise<Exploration> => {
  if (system.reduction === undefined) return explore(system, options);
  const start = performance.now();
  await learn(system, options);
  const { preemptions = "all" } = options;
  const { maxMillis } = options.bounds;
  const rest = (): Options => {
    if (maxMillis === undefined) return options;
    const left = Math.max(Math.round(maxMillis - (performance.now() - start)), 1);
    return { ...options, bounds: { ...options.bounds, maxMillis: left } };
  };
  if (preemptions === "all") return untilRight(system, rest);
  let before: Exploration | undefined;
  for (let bound = 0; ; bound += 1) {
    const round = await untilRight(system, () => ({ ...rest(), preemptions: bound }));
    if (bound === preemptions || round.ending !== "exhausted") {
      const elapsedMs = performance.now() - start;
      return { ...(before === undefined ? round : after(before, round, bound, options.faults)), elapsedMs };
    }
    before = round;
  }
};

/** Finds out in small searches which acts others could notice. */
const learn = async (system: SysramSystem, options: Options): Promise<void> => {
  const { faults, preemptions, maxStates } = LESSON;
  for (let lesson = 1; lesson <= LESSONS && options.signal?.aborted !== true; lesson += 1) {
    const bounds = { ...options.bounds, maxStates: Math.min(maxStates, options.bounds.maxStates ?? maxStates) };
    await explore(system, { ...options, properties: [], faults, preemptions, bounds });
    if (system.reduction!.mistaken === 0) return;
    system.reduction!.adopt();
  }
};

/** Searches until no act was taken to be quiet that is not, or a bound ends it. */
const untilRight = async (system: SysramSystem, options: () => Options): Promise<Exploration> => {
  for (;;) {
    const asked = options();
    const { signal, watched } = endsSoon(system, asked);
    const found = await explore(watched, { ...asked, signal });
    if (system.reduction!.mistaken === 0) return found;
    if (found.ending !== "exhausted" && (found.ending !== "interrupted" || asked.signal?.aborted === true)) {
      const { frontierCost: _, ...unsure } = found;
      return unsure;
    }
    system.reduction!.adopt();
  }
};

/** The same system, and a signal that ends a search of it soon after an act was taken to be quiet that is not. */
const endsSoon = (
  system: SysramSystem,
  { signal }: Options,
): { readonly signal: AbortSignal; readonly watched: SysramSystem } => {
  const wrong = new AbortController();
  let steps = 0;
  let end = Number.POSITIVE_INFINITY;
  const step: SysramSystem["step"] = (state, action, chooser) => {
    steps += 1;
    if (steps >= end) wrong.abort();
    else if (end === Number.POSITIVE_INFINITY && system.reduction!.mistaken > 0) end = steps * (1 + AFTERMATH);
    return system.step(state, action, chooser);
  };
  const signals = signal === undefined ? [wrong.signal] : [wrong.signal, signal];
  return { signal: AbortSignal.any(signals), watched: { ...system, step } };
};

/** A round that a bound has ended, with what the whole round before it is sure of; one that came to its end needs nothing. */
const after = (before: Exploration, round: Exploration, bound: number, faults: Options["faults"]): Exploration => {
  if (round.ending === "exhausted") return round;
  const { frontierCost: _, ...cut } = round;
  // With faults, a run with fewer interruptions may still have more faults than any that was followed.
  const followed = { smallAllocationFaults: 0, ordinaryFaults: 0, preemptions: bound, steps: 0 };
  return {
    ...cut,
    ...(faults === 0 ? { frontierCost: followed } : {}),
    findings: mergeFindings(round.findings, before.findings),
    properties: round.properties.map((counted, at) =>
      counted.verdict !== "violated" && before.properties[at]!.verdict === "violated"
        ? before.properties[at]!
        : counted,
    ),
  };
};
