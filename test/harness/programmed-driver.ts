import { expect } from "vitest";
import { type Exploration, explore } from "../../checker/explore.ts";
import { type Driver, loadDriver } from "../../driver/run/driver.ts";
import { buildFor, buildSubject } from "../../harness/build-subject.ts";
import { writeCommand } from "../../harness/commands.ts";
import type { InterruptAt } from "../../harness/configuration.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { offersOf } from "../../harness/offers.ts";
import { type SysramSystem, type SystemOptions, sysramSystem } from "../../harness/sysram-system.ts";
import { PROBE_OFFLINE } from "../support/commands.ts";
import { type Edit, referenceSubject } from "../support/review.ts";
import { stepClaims } from "../support/step-claims.ts";

/**
 * The reference driver, which runs any other text that is written to it as a program, a letter for each thing that it does.
 *
 * So one build gives any number of drivers. A program has two values of its own: what it has read last, and a pointer. `mode`
 * changes what else the driver does.
 */
const EDITS: readonly Edit[] = [
  {
    replace: "static bool is_sysram(",
    with: `struct box {
	int first, second;
	char text[8];
};

int mode;
int *nowhere;
struct box *box;
static DEFINE_MUTEX(gate);
static DEFINE_MUTEX(other_gate);

static void misbehave(void)
{
	WRITE_ONCE(*nowhere, 1);
}

/* One letter of a program; each has a place of its own in the C, so that no two programs have calls in common. */
#define STEP \\
	switch (*program) { \\
	case 'L': mutex_lock(&gate); break; \\
	case 'U': mutex_unlock(&gate); break; \\
	case 'I': if (mutex_lock_interruptible(&gate)) misbehave(); break; \\
	case 'M': mutex_lock(&other_gate); break; \\
	case 'N': mutex_unlock(&other_gate); break; \\
	case '.': mhp_get_default_online_type(); break; \\
	case '0': sysram->online_type = 0; break; \\
	case '1': sysram->online_type = 1; break; \\
	case 'r': seen = sysram->online_type; break; \\
	case 'w': sysram->online_type = seen; break; \\
	case '+': seen = (seen + 1) % 3; break; \\
	case '!': if (seen == 1) misbehave(); break; \\
	case '?': if (seen != 1) return; break; \\
	case 'B': if (!box) box = kzalloc(sizeof(*box), GFP_KERNEL); break; \\
	case 'F': kfree(box); box = NULL; break; \\
	case 'b': mine = box; break; \\
	case 'f': mine = box; box = NULL; break; \\
	case 'k': kfree(mine); mine = NULL; break; \\
	case 's': if (mine) mine->first = seen; break; \\
	case 'g': if (mine) seen = mine->first; break; \\
	case 'G': if (mine) seen = mine->second; break; \\
	case 'c': if (mine) memcpy(&mine->second, &mine->first, sizeof(int)); break; \\
	case 't': if (mine) mine->text[1] = seen; break; \\
	case 'T': if (mine) seen = mine->text[1]; break; \\
	case 'u': if (mine) mine->text[2] = 0; break; \\
	case 'd': if (mine) { box = kmemdup(mine, sizeof(*mine), GFP_KERNEL); kfree(mine); mine = NULL; } break; \\
	case 'K': if (!mutex_trylock(&gate)) return; mutex_unlock(&gate); break; \\
	case 'J': if (mutex_trylock(&gate)) { mutex_unlock(&gate); return; } break; \\
	case 'R': get_device(&sysram->dev); break; \\
	case 'P': put_device(&sysram->dev); break; \\
	} \\
	if (*program) \\
		program++;
#define STEPS STEP STEP STEP STEP STEP STEP STEP STEP STEP STEP

static void interpret(struct cxl_sysram *sysram, const char *program)
{
	struct box *mine = NULL;
	int seen = 0;

	STEPS STEPS STEPS STEPS STEPS
}

static bool is_sysram(`,
  },
  {
    replace: "	cmd = mhp_online_type_from_str(buf);\n	if (cmd < 0)\n		return cmd;\n",
    with: `	cmd = mhp_online_type_from_str(buf);
	if (cmd < 0) {
		interpret(sysram, buf);
		return cmd;
	}
`,
  },
  {
    replace: "	sysram->last_hotplug_cmd = cmd;\n",
    with: `	switch (mode) {
	case 1:
		break;
	case 2:
		if (sysram->online_type != MMOP_ONLINE)
			sysram->last_hotplug_cmd = cmd;
		break;
	case 3:
		if (cmd == MMOP_OFFLINE)
			sysram->last_hotplug_cmd = cmd;
		break;
	default:
		sysram->last_hotplug_cmd = cmd;
	}
`,
  },
  {
    replace: "	/* The lookup goes by name alone. */\n",
    with: `	if (mode >= 10) {
		struct cxl_sysram *sysram = container_of(dev, struct cxl_sysram, dev);
		int node = 0;

		switch (mode) {
		case 10:
			put_device(dev);
			mhp_get_default_online_type();
			node = sysram->numa_node;
			break;
		case 11:
			mutex_lock(&gate);
			put_device(dev);
			mutex_unlock(&gate);
			mutex_lock(&other_gate);
			mhp_get_default_online_type();
			node = sysram->numa_node;
			mutex_unlock(&other_gate);
			break;
		case 12:
			mutex_lock(&sysram->lock);
			put_device(dev);
			node = sysram->mgid;
			mutex_unlock(&sysram->lock);
			break;
		case 13:
			mutex_lock(&other_gate);
			put_device(dev);
			mhp_get_default_online_type();
			node = sysram->numa_node;
			mutex_unlock(&other_gate);
			break;
		case 14:
			put_device(dev);
			node = strlen(sysram->res_name);
			break;
		case 15:
			mutex_lock(&sysram->lock);
			node = sysram->mgid;
			mutex_unlock(&sysram->lock);
			put_device(dev);
			break;
		case 17:
			mutex_lock(&gate);
			mhp_get_default_online_type();
			mutex_unlock(&gate);
			put_device(dev);
			break;
		case 16:
			mutex_lock(&other_gate);
			node = sysram->numa_node;
			mutex_unlock(&other_gate);
			mhp_get_default_online_type();
			put_device(dev);
			break;
		}
		if (node > 1000)
			misbehave();
		return NULL;
	}

	/* The lookup goes by name alone. */
`,
  },
];

