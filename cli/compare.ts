import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { explore, type Progress } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import type { Finding } from "../checker/judge.ts";
import { labelsOf, replay } from "../checker/schedule.ts";
import type { DriverImage } from "../driver/compile/image.ts";
import type { Subject } from "../driver/patch/subject.ts";
import { type Blueprint, type Crewed, systemFrom } from "../harness/blueprint.ts";
import type { Configuration } from "../harness/configuration.ts";
import type { Company } from "../harness/riders.ts";
import {
  behaveAlike,
  type Pair,
  type PairAction,
  type PairEvent,
  type Side,
  showDifference,
  sideBySide,
} from "../harness/side-by-side.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { encodeToken } from "../harness/token.ts";
import { traceOf } from "../harness/trace.ts";
import {
  commandsAreLinearizable,
  graphClaims,
  orderClaims,
  properties,
  propertiesOfSeveral,
} from "../properties/index.ts";
import { renderComparison } from "../report/compare-text.ts";
import {
  type Behaviours,
  type Comparison,
  compareFindings,
  compareProperties,
  type Rerun,
  type RunOf,
  versionOf,
} from "../report/comparison.ts";
import { progressReporter } from "../report/progress.ts";
import { composeReport, placeOf } from "../verify/compose-report.ts";
import {
  boundsOf,
  checkEngine,
  defaultFaults,
  type EngineOptions,
  type SearchOptions,
  search,
} from "../verify/engine.ts";
import { VerifyError } from "../verify/error.ts";
import { overlappedIn } from "../verify/overlaps.ts";
import { type SystemSource, sourceOf } from "../verify/search-parts.ts";
import { build, readSubject, type SubjectOptions, sourceLines, subjectWords } from "../verify/subject.ts";
import { trappedIn } from "../verify/trapped-run.ts";
import { EXIT } from "./exit.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS, type ReportOptions, type SizeOptions } from "./options.ts";
import { telling, writeJson } from "./output.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface CompareOptions extends SearchOptions, SizeOptions, ReportOptions {
  readonly tasks: number;
  readonly policy?: Company;
}

const EXAMPLE = `
Examples:
  sysram-verify compare v4-24of27.mbox v5-24of27.mbox     what the next version fixes, and what else it changes
  sysram-verify compare v4-24of27.mbox region_sysram.c    a patch, and your own variant of its driver
  sysram-verify compare reference my-driver.c             our own driver in the place of the old one

A name that ends in .c is a C file with the headers beside it, a folder a kernel tree, and "reference" our own driver.
It exits 0 where the new version violates nothing, 1 where it does, 2 for bad input.
`;

/** Adds \`compare\`: what changes from one version of a driver to the next. */
export const addCompare = (program: Command): void => {
  const command = program
    .command("compare")
    .summary("tell what changed between two versions of a driver")
    .description(
      "Searches both versions of a driver, and tells which findings are fixed, which remain and which are new, which proofs still hold, and what users see change.",
    )
    .argument("<old>", "patch, C file, kernel tree, or reference")
    .argument("<new>", "the same for the new version")
    .addHelpText("after", EXAMPLE);
  const { faults, tasks, preemptions, regions, blocks, boundStates, boundDepth, boundTime, boundMemory } = OPTIONS;
  for (const option of [faults, tasks, preemptions, regions, blocks]) command.addOption(option());
  for (const option of [boundStates, boundDepth, boundTime, boundMemory]) command.addOption(option());
  command.addOption(OPTIONS.workers());
  command.addOption(OPTIONS.policy());
  for (const option of [OPTIONS.json, OPTIONS.quiet, OPTIONS.verbose, OPTIONS.noColor]) command.addOption(option());
  command.action(async (old: string, newer: string, options: CompareOptions) => {
    process.exitCode = await compare(old, newer, options);
  });
};

/** A driver to be compared, in a system where tasks can be interrupted anywhere. */
export interface ComparedVersion extends Crewed {
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
  /** What rides along, for the report. */
  readonly policy: Company;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Searches two versions, each alone and then both side by side, and compares what comes of it. */
export const compareVersions = async (
  old: ComparedVersion,
  newer: ComparedVersion,
  context: CompareContext,
): Promise<Comparison> => {
  const one = await reviewed(old, context);
  const two = await reviewed(newer, context);
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
    behaviours: await compareBehaviours(old, newer, context),
  };
};

const reviewed = async (version: ComparedVersion, context: CompareContext) => {
  const { subject, system, source } = version;
  const { configuration, search: options, policy, signal, onProgress } = context;
  const asked: EngineOptions = { ...options, engine: "exhaustive" };
  const found = await search(source, asked, { whole: version, known: { first: [], system }, signal, onProgress });
  const { regions, blocks } = configuration;
  const { exploration } = found;
  const report = composeReport({
    ...{ subject, system: found.system, configuration, exploration },
    options: { ...found.options, policy, regions, blocks },
  });
  return { exploration, report };
};

