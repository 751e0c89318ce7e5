import { type Exploration, explore, type Progress } from "../checker/explore.ts";
import type { Finding } from "../checker/judge.ts";
import type { Schedule } from "../checker/schedule.ts";
import { exploreAtRandom } from "../harness/random/explore-at-random.ts";
import type { Statistics } from "../harness/random/statistics.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import type { SysramEvent } from "../models/observation.ts";
import { properties } from "../properties/index.ts";
import type { Configuration as ReportedConfiguration } from "../report/report.ts";
import { CommandError } from "./exit.ts";

/** How the user asks for a search. */
export interface EngineOptions {
  readonly engine: "exhaustive" | "random";
  readonly seed?: number;
  readonly runs?: number;
  readonly maxCommands?: number;
  readonly faults: number | "all";
  readonly boundStates?: number;
  readonly boundDepth?: number;
  readonly boundTime?: number;
  readonly boundMemory?: number;
}

/** What a search came to. */
export interface Searched {
  readonly exploration: Exploration;
  /** What the runs were made of, where they were drawn. */
  readonly statistics: Statistics | undefined;
  /** The options of the search, for whoever runs it again. */
  readonly options: ReportedConfiguration;
}

/** What a search is given beside its options. */
export interface SearchContext {
  /** Runs that once broke a property, to be taken before any other. */
  readonly first: readonly Schedule[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const DEFAULT_RUNS = 1000;
const DEFAULT_MAX_COMMANDS = 200;

/** Refuses an option of one engine that is given to the other. */
export const checkEngine = ({ engine, seed, runs, maxCommands, boundDepth }: EngineOptions): void => {
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

const boundsOf = ({ boundStates, boundDepth, boundTime, boundMemory }: EngineOptions) => ({
  maxStates: boundStates,
  maxDepth: boundDepth,
  maxMillis: boundTime === undefined ? undefined : boundTime * 1000,
  maxHeapBytes: boundMemory === undefined ? undefined : boundMemory * 2 ** 20,
});

/** Searches a system with every property, by the engine that was asked for. */
export const search = async (
  system: SysramSystem,
  options: EngineOptions,
  { first, signal, onProgress }: SearchContext,
): Promise<Searched> => {
  const { faults, boundStates = null, boundDepth = null, boundTime = null, boundMemory = null } = options;
  const bounds = boundsOf(options);
  const common = { engine: options.engine, tasks: 1, faults, boundStates, boundTime, boundMemory };
  if (options.engine === "exhaustive") {
    const found = await explore<SysramState, SysramAction, SysramEvent>(system, {
      properties,
      faults,
      bounds,
      signal,
      onProgress,
    });
    const exploration = first.length === 0 ? found : withFindings(found, await recalled(system, first));
    return { exploration, statistics: undefined, options: { ...common, boundDepth } };
  }
  const { seed = freshSeed(), runs = DEFAULT_RUNS, maxCommands = DEFAULT_MAX_COMMANDS } = options;
  const { statistics, ...exploration } = await exploreAtRandom(system, {
    ...{ properties, faults, bounds, seed, runs, maxCommands, first, signal, onProgress },
  });
  return { exploration, statistics, options: { ...common, seed, runs, maxCommands } };
};

/** The largest seed; a seed of fast-check is a whole number of 32 bits. */
export const MAX_SEED = 2 ** 31 - 1;

const freshSeed = (): number => Math.floor(Math.random() * MAX_SEED);

/** What is wrong in runs that are known. */
const recalled = async (system: SysramSystem, first: readonly Schedule[]): Promise<readonly Finding[]> => {
  const options = { properties, seed: 0, runs: 0, maxCommands: 0, faults: "all", bounds: {} } as const;
  return (await exploreAtRandom(system, { ...options, first })).findings;
};

/** A search with findings from elsewhere, where it has not made them itself: its bounds may have kept it from them. */
const withFindings = (exploration: Exploration, findings: readonly Finding[]): Exploration => {
  const missing = findings.filter(
    ({ property, object, site }) =>
      !exploration.findings.some(
        (known) => known.property === property && known.object === object && known.site === site,
      ),
  );
  const broken = new Set(missing.map(({ property }) => property));
  return {
    ...exploration,
    findings: [...exploration.findings, ...missing],
    properties: exploration.properties.map((known) =>
      known.violated > 0 || !broken.has(known.property)
        ? known
        : { ...known, verdict: "violated", because: "broken by a saved run, to which this search did not come" },
    ),
  };
};
