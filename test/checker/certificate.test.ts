import { describe, expect, it } from "vitest";
import { type Certificate, isEstablished, type SecondOpinion, statementsOf } from "../../checker/certificate.ts";

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

const OPINION: SecondOpinion = {
  space: CERTIFICATE.space,
  judgements: [
    { property: "nothing-leaks", verdict: "violated", tested: 9, broken: 2 },
    { property: "nothing-is-late", verdict: "holds", tested: 3, broken: 0 },
  ],
  breaches: [{ property: "nothing-leaks", object: "the name", place: CERTIFICATE.violations[0]!.place }],
  notJudged: CERTIFICATE.notJudged,
  neverRun: CERTIFICATE.neverRun,
};

/** The claims that are not so, with what is claimed and what is found. */
const wrong = (certificate: Certificate, opinion: SecondOpinion = OPINION): readonly string[] =>
  statementsOf(certificate, opinion)
    .filter((claim) => !isEstablished(claim))
    .map(({ what, claimed, found }) => `${what}: ${claimed}, not ${found}`);

describe("the claims of a certificate", () => {
  it("are all so where a second search says the same", () => {
    expect(wrong(CERTIFICATE)).toEqual([]);
    expect(statementsOf(CERTIFICATE, OPINION)).toHaveLength(11);
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

  it("fail where code that was never run is left out, or counts as never run though it was", () => {
    const what = "late() in a.c:9 is never run: nobody calls late()";
    expect(wrong({ ...CERTIFICATE, neverRun: [] })).toEqual([`${what}: nothing, not it is so`]);
    expect(wrong(CERTIFICATE, { ...OPINION, neverRun: [] })).toEqual([`${what}: it is so, not nothing`]);
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
});
