import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { replay } from "../../checker/schedule.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import type { Subject } from "../../driver/patch/subject-file.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { machineContext } from "../../harness/offers.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { encodeToken, findRun, parseToken } from "../../harness/token.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { claims } from "../../properties/index.ts";
import { PROBE, PROBE_OFFLINE, UNBIND } from "../support/commands.ts";
import { doing, narrowed, referenceSubject, runLines } from "../support/review.ts";
import { GOES_ON, INTERRUPTED, OFFLINE, ONLINE, raceCases } from "./races.ts";

const CONFIGURATION = { regions: 1, blocks: 1, tasks: 2 } as const;

const serial = claims.find(({ id }) => id === "commands-are-linearizable")!;

/**
 * Compares what some commands of a subject come to, two at a time, interrupted once; in the plain initial
 * configuration.
 */
const compared = async (subject: Subject, commands: readonly string[]) => {
  const driver = loadDriver(await buildSubject(subject));
  const whole = sysramSystem(driver, CONFIGURATION, { isReduced: false });
  const system = doing(
    narrowed(sysramSystem(driver, CONFIGURATION), ({ label }) => label === whole.initialConfigurations[0]!.label),
    (label) => commands.includes(label),
  );
  const search = serial.searchBehind(machineContext(system, claims))!;
  const { verdict, findings } = await search({
    ...{ faults: 0, preemptions: 1, bounds: {}, refinement: system.reduction },
    whole: () => machineContext(whole, claims),
  });
  const short = findings.map(({ detail, counterexample }) => ({ detail, run: runLines(whole, counterexample) }));
  return { ending: verdict.reach!.ending, verdict: verdict.verdict, short, findings, whole };
};

const edited = (name: string): Subject => referenceSubject(...raceCases.find((each) => each.name === name)!.edits);

const gives = (command: string, result: string | number): string => `"${command}" gives ${result}`;

describe("what two commands come to in the reference driver", { tags: ["mutant"] }, () => {
  it("is what they come to one after the other", async () => {
    const commands = [PROBE, PROBE_OFFLINE, ONLINE, OFFLINE, UNBIND];
    const { ending, verdict, short } = await compared(referenceSubject(), commands);
    expect({ ending, verdict, short }).toEqual({ ending: "exhausted", verdict: "holds", short: [] });
  });
});

describe("what two commands come to in a driver that", { tags: ["mutant"] }, () => {
  it("takes no lock in a write differs where both write", async () => {
    const { verdict, short } = await compared(edited("takes no lock in a write"), [PROBE_OFFLINE, ONLINE]);
    expect({ verdict, short }).toEqual({
      verdict: "violated",
      short: [
        {
          detail: `${gives(ONLINE, "-EEXIST")}, ${gives(ONLINE, 15)}, which no serial order of the two gives`,
          run: [PROBE_OFFLINE, ONLINE, INTERRUPTED, ONLINE, GOES_ON],
        },
      ],
    });
  });

  it("takes no lock when it probes differs where somebody writes before the probe ends", {
    tags: ["mutant", "long"],
  }, async () => {
    const { short } = await compared(edited("takes no lock when it probes"), [PROBE, ONLINE]);
    expect(short.map(({ run }) => run)).toEqual([[PROBE, INTERRUPTED, ONLINE, GOES_ON, "task 2 goes on"]]);
  });

  it("takes the memory back before it deletes the device differs where a writer comes in between", {
    tags: ["mutant", "long"],
  }, async () => {
    const subject = edited("takes the memory back before it deletes the device");
    const { short } = await compared(subject, [PROBE, UNBIND, ONLINE]);
    expect(short.map(({ run }) => run)).toEqual([[PROBE, UNBIND, INTERRUPTED, ONLINE, GOES_ON]]);
    expect(short[0]!.detail).toBe(`${gives(ONLINE, 15)}, ${gives(UNBIND, 0)}, which no serial order of the two gives`);
  });
});

const POSTED = join(packageRoot, "../shared/inputs/v4-24of27.mbox");

describe.skipIf(!existsSync(POSTED))(
  "the posted driver (skipped where its mail is missing)",
  { tags: ["mutant"] },
  () => {
    it("leaves memory online without a record, which no order of two writers does, and a token shows it again", async () => {
      const subject = await readInputs([POSTED]);
      const { short, findings, whole } = await compared(subject, [PROBE_OFFLINE, ONLINE, OFFLINE]);
      expect(short).toEqual([
        {
          detail: `${gives(OFFLINE, 8)}, ${gives(ONLINE, 15)}, and what no serial order of the two leaves: there is "memory512: online (online_movable)"`,
          run: [PROBE_OFFLINE, ONLINE, INTERRUPTED, OFFLINE, GOES_ON],
        },
      ]);
      const [finding] = findings;
      const token = encodeToken(whole, finding!.counterexample, subject.sha256, CONFIGURATION);
      const found = findRun(whole, parseToken(token));
      const run = replay<SysramState, SysramAction, SysramEvent>(found.system, found.schedule);
      const [shown] = serial.shownIn(run, machineContext(found.system, claims));
      expect(shown?.violation.detail).toBe(finding!.detail);
    });
  },
);
