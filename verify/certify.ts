import type { Certificate, CertifiedConfiguration } from "../checker/certificate.ts";
import { certify as certifySystem } from "../checker/certify.ts";
import type { Exploration } from "../checker/explore.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { monitorsOf } from "../harness/alphabet.ts";
import { composeCertificate, machineOf } from "../harness/certificate.ts";
import { coverageOfDriver } from "../harness/coverage.ts";
import type { MonitorPolicy } from "../harness/monitor-policy.ts";
import { offersOf } from "../harness/offers.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import { contentOfStates } from "../harness/state-content.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import type { SysramEvent } from "../models/observation.ts";
import { claims } from "../properties/index.ts";
import { checkTasks } from "./check-options.ts";
import { boundsOf, defaultFaults, type SearchOptions } from "./engine.ts";
import { guarded } from "./guarded.ts";
import { coveredBy } from "./never-run.ts";
import { defaultPolicy } from "./policy.ts";
import { type SizeOptions, sizeOf } from "./review.ts";
import { build, readSubject, type Source } from "./source.ts";
import { followed, type Watching } from "./watching.ts";

/** What to certify. `boundDepth` makes the space one of runs of so many steps; the other bounds end a search before its end. */
export interface CertifyOptions
  extends Omit<SearchOptions, "workers" | "visited">,
    SizeOptions,
    Omit<Watching, "onFinding" | "onWarning"> {
  readonly policy?: MonitorPolicy | undefined;
}

/** What was proved, or why nothing was. */
export type Certified = {
  readonly subject: { readonly name: string; readonly sha256: string };
  /** What the search came to. */
  readonly exploration: Exploration;
} & (
  | { readonly kind: "certified"; readonly certificate: Certificate }
  /** The search did not come to its end. */
  | { readonly kind: "uncertified" }
);

/**
 * Proves what holds of a driver and what it breaks, as data that anyone can check again.
 *
 * @throws VerifyError by its code
 */
export const certify = guarded(async (source: Source, options: CertifyOptions = {}): Promise<Certified> => {
  checkTasks(options);
  const { tasks = 1, interruptAt } = options;
  // The longest run is a matter of the space that is certified, and no limit of the search.
  const { maxDepth, ...bounds } = boundsOf(options);
  const subject = await readSubject(source);
  const image = await build(subject, options.onStage, options);
  // A machine follows one command at a time.
  const policy: MonitorPolicy = tasks === 1 ? (options.policy ?? defaultPolicy(subject)) : "none";
  const configuration: CertifiedConfiguration = {
    ...sizeOf(options),
    tasks,
    ...(interruptAt === "accesses" ? { interruptAt } : {}),
    faults: options.faults ?? defaultFaults(tasks),
    preemptions: options.preemptions ?? (tasks === 1 ? "all" : 1),
    maxSteps: maxDepth ?? null,
    policy,
  };
  const driver = loadDriver(image);
  const monitors = monitorsOf(driver.facts, policy);
  const system = sysramSystem(driver, machineOf(configuration), { monitors, isReduced: false });
  const { signal, onProgress } = followed(options);
  const { exploration, proof } = await certifySystem<SysramState, SysramAction, SysramEvent>(system, {
    ...configuration,
    claims,
    offers: offersOf(system),
    contentOf: contentOfStates(),
    limits: { ...bounds, signal },
    onProgress,
  });
  const { name, sha256 } = subject;
  const done = { subject: { name, sha256 }, exploration };
  if (proof === undefined) return { kind: "uncertified", ...done };
  const of = { name, sha256, image: image.sha256 };
  const { neverRun } = coverageOfDriver(system);
  const judgements = proof.judgements.map((each) => ({ ...each, verdict: coveredBy(neverRun, each.verdict) }));
  return {
    kind: "certified",
    ...done,
    certificate: composeCertificate(system, of, configuration, { ...proof, judgements, neverRun }),
  };
});
