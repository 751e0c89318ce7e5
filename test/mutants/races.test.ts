import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { explore } from "../../checker/explore.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { propertiesOfSeveral } from "../../properties/index.ts";
import { HOLD, PROBE, PROBE_OFFLINE, UNBIND, USE, write } from "../support/commands.ts";
import { doing, type Edit, foundBy, referenceSubject } from "../support/review.ts";

const TWO_TASKS = { regions: 1, blocks: 1, tasks: 2 };

const ONLINE = write("online_movable");
const OFFLINE = write("offline");

const INTERRUPTED = "  is interrupted";
const GOES_ON = "task 1 goes on";

const LOCK_OF_STORE = `	ACQUIRE(mutex_intr, lock)(&sysram->lock);
	err = ACQUIRE_ERR(mutex_intr, &lock);
	if (err)
		return err;

	err = sysram_command`;
const LOCK_OF_HELPER = `	guard(mutex)(&sysram->lock);

	return sysram_command`;
const LOCK_OF_PROBE = `	guard(mutex)(&sysram->lock);

	/* The device is visible`;

/** The driver says itself where its lock must be held; without it what is found has to show by what it does. */
const SILENT: readonly Edit[] = [
  {
    replace: "static bool is_sysram(",
    with: "#undef lockdep_assert_held\n#define lockdep_assert_held(lock) do { } while (0)\nstatic bool is_sysram(",
  },
];

const search = async (edits: readonly Edit[], commands: readonly string[], isReduced = true) => {
  const subject = referenceSubject(...edits);
  const system = sysramSystem(loadDriver(await buildSubject(subject)), TWO_TASKS, { isReduced });
  const small = doing(system, (label) => commands.includes(label));
  const options = { properties: propertiesOfSeveral, faults: 0, preemptions: 2, bounds: {} } as const;
  const found = await (isReduced ? exploreReduced(small, options) : explore(small, options));
  return { found, short: foundBy(small, subject, found) };
};

const cases: readonly {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly commands: readonly string[];
  readonly property: string;
  readonly run: readonly string[];
}[] = [
  {
    name: "takes no lock in a write",
    edits: [...SILENT, { replace: LOCK_OF_STORE, with: "\terr = sysram_command" }],
    commands: [PROBE_OFFLINE, ONLINE],
    property: "accesses-are-ordered",
    run: [PROBE_OFFLINE, ONLINE, INTERRUPTED, ONLINE],
  },
  {
    name: "takes no lock when it probes",
    edits: [...SILENT, { replace: LOCK_OF_PROBE, with: "\t/* The device is visible" }],
    commands: [PROBE, OFFLINE],
    property: "accesses-are-ordered",
    run: [PROBE, INTERRUPTED, OFFLINE],
  },
  {
    name: "takes no lock in the helper for others",
    edits: [...SILENT, { replace: LOCK_OF_HELPER, with: "\treturn sysram_command" }],
    commands: [PROBE, HOLD, USE, OFFLINE],
    property: "nothing-is-freed-twice",
    run: [PROBE, HOLD, OFFLINE, INTERRUPTED, USE, GOES_ON],
  },
  {
    name: "releases the lock before it acts",
    edits: [
      ...SILENT,
      {
        replace: LOCK_OF_HELPER,
        with: "\tmutex_lock(&sysram->lock);\n\tmutex_unlock(&sysram->lock);\n\treturn sysram_command",
      },
    ],
    commands: [PROBE, HOLD, USE, OFFLINE],
    property: "nothing-is-freed-twice",
    run: [PROBE, HOLD, USE, INTERRUPTED, OFFLINE, GOES_ON],
  },
  {
    name: "takes two locks in opposite orders",
    edits: [
      {
        replace: LOCK_OF_HELPER,
        with: "\tguard(device)(&sysram->dev);\n\tguard(mutex)(&sysram->lock);\n\n\treturn sysram_command",
      },
      {
        replace: LOCK_OF_STORE,
        with: LOCK_OF_STORE.replace("\terr = sysram_command", "\tguard(device)(dev);\n\terr = sysram_command"),
      },
    ],
    commands: [PROBE, HOLD, USE, OFFLINE],
    property: "every-call-returns",
    run: [PROBE, HOLD, OFFLINE, INTERRUPTED, USE, GOES_ON],
  },
  {
    name: "takes device_hotplug_lock around the core's calls",
    edits: [
      {
        replace: "\terr = offline_and_remove_memory(sysram->hpa_range.start, range_len(&sysram->hpa_range));",
        with: "\tlock_device_hotplug();\n\terr = offline_and_remove_memory(sysram->hpa_range.start, range_len(&sysram->hpa_range));\n\tunlock_device_hotplug();",
      },
    ],
    commands: [PROBE, OFFLINE],
    property: "every-call-returns",
    run: [PROBE, OFFLINE],
  },
  {
    name: "takes the memory back before it deletes the device",
    edits: [
      {
        replace: "\tdevice_del(&sysram->dev);\n\tsysram_dispose(sysram);",
        with: "\tmutex_lock(&sysram->lock);\n\tsysram_take_back(sysram);\n\tmutex_unlock(&sysram->lock);\n\tdevice_del(&sysram->dev);\n\tmutex_lock(&sysram->lock);\n\tsysram_leave_node(sysram);\n\tmutex_unlock(&sysram->lock);\n\tput_device(&sysram->dev);",
      },
    ],
    commands: [PROBE, UNBIND, ONLINE],
    property: "groups-are-unregistered",
    run: [PROBE, UNBIND, INTERRUPTED, ONLINE, GOES_ON],
  },
];

