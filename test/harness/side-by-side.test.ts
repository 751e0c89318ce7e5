import { beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../../checker/chooser.ts";
import { futureBy } from "../../checker/claims/step-claim.ts";
import { type Exploration, explore } from "../../checker/explore.ts";
import {
  behaveAlike,
  type Pair,
  type PairAction,
  type PairEvent,
  showDifference,
  sideBySide,
} from "../../harness/side-by-side.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { claims } from "../../properties/index.ts";
import { mutants } from "../mutants/mutants.ts";
import { exploreAll, referenceSubject, runLines, SMALL, systemOf } from "../support/review.ts";

const FAILS: readonly [Answer, Answer] = [{ label: "succeeds" }, { label: "fails", fault: "ordinary" }];

const mutant = async (name: string): Promise<SysramSystem> => {
  const found = mutants.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no mutant that ${name}`);
  return systemOf(referenceSubject(found), SMALL);
};

const search = (old: SysramSystem, newer: SysramSystem, maxDepth: number, faults: number | "all" = "all") =>
  explore<Pair, PairAction, PairEvent>(sideBySide(old, newer, futureBy(claims)), {
    claims: [behaveAlike],
    faults,
    bounds: { maxDepth },
  });

const shown = (old: SysramSystem, newer: SysramSystem, { findings }: Exploration): readonly string[] =>
  findings.map(({ counterexample }) => {
    const { difference } = showDifference(sideBySide(old, newer, futureBy(claims)), counterexample);
    return `${difference.command} ${difference.what} ${difference.old} | ${difference.new}`;
  });

describe("two drivers side by side", { tags: ["mutant"] }, () => {
  let reference: SysramSystem;
  beforeAll(async () => {
    reference = await systemOf(referenceSubject(), SMALL);
  });

  it("are as many states as one, where they are the same driver", async () => {
    const both = await search(reference, await systemOf(referenceSubject(), SMALL), 2);
    const alone = await exploreAll(reference, { bounds: { maxDepth: 2 } });
    expect(both.findings).toEqual([]);
    expect([both.states, both.transitions]).toEqual([alone.states, alone.transitions]);
  });

  it("differ by what they return, told by the shortest run of each", async () => {
    const newer = await mutant("gives the length of what was written whatever happened");
    const both = await search(reference, newer, 3, 0);
    expect(shown(reference, newer, both)[0]).toBe("echo online > sysram_region0/hotplug returns -EBUSY | 7");

    const system = sideBySide(reference, newer, futureBy(claims));
    const run = showDifference(system, both.findings[0]!.counterexample);
    const commands = ["probe region0, online_movable", "echo online > sysram_region0/hotplug"];
    expect(runLines(reference, run.old)).toEqual(commands);
    expect(runLines(newer, run.new)).toEqual(commands);
  });

  it("differ by what they leave behind", async () => {
    const newer = await mutant("onlines as the probe was asked, whatever is written");
    const both = await search(reference, newer, 2, 0);
    expect(shown(reference, newer, both)).toEqual([
      "echo online_movable > sysram_region0/hotplug leaves memory512: online (online_movable) | memory512: online (online_kernel)",
    ]);
  });

  it("differ where one of them waits for what nobody does", async () => {
    const newer = await mutant("gives up when the memory is in use");
    const both = await search(reference, newer, 3, 0);
    expect(shown(reference, newer, both)[0]).toBe(
      "a kernel worker unbinds the driver of region0 returns never, if nothing else happens | 0",
    );
  });

  it("differ where only one of them knows a command", async () => {
    const label = "decommit region0 (echo 0 > commit)";
    const newer = {
      ...reference,
      actions: (state: SysramState) =>
        reference.actions(state).filter((action) => reference.describe(action) !== label),
    };
    const both = await search(reference, newer, 2, 0);
    expect(shown(reference, newer, both)).toEqual([`${label} offers is there | is not there`]);
  });

  it("are given the same failures, and only those that both can have", async () => {
    const given: string[] = [];
    const asking = (name: string, system: SysramSystem): SysramSystem => ({
      ...system,
      step: (state, action, chooser) => {
        given.push(`${name}: ${chooser.choose("a call", FAILS).label}`);
        if (name === "new") given.push(`new alone: ${chooser.choose("a call of its own", FAILS).label}`);
        return system.step(state, action, chooser);
      },
    });
    const both = await search(asking("old", reference), asking("new", reference), 1, 1);
    expect(both.findings).toEqual([]);
    expect(new Set(given)).toEqual(
      new Set(["old: succeeds", "new: succeeds", "old: fails", "new: fails", "new alone: succeeds"]),
    );
    const pairs = given.filter((line) => !line.startsWith("new alone"));
    for (let at = 0; at < pairs.length; at += 2) expect(pairs[at + 1]).toBe(pairs[at]!.replace("old", "new"));
  });

  it("do not differ by how long they take", async () => {
    const newer = await systemOf(
      referenceSubject({
        replace: "\tsysram->last_hotplug_cmd = cmd;\n",
        with: "\tmsleep(7);\n\tsysram->last_hotplug_cmd = cmd;\n",
      }),
      SMALL,
    );
    const both = await search(reference, newer, 3, 0);
    expect(shown(reference, newer, both)).toEqual([]);
    const labels = new Set<string>();
    await explore<SysramState, SysramAction, SysramEvent>(newer, {
      claims: [],
      faults: 0,
      bounds: { maxDepth: 3 },
      onTransition: ({ action }) => labels.add(newer.describe(action)),
    });
    expect(labels).toContain("the command that was paused goes on");
  });
});
