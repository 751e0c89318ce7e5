import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alternativesOf, HELD } from "../../logs/held-machine.ts";
import { joint } from "../../logs/joint.ts";
import { lifeCycle, tableOf } from "../../machines/index.ts";
import { edgesOf } from "../../machines/listing.ts";
import { POLICIES } from "../../machines/policy.ts";
import { nextIn } from "../../machines/table.ts";
import { judged } from "./support.ts";

/** A line of the function tracer, without what makes it long. */
const line = (task: string, call: string): string => `  ${task} [000] ..... 1.000001: ${call}\n`;

const log = (...calls: readonly (readonly [task: string, ...calls: readonly string[]])[]): string =>
  calls.flatMap(([task, ...names]) => names.map((call) => line(task, call))).join("");

const D = "devm_cxl_add_sysram";

/** The calls of a probe that plugs nothing in, about a device at an address; the address is left out where it is empty. */
const probed = (at = ""): readonly string[] => {
  const device = at === "" ? "" : `(dev=${at})`;
  return [
    ...[
      `${D} <-cxl_region_probe`,
      `cxl_region_get_hpa_range <-${D}`,
      `kzalloc <-${D}`,
      `device_initialize${device} <-${D}`,
    ],
    ...[
      `kasprintf <-${D}`,
      `dev_set_name${device} <-${D}`,
      `mt_get_memory_type <-${D}`,
      `init_node_memory_type <-${D}`,
    ],
    ...[`memory_group_register_static <-${D}`, `device_add${device} <-${D}`, `devm_add_action <-${D}`],
  ];
};

const unbound = (at = ""): readonly string[] => [
  "sysram_unregister <-devm_action_release",
  `device_del${at === "" ? "" : `(dev=${at})`} <-sysram_unregister`,
  "memory_group_unregister <-sysram_unregister",
  "clear_node_memory_type <-sysram_unregister",
  "put_device <-sysram_unregister",
  `sysram_release${at === "" ? "" : `(dev=${at})`} <-device_release`,
  "kfree <-sysram_release",
  "kfree <-sysram_release",
];

const stored = (at = ""): readonly string[] => [
  `hotplug_store${at === "" ? "" : `(dev=${at})`} <-dev_attr_store`,
  "__request_region <-hotplug_store",
  "__add_memory_driver_managed <-hotplug_store",
  "walk_memory_blocks <-hotplug_store",
];

const KNOWN = { knowledge: { traced: ["*"], devicesBefore: 0 } };

