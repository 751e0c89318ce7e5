import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readInputs } from "../../driver/patch/subject.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { GOES_ON, INTERRUPTED, OFFLINE, type RaceSearch, searchSubject } from "../mutants/races.ts";
import { inputs } from "../support/cli.ts";
import { HOLD, PROBE, PROBE_OFFLINE, UNBIND } from "../support/commands.ts";

const missing = existsSync(inputs.mail) ? "" : ` (skipped: ${inputs.mail} is not there)`;

/** Nothing is begun while a probe is under way. */
const probedFirst = (system: SysramSystem): SysramSystem => ({
  ...system,
  actions: (state) => {
    const isProbing = state.tasks.some(({ command }) => system.commands[command]!.label.startsWith("probe "));
    return isProbing ? system.actions(state).filter(({ kind }) => kind !== "start") : system.actions(state);
  },
});

const search = async (commands: readonly string[], how: RaceSearch) => {
  const { found, short } = await searchSubject(await readInputs([inputs.mail]), commands, how);
  expect(found.ending).toBe("exhausted");
  return short.map((each, at) => ({ ...each, detail: found.findings[at]!.detail }));
};

describe.skipIf(missing !== "")(`two tasks in the posted driver${missing}`, { tags: ["exhaustive"] }, () => {
  it("race for its record of the resource, at two lines", async () => {
    const found = await search([PROBE, OFFLINE], { preemptions: 1 });
    expect(found.find(({ property }) => property === "accesses-are-ordered")).toMatchObject({
      object: "res of struct cxl_sysram",
      run: [PROBE, INTERRUPTED, OFFLINE],
      detail:
        "sysram_hotplug_add() at region_sysram.c:75 writes res of struct cxl_sysram, and at the same time sysram_hotplug_remove() at region_sysram.c:108 reads it",
    });
  });

  it("use the resource after it was freed, where two removals meet", async () => {
    const found = await search([PROBE, OFFLINE], { preemptions: 1, narrow: probedFirst });
    expect(found.find(({ property }) => property === "the-driver-does-not-crash")).toMatchObject({
      object: "the resource",
      blamed: "sysram_hotplug_remove: remove_resource(sysram->res);",
      run: [PROBE, OFFLINE, INTERRUPTED, OFFLINE, GOES_ON],
      detail:
        "remove_resource() uses the resource: 64 bytes of the 64 that __request_region() at region_sysram.c:69 allocated and kfree() freed at region_sysram.c:118",
    });
  });

  it("free the resource twice, where two removals meet between two loads and stores", async () => {
    const found = await search([PROBE, OFFLINE], { preemptions: 1, narrow: probedFirst, interruptAt: "accesses" });
    expect(found.find(({ property }) => property === "nothing-is-freed-twice")).toMatchObject({
      object: "the freed memory",
      blamed: "sysram_hotplug_remove: kfree(sysram->res);",
      run: [PROBE, OFFLINE, INTERRUPTED, OFFLINE],
    });
  });

  it("are in nobody's way where no memory is plugged in", async () => {
    for (const interruptAt of ["calls", "accesses"] as const) {
      expect(await search([PROBE_OFFLINE, HOLD, UNBIND], { interruptAt })).toEqual([]);
    }
  });
});
