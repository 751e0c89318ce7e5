import { describe, expect, it } from "vitest";
import { encodeToken, findRun, parseToken } from "../../harness/token.ts";
import { traceOf } from "../../harness/trace.ts";
import { PROBE_OFFLINE } from "../support/commands.ts";
import { type Edit, type Found, referenceSubject, runLines } from "../support/review.ts";
import {
  GOES_ON,
  INTERRUPTED,
  LOCK_OF_STORE,
  ONLINE,
  raceCases,
  searchEdited,
  TAKEN_IN_ONE_STEP,
  TAKEN_IN_TWO_STEPS,
  WRITERS,
} from "./races.ts";

/** What is wrong, whatever run shows it. */
const wrongs = (short: readonly Found[]): readonly string[] =>
  short.map(({ property, object, blamed }) => [property, object, blamed].join("; ")).sort();

/** A flag that keeps others out, in place of a lock. */
const guardedBy = (take: string, release: string): readonly Edit[] => [
  {
    replace: "static ssize_t hotplug_store(",
    with: "#include <linux/atomic.h>\n\nstatic int taken;\nstatic size_t latest;\n\nstatic ssize_t hotplug_store(",
  },
  {
    replace: LOCK_OF_STORE,
    with: `\tif (${take})\n\t\treturn -EBUSY;\n\tlatest = len;\n\t${release};\n\n${LOCK_OF_STORE}`,
  },
];
const ATOMIC_FLAG = guardedBy("xchg(&taken, 1)", "smp_store_release(&taken, 0)");
const PLAIN_FLAG = guardedBy("READ_ONCE(taken) || (WRITE_ONCE(taken, 1), 0)", "WRITE_ONCE(taken, 0)");

/** One interruption is all that most runs to be found need. */
const ONCE = { preemptions: 1, interruptAt: "accesses" } as const;

describe("interrupting tasks before each load and store", { tags: ["mutant"] }, () => {
  it("shows a variable that is looked at and then written, which interrupting them at calls does not", async () => {
    const edits = TAKEN_IN_TWO_STEPS;
    const atCalls = await searchEdited(edits, WRITERS, { preemptions: 1 });
    expect(atCalls.found).toMatchObject({ ending: "exhausted", findings: [] });

    const { system, found, short } = await searchEdited(edits, WRITERS, ONCE);
    expect(found.ending).toBe("exhausted");
    expect(short).toEqual([
      {
        property: "nothing-is-freed-twice",
        object: "the freed memory",
        blamed: "hotplug_store: kfree(mine);",
        run: [PROBE_OFFLINE, ONLINE, INTERRUPTED, ONLINE, GOES_ON],
      },
    ]);
    const subject = referenceSubject(...edits);
    const [driver] = subject.files.filter(({ role }) => role === "driver");
    const { steps } = traceOf(system, found.findings[0]!.counterexample, (_, line) => driver!.lines.get(line));
    expect(steps.find(({ what }) => what?.startsWith("is interrupted"))).toMatchObject({
      task: "task 1",
      kind: "note",
      what: "is interrupted before it writes spare",
      file: driver!.path,
      text: "\tWRITE_ONCE(spare, NULL);",
    });
  });

  it("finds nothing where one access both looks and writes", { tags: ["long", "mutant"] }, async () => {
    const { found } = await searchEdited(TAKEN_IN_ONE_STEP, WRITERS, ONCE);
    expect(found).toMatchObject({ ending: "exhausted", findings: [] });
  });

  it("takes what an atomic flag keeps apart to be ordered", { tags: ["long", "mutant"] }, async () => {
    const atomic = await searchEdited(ATOMIC_FLAG, WRITERS, ONCE);
    expect(atomic.found).toMatchObject({ ending: "exhausted", findings: [] });
  });

  it("finds the race that a plain flag lets through", { tags: ["long", "mutant"] }, async () => {
    const plain = await searchEdited(PLAIN_FLAG, WRITERS, { interruptAt: "accesses" });
    expect(wrongs(plain.short)).toEqual(["accesses-are-ordered; latest; "]);
  });

  it("and only where others could notice, finds all that doing it everywhere finds", {
    tags: ["long", "mutant"],
  }, async () => {
    const { edits, commands } = raceCases[1]!;
    const reduced = await searchEdited(edits, commands, ONCE);
    const full = await searchEdited(edits, commands, { ...ONCE, isReduced: false });
    const tokenOf = ({ system, found }: typeof full, at: number): string =>
      encodeToken(system, found.findings[at]!.counterexample, "0123456789abcdef", system.configuration);
    for (const at of reduced.short.keys()) {
      const token = tokenOf(reduced, at);
      expect(token).toMatch(/^sv2-01234567-r1b1t2a-/);
      const again = findRun(full.system, parseToken(token));
      expect(runLines(again.system, again.schedule)).toEqual(reduced.short[at]!.run);
    }
    expect(wrongs(reduced.short)).toEqual(wrongs(full.short));
    expect(reduced.short.map(({ run }) => run.length)).toEqual(full.short.map(({ run }) => run.length));
    expect(reduced.found.states).toBeLessThan(full.found.states);
  });
});

const compared = async ({ edits, commands }: (typeof raceCases)[number]): Promise<void> => {
  const atCalls = await searchEdited(edits, commands);
  const atAccesses = await searchEdited(edits, commands, { interruptAt: "accesses" });
  expect(atAccesses.found.ending).toBe("exhausted");
  expect(wrongs(atAccesses.short)).toEqual(expect.arrayContaining([...wrongs(atCalls.short)]));
};

describe("what interrupting tasks at calls finds, interrupting them at accesses finds too, in a driver that", () => {
  it.each(raceCases.slice(1, 2).map((each) => [each.name, each] as const))(
    "%s",
    { tags: ["mutant"] },
    async (_, each) => compared(each),
  );
  it.each(raceCases.filter((_, at) => at !== 1).map((each) => [each.name, each] as const))(
    "%s",
    { tags: ["long", "mutant"] },
    async (_, each) => compared(each),
  );
});