/** Takes the run of an old finding with the new version. */
const rerun = (old: ComparedVersion, newer: ComparedVersion, finding: Finding): Rerun => {
  const labels = labelsOf(old.system, replay(old.system, finding.counterexample));
  const found = findSchedule(newer.system, labels);
  if (found.kind === "lost") {
    return { kind: "is not possible", because: `step ${found.step}: ${found.reason}`, place: null };
  }
  const because = found.differences.length === 0 ? null : found.differences.join("; ");
  const claim = graphClaims.find(({ id }) => id === finding.property);
  if (claim !== undefined) {
    const trapped = trappedIn(newer.system, found.schedule, claim);
    if (trapped?.object !== finding.object) return { kind: "no longer shows it", because, place: null };
    return { kind: "still shows it", because, place: placeOf(newer.system, trapped.site, sourceLines(newer.subject)) };
  }
  const order = orderClaims.find(({ id }) => id === finding.property);
  if (order !== undefined) {
    const last = replay(newer.system, found.schedule).steps.at(-1)?.transition;
    const same =
      last === undefined ? [] : order.nestings(last).filter((one) => finding.detail.startsWith(order.words(one)));
    // The other half of the cycle is another run's; whether it is still there the search of the new version tells.
    if (same.length === 0) return { kind: "no longer shows it", because, place: null };
    return { kind: "still shows it", because, place: placeOf(newer.system, same[0]!.site, sourceLines(newer.subject)) };
  }
  if (finding.property === commandsAreLinearizable.id) {
    const isSame = overlappedIn(newer.system, found.schedule)?.object === finding.object;
    return { kind: isSame ? "still shows it" : "no longer shows it", because, place: null };
  }
  const property = propertiesOfSeveral.find(({ id }) => id === finding.property)!;
  const violations = replay(newer.system, found.schedule).steps.flatMap(({ transition }) =>
    property.violations(transition).filter(({ object }) => object === finding.object),
  );
  const [first] = violations;
  if (first === undefined) return { kind: "no longer shows it", because, place: null };
  return { kind: "still shows it", because, place: placeOf(newer.system, first.site, sourceLines(newer.subject)) };
};

const compareBehaviours = async (
  old: ComparedVersion,
  newer: ComparedVersion,
  { configuration, search: options, signal, onProgress }: CompareContext,
): Promise<Behaviours> => {
  const both = sideBySide(old.sequential, newer.sequential, properties);
  const { states, transitions, ending, findings } = await explore<Pair, PairAction, PairEvent>(both, {
    properties: [behaveAlike],
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

/** A version as the user names it. */
interface Named {
  readonly patches: readonly string[];
  readonly options: SubjectOptions;
}

const named = async (name: string): Promise<Named> => {
  if (name === "reference") return { patches: [], options: {} };
  if (name.endsWith(".c")) return { patches: [], options: { source: name } };
  const isFolder = await stat(name).then(
    (file) => file.isDirectory(),
    () => false,
  );
  return isFolder ? { patches: [], options: { tree: name } } : { patches: [name], options: {} };
};

const compare = async (old: string, newer: string, options: CompareOptions): Promise<number> => {
  const { tasks, regions, blocks } = options;
  checkEngine({ ...options, engine: "exhaustive" });
  const isQuiet = options.quiet === true;
  if (old === "-" && newer === "-") {
    throw new VerifyError(
      "usage",
      "standard input holds one patch, and two are compared",
      "name a file for one of them",
    );
  }
  // Both are held to one rule, whoever wrote them; a machine follows one command at a time.
  const policy = tasks === 1 ? (options.policy ?? "any") : "none";
  const names = [await named(old), await named(newer)] as const;
  const configuration: Configuration = { regions, blocks, tasks };

  const read = [
    await readSubject(names[0].patches, names[0].options),
    await readSubject(names[1].patches, names[1].options),
  ] as const;
  const versionOfSubject = async (subject: Subject): Promise<ComparedVersion> => {
    const image = await build(subject, telling(isQuiet));
    return { subject, ...systemsOf(image, configuration, policy) };
  };
  const versions = [await versionOfSubject(read[0]), await versionOfSubject(read[1])] as const;
  const progress = progressReporter(process.stderr, { isQuiet });
  const comparison = await interruptible((signal) =>
    compareVersions(versions[0], versions[1], {
      configuration,
      search: options,
      policy,
      signal,
      onProgress: progress.update,
    }),
  );
  progress.clear();
  if (options.json !== "-") {
    await print(
      renderComparison(comparison, {
        ...terminalOf(options),
        isVerbose: options.verbose === true,
        program: PROGRAM,
        old: subjectWords(names[0].patches, names[0].options),
        new: subjectWords(names[1].patches, names[1].options),
      }),
    );
  }
  await writeJson(comparison, options.json, "comparison");
  const endings = [comparison.old.ending, comparison.new.ending, comparison.behaviours.ending];
  if (endings.includes("interrupted")) return EXIT.interrupted;
  return comparison.new.verdict === "violated" ? EXIT.violated : EXIT.clean;
};

const systemsOf = (
  image: DriverImage,
  configuration: Configuration,
  company: Company,
): Omit<ComparedVersion, "subject"> => {
  const blueprint: Blueprint = { driver: { kind: "image", image, company }, configuration };
  const whole = systemFrom(blueprint, { isReduced: false });
  const source = sourceOf(blueprint);
  if ((configuration.tasks ?? 1) === 1) return { ...whole, source, sequential: whole.system };
  const alone: Blueprint = {
    driver: { kind: "image", image, company: "any" },
    configuration: { ...configuration, tasks: 1 },
  };
  return { ...whole, source, sequential: systemFrom(alone).system };
};
