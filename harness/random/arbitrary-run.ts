import fc from "fast-check";
import type { SysramSystem } from "../sysram-system.ts";
import { drawRun, type Plan, plans, type RunLimits } from "./draw-run.ts";
import type { Run, WatchedStep } from "./run.ts";
import { simplerRuns } from "./simpler-runs.ts";

const DEFAULT_LIMITS: RunLimits = { maxCommands: 200, faults: "all", values: "any" };

/** What to generate, and who is told of each step while it is generated. */
export interface RunOptions extends Partial<RunLimits> {
  readonly onStep?: ((step: WatchedStep) => void) | undefined;
}

class ArbitraryRun extends fc.Arbitrary<Run> {
  readonly #system: SysramSystem;
  readonly #plans: fc.Arbitrary<Plan>;
  readonly #limits: RunLimits;
  readonly #onStep: RunOptions["onStep"];

  constructor(system: SysramSystem, { onStep, ...limits }: RunOptions) {
    super();
    this.#system = system;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#plans = plans(system, this.#limits);
    this.#onStep = onStep;
  }

  override generate(random: fc.Random): fc.Value<Run> {
    const { value: plan } = this.#plans.generate(random, undefined);
    return new fc.Value(drawRun(this.#system, plan, this.#limits, random, this.#onStep), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Run {
    return typeof value === "object" && value !== null && "schedule" in value && "cost" in value;
  }

  override shrink(run: Run): fc.Stream<fc.Value<Run>> {
    return new fc.Stream(valuesOf(simplerRuns(this.#system, run)));
  }
}

function* valuesOf(runs: Iterable<Run>): Generator<fc.Value<Run>, void, undefined> {
  for (const run of runs) yield new fc.Value(run, undefined);
}

/**
 * Runs of a system, as fast-check generates and shrinks any other value.
 *
 * A run is taken while it is generated: every command is drawn from those that are possible in the state that the run has
 * come to, with values of its own: texts, ranges, nodes (or, with `values: "table"`, only those of the exhaustive search).
 * It ends after `maxCommands` steps (200), or where the machine is dead. It shrinks to the run that a person would believe
 * soonest: first without the faults that are not needed, then as short as can be, then with plain values.
 *
 * The schedule of a run is one of `run.system`, which knows the values that it was drawn with.
 */
export const arbitraryRun = (system: SysramSystem, options: RunOptions = {}): fc.Arbitrary<Run> =>
  new ArbitraryRun(system, options);