/** Lists, one after the other in an order that is drawn, each in its own. */
const interleaved = <T>(one: readonly T[], other: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc
    .array(fc.boolean(), { minLength: one.length + other.length, maxLength: one.length + other.length })
    .map((first) => {
      const left = [[...one], [...other]];
      return first.map((isFirst) => (left[isFirst ? 0 : 1]!.shift() ?? left[isFirst ? 1 : 0]!.shift())!);
    });

const SEED = 4_711;

describe("several devices in one log", { tags: ["random"] }, () => {
  const of = (task: string, calls: readonly string[]): readonly string[] => calls.map((call) => line(task, call));

  it(`are told apart by their tasks, however these take turns (seed ${SEED})`, async () => {
    const one = of("bash-1", [...probed("0xa1"), ...stored("0xa1")]);
    const other = of("bash-2", [...probed("0xb2"), ...stored("0xb2")]);
    await fc.assert(
      fc.asyncProperty(interleaved(one, other), async (lines) => {
        const { verdict, devices, unfollowed } = await judged(lines.join(""), KNOWN);
        expect({ verdict, ...unfollowed }).toEqual({ verdict: "accepted", overlaps: 0, tooMany: 0 });
        expect(devices.some(({ states }) => states.includes("hotplugged"))).toBe(true);
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it(`do not cover for one another (seed ${SEED})`, async () => {
    const one = of("bash-1", [...probed("0xa1"), ...stored("0xa1")]);
    const other = of("bash-2", [...probed("0xb2"), ...stored("0xb2")]);
    const bad = one.findIndex((text) => text.includes("mt_get_memory_type"));
    await fc.assert(
      fc.asyncProperty(interleaved(one.toSpliced(bad, 1), other), async (lines) => {
        const { verdict, refusal } = await judged(lines.join(""), KNOWN);
        const place = lines.findIndex((text) => text.includes("bash-1") && text.includes("init_node_memory_type")) + 1;
        expect({ verdict, line: refusal?.line, task: refusal?.task }).toEqual({
          ...{ verdict: "refused", line: place, task: "bash-1" },
        });
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it("are each tried, where nothing tells which is meant", async () => {
    const both = [
      ["bash-1", ...probed()],
      ["bash-1", ...probed()],
      ["bash-1", ...stored()],
    ] as const;
    // Of two that are alike it makes no difference which is plugged in; unbinding needs the other one.
    const text = log(...both, ["bash-1", ...unbound()]);
    expect((await judged(text, KNOWN)).verdict).toBe("accepted");
    const third = await judged(log(...both, ["bash-1", ...stored()], ["bash-1", ...stored()]), KNOWN);
    expect({ verdict: third.verdict, isStore: third.refusal?.text.includes("__request_region") }).toEqual({
      ...{ verdict: "refused", isStore: true },
    });
  });

  it("are followed for itself each, where the kernel's log names them", async () => {
    const message = (name: string, what: string): string => `[    1.0] device: '${name}': ${what}\n`;
    const released = (name: string): string => `[    1.0] kobject: '${name}' (00): kobject_cleanup, parent 00\n`;
    const [one, other] = ["sysram_region0", "sysram_region1"];
    const text = `${message(one, "device_add")}${message(other, "device_add")}${released(one)}`;
    expect((await judged(text)).verdict).toBe("accepted");
    expect((await judged(`${text}${message(one, "device_add")}`)).verdict).toBe("accepted");
  });
});

describe("two tasks on one device", () => {
  it("are not followed until they are done, and that is told", async () => {
    const [store, ...rest] = stored("0xa1");
    const [unbind, ...end] = unbound("0xa1");
    const text = log(
      ["bash-1", ...probed("0xa1")],
      ["bash-2", store!, rest[0]!],
      ["bash-1", unbind!, end[0]!],
      ["bash-2", ...rest.slice(1)],
      ["bash-1", ...end.slice(1)],
    );
    const { verdict, unfollowed } = await judged(text, KNOWN);
    expect({ verdict, isTold: unfollowed.overlaps > 0 }).toEqual({ verdict: "accepted", isTold: true });
  });

  it("are one after the other, where the first can be done", async () => {
    const text = log(["bash-1", ...probed("0xa1")], ["bash-2", ...stored("0xa1")], ["bash-1", ...stored("0xa1")]);
    const { verdict, refusal, unfollowed } = await judged(text, KNOWN);
    expect({ verdict, line: refusal?.line, ...unfollowed }).toEqual({
      ...{ verdict: "refused", line: 17, overlaps: 0, tooMany: 0 },
    });
  });
});

describe("what a log of beginnings leaves open", () => {
  it("is whether a call succeeded, unless a return probe tells", async () => {
    const failed = "mine: (devm_cxl_add_sysram+0x1/0x2 <- __request_region) ret=0x0";
    const calls = log(["bash-1", ...probed()], ["bash-1", ...stored()]);
    expect((await judged(calls, KNOWN)).verdict).toBe("accepted");
    const told = calls.replace(/(.*__request_region.*\n)/, `$1${line("bash-1", failed)}`);
    const { verdict, refusal } = await judged(told, KNOWN);
    expect({ verdict, line: refusal?.line, event: refusal?.events[0] }).toEqual({
      ...{ verdict: "refused", line: 15, event: "__add_memory_driver_managed ok" },
    });
  });

  it("is who called a function that the compiler has jumped to", async () => {
    const jump = unbound().map((call) => call.replace("kfree <-sysram_release", "kfree <-device_release"));
    expect((await judged(log(["bash-1", ...probed()], ["bash-1", ...jump]), KNOWN)).verdict).toBe("accepted");
  });

  it("is not what the kernel's own functions call", async () => {
    const own = probed().flatMap((call) => [call, "device_del <-device_unregister", "kfree <-kobject_cleanup"]);
    expect((await judged(log(["bash-1", ...own]), KNOWN)).verdict).toBe("accepted");
  });

  it("is everything, where no line shows the driver", async () => {
    const { verdict, sightings } = await judged(log(["bash-1", "kfree <-vfs_write", "device_add <-pci_scan"]));
    expect({ verdict, sightings }).toEqual({ verdict: "inconclusive", sightings: 0 });
  });
});

describe("a head that says what was written over", () => {
  it("makes every device possible that there can be", async () => {
    const head = "# tracer: function\n# entries-in-buffer/entries-written: 5/50   #P:1\n";
    const { verdict, holes } = await judged(`${head}${log(["bash-1", ...unbound().slice(3)])}`);
    expect({ verdict, holes: holes.events }).toEqual({ verdict: "accepted", holes: 45 });
  });
});

describe("a hole", () => {
  it("explains as many events as were lost in it, and no more", async () => {
    const calls = probed();
    const withHole = (missing: number, said: number): string => {
      const from = calls.findIndex((call) => call.startsWith("kasprintf"));
      const kept = calls.toSpliced(from, missing).map((call) => line("bash-1", call));
      return kept.toSpliced(from, 0, `CPU:0 [LOST ${said} EVENTS]\n`).join("");
    };
    expect((await judged(withHole(3, 3), KNOWN)).verdict).toBe("accepted");
    const { verdict, refusal } = await judged(withHole(3, 2), KNOWN);
    expect({ verdict, event: refusal?.events[0] }).toEqual({
      ...{ verdict: "refused", event: "init_node_memory_type ok" },
    });
  });
});

describe("machines taken together", () => {
  it("take every step of the life cycle that the life cycle takes alone", () => {
    for (const policy of POLICIES) {
      const table = lifeCycle(policy);
      const together = joint(alternativesOf(policy, "sysram"), new Set());
      const reached = new Set(together.all.configurations.map((at) => at));
      expect(reached.size).toBe(table.configurations.length);
      const [first] = table.events.flatMap((event, number) => (nextIn(table, 0, number) === -1 ? [] : [event]));
      expect(together.states(together.after(together.initial, [first!]))).toEqual(["measuring"]);
    }
  });

  it("know every edge that the machines have, with its guard", () => {
    for (const { name } of HELD) {
      for (const policy of POLICIES) {
        const machine = alternativesOf(policy, name)[0]![0]!;
        const written = new Set(machine.edges.map(({ from, event, to }) => `${from} ${event} ${to}`));
        const named = HELD.find((candidate) => candidate.name === name)!;
        for (const { from, event, to } of edgesOf(tableOf(named, policy))) {
          expect(written).toContain(`${from} ${event} ${to}`);
        }
      }
    }
    const [life] = alternativesOf("intended", "sysram")[0]!;
    expect(life!.edges.filter(({ guard }) => guard !== null).length).toBeGreaterThan(20);
  });
});
