/**
 * A property of one's own, with fast-check and vitest.
 *
 * The driver is our own one; `readInputs(["first-draft.mbox"])` in the place of `readReference()` takes that of a patch. Outside
 * this repository the last import is from "sysram-verify".
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arbitraryRun,
  buildSubject,
  claims,
  DEFAULT_CONFIGURATION,
  describeRun,
  explore,
  loadDriver,
  readReference,
  replaySchedule,
  type SysramAction,
  type SysramEvent,
  type SysramState,
  stepClaim,
  sysramSystem,
} from "../index.ts";

const system = sysramSystem(loadDriver(await buildSubject(readReference())), DEFAULT_CONFIGURATION);

const onlineBlocks = ({ kernel }: SysramState): number =>
  kernel.memoryHotplug.blocks.filter(({ state }) => state === "online").length;

describe("a claim about runs", () => {
  it("is put to the test by fast-check, and holds in every run that it draws", () => {
    fc.assert(
      fc.property(arbitraryRun(system, { maxCommands: 50 }), ({ steps }) =>
        steps.every(({ transition: { after } }) => onlineBlocks(after) <= DEFAULT_CONFIGURATION.blocks),
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  it("is broken by the shortest run that breaks it", () => {
    const alwaysHasMemory = fc.property(arbitraryRun(system), ({ steps }) =>
      steps.every(({ transition: { before, after } }) => onlineBlocks(before) === 0 || onlineBlocks(after) > 0),
    );
    const { counterexample } = fc.check(alwaysHasMemory, { seed: 1 });
    const [run] = counterexample!;

    expect(describeRun(system, run)).toMatchInlineSnapshot(`
      "in a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable
         1. probe region0, online_movable
         2. echo offline > sysram_region0/hotplug"
    `);
    expect(replaySchedule(system, run.schedule).steps).toHaveLength(2);
  });
});

/** What our own driver does not keep, and says so: it waits for the last user of the memory. */
const unbindingNeverWaits = stepClaim<SysramState, SysramEvent>({
  id: "unbinding-never-waits",
  group: "of one's own",
  claim: "unbinding the driver never waits for whoever uses the memory",
  why: "A task that unbinds is stuck until the last page is given back.",
  source: "an example",
  assumptions: [],
  concerns: ({ before, after }) => before.tasks.length > 0 || after.tasks.length > 0,
  violations: ({ after }) =>
    after.tasks
      .filter(({ command }) => system.commands[command]!.label.startsWith("unbind"))
      .map(() => ({ object: "the task that unbinds", site: "", detail: "unbinding waits" })),
});

describe("a claim about steps", () => {
  it("is judged beside the properties that come with the package", async () => {
    const { findings } = await explore<SysramState, SysramAction, SysramEvent>(system, {
      claims: [...claims, unbindingNeverWaits],
      faults: 0,
      bounds: { maxDepth: 3 },
    });

    expect(findings.map(({ property }) => property)).toEqual(["unbinding-never-waits"]);
    expect(describeRun(system, replaySchedule(system, findings[0]!.counterexample))).toMatchInlineSnapshot(`
      "in a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable
         1. probe region0, online_movable
         2. a page in memory block 0 of region0 is pinned
         3. unbind the driver of region0"
    `);
  });
});
