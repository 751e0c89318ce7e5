import { describe, expect, it } from "vitest";
import type { Certificate } from "../../checker/certificate.ts";
import { CertificateError, parseCertificate } from "../../harness/certificate-file.ts";

const sha = (digit: string): string => digit.repeat(64);

const CERTIFICATE: Certificate = {
  format: "sysram-verify/certificate",
  version: 3,
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
  notJudged: [{ claim: "nothing-races", because: "there is one task" }],
  neverRun: [{ kind: "function", function: "late", file: "a.c", line: 9, because: "nobody calls late()" }],
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
    ["another version", { version: 2 }, "the certificate is of version 2, and this tool reads version 3"],
    ["a field of nobody's", { date: "today" }, "the certificate is damaged: it has a field date that means nothing"],
    ["no space", { space: undefined }, "the certificate is damaged: it has no space"],
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
      "neither a number of faults nor all of them",
      { configuration: { ...CERTIFICATE.configuration, faults: "some" } },
      'the certificate is damaged: configuration.faults is not a whole number or "all"',
    ],
    [
      "a place that is a text",
      { violations: [{ ...CERTIFICATE.violations[0], place: "a.c:3" }] },
      "the certificate is damaged: violations[0].place is not a place or null",
    ],
    [
      "a place without a line",
      { violations: [{ ...CERTIFICATE.violations[0], place: { file: "a.c" } }] },
      "the certificate is damaged: violations[0].place has no line",
    ],
  ])("is refused with %s", (_, change, message) => {
    expect(refusal((draft) => Object.assign(draft, change))).toBe(message);
  });
});
