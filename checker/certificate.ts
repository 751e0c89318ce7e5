/**
 * A certificate as a file: what was proved of what, under which rules, as plain JSON.
 *
 * It has no date and no place, so that the same proof is the same file. All that it says can be established again but
 * `subject.name`, which is for people.
 */
import type { Breach, Judgement, Space } from "./certify.ts";
import { count, type Verdict } from "./verdict.ts";

export const CERTIFICATE_FORMAT = "sysram-verify/certificate";
export const CERTIFICATE_VERSION = 1;

/** What is said of one property, with the token of a run that puts it to the test. */
export interface CertifiedProperty {
  readonly id: string;
  readonly verdict: Verdict;
  /** Transitions that put it to the test. */
  readonly tested: number;
  /** Transitions that broke it. */
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

/** One thing that is wrong, with the token of a run whose last command shows it. */
export interface CertifiedViolation {
  readonly property: string;
  readonly object: string;
  readonly place: CertifiedPlace | null;
  readonly run: string;
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
  /** The life cycle that rides along. */
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
  readonly verdict: Exclude<Verdict, "unreached">;
  readonly space: Space;
  readonly properties: readonly CertifiedProperty[];
  readonly violations: readonly CertifiedViolation[];
}

/** A file that is no certificate, or one of something else; the message is one line. */
export class CertificateError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "CertificateError";
    this.hint = hint;
  }
}

/** The verdict on all properties together. */
export const verdictOfAll = (properties: readonly Pick<Judgement, "verdict">[]): Certificate["verdict"] => {
  const has = (wanted: Verdict): boolean => properties.some(({ verdict }) => verdict === wanted);
  if (has("violated")) return "violated";
  return has("inconclusive") || !has("holds") ? "inconclusive" : "holds";
};

/** Says of a value what is wrong with it, from `at` on; undefined when it has the form. */
type Form = (value: unknown, at: string) => string | undefined;

const being =
  (what: string, is: (value: unknown) => boolean): Form =>
  (value, at) =>
    is(value) ? undefined : `${at} is not ${what}`;

const COUNT = being("a whole number", (value) => Number.isSafeInteger(value) && (value as number) >= 0);
const AMOUNT = being('a whole number or "all"', (value) => value === "all" || COUNT(value, "") === undefined);
const TEXT = being("a text", (value) => typeof value === "string");
const SHA256 = being("a SHA-256", (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value));
const DIGEST = being("a digest", (value) => typeof value === "string" && /^[0-9a-f]{32}$/.test(value));
const oneOf = (...words: readonly unknown[]): Form =>
  being(`one of ${words.join(", ")}`, (value) => words.includes(value));
const from = (least: number, most: number): Form =>
  being(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  );
const orNull =
  (form: Form): Form =>
  (value, at) =>
    value === null ? undefined : form(value, at);
const optional =
  (form: Form): Form =>
  (value, at) =>
    value === undefined ? undefined : form(value, at);
const list =
  (form: Form): Form =>
  (value, at) =>
    Array.isArray(value)
      ? value.map((item, index) => form(item, `${at}[${index}]`)).find((wrong) => wrong !== undefined)
      : `${at} is not a list`;
const record =
  (fields: Readonly<Record<string, Form>>): Form =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return `${at} is not an object`;
    const unknown = Object.keys(value).find((name) => !(name in fields));
    if (unknown !== undefined) return `${at} has a field ${unknown} that means nothing`;
    for (const [name, form] of Object.entries(fields)) {
      const wrong = form((value as Readonly<Record<string, unknown>>)[name], at === "it" ? name : `${at}.${name}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };

const VERDICTS: readonly Verdict[] = ["holds", "violated", "unreached", "inconclusive"];

const CERTIFICATE = record({
  format: oneOf(CERTIFICATE_FORMAT),
  version: oneOf(CERTIFICATE_VERSION),
  subject: record({ name: TEXT, sha256: SHA256, image: SHA256 }),
  model: record({ kernel: SHA256, machines: SHA256, properties: SHA256 }),
  configuration: record({
    regions: from(1, 4),
    blocks: from(1, 8),
    tasks: from(1, 3),
    interruptAt: optional(oneOf("accesses")),
    faults: AMOUNT,
    preemptions: AMOUNT,
    maxSteps: orNull(COUNT),
    policy: TEXT,
  }),
  verdict: oneOf("holds", "violated", "inconclusive"),
  space: record({ states: COUNT, transitions: COUNT, cut: COUNT, fatal: COUNT, digest: DIGEST }),
  properties: list(
    record({ id: TEXT, verdict: oneOf(...VERDICTS), tested: COUNT, broken: COUNT, witness: orNull(TEXT) }),
  ),
  violations: list(
    record({
      property: TEXT,
      object: TEXT,
      place: orNull(record({ file: TEXT, line: COUNT, column: COUNT, function: TEXT })),
      run: TEXT,
    }),
  ),
});

const HINT = "give the file that certify -o wrote";

/**
 * Reads a certificate.
 *
 * @throws CertificateError where it is none, or one of another version
 */
export const parseCertificate = (text: string): Certificate => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new CertificateError("this is no certificate: it is not JSON", HINT);
  }
  const { format, version } = (content ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== CERTIFICATE_FORMAT) {
    throw new CertificateError(`this is no certificate: its format is not ${CERTIFICATE_FORMAT}`, HINT);
  }
  if (version !== CERTIFICATE_VERSION) {
    throw new CertificateError(
      `the certificate is of version ${JSON.stringify(version)}, and this tool reads version ${CERTIFICATE_VERSION}`,
      "check it with the version of the tool that wrote it",
    );
  }
  const wrong = CERTIFICATE(content, "it");
  if (wrong !== undefined)
    throw new CertificateError(`the certificate is damaged: ${wrong}`, "write it again with certify");
  return content as Certificate;
};

/** One thing that a certificate says, and what is so. */
export interface Claim {
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
}

const breachText = ({ property, object, place }: SecondOpinion["breaches"][number]): string =>
  `${property}: ${object}${place === null ? "" : `, ${place.file}:${place.line}:${place.column} in ${place.function}()`}`;

const judgementText = ({ verdict, tested, broken }: Omit<Judgement, "property">): string =>
  `${verdict}, put to the test ${count(tested, "time")} and broken ${count(broken, "time")}`;

const NOT_SAID = "nothing";

/** Everything that a certificate says of a space, beside what the second search says of it. */
export const claimsOf = (certificate: Certificate, opinion: SecondOpinion): readonly Claim[] => {
  const { space, properties, violations, verdict } = certificate;
  const numbers = [
    ["the number of states", space.states, opinion.space.states],
    ["the number of transitions", space.transitions, opinion.space.transitions],
    ["the number of transitions that are not followed", space.cut, opinion.space.cut],
    ["the number of fatal transitions", space.fatal, opinion.space.fatal],
    ["the digest of the set of states", space.digest, opinion.space.digest],
    ["the verdict", verdict, verdictOfAll(opinion.judgements)],
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
    ...ids.map((id): Claim => {
      const claimed = properties.filter((property) => property.id === id).map(judgementText);
      const found = opinion.judgements.filter(({ property }) => property === id).map(judgementText);
      return {
        what: `the property ${id}`,
        claimed: claimed.length === 0 ? NOT_SAID : claimed.join(" and "),
        found: found.length === 0 ? NOT_SAID : found.join(" and "),
      };
    }),
    ...wrongs.map((text): Claim => ({ what: text, claimed: times(said, text), found: times(seen, text) })),
  ];
};

/** Whether a claim was established again. */
export const isEstablished = ({ claimed, found }: Claim): boolean => claimed === found;
