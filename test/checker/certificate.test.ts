import { describe, expect, it } from "vitest";
import {
  type Certificate,
  CertificateError,
  claimsOf,
  isEstablished,
  parseCertificate,
  type SecondOpinion,
  verdictOfAll,
} from "../../checker/certificate.ts";

const sha = (digit: string): string => digit.repeat(64);

const CERTIFICATE: Certificate = {
  format: "sysram-verify/certificate",
  version: 1,
  subject: { name: "v5.mbox", sha256: sha("1"), image: sha("2") },
  model: { kernel: sha("3"), machines: sha("4"), properties: sha("5") },
  configuration: { regions: 1, blocks: 1, tasks: 1, faults: "all", preemptions: "all", maxSteps: null, policy: "any" },
  verdict: "violated",
  space: { states: 12, transitions: 30, cut: 0, fatal: 1, digest: "a".repeat(32) },
  properties: [
    { id: "nothing-leaks", verdict: "violated", tested: 9, broken: 2, witness: "sv1-w" },
    { id: "nothing-is-late", verdict: "holds", tested: 3, broken: 0, witness: "sv1-x" },
  ],
  violations: [
    {
      property: "nothing-leaks",
      object: "the name",
      place: { file: "a.c", line: 3, column: 7, function: "probe" },
      run: "sv1-y",
    },
  ],
};

const OPINION: SecondOpinion = {
  space: CERTIFICATE.space,
  judgements: [
    { property: "nothing-leaks", verdict: "violated", tested: 9, broken: 2 },
    { property: "nothing-is-late", verdict: "holds", tested: 3, broken: 0 },
  ],
  breaches: [{ property: "nothing-leaks", object: "the name", place: CERTIFICATE.violations[0]!.place }],
};

const refusal = (change: (draft: Record<string, never>) => void): string => {
  const draft = JSON.parse(JSON.stringify(CERTIFICATE));
  change(draft);
  try {
    parseCertificate(JSON.stringify(draft));
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError);
    return (error as CertificateError).message;
  }
  return "none";
};

/** The claims that are not so, with what is claimed and what is found. */
const wrong = (certificate: Certificate, opinion: SecondOpinion = OPINION): readonly string[] =>
  claimsOf(certificate, opinion)
    .filter((claim) => !isEstablished(claim))
    .map(({ what, claimed, found }) => `${what}: ${claimed}, not ${found}`);

describe("a certificate as a file", () => {
  it("is read as it was written", () => {
    expect(parseCertificate(JSON.stringify(CERTIFICATE))).toEqual(CERTIFICATE);
  });

  it.each([
    ["text", "hello", "this is no certificate: it is not JSON"],
    ["a list", "[]", "this is no certificate: its format is not sysram-verify/certificate"],
    ["nothing", "null", "this is no certificate: its format is not sysram-verify/certificate"],
    [
      "a report",
      '{"format":"sysram-verify/report"}',
      "this is no certificate: its format is not sysram-verify/certificate",
    ],
  ])("is not %s", (_, text, message) => {
    expect(() => parseCertificate(text)).toThrow(message);
  });

  it.each([
    ["another version", { version: 2 }, "the certificate is of version 2, and this tool reads version 1"],
    ["a field of nobody's", { date: "today" }, "the certificate is damaged: it has a field date that means nothing"],
    ["no space", { space: undefined }, "the certificate is damaged: space is not an object"],
    [
      "a negative count",
      { space: { ...CERTIFICATE.space, states: -1 } },
      "the certificate is damaged: space.states is not a whole number",
    ],
    [
      "a digest that is none",
      { space: { ...CERTIFICATE.space, digest: "12" } },
      "the certificate is damaged: space.digest is not a digest",
    ],
    [
      "a machine that is too large",
      { configuration: { ...CERTIFICATE.configuration, regions: 99 } },
      "the certificate is damaged: configuration.regions is not a whole number from 1 to 4",
    ],
    [
      "a verdict of its own",
      { properties: [{ ...CERTIFICATE.properties[0], verdict: "proved" }] },
      "the certificate is damaged: properties[0].verdict is not one of holds, violated, unreached, inconclusive",
    ],
    [
      "a place without a line",
      { violations: [{ ...CERTIFICATE.violations[0], place: { file: "a.c" } }] },
      "the certificate is damaged: violations[0].place.line is not a whole number",
    ],
  ])("is refused with %s", (_, change, message) => {
    expect(refusal((draft) => Object.assign(draft, change))).toBe(message);
  });
});

describe("the claims of a certificate", () => {
  it("are all so where a second search says the same", () => {
    expect(wrong(CERTIFICATE)).toEqual([]);
    expect(claimsOf(CERTIFICATE, OPINION)).toHaveLength(9);
  });

  it("fail one by one, each with what is so", () => {
    const { space } = CERTIFICATE;
    expect(wrong({ ...CERTIFICATE, space: { ...space, states: 13 } })).toEqual(["the number of states: 13, not 12"]);
    expect(wrong({ ...CERTIFICATE, space: { ...space, digest: "b".repeat(32) } })).toEqual([
      `the digest of the set of states: ${"b".repeat(32)}, not ${"a".repeat(32)}`,
    ]);
    expect(wrong({ ...CERTIFICATE, verdict: "holds" })).toEqual(["the verdict: holds, not violated"]);
    expect(wrong({ ...CERTIFICATE, violations: [] })).toEqual([
      "nothing-leaks: the name, a.c:3:7 in probe(): is not there, not is wrong",
    ]);
  });

  it("fail where a property is left out, doubled, or softened", () => {
    const [leaks, late] = CERTIFICATE.properties as [Certificate["properties"][0], Certificate["properties"][0]];
    const said = "violated, put to the test 9 times and broken 2 times";
    expect(wrong({ ...CERTIFICATE, properties: [late] })).toEqual([`the property nothing-leaks: nothing, not ${said}`]);
    expect(wrong({ ...CERTIFICATE, properties: [leaks, leaks, late] })).toEqual([
      `the property nothing-leaks: ${said} and ${said}, not ${said}`,
    ]);
    expect(wrong({ ...CERTIFICATE, properties: [{ ...leaks, broken: 1 }, late] })).toEqual([
      `the property nothing-leaks: violated, put to the test 9 times and broken 1 time, not ${said}`,
    ]);
  });

  it("fail where something is wrong that it does not tell, or in another place", () => {
    const breach = { property: "nothing-is-late", object: "a timer", place: null };
    expect(wrong(CERTIFICATE, { ...OPINION, breaches: [...OPINION.breaches, breach] })).toEqual([
      "nothing-is-late: a timer: is not there, not is wrong",
    ]);
  });

  it("are violated as a whole as soon as one is, and hold only where one does and none is open", () => {
    const all = (...verdicts: readonly Certificate["properties"][0]["verdict"][]) =>
      verdictOfAll(verdicts.map((verdict) => ({ verdict })));
    expect(all("holds", "violated")).toBe("violated");
    expect(all("holds", "unreached")).toBe("holds");
    expect(all("holds", "inconclusive")).toBe("inconclusive");
    expect(all("unreached")).toBe("inconclusive");
  });
});
