import { count } from "../abi/count.ts";
import { confirmFinding } from "../checker/audit.ts";
import { overallVerdict } from "../checker/claims/overall-verdict.ts";
import type { Exploration } from "../checker/explore.ts";
import type { Finding } from "../checker/finding.ts";
import type { Subject } from "../driver/patch/subject.ts";
import { buildNotes } from "../harness/build-subject.ts";
import type { Configuration } from "../harness/configuration.ts";
import { coverageOfDriver, type DriverCoverage } from "../harness/coverage.ts";
import { describeState } from "../harness/describe-state.ts";
import { INITIAL_CONFIGURATIONS } from "../harness/initial-configuration.ts";
import type { EdgeCoverage } from "../harness/monitor-policy.ts";
import { machineContext } from "../harness/offers.ts";
import type { DrawnStatistics } from "../harness/random/statistics.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { encodeToken } from "../harness/token.ts";
import { traceOf } from "../harness/trace.ts";
import { claims, type SysramClaim } from "../properties/index.ts";
import { findingIds } from "../report/finding-id.ts";
import { placeText } from "../report/place-text.ts";
import {
  type Coverage,
  gravestFirst,
  type Place,
  type Report,
  type Configuration as ReportedConfiguration,
  type Finding as ReportedFinding,
  type Statistics,
} from "../report/report.ts";
import { explainedSteps, lineOf } from "./explained-steps.ts";
import { covered } from "./never-run.ts";
import { sourceLines } from "./source.ts";

/** All that a review came to. */
export interface Reviewed {
  readonly subject: Subject;
  readonly system: SysramSystem;
  readonly configuration: Configuration;
  readonly exploration: Exploration;
  /** What the runs were made of, where they were drawn at random. */
  readonly statistics?: DrawnStatistics | undefined;
  /** The options of the search, for whoever runs it again. */
  readonly options: ReportedConfiguration;
  /** What was taken of the machine that monitored, or that is the subject; undefined where there is none. */
  readonly machine?: EdgeCoverage | undefined;
}

/** Says how the machine is set up where that is not the plain way. */
const settingOf = (
  system: SysramSystem,
  { counterexample: { initial } }: Finding,
): readonly ReportedFinding["steps"][number][] => {
  const initialConfiguration = system.initialConfigurations[initial]!;
  return initialConfiguration === INITIAL_CONFIGURATIONS[0] ? [] : [lineOf("note", `in ${initialConfiguration.label}`)];
};

/** Puts a finding's place, run and end into words. */
export const describeFinding = (
  { subject, system, configuration }: Pick<Reviewed, "subject" | "system" | "configuration">,
  finding: Finding,
): Omit<ReportedFinding, "id"> => {
  const claim = claimOf(finding.property);
  const lines = sourceLines(subject);
  const { steps, faults } = traceOf(system, finding.counterexample, lines);
  // What is not the same when it is taken twice more is our bug, and nobody is told of a finding.
  const { run, evidence } = confirmFinding(claim, finding, machineContext(system, claims));
  const last = run.steps.at(-1);
  return {
    property: finding.property,
    title: finding.detail,
    object: finding.object,
    place: placeOf(system, finding.site, lines),
    severity: claim.severity,
    needs: finding.needs,
    faults,
    steps: [
      ...settingOf(system, finding),
      ...steps,
      ...(evidence.kind === "shown" ? explainedSteps(system, finding.counterexample, evidence, lines) : []),
      ...(finding.besides ?? []).map(({ what, site, run }): ReportedFinding["steps"][number] => {
        const place = placeOf(system, site, lines);
        const where = place === null ? "elsewhere" : `at ${placeText(place)}`;
        const token = encodeToken(system, run, subject.sha256, configuration);
        return lineOf("note", `${where} ${what}: replay ${token} shows that`);
      }),
      lineOf("violation", finding.detail),
    ],
    state: last === undefined ? [] : describeState(last.transition.after.observation),
    why: claim.why,
    replay: encodeToken(system, finding.counterexample, subject.sha256, configuration),
    assumptions: claim.assumptions,
    confirmed: [],
    seen: finding.seen,
  };
};

const claimOf = (id: string): SysramClaim => claims.find((claim) => claim.id === id)!;

/** The place in the subject behind the name of a site; null where there is none. */
export const placeOf = (system: SysramSystem, site: string, lines: ReturnType<typeof sourceLines>): Place | null => {
  const found = site === "" ? undefined : system.driver.facts.sites[Number(site)];
  if (found === undefined || found.file === "") return null;
  const text = lines(found.file, found.line);
  return { file: found.file, line: found.line, function: found.function, ...(text === undefined ? {} : { text }) };
};

/** A review in words. */
export interface Composed {
  readonly report: Report;
  /** What it reports on; its findings stand in the order of the report. */
  readonly exploration: Exploration;
}

