import { type Certificate, isEstablished, type Statement } from "../checker/certificate.ts";
import { searchPlainly } from "../checker/plain-search.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { monitorsOf } from "../harness/alphabet.ts";
import { examine, machineOf, refuseStranger } from "../harness/certificate.ts";
import { parseCertificate } from "../harness/certificate-file.ts";
import { coverageOfDriver } from "../harness/coverage.ts";
import { MONITOR_POLICIES } from "../harness/monitor-policy.ts";
import { offersOf } from "../harness/offers.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import { contentOfStates } from "../harness/state-content.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import type { SysramEvent } from "../models/observation.ts";
import { claims } from "../properties/index.ts";
import { VerifyError } from "./error.ts";
import { guarded } from "./guarded.ts";
import { coveredBy } from "./never-run.ts";
import { build, readSubject, type Source } from "./source.ts";
import { followed, type Watching } from "./watching.ts";

/** How to follow a check. */
export type CheckOptions = Omit<Watching, "onFinding" | "onWarning">;

/** What became of a certificate. */
export interface Checked {
  readonly certificate: Certificate;
  /** Everything that it says, beside what was found. */
  readonly statements: readonly Statement[];
  /** Whether all of it is so. */
  readonly isEstablished: boolean;
  readonly elapsedMs: number;
}

/**
 * Establishes again what a certificate says, by a second and simpler search.
 *
 * @param text - the certificate, as JSON
 * @throws VerifyError by its code: what is no certificate, or one of another subject, model or build, is `input`
 */
export const check = guarded(async (text: string, source: Source, options: CheckOptions = {}): Promise<Checked> => {
  const certificate = parseCertificate(text);
  const { configuration } = certificate;
  const policy = MONITOR_POLICIES.find((known) => known === configuration.policy);
  if (policy === undefined) {
    throw new VerifyError(
      "input",
      `the certificate rests on a life cycle ${JSON.stringify(configuration.policy)} that is not known`,
      `it is one of ${MONITOR_POLICIES.join(", ")}`,
    );
  }
  const subject = await readSubject(source);
  refuseStranger(certificate, { sha256: subject.sha256, image: undefined });
  const image = await build(subject, options.onStage, machineOf(configuration));
  refuseStranger(certificate, { sha256: subject.sha256, image: image.sha256 });

  const driver = loadDriver(image);
  const monitors = monitorsOf(driver.facts, policy);
  const system = sysramSystem(driver, machineOf(configuration), {
    monitors,
    isReduced: false,
    isCached: false,
  });
  const started = performance.now();
  const established = await searchPlainly<SysramState, SysramAction, SysramEvent>(system, {
    ...configuration,
    claims,
    offers: offersOf(system),
    contentOf: contentOfStates(),
    ...followed(options),
  });
  if (established === undefined) {
    throw new VerifyError(
      "interrupted",
      "the check was interrupted, and nothing was established",
      "run it again, to its end",
    );
  }
  // First what the search itself has run: taking the runs of the certificate again runs more.
  const { neverRun } = coverageOfDriver(system);
  const judgements = established.judgements.map((each) => ({ ...each, verdict: coveredBy(neverRun, each.verdict) }));
  const statements = examine(certificate, system, claims, { ...established, judgements, neverRun });
  const elapsedMs = performance.now() - started;
  return { certificate, statements, isEstablished: statements.every(isEstablished), elapsedMs };
});
