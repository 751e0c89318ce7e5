import { futureBy } from "../checker/claims/step-claim.ts";
import { explore } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import type { Finding } from "../checker/finding.ts";
import type { Progress } from "../checker/pace.ts";
import { labelsOf, replay } from "../checker/schedule.ts";
import type { DriverImage } from "../driver/compile/image.ts";
import type { Subject } from "../driver/patch/subject.ts";
import { type Blueprint, type MonitoredSystem, systemFrom } from "../harness/blueprint.ts";
import type { Configuration } from "../harness/configuration.ts";
import type { MonitorPolicy } from "../harness/monitor-policy.ts";
import { machineContext } from "../harness/offers.ts";
import {
  behaveAlike,
  type Pair,
  type PairAction,
  type PairEvent,
  type Side,
  showDifference,
  sideBySide,
} from "../harness/side-by-side.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { encodeToken } from "../harness/token.ts";
import { traceOf } from "../harness/trace.ts";
import type { SysramEvent } from "../models/observation.ts";
import { claims } from "../properties/index.ts";
import {
  type Behaviours,
  type Comparison,
  compareFindings,
  compareProperties,
  type Rerun,
  type RunOf,
  versionOf,
} from "../report/comparison.ts";
import { checkEngine } from "./check-options.ts";
import { composeReport, placeOf } from "./compose-report.ts";
import { boundsOf, defaultFaults, type EngineOptions, type SearchOptions, search } from "./engine.ts";
import { type FoundFinding, findingTeller } from "./found-finding.ts";
import { guarded } from "./guarded.ts";
import { type SizeOptions, sizeOf } from "./review.ts";
import { type SystemSource, sourceOf } from "./search-parts.ts";
import { build, readSubject, type Source, sourceLines } from "./source.ts";
import { followed, type Watching } from "./watching.ts";

/** How to search both versions. */
export interface CompareOptions
  extends Omit<SearchOptions, "interruptAt" | "visited">,
    SizeOptions,
    Omit<Watching, "onFinding" | "onWarning"> {
  /** The life cycle that both are held to; "any" where it is left out, and none with several tasks. */
  readonly policy?: MonitorPolicy | undefined;
  /** Is told of each thing that is wrong when the search of a version first comes to it, and of each once. */
  readonly onFinding?: ((finding: FoundFinding, version: "old" | "new") => void) | undefined;
}

/**
 * Compares two versions of a driver: which findings are fixed, which remain and which are new, which proofs still hold, and what
 * users see change.
 *
 * @throws VerifyError by its code
 */
export const compare = guarded(
  async (old: Source, newer: Source, options: CompareOptions = {}): Promise<Comparison> => {
    checkEngine(options);
    const { tasks = 1 } = options;
    // Both are held to one rule, whoever wrote them; a machine follows one command at a time.
    const policy = tasks === 1 ? (options.policy ?? "any") : "none";
    const configuration: Configuration = { ...sizeOf(options), tasks };
    const read = [await readSubject(old), await readSubject(newer)] as const;
    const versionOfSubject = async (subject: Subject): Promise<ComparedVersion> => {
      const image = await build(subject, options.onStage);
      return { subject, ...systemsOf(image, configuration, policy) };
    };
    const versions = [await versionOfSubject(read[0]), await versionOfSubject(read[1])] as const;
    return compareVersions(versions[0], versions[1], {
      ...{ configuration, search: options, policy, onFinding: options.onFinding },
      ...followed(options),
    });
  },
);

/** A driver to be compared, in a system where tasks can be interrupted anywhere. */
export interface ComparedVersion extends MonitoredSystem {
  readonly subject: Subject;
  /** Where the search has its systems from. */
  readonly source: SystemSource;
  /** The same driver with one command at a time. */
  readonly sequential: SysramSystem;
}

/** How to search both. */
export interface CompareContext {
  readonly configuration: Configuration;
  readonly search: SearchOptions;
  /** The life cycle that monitors the driver, for the report. */
  readonly policy: MonitorPolicy;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onFinding?: CompareOptions["onFinding"];
}

