import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { type Certificate, type CertifiedConfiguration, isEstablished } from "../../checker/certificate.ts";
import { certify } from "../../checker/certify.ts";
import { type Established, searchPlainly } from "../../checker/plain-search.ts";
import { composeCertificate, examine, machineOf, refuseStranger } from "../../harness/certificate.ts";
import { modelHashes } from "../../harness/model-hashes.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import { contentOfStates } from "../../harness/state-content.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { claims } from "../../properties/index.ts";
import { referenceSubject, SMALL, systemOf } from "../support/review.ts";

/** The reference driver without the line that notes what was written. */
const SUBJECT = referenceSubject({ replace: "\tsysram->last_hotplug_cmd = cmd;\n", with: "" });

/** Runs of two commands show its bug, and are soon searched. */
const CONFIGURATION: CertifiedConfiguration = {
  regions: 1,
  blocks: 1,
  tasks: 1,
  faults: "all",
  preemptions: "all",
  maxSteps: 2,
  policy: "none",
};

const IMAGE = "f".repeat(64);

describe("the certificate of a driver", { tags: ["mutant"] }, () => {
  let system: SysramSystem;
  let certificate: Certificate;
  let established: Established;
  beforeAll(async () => {
    system = await systemOf(SUBJECT, { ...SMALL, configuration: machineOf(CONFIGURATION) });
    const { proof } = await certify<SysramState, SysramAction, SysramEvent>(system, {
      ...CONFIGURATION,
      claims,
      contentOf: contentOfStates(),
      limits: {},
    });
    const { name, sha256 } = SUBJECT;
    certificate = composeCertificate(system, { name, sha256, image: IMAGE }, CONFIGURATION, {
      ...proof!,
      neverRun: [],
    });
    established = (await searchPlainly<SysramState, SysramAction, SysramEvent>(system, {
      ...CONFIGURATION,
      claims,
      contentOf: contentOfStates(),
    }))!;
  });

  /** What is not so in a certificate that somebody has changed. */
  const wrong = (change: Partial<Certificate> = {}): readonly string[] =>
    examine({ ...certificate, ...change }, system, claims, { ...established, neverRun: [] })
      .filter((claim) => !isEstablished(claim))
      .map(({ what, found }) => `${what}: ${found}`);

  const withRun = (run: string): Partial<Certificate> => ({
    violations: certificate.violations.map((violation, at) => (at === 0 ? { ...violation, run } : violation)),
  });

  it("is established again by a second search that meets the states in another order", () => {
    expect(certificate.verdict).toBe("violated");
    expect(certificate.violations.map(({ property, object }) => `${property}: ${object}`)).toEqual([
      "documented-fields-are-kept: last_hotplug_cmd",
    ]);
    expect(wrong()).toEqual([]);
  });

  it("keeps to its schema", () => {
    const schema = JSON.parse(readFileSync(join(packageRoot, "report/certificate.schema.json"), "utf8"));
    const validate = new Ajv2020({ strictTuples: false }).compile(schema);
    expect(validate(certificate), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...certificate, date: "today" })).toBe(false);
  });

  it("says the same, byte for byte, when it is written again", async () => {
    const again = await certify<SysramState, SysramAction, SysramEvent>(system, {
      ...CONFIGURATION,
      claims,
      contentOf: contentOfStates(),
      limits: {},
    });
    const { name, sha256 } = SUBJECT;
    expect(
      JSON.stringify(
        composeCertificate(system, { name, sha256, image: IMAGE }, CONFIGURATION, { ...again.proof!, neverRun: [] }),
      ),
    ).toBe(JSON.stringify(certificate));
  });

  it("is found out where a count, the digest or a verdict was changed", () => {
    const { space } = certificate;
    const digest = `${space.digest.slice(1)}${space.digest[0]}`;
    const { states, transitions } = space;
    expect(wrong({ space: { ...space, states: states + 1 } })).toEqual([`the number of states: ${states}`]);
    expect(wrong({ space: { ...space, transitions: transitions - 1 } })).toEqual([
      `the number of transitions: ${transitions}`,
    ]);
    expect(wrong({ space: { ...space, digest } })).toEqual([`the digest of the set of states: ${space.digest}`]);
    expect(wrong({ verdict: "holds" })).toEqual(["the verdict: violated"]);
    expect(wrong({ violations: [] })).toEqual(["documented-fields-are-kept: last_hotplug_cmd: is wrong"]);
    const softened = certificate.properties.map((property) => ({ ...property, verdict: "holds" as const }));
    expect(wrong({ properties: softened })).toHaveLength(softened.length);
  });

  it("is found out where a run shows nothing, or is none of this driver's", () => {
    const what = "the run that breaks documented-fields-are-kept (last_hotplug_cmd)";
    const { run: token } = certificate.violations[0]!;
    expect(wrong(withRun(token.slice(1)))).toEqual([`${what}: this is no replay token`]);
    expect(wrong(withRun(token.slice(0, -1)))).toEqual([
      `${what}: a letter of this token is wrong, or not all of it is there`,
    ]);
    // A token of the former version has no letters to check it by, and so may say what it likes.
    const run = token.split("-").slice(0, -1).join("-").replace("sv2", "sv1");
    const shorter = run.split("-").slice(0, -1).join("-");
    expect(wrong(withRun(shorter))).toEqual([`${what}: its last command does not show it`]);
    expect(wrong(withRun(run.replace("r1b1", "r1b2")))).toEqual([`${what}: it is a run of another configuration`]);
    expect(wrong(withRun(run.replace(SUBJECT.sha256.slice(0, 8), "00000000")))).toEqual([
      `${what}: it is a run of another subject`,
    ]);
    expect(wrong(withRun("hello"))).toEqual([`${what}: this is no replay token`]);
    const [first, ...others] = certificate.properties;
    expect(wrong({ properties: [{ ...first!, witness: null }, ...others] })).toEqual(
      first!.tested === 0 ? [] : [`the run that puts ${first!.id} to the test: none is named`],
    );
  });

  it("is refused for another subject, another model and another build", () => {
    const ours = { sha256: SUBJECT.sha256, image: IMAGE };
    const hashes = modelHashes();
    const refusal = (
      is: { readonly sha256?: string; readonly image?: string },
      models: Partial<typeof hashes> = {},
    ) => {
      try {
        refuseStranger(certificate, { ...ours, ...is }, { ...hashes, ...models });
        return "none";
      } catch (error) {
        return (error as Error).message;
      }
    };
    const other = "0".repeat(64);
    expect(refusal({})).toBe("none");
    expect(refusal({ sha256: other })).toBe(
      `the certificate is of another subject (${SUBJECT.sha256.slice(0, 8)}, and this is 00000000)`,
    );
    expect(refusal({ image: other })).toBe(
      "the certificate is of another build of the subject (ffffffff, and this is 00000000)",
    );
    for (const [part, name] of [
      ["kernel", "kernel model"],
      ["machines", "set of machines"],
      ["properties", "set of properties"],
    ] as const) {
      expect(refusal({}, { [part]: other })).toBe(
        `the certificate rests on another ${name} (${hashes[part].slice(0, 8)}, and this one is 00000000)`,
      );
    }
  });
});
