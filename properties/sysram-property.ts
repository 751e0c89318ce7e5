import type { Claim, ClaimWords } from "../checker/claims/claim.ts";
import type { StepRule } from "../checker/claims/step-claim.ts";
import type { Transition, Violation } from "../checker/transition.ts";
import { keptOnPurpose } from "../models/kept-memory.ts";
import type { Misuse, Site } from "../models/kernel.ts";
import type { MemoryBlock } from "../models/memory-hotplug.ts";
import type { CommandReturned, DriverRecord, Observation, SysramEvent } from "../models/observation.ts";
import { isWorkLeft } from "../models/workqueue.ts";

/** The part of a state that properties read. */
export interface Observed {
  readonly observation: Observation;
  /** Where the monitors stand; the same object as long as they stand still. */
  readonly monitor?: object;
}

export type Step = Transition<Observed, SysramEvent>;

/** How much a violation hurts whoever runs the kernel. */
export type Severity = "high" | "medium" | "low";

/** What there is to say of every claim about a driver for hot-plugged memory. */
export interface SysramWords extends ClaimWords {
  readonly severity: Severity;
  /** How the claim is checked, and on what it rests, one sentence. */
  readonly check: string;
}

/** A claim about every step of a driver for hot-plugged memory. */
export interface SysramProperty extends StepRule<Observed, SysramEvent>, SysramWords {
  /** The rules of the models whose misuse it judges; misuse that no property claims makes the kernel warn. */
  readonly rules: ReadonlySet<string>;
}

/** A claim about a driver for hot-plugged memory. */
export interface SysramClaim extends Claim<Observed, unknown, SysramEvent>, SysramWords {
  /** The rules of the models whose misuse it judges. */
  readonly rules: ReadonlySet<string>;
}

/** The violation's place in the driver: the number of the call site, which the report turns into file and line. */
export const siteName = (site: Site): string => (site === 0 ? "" : String(site));

export const misuses = (step: Step): readonly Misuse[] =>
  step.events.filter((event): event is Misuse => event.kind === "misuse");

export const NO_RULES: ReadonlySet<string> = new Set();

/** The misuse of these rules, as violations. */
export const misusesOf = (step: Step, rules: ReadonlySet<string>): readonly Violation[] =>
  misuses(step)
    .filter(({ rule }) => rules.has(rule))
    .map(({ object, site, detail, isFatal }) => ({ object, site: siteName(site), detail, isFatal }));

export const hasMisuse = (step: Step, rules: ReadonlySet<string>): boolean =>
  step.events.some((event) => event.kind === "misuse" && rules.has(event.rule));

/** The commands that came to their end in this step. */
export const returned = (step: Step): readonly CommandReturned[] =>
  step.events.filter((event): event is CommandReturned => event.kind === "returned");

const isBoundSomewhere = ({ kernel }: Observation): boolean => kernel.cxlRegion.regions.some(({ isBound }) => isBound);

/**
 * Whether nothing of the driver's is alive: no device, no region that it is bound to, and no command or work that may still
 * set one up or take one down.
 */
export const isAllGone = ({ after: { observation } }: Step): boolean =>
  observation.isAtRest &&
  observation.records.length === 0 &&
  !isBoundSomewhere(observation) &&
  !isWorkLeft(observation.kernel);

/** Whether the driver has come and gone in this step: a device was released, a region unbound, a probe failed, a work done. */
export const hasEnded = (step: Step): boolean =>
  isAllGone(step) &&
  (step.before.observation.records.length > 0 ||
    isBoundSomewhere(step.before.observation) ||
    isWorkLeft(step.before.observation.kernel) ||
    returned(step).some(({ command, result }) => command.kind === "probe" && result < 0));

/** The memory blocks that the driver keeps on purpose: it could not remove them, told of that, and keeps what belongs to them. */
export const keptBlocks = ({ kernel, resources }: Observation): readonly MemoryBlock[] =>
  keptOnPurpose(kernel, resources);

/** Whether a device of the driver's is kept with memory that is: it records the resource or the group of it. */
export const isKeptDevice = (observation: Observation, { resource, group }: DriverRecord): boolean => {
  const kept = keptBlocks(observation);
  const { blockSize } = observation.kernel.memoryHotplug;
  return kept.some(
    ({ id, group: own }) =>
      (own >= 0 && own === group) ||
      observation.resources.some(
        ({ at, start, end }) => at === resource && start <= id * blockSize && end > id * blockSize,
      ),
  );
};