describe("the reference driver under two tasks", { tags: ["mutant"] }, () => {
  it("keeps every property, whatever is interrupted twice", async () => {
    const { found } = await search([], [PROBE, ONLINE, OFFLINE]);
    expect(found).toMatchObject({ findings: [], ending: "exhausted", states: 3_182, transitions: 11_094 });
    const tested = found.properties.filter(({ property }) => property === "accesses-are-ordered");
    expect(tested).toMatchObject([{ verdict: "holds" }]);
  });
});

describe("a driver that", { tags: ["mutant"] }, () => {
  it.each(cases.map((each) => [each.name, each] as const))(
    "%s is found out, with the fewest interruptions",
    async (_, { edits, commands, property, run }) => {
      const { found, short } = await search(edits, commands);
      expect(found.ending).toBe("exhausted");
      expect(short.find((finding) => finding.property === property)?.run).toEqual(run);
    },
  );
});

describe("interrupting tasks only where others could notice", { tags: ["mutant"] }, () => {
  it.each(cases.slice(1, 3).map((each) => [each.name, each] as const))(
    "finds all that interrupting them everywhere finds in a driver that %s, in fewer states",
    async (_, { edits, commands }) => {
      const reduced = await search(edits, commands);
      const full = await search(edits, commands, false);
      const names = ({ short }: typeof full): readonly string[] =>
        short.map(({ property, object, blamed, run }) => [property, object, blamed, ...run].join("; ")).sort();
      expect(names(reduced)).toEqual(names(full));
      expect(reduced.found.states).toBeLessThan(full.found.states);
    },
  );
});

const POSTED = join(packageRoot, "../shared/inputs/v4-24of27.mbox");

describe.skipIf(!existsSync(POSTED))(
  "the posted driver (skipped where its mail is missing)",
  { tags: ["mutant"] },
  () => {
    it("loses its record of the memory to two writers who both ask for it", async () => {
      const subject = await readInputs([POSTED]);
      const system = sysramSystem(loadDriver(await buildSubject(subject)), TWO_TASKS);
      const small = doing(system, (label) => [PROBE_OFFLINE, ONLINE].includes(label));
      const found = await exploreReduced(small, {
        properties: propertiesOfSeveral,
        faults: 0,
        preemptions: 2,
        bounds: {},
      });
      const short = foundBy(small, subject, found);
      const lost = short.find(({ property }) => property === "records-agree-with-the-kernel");
      expect(lost?.run).toEqual([PROBE_OFFLINE, ONLINE, INTERRUPTED, ONLINE, INTERRUPTED, GOES_ON, "task 2 goes on"]);
      expect(short.map(({ property, object }) => [property, object])).toContainEqual([
        "accesses-are-ordered",
        "res of struct cxl_sysram",
      ]);
    });
  },
);