export interface Programmed {
  readonly driver: Driver;
  readonly booted: Uint8Array;
  readonly interruptAt: InterruptAt;
}

const TWO_TASKS = { regions: 1, blocks: 1, tasks: 2 } as const;

/** Builds the driver, once for each way to interrupt it. */
export const programmed = async (interruptAt: InterruptAt = "calls"): Promise<Programmed> => {
  const image = await buildSubject(referenceSubject(...EDITS), undefined, buildFor({ ...TWO_TASKS, interruptAt }));
  const driver = loadDriver(image);
  return { driver, booted: driver.memory.bytes.slice(driver.writableStart, driver.dataEnd), interruptAt };
};

/** What the environment does beside a driver that was probed. */
export interface Doing {
  /** Texts that are written to it and are programs. */
  readonly programs?: readonly string[];
  /** Commands of the table. */
  readonly commands?: readonly string[];
  readonly mode?: number;
  readonly preemptions?: number;
  readonly faults?: number;
  readonly maxStates?: number;
  /** The command that everything begins with. */
  readonly first?: string | undefined;
}

/** More than any of these systems has, unless it never comes to an end. */
const MOST_STATES = 20_000;

/** Places in the C for each program. */
const PLACES = 10;

/** A blank is a letter that does nothing. */
const inLane = (program: string, lane: number): string => `${" ".repeat(lane * PLACES)}${program}`;

/** Searches what comes of it. */
export const searched = async (
  { driver, booted, interruptAt }: Programmed,
  {
    programs = [],
    commands = [],
    mode = 0,
    preemptions = 1,
    faults = 0,
    maxStates = MOST_STATES,
    first = PROBE_OFFLINE,
  }: Doing,
  systemOptions: SystemOptions,
): Promise<Exploration> => {
  // What an earlier system has left in the memory is no part of this one.
  driver.memory.bytes.set(booted, driver.writableStart);
  driver.memory.setU32(driver.variables.find(({ name }) => name === "mode")!.at, mode);
  const whole = sysramSystem(driver, { ...TWO_TASKS, interruptAt }, systemOptions);
  const place = whole.commands.findIndex(({ label }) => label === first);
  const probed = whole.step(
    whole.initial[0]!,
    { kind: "start", command: place },
    { choose: (_, answers) => answers[0] },
  );
  const wanted = commands.map((label) => whole.startOf(whole.commands.find((one) => one.label === label)!));
  const starts = [
    ...wanted,
    ...programs.map((text, lane) => whole.startOf(writeCommand(0, "hotplug", inLane(text, lane))!)),
  ];
  const system: SysramSystem = {
    ...whole,
    initial: [probed.state],
    actions: (state) => [
      ...whole.actions(state).filter(({ kind }) => kind !== "start"),
      ...whole.possible(state, starts),
    ],
  };
  const options = {
    faults,
    preemptions,
    bounds: { maxStates },
    claims: stepClaims,
  } as const;
  return systemOptions.isReduced === false
    ? explore(system, { ...options, offers: offersOf(system) })
    : exploreReduced(system, options);
};

/** What a search says, by the interruptions that it takes; how the steps are cut is no matter. */
export const saidBy = ({ ending, findings }: Exploration) => ({
  ending,
  findings: findings
    .map(({ property, object, site, cost }) => `${property}, ${object}, ${site}: ${cost.preemptions}`)
    .sort(),
});

/** Both searches, the one that leaves out what makes no difference and the one that does not. */
export const bothOf = async (driver: Programmed, doing: Doing) => ({
  reduced: await searched(driver, doing, { isReduced: true }),
  full: await searched(driver, doing, { isReduced: false }),
});

/** Demands that both find the same, and gives the properties that are broken, each once. */
export const agreedOn = async (driver: Programmed, doing: Doing): Promise<readonly string[]> => {
  const { reduced, full } = await bothOf(driver, doing);
  expect(full.ending).toBe("exhausted");
  expect(saidBy(reduced)).toEqual(saidBy(full));
  return [...new Set(full.findings.map(({ property }) => property))].sort();
};
