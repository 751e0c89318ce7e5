import type { Exploration, Progress } from "../checker/explore.ts";
import type { Finding } from "../checker/judge.ts";
import { mergeFindings } from "../checker/merge-findings.ts";
import type { Schedule } from "../checker/schedule.ts";
import { exploreReduced } from "../harness/explore-reduced.ts";
import { exploreAtRandom, type RandomExploration } from "../harness/random/explore-at-random.ts";
import type { Statistics } from "../harness/random/statistics.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { properties, propertiesOfSeveral } from "../properties/index.ts";
import type { Configuration as ReportedConfiguration } from "../report/report.ts";
import { CommandError } from "./exit.ts";

/** What a search may do, and how far it goes, as the user says. */
export interface SearchOptions {
  readonly faults?: number | "all";
  readonly tasks?: number;
  readonly preemptions?: number | "all";
  readonly boundStates?: number;
  readonly boundDepth?: number;
  readonly boundTime?: number;
  readonly boundMemory?: number;
}

/** How the user asks for a search. */
export interface EngineOptions extends SearchOptions {
  readonly engine: "exhaustive" | "random";
  readonly seed?: number;
  readonly runs?: number;
  readonly maxCommands?: number;
}

/** What a search came to. */
export interface Searched {
  /** The system that the schedules of the exploration are runs of: it knows the values in them. */
  readonly system: SysramSystem;
  readonly exploration: Exploration;
  /** What the runs were made of, where they were drawn. */
  readonly statistics: Statistics | undefined;
  /** The options of the search, for whoever runs it again. */
  readonly options: ReportedConfiguration;
}

/** What a search is given beside its options. */
export interface SearchContext {
  /** Runs that once broke a property, to be taken before any other, and the system that they are runs of. */
  readonly known: { readonly first: readonly Schedule[]; readonly system: SysramSystem };
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const DEFAULT_RUNS = 1000;
const DEFAULT_MAX_COMMANDS = 200;

/** How far a search with several tasks goes where nobody says otherwise: most would not end for hours. */
const SEVERAL_TASKS = { faults: 0, preemptions: 2, boundTime: 120 } as const;

/** The most faults in one run, where nobody says otherwise. */
export const defaultFaults = (tasks = 1): number | "all" => (tasks === 1 ? "all" : SEVERAL_TASKS.faults);

/** Refuses an option of one engine that is given to the other. */
export const checkEngine = (options: EngineOptions): void => {
  const { engine, seed, runs, maxCommands, boundDepth, tasks = 1, preemptions } = options;
  if (preemptions !== undefined && tasks === 1) {
    throw new CommandError("--preemptions bounds how tasks interrupt each other, and there is one", "add --tasks 2");
  }
  if (engine === "random") {
    if (boundDepth === undefined) return;
    throw new CommandError(
      "--bound-depth bounds the exhaustive search",
      "bound the runs of the random one with --max-commands N",
    );
  }
  const given = Object.entries({ "--seed": seed, "--runs": runs, "--max-commands": maxCommands });
  const name = given.find(([, value]) => value !== undefined)?.[0];
  if (name !== undefined) {
    throw new CommandError(`${name} belongs to random search, and this one is exhaustive`, "add --engine random");
  }
};

/** The bounds on a search, as the checker takes them. */
export const boundsOf = ({ boundStates, boundDepth, boundTime, boundMemory }: SearchOptions) => ({
  maxStates: boundStates,
  maxDepth: boundDepth,
  maxMillis: boundTime === undefined ? undefined : boundTime * 1000,
  maxHeapBytes: boundMemory === undefined ? undefined : boundMemory * 2 ** 20,
});

const withDefaults = (given: EngineOptions): EngineOptions & { readonly faults: number | "all" } => {
  const options = { ...given, faults: given.faults ?? defaultFaults(given.tasks) };
  if ((options.tasks ?? 1) === 1 || options.engine === "random") return options;
  const isBounded = options.boundStates !== undefined || options.boundTime !== undefined;
  const { preemptions, boundTime } = SEVERAL_TASKS;
  return { preemptions, ...(isBounded ? {} : { boundTime }), ...options };
};

/** Searches a system with every property, by the engine that was asked for. */
export const search = async (
  system: SysramSystem,
  options: EngineOptions,
  { known, signal, onProgress }: SearchContext,
): Promise<Searched> => {
  const asked = withDefaults(options);
  const { tasks = 1, faults, preemptions = null } = asked;
  const { boundStates = null, boundDepth = null, boundTime = null, boundMemory = null } = asked;
  const bounds = boundsOf(asked);
  const common = { engine: options.engine, tasks, preemptions, faults, boundStates, boundTime, boundMemory };
  if (options.engine === "exhaustive") {
    const found = await exploreReduced(system, {
      properties: tasks === 1 ? properties : propertiesOfSeveral,
      faults,
      preemptions: preemptions ?? "all",
      bounds,
      signal,
      onProgress,
    });
    const done = { statistics: undefined, options: { ...common, boundDepth } };
    if (known.first.length === 0) return { system, exploration: found, ...done };
    // What the search found are runs of the system that knows more, too.
    const again = await recalled(known.system, known.first);
    return { system: again.system, exploration: withFindings(found, again.findings), ...done };
  }
  const { seed = freshSeed(), runs = DEFAULT_RUNS, maxCommands = DEFAULT_MAX_COMMANDS } = options;
  const { statistics, ...exploration } = await exploreAtRandom(known.system, {
    ...{ properties, faults, bounds, seed, runs, maxCommands, first: known.first, signal, onProgress },
  });
  return { system: exploration.system, exploration, statistics, options: { ...common, seed, runs, maxCommands } };
};

/** The largest seed; a seed of fast-check is a whole number of 32 bits. */
export const MAX_SEED = 2 ** 31 - 1;

const freshSeed = (): number => Math.floor(Math.random() * MAX_SEED);

/** What is wrong in runs that are known. */
const recalled = (system: SysramSystem, first: readonly Schedule[]): Promise<RandomExploration> => {
  const options = { properties, seed: 0, runs: 0, maxCommands: 0, faults: "all", bounds: {} } as const;
  return exploreAtRandom(system, { ...options, first });
};

/** A search with findings from elsewhere, where it has not made them itself: its bounds may have kept it from them. */
const withFindings = (exploration: Exploration, findings: readonly Finding[]): Exploration => {
  const broken = new Set(findings.map(({ property }) => property));
  return {
    ...exploration,
    findings: mergeFindings(exploration.findings, findings),
    properties: exploration.properties.map((known) =>
      known.violated > 0 || !broken.has(known.property)
        ? known
        : { ...known, verdict: "violated", because: "broken by a saved run, to which this search did not come" },
    ),
  };
};
