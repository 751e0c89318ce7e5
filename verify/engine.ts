import type { Exploration } from "../checker/explore.ts";
import { type Finding, findingOf } from "../checker/finding.ts";
import { mergeFindings } from "../checker/merge-findings.ts";
import type { Progress } from "../checker/pace.ts";
import type { Schedule } from "../checker/schedule.ts";
import type { Visited } from "../checker/visited.ts";
import type { MonitoredSystem } from "../harness/blueprint.ts";
import type { InterruptAt } from "../harness/configuration.ts";
import { exploreAtRandom, type FoundAtRandom, type RandomExploration } from "../harness/random/explore-at-random.ts";
import type { DrawnStatistics } from "../harness/random/statistics.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { claims } from "../properties/index.ts";
import type { Configuration as ReportedConfiguration } from "../report/report.ts";
import { type CheckpointFolder, openCheckpoint, type SearchIdentity } from "./checkpoint.ts";
import {
  type PartsOptions,
  type SearchedParts,
  type SystemSource,
  searchInParts,
  searchParts,
} from "./search-parts.ts";

/** What a search may do, and how far it goes, as the user says. */
export interface SearchOptions {
  readonly faults?: number | "all";
  readonly tasks?: number;
  readonly preemptions?: number | "all";
  readonly interruptAt?: InterruptAt;
  readonly boundStates?: number;
  readonly boundDepth?: number;
  readonly boundTime?: number;
  readonly boundMemory?: number;
  /** The most threads to search in; what comes of the search does not depend on it, and no report tells it. */
  readonly workers?: number | "auto";
  /** How states are known again; exactly where nobody says otherwise. */
  readonly visited?: Visited;
}

/** How the user asks for a search. */
export interface EngineOptions extends SearchOptions {
  /** Everything is searched where it is left out. */
  readonly engine?: "exhaustive" | "random";
  readonly seed?: number;
  readonly runs?: number;
  readonly maxCommands?: number;
  readonly checkpoint?: string;
  readonly checkpointEvery?: number;
  readonly resume?: boolean;
}

/** What a search came to. */
export interface Searched {
  /** The system that the schedules of the exploration are runs of: it knows the values in them. */
  readonly system: SysramSystem;
  readonly exploration: Exploration;
  /** What the runs were made of, where they were drawn. */
  readonly statistics: DrawnStatistics | undefined;
  /** The options of the search, for whoever runs it again. */
  readonly options: ReportedConfiguration;
}

/** What a search is given beside its options. */
export interface SearchContext {
  /** The system that is searched, where tasks can be interrupted anywhere; what the search covers is added to its counts. */
  readonly whole: MonitoredSystem;
  /** What is searched, and what its options say of the space beside those of the engine: where the search may be kept. */
  readonly identity?: SearchIdentity;
  /** Runs that once broke a property, to be taken before any other, and the system that they are runs of. */
  readonly known: { readonly first: readonly Schedule[]; readonly system: SysramSystem };
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Is told of what is wrong when the search first comes to it, beside the system that the run is one of, where that is not the whole. */
  readonly onFinding?: ((finding: Finding, system?: SysramSystem) => void) | undefined;
}

const DEFAULT_RUNS = 1000;
const DEFAULT_MAX_COMMANDS = 200;

/** How far a search with several tasks goes where nobody says otherwise: most would not end for hours. */
const SEVERAL_TASKS = { faults: 0, preemptions: 2, boundTime: 150 } as const;

/** The most faults in one run, where nobody says otherwise. */
export const defaultFaults = (tasks = 1): number | "all" => (tasks === 1 ? "all" : SEVERAL_TASKS.faults);

/** The bounds on a search, as the checker takes them. */
export const boundsOf = ({ boundStates, boundDepth, boundTime, boundMemory }: SearchOptions) => ({
  maxStates: boundStates,
  maxDepth: boundDepth,
  maxMillis: boundTime === undefined ? undefined : boundTime * 1000,
  maxHeapBytes: boundMemory === undefined ? undefined : boundMemory * 2 ** 20,
});

const withDefaults = (
  given: EngineOptions,
): EngineOptions & { readonly engine: "exhaustive" | "random"; readonly faults: number | "all" } => {
  const { engine = "exhaustive", faults = defaultFaults(given.tasks) } = given;
  const options = { ...given, engine, faults };
  if ((options.tasks ?? 1) === 1 || options.engine === "random") return options;
  const isBounded = options.boundStates !== undefined || options.boundTime !== undefined;
  const { preemptions, boundTime } = SEVERAL_TASKS;
  return { preemptions, ...(isBounded ? {} : { boundTime }), ...options };
};

/** The options of a search of either engine, as a report tells them. */
const reportedOptions = (asked: ReturnType<typeof withDefaults>): ReportedConfiguration => {
  const { engine, faults, tasks = 1, preemptions = null } = asked;
  const { boundStates = null, boundTime = null, boundMemory = null } = asked;
  const interruptAt = tasks === 1 ? null : (asked.interruptAt ?? "calls");
  return { engine, tasks, interruptAt, preemptions, faults, boundStates, boundTime, boundMemory };
};

