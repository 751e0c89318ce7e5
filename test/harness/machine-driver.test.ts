import { describe, expect, it } from "vitest";
import type { Exploration } from "../../checker/explore.ts";
import { replay } from "../../checker/schedule.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { machineNamed, machineSubject } from "../../harness/machine-driver/subject.ts";
import { edgeCoverage, lifeAlone } from "../../harness/monitor-policy.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import { encodeToken, findRun, parseToken } from "../../harness/token.ts";
import { traceOf } from "../../harness/trace.ts";
import type { Policy } from "../../machines/policy.ts";
import { inputs } from "../support/cli.ts";
import { exploreAll, review, runLines } from "../support/review.ts";

const SMALLEST = { regions: 1, blocks: 1 };

const verify = async (policy: Policy) => {
  const monitors = lifeAlone(policy);
  const system = sysramSystem(machineSubject(policy).driver(), SMALLEST, { monitors });
  const exploration = await exploreAll(system);
  const { table, taken } = monitors.lives[0]!;
  return { system, exploration, coverage: edgeCoverage(table, taken) };
};

const sizeOf = ({ ending, states, transitions, depth, cut, fatal }: Exploration) => ({
  ending,
  states,
  transitions,
  depth,
  cut,
  fatal,
});

const runsOf = (system: SysramSystem, { findings }: Exploration) =>
  findings.map(({ property, counterexample }) => ({ property, run: runLines(system, counterexample) }));

describe("the life cycle as posted, run as a driver", { tags: ["exhaustive"] }, () => {
  it("breaks these properties, each by this shortest run, over the space that the posted C has too", {
    tags: ["long"],
  }, async () => {
    const { system, exploration, coverage } = await verify("as-posted");
    expect(sizeOf(exploration)).toMatchInlineSnapshot(`
      {
        "cut": 0,
        "depth": 21,
        "ending": "exhausted",
        "fatal": 28,
        "states": 8232,
        "transitions": 117387,
      }
    `);
    expect(runsOf(system, exploration)).toMatchInlineSnapshot(`
      [
        {
          "property": "online-type-is-as-asked",
          "run": [
            "probe region0, online type -1 (the default)",
          ],
        },
        {
          "property": "documented-fields-are-kept",
          "run": [
            "probe region0, online_movable",
            "echo offline > sysram_region0/hotplug",
          ],
        },
        {
          "property": "memory-has-a-backing-region",
          "run": [
            "probe region0, online_movable",
            "cxl_region_find_sysram() of region0, and hold the reference",
            "decommit region0 (echo 0 > commit)",
          ],
        },
        {
          "property": "every-call-returns",
          "run": [
            "probe region0, online_movable",
            "a page in memory block 0 of region0 is pinned",
            "a kernel worker unbinds the driver of region0",
          ],
        },
        {
          "property": "names-outlive-resources",
          "run": [
            "probe region0, online_movable",
            "a page in memory block 0 of region0 is pinned",
            "unbind the driver of region0",
            "a signal ends the wait",
          ],
        },
        {
          "property": "groups-are-unregistered",
          "run": [
            "probe region0, online_movable",
            "a page in memory block 0 of region0 is pinned",
            "unbind the driver of region0",
            "a signal ends the wait",
          ],
        },
        {
          "property": "memory-types-balance",
          "run": [
            "probe region0, online_movable",
            "a page in memory block 0 of region0 is pinned",
            "unbind the driver of region0",
            "a signal ends the wait",
          ],
        },
        {
          "property": "failed-probe-changes-nothing",
          "run": [
            "probe region0, online_movable",
            "  devm_add_action = -ENOMEM",
            "  memory_block_offline = -EBUSY (a page marked offline)",
          ],
        },
      ]
    `);
    expect(coverage.missing).toMatchInlineSnapshot(`
      [
        "measuring: cxl_region_get_hpa_range failed -> unbound",
        "dropping: put_device ok -> unregistered",
      ]
    `);

    // To every property the machine is the posted driver: the C has the same space and the same findings.
    const code = await review(await readInputs([inputs.mail]), { configuration: SMALLEST });
    expect(sizeOf(code.exploration)).toEqual(sizeOf(exploration));
    // A machine has no types whose range a value could leave.
    const ofBoth = runsOf(code.system, code.exploration).filter((found) => found.property !== "values-are-in-range");
    expect(ofBoth).toEqual(runsOf(system, exploration));
  });
});

