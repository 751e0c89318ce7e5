import { explore } from "../../checker/explore.ts";
import type { Subject } from "../../driver/patch/subject-file.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildFor, buildSubject } from "../../harness/build-subject.ts";
import type { InterruptAt } from "../../harness/configuration.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { offersOf } from "../../harness/offers.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import { HOLD, PROBE, PROBE_OFFLINE, UNBIND, USE, write } from "../support/commands.ts";
import { doing, type Edit, foundBy, referenceSubject } from "../support/review.ts";
import { stepClaims } from "../support/step-claims.ts";

/** The smallest machine in which two commands meet. */
const TWO_TASKS = { regions: 1, blocks: 1, tasks: 2 } as const;

export const ONLINE = write("online_movable");
export const OFFLINE = write("offline");

export const INTERRUPTED = "  is interrupted";
export const GOES_ON = "task 1 goes on";

export const LOCK_OF_STORE = `	ACQUIRE(mutex_intr, lock)(&sysram->lock);
	err = ACQUIRE_ERR(mutex_intr, &lock);
	if (err)
		return err;

	err = sysram_command`;
export const LOCK_OF_HELPER = `	guard(mutex)(&sysram->lock);

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

/** How a mutant is searched, beside the plain way. */
export interface RaceSearch {
  readonly interruptAt?: InterruptAt;
  readonly isReduced?: boolean;
  readonly preemptions?: number;
  /** Leaves out more than the other commands. */
  readonly narrow?: (system: SysramSystem) => SysramSystem;
}

/** Searches some commands of a subject, two at a time and without faults. */
export const searchSubject = async (
  subject: Subject,
  commands: readonly string[],
  { interruptAt = "calls", isReduced = true, preemptions = 2, narrow = (system) => system }: RaceSearch = {},
) => {
  const configuration = { ...TWO_TASKS, interruptAt };
  const image = await buildSubject(subject, undefined, buildFor(configuration));
  const system = sysramSystem(loadDriver(image), configuration, { isReduced });
  const small = narrow(doing(system, (label) => commands.includes(label)));
  const options = { claims: stepClaims, faults: 0, preemptions, bounds: {} } as const;
  const found = await (isReduced
    ? exploreReduced(small, options)
    : explore(small, { ...options, offers: offersOf(small) }));
  return { system: small, found, short: foundBy(small, subject, found) };
};

/** The same of the reference driver with some of its text replaced. */
export const searchEdited = (edits: readonly Edit[], commands: readonly string[], how: RaceSearch = {}) =>
  searchSubject(referenceSubject(...edits), commands, how);

/** A driver with one race, the commands that meet in it, and the shortest run to what comes of it. */
export interface RaceCase {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly commands: readonly string[];
  readonly property: string;
  readonly run: readonly string[];
}

/** Mutants of the reference driver, each with one lock amiss. */
export const raceCases: readonly RaceCase[] = [
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

/** The probe leaves something behind that the first writer frees; no call of the kernel stands between asking and taking. */
const taking = (statements: string): readonly Edit[] => [
  {
    replace: "static ssize_t hotplug_store(",
    with: "#include <linux/atomic.h>\n\nstatic char *spare;\n\nstatic ssize_t hotplug_store(",
  },
  { replace: LOCK_OF_STORE, with: `${statements}\n${LOCK_OF_STORE}` },
  {
    replace: "\tmutex_init(&sysram->lock);",
    with: '\tmutex_init(&sysram->lock);\n\tspare = kstrdup("spare", GFP_KERNEL);',
  },
];

const TWO_STEPS = `	char *mine = READ_ONCE(spare);

	WRITE_ONCE(spare, NULL);
	kfree(mine);
`;
const ONE_STEP = `	kfree(xchg(&spare, NULL));
`;
/** The commands that meet there. */
export const WRITERS = [PROBE_OFFLINE, ONLINE];

/** A driver in which two writers can both take what there is one of. */
export const TAKEN_IN_TWO_STEPS: readonly Edit[] = taking(TWO_STEPS);

/** The same without the gap. */
export const TAKEN_IN_ONE_STEP: readonly Edit[] = taking(ONE_STEP);