/** How everything is searched that the user asked for. */
interface Plan {
  readonly parts: PartsOptions;
  /** As a report tells of it. */
  readonly options: ReportedConfiguration;
}

const exhaustivePlan = async (
  options: EngineOptions,
  { whole, identity, signal, onProgress, onFinding }: Omit<SearchContext, "known">,
): Promise<Plan> => {
  const asked = withDefaults({ ...options, engine: "exhaustive" });
  const { boundTime: _, boundMemory: __, engine: ___, ...ofSpace } = reportedOptions(asked);
  const { workers = "auto", visited = "exact", boundDepth = null } = asked;
  // What bounds time and memory, and how many threads there are, is no matter to whoever goes on with a search.
  const words = { ...ofSpace, boundDepth, visited };
  const checkpoint =
    identity && (await checkpointOf(options, identity, words, whole.system.initialConfigurations.length));
  return {
    parts: {
      ...{ faults: asked.faults, preemptions: asked.preemptions ?? "all", bounds: boundsOf(asked), workers, visited },
      ...{ checkpoint, signal, onProgress },
      onFinding: onFinding && ((finding) => onFinding(finding)),
    },
    options: { ...reportedOptions(asked), boundDepth, ...(visited === "exact" ? {} : { visited }) },
  };
};

/** What came of a share of everything that there is to search. */
export interface SearchedShare extends SearchedParts {
  /** The options of the whole search. */
  readonly options: ReportedConfiguration;
}

/** Searches those parts of everything that are wanted. */
export const searchShare = async (
  source: SystemSource,
  options: EngineOptions,
  context: Omit<SearchContext, "known">,
  isWanted: (part: number) => boolean,
): Promise<SearchedShare> => {
  const plan = await exhaustivePlan(options, context);
  return { ...(await searchParts(source, context.whole, { ...plan.parts, isWanted })), options: plan.options };
};

/** Searches a system with every property, by the engine that was asked for. */
export const search = async (
  source: SystemSource,
  options: EngineOptions,
  context: SearchContext,
): Promise<Searched> => {
  const { whole, known, signal, onProgress, onFinding } = context;
  const asked = withDefaults(options);
  if (asked.engine === "exhaustive") {
    const plan = await exhaustivePlan(options, context);
    const found = await searchInParts(source, whole, plan.parts);
    const done = { statistics: undefined, options: plan.options };
    if (known.first.length === 0) return { system: whole.system, exploration: found, ...done };
    // What the search found are runs of the system that knows more, too.
    const again = await recalled(known.system, known.first);
    return { system: again.system, exploration: withFindings(found, again.findings), ...done };
  }
  const { seed = freshSeed(), runs = DEFAULT_RUNS, maxCommands = DEFAULT_MAX_COMMANDS } = options;
  const { statistics, ...exploration } = await exploreAtRandom(known.system, {
    ...{ claims, faults: asked.faults, bounds: boundsOf(asked), seed, runs, maxCommands, first: known.first },
    ...{ signal, onProgress },
    onFound: onFinding && ((found) => tellFound(found, onFinding)),
  });
  const told = { ...reportedOptions(asked), seed, runs, maxCommands };
  return { system: exploration.system, exploration, statistics, options: told };
};

/** Tells of all that is wrong in a step of a drawn run. */
const tellFound = (
  { run: { system, schedule }, transition, cost }: FoundAtRandom,
  onFinding: NonNullable<SearchContext["onFinding"]>,
): void => {
  for (const { id, violations } of claims) {
    for (const violation of violations(transition)) onFinding(findingOf(id, violation, cost, 1, schedule), system);
  }
};

/** How often a search is kept where nobody says otherwise, in seconds. */
const CHECKPOINT_EVERY = 30;

const checkpointOf = async (
  { checkpoint: folder, checkpointEvery = CHECKPOINT_EVERY, resume = false }: EngineOptions,
  { options, ...identity }: SearchIdentity,
  engine: SearchIdentity["options"],
  parts: number,
): Promise<CheckpointFolder | undefined> => {
  if (folder === undefined) return undefined;
  const searched = { ...identity, options: { ...options, ...engine } };
  return openCheckpoint({ folder, everyMillis: checkpointEvery * 1000, identity: searched }, parts, resume);
};

/** The largest seed; a seed of fast-check is a whole number of 32 bits. */
export const MAX_SEED = 2 ** 31 - 1;

const freshSeed = (): number => Math.floor(Math.random() * MAX_SEED);

/** What is wrong in runs that are known. */
const recalled = (system: SysramSystem, first: readonly Schedule[]): Promise<RandomExploration> => {
  const options = { claims, seed: 0, runs: 0, maxCommands: 0, faults: "all", bounds: {} } as const;
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