/** Searches two versions, each alone and then both side by side, and compares what comes of it. */
export const compareVersions = async (
  old: ComparedVersion,
  newer: ComparedVersion,
  context: CompareContext,
): Promise<Comparison> => {
  const one = await reviewed(old, "old", context);
  const two = await reviewed(newer, "new", context);
  const reruns = new Map(
    one.exploration.findings.map((finding, index) => [one.report.findings[index]!.id, rerun(old, newer, finding)]),
  );
  return {
    format: "sysram-verify/comparison",
    version: 1,
    old: versionOf(one.report),
    new: versionOf(two.report),
    configuration: two.report.search.configuration,
    findings: compareFindings(one.report, two.report, reruns),
    properties: compareProperties(one.report, two.report),
    notJudged: two.report.notJudged,
    behaviours: await compareBehaviours(old, newer, context),
  };
};

const reviewed = async (version: ComparedVersion, name: "old" | "new", context: CompareContext) => {
  const { subject, system, source } = version;
  const { configuration, search: options, policy, signal, onProgress, onFinding } = context;
  const fresh = (): SysramSystem => source.make({ isReduced: false }).system;
  const teller = onFinding && findingTeller({ subject, configuration }, fresh, (finding) => onFinding(finding, name));
  const asked: EngineOptions = { ...options, engine: "exhaustive" };
  const found = await search(source, asked, {
    ...{ whole: version, known: { first: [], system }, signal, onProgress, onFinding: teller?.tell },
  });
  const { regions, blocks } = configuration;
  const composed = composeReport({
    ...{ subject, system: found.system, configuration, exploration: found.exploration },
    options: { ...found.options, policy, regions, blocks },
  });
  teller?.rest(composed.exploration, composed.report);
  return composed;
};

/** Takes the run of an old finding with the new version. */
const rerun = (old: ComparedVersion, newer: ComparedVersion, finding: Finding): Rerun => {
  const labels = labelsOf(old.system, replay(old.system, finding.counterexample));
  const found = findSchedule(newer.system, labels);
  if (found.kind === "lost") {
    return { kind: "is not possible", because: `step ${found.step}: ${found.reason}`, place: null };
  }
  const because = found.differences.length === 0 ? null : found.differences.join("; ");
  const claim = claims.find(({ id }) => id === finding.property)!;
  // Where several runs only together are wrong, whether the others are still there the search of the new version tells.
  const { object, detail } = finding;
  const evidence = claim.evidence(
    replay<SysramState, SysramAction, SysramEvent>(newer.system, found.schedule),
    { object, detail, site: undefined, isAtEnd: false },
    machineContext(newer.system, claims),
  );
  if (evidence.kind !== "shown") return { kind: "no longer shows it", because, place: null };
  const place = placeOf(newer.system, evidence.violation.site, sourceLines(newer.subject));
  return { kind: "still shows it", because, place };
};

const compareBehaviours = async (
  old: ComparedVersion,
  newer: ComparedVersion,
  { configuration, search: options, signal, onProgress }: CompareContext,
): Promise<Behaviours> => {
  const both = sideBySide(old.sequential, newer.sequential, futureBy(claims));
  const { states, transitions, ending, findings } = await explore<Pair, PairAction, PairEvent>(both, {
    claims: [behaveAlike],
    faults: options.faults ?? defaultFaults(options.tasks),
    bounds: boundsOf(options),
    signal,
    onProgress,
  });
  const runOf = (
    { subject, sequential }: ComparedVersion,
    shown: ReturnType<typeof showDifference>,
    side: Side,
  ): RunOf => ({
    steps: traceOf(sequential, shown[side], sourceLines(subject)).steps,
    replay: encodeToken(sequential, shown[side], subject.sha256, { ...configuration, tasks: 1 }),
  });
  const differences = findings.map(({ counterexample, needs }) => {
    const shown = showDifference(both, counterexample);
    const { command, what, old: before, new: after } = shown.difference;
    const runs = { oldRun: runOf(old, shown, "old"), newRun: runOf(newer, shown, "new") };
    return { command, what, old: before, new: after, needs, ...runs };
  });
  return { states, transitions, ending, differences };
};

const systemsOf = (
  image: DriverImage,
  configuration: Configuration,
  policy: MonitorPolicy,
): Omit<ComparedVersion, "subject"> => {
  const blueprint: Blueprint = { driver: { kind: "image", image, policy }, configuration };
  const whole = systemFrom(blueprint, { isReduced: false });
  const source = sourceOf(blueprint);
  if ((configuration.tasks ?? 1) === 1) return { ...whole, source, sequential: whole.system };
  const alone: Blueprint = {
    driver: { kind: "image", image, policy: "any" },
    configuration: { ...configuration, tasks: 1 },
  };
  return { ...whole, source, sequential: systemFrom(alone).system };
};