describe("the life cycle as intended, run as a driver", { tags: ["exhaustive"] }, () => {
  it("keeps every property over an exhausted space", { tags: ["exhaustive", "long"] }, async () => {
    const { exploration, coverage } = await verify("intended");
    expect(sizeOf(exploration)).toMatchInlineSnapshot(`
      {
        "cut": 0,
        "depth": 18,
        "ending": "exhausted",
        "fatal": 0,
        "states": 39432,
        "transitions": 262798,
      }
    `);
    expect(exploration.findings).toEqual([]);
    expect(
      exploration.properties.filter(({ verdict }) => verdict !== "holds").map(({ property }) => property),
    ).toMatchInlineSnapshot(`[]`);
    expect(coverage.missing).toMatchInlineSnapshot(`
      [
        "measuring: cxl_region_get_hpa_range failed -> unbound",
        "named: no node -> dropping",
        "released: device_unregister ok -> released",
      ]
    `);
  });
});

describe("a run of a machine", () => {
  const machine = machineSubject("as-posted");
  const system = sysramSystem(machine.driver(), SMALLEST);
  const schedule = () => {
    const labels = [
      "probe region0, online_movable",
      "a page in memory block 0 of region0 is pinned",
      "unbind the driver of region0",
      "a signal ends the wait",
    ];
    let state = system.initial[0]!;
    const steps = labels.map((label) => {
      const action = system.actions(state).findIndex((candidate) => system.describe(candidate) === label);
      const answers: number[] = [];
      state = system.step(state, system.actions(state)[action]!, {
        choose: (_, offered) => {
          answers.push(0);
          return offered[0];
        },
      }).state;
      return { action, answers };
    });
    return { initial: 0, steps };
  };

  it("is told call by call, with the state's own line beside each call", () => {
    const { steps } = traceOf(system, schedule(), (_, line) => machine.lines[line - 1]);
    const lines = steps.map(
      ({ what, function: name, result, text }) =>
        what ??
        `  ${name}${result === undefined ? "" : ` = ${result.replace(/0x[0-9a-f]+/, "0x...")}`}${text === undefined ? "" : `   ${text.split(":")[0]}`}`,
    );
    expect(lines).toMatchInlineSnapshot(`
      [
        "probe region0, online_movable",
        "  devm_cxl_add_sysram",
        "  cxl_region_get_hpa_range = 0   measuring",
        "  memory_block_size_bytes = 134217728   measured",
        "  kzalloc = 0x...   allocating",
        "  device_initialize   initialising",
        "  kasprintf = 0x...   allocated",
        "  dev_set_name = 0   naming",
        "  phys_to_target_node = 1   named",
        "  mt_get_memory_type = mtype   typing",
        "  init_node_memory_type   mapping",
        "  memory_group_register_static = 0   tier-set",
        "  device_add = 0   group-registered",
        "  __request_region = res   claiming",
        "  __add_memory_driver_managed = 0   claimed",
        "  devm_add_action = 0   entrusting",
        "a page in memory block 0 of region0 is pinned",
        "unbind the driver of region0",
        "  unbind",
        "  device_unregister   unregistering",
        "  release",
        "  offline_and_remove_memory = -EINTR   removing",
        "waits in offline_pages()",
        "a signal ends the wait",
        "  kfree   freeing-name",
        "  memory_group_unregister = -EBUSY   leaving-group",
        "  clear_node_memory_type   leaving-tier",
        "  kfree   freeing",
      ]
    `);
  });

  it("comes back from its token, which names the machine that it is of", () => {
    const token = parseToken(encodeToken(system, schedule(), machine.sha256, SMALLEST));
    expect(findRun(system, token).schedule).toEqual(schedule());
    expect(machineNamed(token.subject)?.policy).toBe("as-posted");
    expect(machineNamed("00000000")).toBeUndefined();
  });

  it("is the same when it is taken twice", () => {
    const keys = () => replay(system, schedule()).steps.map(({ transition }) => system.key(transition.after));
    expect(keys()).toEqual(keys());
  });
});
