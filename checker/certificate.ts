/**
 * A certificate as a file: what was proved of what, under which rules, as plain JSON.
 *
 * It has no date and no place, so that the same proof is the same file. All that it says can be established again but
 * `subject.name`, which is for people.
 */
import type { Breach, Judgement, Space } from "./certify.ts";
import type { NotJudged } from "./claims/claim.ts";
import { type OverallVerdict, overallVerdict } from "./claims/overall-verdict.ts";
import { count, type Verdict } from "./verdict.ts";

export const CERTIFICATE_FORMAT = "sysram-verify/certificate";
export const CERTIFICATE_VERSION = 3;

/** What is said of one property, with the token of a run that puts it to the test. */
export interface CertifiedProperty {
  readonly id: string;
  readonly verdict: Verdict;
  /** Transitions that put it to the test. */
  readonly tested: number;
  /** Transitions that broke it; of a claim on the whole space, how many different things are wrong. */
  readonly broken: number;
  readonly witness: string | null;
}

/** A place in the subject that is to blame. */
export interface CertifiedPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly function: string;
}

/** One thing that is wrong, with the token of a run that ends with it; of several that only together are wrong, one. */
export interface CertifiedViolation {
  readonly property: string;
  readonly object: string;
  readonly place: CertifiedPlace | null;
  readonly run: string;
}

/** Code of the subject that no run entered, and why: nothing is said of it, and so nothing holds. */
export interface CertifiedGap {
  readonly kind: "function" | "part";
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly because: string;
}

/** Which space was searched. */
export interface CertifiedConfiguration {
  readonly regions: number;
  readonly blocks: number;
  readonly tasks: number;
  /** Before what tasks are interrupted, where that is not their calls of the kernel alone. */
  readonly interruptAt?: "accesses";
  readonly faults: number | "all";
  readonly preemptions: number | "all";
  /** The most steps in one run; null where runs may be as long as they like. */
  readonly maxSteps: number | null;
  /** The life cycle that monitors the driver. */
  readonly policy: string;
}

export interface Certificate {
  readonly format: typeof CERTIFICATE_FORMAT;
  readonly version: typeof CERTIFICATE_VERSION;
  readonly subject: {
    readonly name: string;
    /** Over the files of the subject. */
    readonly sha256: string;
    /** Over all that went into the build: the files, the headers that stand in for the kernel's, the compiler. */
    readonly image: string;
  };
  /** Hashes of the sources of what the verdict rests on. */
  readonly model: { readonly kernel: string; readonly machines: string; readonly properties: string };
  readonly configuration: CertifiedConfiguration;
  /** Of all properties together. */
  readonly verdict: OverallVerdict;
  readonly space: Space;
  readonly properties: readonly CertifiedProperty[];
  readonly violations: readonly CertifiedViolation[];
  /** What is claimed of a driver and was not judged, and why. */
  readonly notJudged: readonly NotJudged[];
  /** What was never run. */
  readonly neverRun: readonly CertifiedGap[];
}

/** One thing that a certificate says, and what is so. */
export interface Statement {
  /** What it speaks of: `the number of states`. */
  readonly what: string;
  readonly claimed: string;
  readonly found: string;
}

/** What a second search has established, with the places of what it found wrong. */
export interface SecondOpinion {
  readonly space: Space;
  readonly judgements: readonly Judgement[];
  readonly breaches: readonly (Omit<Breach, "site"> & Pick<CertifiedViolation, "place">)[];
  readonly notJudged: readonly NotJudged[];
  readonly neverRun: readonly CertifiedGap[];
}

const gapText = ({ kind, function: name, file, line, because }: CertifiedGap): string =>
  `${kind === "part" ? "a part of " : ""}${name}() in ${file}:${line} is never run: ${because}`;

const breachText = ({ property, object, place }: SecondOpinion["breaches"][number]): string =>
  `${property}: ${object}${place === null ? "" : `, ${place.file}:${place.line}:${place.column} in ${place.function}()`}`;

const judgementText = ({ verdict, tested, broken }: Omit<Judgement, "property">): string =>
  `${verdict}, put to the test ${count(tested, "time")} and broken ${count(broken, "time")}`;

const NOT_SAID = "nothing";

const gapStatements = (said: readonly CertifiedGap[], seen: readonly CertifiedGap[]): readonly Statement[] => {
  const [claimed, found] = [said.map(gapText), seen.map(gapText)];
  const isThere = (list: readonly string[], text: string): string => (list.includes(text) ? "it is so" : NOT_SAID);
  return [...new Set([...claimed, ...found])].map((what) => ({
    what,
    claimed: isThere(claimed, what),
    found: isThere(found, what),
  }));
};

/** Everything that a certificate says of a space, beside what the second search says of it. */
export const statementsOf = (certificate: Certificate, opinion: SecondOpinion): readonly Statement[] => {
  const { space, properties, violations, verdict } = certificate;
  const numbers = [
    ["the number of states", space.states, opinion.space.states],
    ["the number of transitions", space.transitions, opinion.space.transitions],
    ["the number of transitions that are not followed", space.cut, opinion.space.cut],
    ["the number of fatal transitions", space.fatal, opinion.space.fatal],
    ["the digest of the set of states", space.digest, opinion.space.digest],
    ["the verdict", verdict, overallVerdict(opinion.judgements, opinion.notJudged, certificate.configuration.tasks)],
  ] as const;
  const ids = [...new Set([...properties.map(({ id }) => id), ...opinion.judgements.map(({ property }) => property)])];
  const said = violations.map(breachText).sort();
  const seen = opinion.breaches.map(breachText).sort();
  const wrongs = [...new Set([...said, ...seen])];
  const times = (list: readonly string[], wanted: string): string => {
    const found = list.filter((text) => text === wanted).length;
    return found === 0 ? "is not there" : found === 1 ? "is wrong" : `is wrong ${found} times`;
  };
  return [
    ...numbers.map(([what, claimed, found]) => ({ what, claimed: String(claimed), found: String(found) })),
    ...ids.map((id): Statement => {
      const claimed = properties.filter((property) => property.id === id).map(judgementText);
      const found = opinion.judgements.filter(({ property }) => property === id).map(judgementText);
      return {
        what: `the property ${id}`,
        claimed: claimed.length === 0 ? NOT_SAID : claimed.join(" and "),
        found: found.length === 0 ? NOT_SAID : found.join(" and "),
      };
    }),
    ...[...new Set([...certificate.notJudged, ...opinion.notJudged].map(({ claim }) => claim))].map((id): Statement => {
      const reason = (list: readonly NotJudged[]): string =>
        list.find(({ claim }) => claim === id)?.because ?? NOT_SAID;
      const [claimed, found] = [reason(certificate.notJudged), reason(opinion.notJudged)];
      return { what: `why ${id} is not judged`, claimed, found };
    }),
    ...gapStatements(certificate.neverRun, opinion.neverRun),
    ...wrongs.map((text): Statement => ({ what: text, claimed: times(said, text), found: times(seen, text) })),
  ];
};

/** Whether a statement was established again. */
export const isEstablished = ({ claimed, found }: Statement): boolean => claimed === found;
