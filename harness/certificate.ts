import {
  CERTIFICATE_FORMAT,
  CERTIFICATE_VERSION,
  type Certificate,
  type CertifiedConfiguration,
  type CertifiedGap,
  type CertifiedPlace,
  type Statement,
  statementsOf,
} from "../checker/certificate.ts";
import type { Proof } from "../checker/certify.ts";
import { overallVerdict } from "../checker/claims/overall-verdict.ts";
import type { Established } from "../checker/plain-search.ts";
import { type Replay, replay } from "../checker/schedule.ts";
import type { SysramEvent } from "../models/observation.ts";
import { CertificateError } from "./certificate-file.ts";
import type { Configuration } from "./configuration.ts";
import { type ModelHashes, modelHashes } from "./model-hashes.ts";
import { type MachineClaim, type MachineContext, machineContext } from "./offers.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";
import { encodeToken, findRun, parseToken, TokenError } from "./token.ts";

/** What a certificate is of. */
export interface Certified {
  readonly name: string;
  readonly sha256: string;
  /** The SHA-256 of the driver's image. */
  readonly image: string;
}

/** The machine that a certificate speaks of. */
export const machineOf = ({ regions, blocks, tasks, interruptAt }: CertifiedConfiguration): Configuration => ({
  regions,
  blocks,
  tasks,
  ...(interruptAt === undefined ? {} : { interruptAt }),
});

const placeOf = ({ driver }: SysramSystem, site: string): CertifiedPlace | null => {
  const found = site === "" ? undefined : driver.facts.sites[Number(site)];
  if (found === undefined || found.file === "") return null;
  return ordered(found);
};

/** What a search has run of the driver's code. */
interface Covering {
  readonly neverRun: readonly CertifiedGap[];
}

/** Puts a proof into a certificate; runs become tokens, places become lines. */
export const composeCertificate = (
  system: SysramSystem,
  subject: Certified,
  configuration: CertifiedConfiguration,
  { space, judgements, breaches, notJudged, neverRun }: Proof & Covering,
): Certificate => {
  const token = (run: Parameters<typeof encodeToken>[1]): string =>
    encodeToken(system, run, subject.sha256, machineOf(configuration));
  return {
    format: CERTIFICATE_FORMAT,
    version: CERTIFICATE_VERSION,
    subject,
    model: modelHashes(),
    configuration,
    verdict: overallVerdict(judgements, notJudged, configuration.tasks),
    space,
    properties: judgements.map(({ property, verdict, tested, broken, witness }) => ({
      id: property,
      verdict,
      tested,
      broken,
      witness: witness === undefined ? null : token(witness),
    })),
    violations: breaches.map(({ property, object, site, run }) => ({
      property,
      object,
      place: placeOf(system, site),
      run: token(run),
    })),
    notJudged,
    neverRun,
  };
};

/**
 * Refuses a certificate of another subject, or of another model.
 *
 * @param image - the SHA-256 of the driver's image; undefined before it is built
 * @throws CertificateError with what differs
 */
export const refuseStranger = (
  { subject, model }: Certificate,
  { sha256, image }: { readonly sha256: string; readonly image: string | undefined },
  hashes: ModelHashes = modelHashes(),
): void => {
  const short = (hash: string): string => hash.slice(0, 8);
  const refuseOther = (what: string, theirs: string, ours: string, hint: string, that = "this"): void => {
    if (theirs === ours) return;
    throw new CertificateError(`the certificate ${what} (${short(theirs)}, and ${that} is ${short(ours)})`, hint);
  };
  const again = "check it with the version of the tool that wrote it";
  const rests = (part: keyof ModelHashes, called: string): void =>
    refuseOther(
      `rests on another ${called}`,
      model[part],
      hashes[part],
      `${again}, or write it again with certify`,
      "this one",
    );
  refuseOther("is of another subject", subject.sha256, sha256, "name the patch that it was written for");
  rests("kernel", "kernel model");
  rests("machines", "set of machines");
  rests("properties", "set of properties");
  const rebuilt = `${again}: the compiler or the headers have changed since`;
  if (image !== undefined) refuseOther("is of another build of the subject", subject.image, image, rebuilt);
};

/** All that a certificate says, beside what a second search and its own runs say. */
export const examine = (
  certificate: Certificate,
  system: SysramSystem,
  claims: readonly MachineClaim[],
  { space, judgements, breaches, notJudged, neverRun }: Established & Covering,
): readonly Statement[] => {
  const located = breaches.map(({ property, object, site }) => ({ property, object, place: placeOf(system, site) }));
  const claimOf = (id: string): MachineClaim | undefined => claims.find((candidate) => candidate.id === id);
  const runs: readonly Statement[] = [
    ...certificate.properties.map(({ id, witness, tested }): Statement => {
      const what = `the run that puts ${id} to the test`;
      if (witness === null)
        return tested === 0 ? agreed(what) : { what, claimed: "there is one", found: "none is named" };
      return ending(
        what,
        certificate,
        system,
        witness,
        claims,
        (run, context) => claimOf(id)?.isTestedBy(run, context) === true,
      );
    }),
    ...certificate.violations.map(({ property: id, object, place, run: token }): Statement => {
      const what = `the run that breaks ${id} (${object})`;
      return ending(what, certificate, system, token, claims, (run, context) => {
        const wanted = { object, detail: "", isAtEnd: true };
        return sitesOf(system, place).some(
          (site) => claimOf(id)?.evidence(run, { ...wanted, site }, context).kind === "shown",
        );
      });
    }),
  ];
  const established = { space, judgements, breaches: located, notJudged, neverRun };
  return [...statementsOf(certificate, established), ...runs];
};

/** All sites that stand for a place, or for none. */
const sitesOf = (system: SysramSystem, place: CertifiedPlace | null): readonly string[] => {
  const sites = ["", ...system.driver.facts.sites.map((_, site) => String(site))];
  const wanted = JSON.stringify(place === null ? null : ordered(place));
  return sites.filter((site) => JSON.stringify(placeOf(system, site)) === wanted);
};

const SHOWS = "its last command shows it";

const agreed = (what: string): Statement => ({ what, claimed: SHOWS, found: SHOWS });

const ordered = ({ file, line, column, function: name }: CertifiedPlace): CertifiedPlace => ({
  file,
  line,
  column,
  function: name,
});

/** Takes a run again, and looks at its last step. */
const ending = (
  what: string,
  { subject, configuration }: Certificate,
  system: SysramSystem,
  token: string,
  claims: readonly MachineClaim[],
  shows: (run: Replay<SysramState, SysramAction, SysramEvent>, context: MachineContext) => boolean,
): Statement => {
  const claimed = SHOWS;
  try {
    const parsed = parseToken(token);
    if (!subject.sha256.startsWith(parsed.subject)) return { what, claimed, found: "it is a run of another subject" };
    const { regions, blocks, tasks, interruptAt } = configuration;
    const own = parsed.configuration;
    const isOfThisSize = own.regions === regions && own.blocks === blocks && (own.tasks ?? 1) === tasks;
    if (!isOfThisSize || own.interruptAt !== interruptAt) {
      return { what, claimed, found: "it is a run of another configuration" };
    }
    const found = findRun(system, parsed);
    const run = replay<SysramState, SysramAction, SysramEvent>(found.system, found.schedule);
    const isShown = shows(run, machineContext(found.system, claims));
    return { what, claimed, found: isShown ? SHOWS : "its last command does not show it" };
  } catch (error) {
    if (error instanceof TokenError) return { what, claimed, found: error.message };
    throw error;
  }
};
