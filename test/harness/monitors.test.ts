import { describe, expect, it } from "vitest";
import type { Bounds } from "../../checker/pace.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import type { Subject } from "../../driver/patch/subject-file.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { edgeCoverage, monitorsFor, mostTaken } from "../../harness/monitor-policy.ts";
import type { Monitors } from "../../harness/monitors.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { lifeCycle } from "../../machines/index.ts";
import { nameOf } from "../../machines/listing.ts";
import { monitor } from "../../machines/monitor.ts";
import type { MachineTable } from "../../machines/table.ts";
import { inputs } from "../support/cli.ts";
import { exploreAll, referenceSubject, runLines } from "../support/review.ts";

const RULE = "the-code-is-a-run-of-the-machine";

const monitored = async (
  subject: Subject,
  monitors: Monitors,
  options: { readonly faults?: number | "all"; readonly bounds?: Bounds } = {},
) => {
  const system = sysramSystem(loadDriver(await buildSubject(subject)), { regions: 1, blocks: 1 }, { monitors });
  const exploration = await exploreAll(system, options);
  const rejected = exploration.findings
    .filter(({ property }) => property === RULE)
    .map(({ detail, counterexample }) => ({ detail, run: runLines(system, counterexample) }));
  const verdict = exploration.properties.find(({ property }) => property === RULE)?.verdict;
  const machine = mostTaken(monitors);
  const coverage = machine === undefined ? undefined : edgeCoverage(machine.table, machine.taken);
  return { ending: exploration.ending, states: exploration.states, rejected, verdict, coverage };
};

/** The intended life with an edge changed wherever a configuration of this state has it: removed, redirected, added. */
const changed = (from: string, event: string, to: string | undefined): Monitors => {
  const table = lifeCycle("intended");
  const number = table.eventNumber(event);
  const next = table.next.slice();
  for (const [at, { value }] of table.configurations.entries()) {
    if (nameOf(value) !== from) continue;
    next[at * table.events.length + number] = table.configurations.findIndex(
      (configuration) => to !== undefined && nameOf(configuration.value) === to,
    );
  }
  return { lives: [monitor({ ...table, next } satisfies MachineTable, "the changed life cycle")], rules: [] };
};

/** What no run of the smallest reference driver can take; see the reasons in machines/sysram.machine.ts. */
const NEVER_BY_REFERENCE = [
  "measuring: cxl_region_get_hpa_range failed -> unbound", // who probes has looked at the region before
  "named: no node -> dropping", // the node is looked up before anything is allocated
  "released: device_unregister ok -> released", // it uses device_del() and put_device()
];

describe("the intended life cycle beside the reference driver", { tags: ["exhaustive"] }, () => {
  it("accepts every run, and so does every rule; each of its transitions is taken but these", {
    tags: ["exhaustive", "long"],
  }, async () => {
    const { ending, states, rejected, verdict, coverage } = await monitored(
      referenceSubject(),
      monitorsFor("intended"),
    );
    expect({ ending, rejected, verdict, missing: coverage?.missing }).toEqual({
      ending: "exhausted",
      rejected: [],
      verdict: "holds",
      missing: NEVER_BY_REFERENCE,
    });
    expect(states).toMatchInlineSnapshot(`16568`);
  });
});

describe("the life cycle as posted beside the posted driver", { tags: ["exhaustive"] }, () => {
  it("accepts every run, and tells what no run takes", { tags: ["exhaustive", "long"] }, async () => {
    const { lives } = monitorsFor("as-posted");
    const { ending, rejected, verdict, coverage } = await monitored(await readInputs([inputs.mail]), {
      lives,
      rules: [],
    });
    expect({ ending, rejected, verdict }).toEqual({ ending: "exhausted", rejected: [], verdict: "holds" });
    expect(coverage?.missing).toEqual([
      "measuring: cxl_region_get_hpa_range failed -> unbound",
      "dropping: put_device ok -> unregistered",
    ]);
  });
});

const BOUNDS: Bounds = { maxStates: 1_500 };

describe("the monitors beside a patch", () => {
  it("says nothing of the posted driver where any policy will do", async () => {
    const { rejected } = await monitored(await readInputs([inputs.mail]), monitorsFor("any"), { bounds: BOUNDS });
    expect(rejected).toEqual([]);
  });

  it("tells first that the posted driver does not look at the blocks again, where it is held to the intended life", async () => {
    const { lives } = monitorsFor("intended");
    const { rejected } = await monitored(await readInputs([inputs.mail]), { lives, rules: [] }, { bounds: BOUNDS });
    expect(rejected[0]).toMatchInlineSnapshot(`
      {
        "detail": "the life cycle as intended: in the state onlining the code goes on with "devm_add_action ok", where walk_memory_blocks ok, walk_memory_blocks failed would be accepted",
        "run": [
          "probe region0, online_movable",
        ],
      }
    `);
  });

  it("tells of a driver that does what no policy knows", { tags: ["exhaustive", "long"] }, async () => {
    const odd = referenceSubject({ replace: "\tif (sysram->mtype)\n\t\tclear_node", with: "\tif (0)\n\t\tclear_node" });
    const { rejected } = await monitored(odd, monitorsFor("any"), { bounds: BOUNDS });
    expect(rejected[0]).toMatchInlineSnapshot(`
      {
        "detail": "the life cycle as intended: in the state leaving-tier the code goes on with "release", where clear_node_memory_type ok would be accepted",
        "run": [
          "probe region0, online_movable",
          "unbind the driver of region0",
        ],
      }
    `);
  });
});

describe("a changed machine beside the reference driver", { tags: ["mutant"] }, () => {
  it("is caught when an edge is removed", async () => {
    const monitors = changed("tier-set", "memory_group_register_static ok", undefined);
    const { rejected } = await monitored(referenceSubject(), monitors, { faults: 1, bounds: BOUNDS });
    expect(rejected[0]).toMatchInlineSnapshot(`
      {
        "detail": "the changed life cycle: in the state tier-set the code goes on with "memory_group_register_static ok", where memory_group_register_static failed would be accepted",
        "run": [
          "probe region0, online_movable",
        ],
      }
    `);
  });

  it("is caught when an edge is redirected", async () => {
    const monitors = changed("removing", "offline_and_remove_memory failed", "taking-back");
    const { rejected } = await monitored(referenceSubject(), monitors, { faults: 1, bounds: BOUNDS });
    expect(rejected[0]).toMatchInlineSnapshot(`
      {
        "detail": "the changed life cycle: in the state taking-back the code goes on with "return", where offline_and_remove_memory ok, offline_and_remove_memory failed would be accepted",
        "run": [
          "probe region0, online_movable",
          "a page in memory block 0 of region0 is pinned",
          "echo offline > sysram_region0/hotplug",
          "a signal ends the wait",
        ],
      }
    `);
  });

  it("is caught when an edge is added: it is one that no run takes", { tags: ["long"] }, async () => {
    const monitors = changed("hotplugged", "device_add ok", "added");
    const { rejected, coverage } = await monitored(referenceSubject(), monitors);
    expect(rejected).toEqual([]);
    expect(coverage?.missing).toEqual([
      "measuring: cxl_region_get_hpa_range failed -> unbound",
      "named: no node -> dropping",
      "released: device_unregister ok -> released",
      "hotplugged: device_add ok -> added",
    ]);
  });
});
