import type { Exploration } from "../checker/explore.ts";
import type { Subject } from "../driver/patch/subject.ts";
import { type Blueprint, type MonitoredSystem, systemFrom } from "../harness/blueprint.ts";
import { type Configuration, DEFAULT_CONFIGURATION } from "../harness/configuration.ts";
import { edgeCoverage, type MonitorPolicy, mostTaken } from "../harness/monitor-policy.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import type { Report } from "../report/report.ts";
import { listingOf } from "./annotate.ts";
import { checkEngine } from "./check-options.ts";
import type { SearchIdentity } from "./checkpoint.ts";
import { composeReport } from "./compose-report.ts";
import { type Recalled, recallCorpus, saveCorpus } from "./corpus.ts";
import { type EngineOptions, type Searched, search } from "./engine.ts";
import { findingTeller } from "./found-finding.ts";
import { guarded } from "./guarded.ts";
import { defaultPolicy, notFollowed } from "./policy.ts";
import { sourceOf } from "./search-parts.ts";
import { build, readSubject, type Source } from "./source.ts";
import { followed, type Watching } from "./watching.ts";

/** How large the machine is. */
export interface SizeOptions {
  /** CXL regions; 1 where it is left out. */
  readonly regions?: number | undefined;
  /** Memory blocks in a region; 2 where it is left out. */
  readonly blocks?: number | undefined;
}

/** What to review for, and how. */
export interface ReviewOptions extends EngineOptions, SizeOptions, Watching {
  /** The life cycle that the driver is held to; "any" where it is left out, for our own driver "intended". */
  readonly policy?: MonitorPolicy | undefined;
  /** A folder: the counterexamples that are saved there are taken first, and what is found is saved there. */
  readonly corpus?: string | undefined;
  /** Whether a listing of the driver is wanted, with how often each line was run. */
  readonly isAnnotated?: boolean | undefined;
}

/** What a review came to. */
export interface Review {
  /** As `review --json` writes it; report/report.schema.json describes it. */
  readonly report: Report;
  /** What the search itself came to. */
  readonly exploration: Exploration;
  /** The driver, with how often each line was run; undefined where nobody asked for it. */
  readonly listing: string | undefined;
  /** Files of the corpus that are damaged and were left out. */
  readonly damaged: Recalled["damaged"];
}

/**
 * Reviews the C of a driver: searches for everything that can go wrong in it.
 *
 * A search that was told to end early gives what it found by then, and says so (`report.search.ending`).
 *
 * @throws VerifyError by its code
 */
export const review = guarded(async (source: Source, options: ReviewOptions = {}): Promise<Review> => {
  checkEngine(options);
  return reviewOf(await reviewedDriver(await readSubject(source), options), options);
});

/** What a review of a driver searches. */
export interface ReviewedDriver extends Reviewed {
  readonly identity: SearchIdentity;
  readonly policy: MonitorPolicy;
}

/**
 * Builds a driver for what its review searches.
 *
 * @throws Refusal where it cannot be built
 */
export const reviewedDriver = async (subject: Subject, options: ReviewOptions): Promise<ReviewedDriver> => {
  const { regions, blocks } = sizeOf(options);
  const { tasks = 1, interruptAt = "calls" } = options;
  const configuration: Configuration = { regions, blocks, tasks, interruptAt };
  const image = await build(subject, options.onStage, configuration);
  const policy = options.policy ?? defaultPolicy(subject);
  const blueprint: Blueprint = { driver: { kind: "image", image, policy }, configuration };
  const identity = { subject: subject.sha256, image: image.sha256, options: { regions, blocks, policy } };
  return { subject, blueprint, identity, policy, notesOn: (system) => notFollowed(system, policy) };
};

/** What is searched. */
export interface Reviewed {
  readonly subject: Subject;
  readonly blueprint: Blueprint;
  /** Where the search may be kept, what it is of. */
  readonly identity?: SearchIdentity;
  /** What is to be said of it beside. */
  readonly notesOn?: (system: SysramSystem) => readonly string[];
}

/** Searches what was asked for, the saved counterexamples of it first, and says what came of it. */
export const reviewOf = async (reviewed: Reviewed, options: Omit<ReviewOptions, "policy">): Promise<Review> => {
  const { subject, blueprint, identity } = reviewed;
  const { corpus } = options;
  const { configuration } = blueprint;
  const fresh = (): MonitoredSystem => systemFrom(blueprint, { isReduced: false });
  const whole = fresh();
  const known = await recallCorpus(corpus, whole.system, subject.sha256, options.onWarning);
  const teller =
    options.onFinding && findingTeller({ subject, configuration }, () => fresh().system, options.onFinding);
  const searched = await search(sourceOf(blueprint), options, {
    ...{ whole, ...(identity && { identity }), known, ...followed(options), onFinding: teller?.tell },
  });
  const review = told(reviewed, { ...searched, whole, known }, options);
  teller?.rest(review.exploration, review.report);
  await saveCorpus(corpus, searched.system, review.exploration.findings, subject.sha256, configuration);
  return review;
};

/** What came of a search, beside the system that counted what it covers and what was known before. */
interface Told extends Searched {
  readonly whole: MonitoredSystem;
  readonly known: Pick<Recalled, "notes" | "damaged">;
}

/** Says what came of a search. */
export const told = (
  { subject, blueprint: { configuration, driver }, notesOn = () => [] }: Reviewed,
  { exploration: found, statistics, system, whole, known, options: asked }: Told,
  { isAnnotated }: Pick<ReviewOptions, "isAnnotated">,
): Review => {
  const { regions, blocks } = configuration;
  // First what the search itself has run: describing findings runs the driver again.
  const listing = isAnnotated === true ? listingOf(subject, system) : undefined;
  const watched = mostTaken(whole.monitors);
  const composed = composeReport({
    subject: { ...subject, notes: [...subject.notes, ...known.notes, ...notesOn(whole.system)] },
    ...{ system, configuration, exploration: found, statistics },
    machine: watched === undefined ? undefined : edgeCoverage(watched.table, watched.taken),
    options: { ...asked, policy: driver.policy, regions, blocks },
  });
  return { ...composed, listing, damaged: known.damaged };
};

/** The size of a machine, whether or not anybody has said it. */
export const sizeOf = ({
  regions = DEFAULT_CONFIGURATION.regions,
  blocks = DEFAULT_CONFIGURATION.blocks,
}: SizeOptions): Required<Record<keyof SizeOptions, number>> => ({ regions, blocks });