/** The report of a review. */
export const composeReport = (reviewed: Reviewed): Composed => {
  const { subject, system, configuration, exploration, statistics, options } = reviewed;
  // First what the search itself covered: describing findings runs the driver again.
  const driverCoverage = coverageOfDriver(system);
  const coverage = coverageOf(system, driverCoverage, reviewed);
  const described = exploration.findings.map((finding) => describeFinding(reviewed, finding));
  const ids = findingIds(described);
  const findings = described
    .map((finding, index) => ({ finding: { id: ids[index]!, ...finding }, found: exploration.findings[index]! }))
    .toSorted((one, other) => gravestFirst(one.finding, other.finding));
  const { neverRun } = driverCoverage;
  const lines = sourceLines(subject);
  const kept = [...system.keptAt.keys()].flatMap((site) =>
    system.keptAt[site]! > 0 ? (placeOf(system, String(site), lines) ?? []) : [],
  );
  const final = exploration.properties.map((each) => covered(neverRun, each));
  const verdicts = final.map(({ property: id, verdict, because, concerned, witness }) => {
    const { group, claim } = claimOf(id);
    const token = witness === undefined ? null : encodeToken(system, witness, subject.sha256, configuration);
    return { id, group, claim, verdict, because, tested: concerned, witness: token };
  });
  const report: Report = {
    format: "sysram-verify/report",
    version: 1,
    subject: {
      kind: subject.kind,
      name: subject.name,
      ...(subject.title === undefined ? {} : { title: subject.title }),
      sha256: subject.sha256,
    },
    verdict: overallVerdict(verdicts, exploration.notJudged, configuration.tasks ?? 1),
    search: searchOf(exploration, options),
    properties: verdicts,
    notJudged: exploration.notJudged,
    findings: findings.map(({ finding }) => finding),
    coverage,
    neverRun,
    keptOnPurpose: kept,
    ...(statistics === undefined ? {} : { statistics: statisticsOf(statistics) }),
    notes: [...subject.notes, ...buildNotes(subject), ...neverTaken(reviewed.machine)],
  };
  return { report, exploration: { ...exploration, findings: findings.map(({ found }) => found) } };
};

const searchOf = (exploration: Exploration, configuration: ReportedConfiguration): Report["search"] => {
  const { states, transitions, depth, ending, frontier, cut, fatal, hashed, frontierCost, elapsedMs } = exploration;
  return {
    ...{ states, transitions, depth, ending, frontier, cut, fatal },
    ...(hashed === undefined ? {} : { hashed }),
    ...(frontierCost === undefined ? {} : { followed: frontierCost }),
    ...{ configuration, elapsedMs: Math.round(elapsedMs) },
  };
};

const statisticsOf = (drawn: DrawnStatistics): Statistics => ({
  ...drawn,
  warnings: [
    ...drawn.commands
      .filter(({ executed }) => executed === 0)
      .map(({ command, enabled }) =>
        enabled === 0
          ? `"${command}" was never possible`
          : `"${command}" was possible ${count(enabled, "time")} and never drawn`,
      ),
    ...drawn.faults
      .filter(({ given }) => given === 0)
      .map(
        ({ function: question, offered, result }) =>
          `${question} was asked ${count(offered, "time")} and never gave ${result}`,
      ),
  ],
});

const coverageOf = (
  { failurePoints }: SysramSystem,
  { lines, ways, neverCalled }: DriverCoverage,
  { subject, machine, options, exploration }: Reviewed,
): Coverage => {
  const points = failurePoints.report();
  const text = sourceLines(subject);
  const untried = whyUntried(options["faults"], exploration.ending);
  const uncovered = <T extends { readonly file: string; readonly line: number }>(place: T) => ({
    file: place.file,
    line: place.line,
    text: text(place.file, place.line) ?? "",
  });
  return {
    failurePoints: {
      total: points.length,
      exercised: points.filter(({ given }) => given > 0).length,
      unreached: [
        ...points
          .filter(({ given }) => given === 0)
          .map(({ question, label, site }) => ({
            function: question,
            result: label,
            // A call of the environment's own stands in no file.
            ...(site.file === "" ? {} : { file: site.file, line: site.line }),
            because: untried,
          })),
        ...neverCalled.map(({ callee, file, line, because }) => ({ function: callee, file, line, because })),
      ],
    },
    lines: {
      total: lines.length,
      covered: lines.filter(({ hits }) => hits > 0).length,
      uncovered: lines
        .filter(({ hits }) => hits === 0)
        .map(({ because, ...line }) => ({ ...uncovered(line), because })),
    },
    branches: {
      total: ways.length,
      covered: ways.filter(({ hits }) => hits > 0).length,
      uncovered: ways
        .filter(({ hits }) => hits === 0)
        .map(({ because, way, ...place }) => ({ ...uncovered(place), way, because })),
    },
    states: machine?.states ?? { total: 0, covered: 0 },
    transitions: { total: machine?.total ?? 0, covered: machine?.covered ?? 0 },
  };
};

/** Why a failure that could have been chosen was not. */
const whyUntried = (faults: unknown, ending: Exploration["ending"]): string => {
  if (typeof faults === "number") return `a run may have ${count(faults, "fault")} and no more`;
  return ending === "exhausted"
    ? "the call was made only where it had to succeed"
    : `the search ended before (${ending})`;
};

/** The edges of the machine that no run took, in one sentence. */
const neverTaken = (machine: EdgeCoverage | undefined): readonly string[] =>
  machine === undefined || machine.missing.length === 0
    ? []
    : [`Of the life-cycle machine no run took: ${machine.missing.join("; ")}.`];
