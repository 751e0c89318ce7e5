import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { arbitraryRun } from "../../harness/random/arbitrary-run.ts";
import { describeRun, type Run } from "../../harness/random/run.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { FORMAT_NAMES } from "../../logs/event.ts";
import { HELD } from "../../logs/held-machine.ts";
import { countOf, type WriteOptions, writeLog } from "../../logs/write.ts";
import { SPOKEN } from "../../machines/calls.ts";
import { referenceSubject, systemOf } from "../support/review.ts";
import { eventsOf, judged } from "./support.ts";

const SEED = 20_261;
const RUNS = 20;
/** Long enough for several devices one after the other, with everything that may go wrong in between. */
const MAX_COMMANDS = 25;

let system: SysramSystem;
beforeAll(async () => {
  system = await systemOf(referenceSubject(), { configuration: { regions: 2, blocks: 1 } });
});

/** Takes random runs of our own driver, and what is drawn for each. */
const eachRun = <T>(drawn: fc.Arbitrary<T>, check: (run: Run, drawn: T) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitraryRun(system, { maxCommands: MAX_COMMANDS }), drawn, check), {
    seed: SEED,
    numRuns: RUNS,
  });

const seeded = (title: string): string => `${title} (${RUNS} runs, seed ${SEED})`;

const options: fc.Arbitrary<WriteOptions> = fc.record({
  hasValues: fc.boolean(),
  isTold: fc.boolean(),
  columns: fc.subarray(["flags", "tgid"] as const),
});

describe.each(FORMAT_NAMES)("a %s log of our own driver", { tags: ["random"] }, (format) => {
  it(seeded("is accepted"), async () => {
    await eachRun(options, async (run, how) => {
      const text = writeLog(eventsOf(run.system, run.schedule), format, how);
      fc.pre(text !== "");
      const { verdict, sightings, refusal } = await judged(text, { format });
      expect({ verdict, refusal }, `${describeRun(system, run)}\n${text}`).toEqual({
        verdict: sightings === 0 ? "inconclusive" : "accepted",
        refusal: null,
      });
    });
  });

  it(seeded("is not refused where pieces of it are lost, and says how many"), async () => {
    const places = fc.array(fc.record({ at: fc.nat(), events: fc.integer({ min: 1, max: 9 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    await eachRun(fc.tuple(options, places), async (run, [how, drawn]) => {
      const events = eventsOf(run.system, run.schedule);
      const entries = countOf(events, format);
      fc.pre(entries > (format === "dmesg" ? 1 : 40));
      const holes = drawn.map(({ at, events: lost }) => ({ at: at % entries, events: lost }));
      const text = writeLog(events, format, { ...how, holes });
      const { verdict, refusal, holes: found } = await judged(text, { format });
      expect({ refusal }, `${describeRun(system, run)}\n${text}`).toEqual({ refusal: null });
      expect(verdict).not.toBe("refused");
      expect(found.number).toBeGreaterThan(0);
      expect(found.first[0]!.events).toBeGreaterThan(0);
    });
  });

  it(seeded("is not refused where functions were not traced, and names them"), async () => {
    await eachRun(
      fc.tuple(options, fc.subarray([...SPOKEN], { minLength: 1, maxLength: 4 })),
      async (run, [how, left]) => {
        const events = eventsOf(run.system, run.schedule);
        const isTraced = (name: string): boolean => !left.includes(name);
        const text = writeLog(events, format, { ...how, isTraced, isTold: true });
        const { verdict, refusal, untraced } = await judged(text, { format });
        expect({ refusal }, `${describeRun(system, run)}\n${text}`).toEqual({ refusal: null });
        expect(verdict).not.toBe("refused");
        const missing = left.filter((name) => name !== "mhp_online_type_from_str");
        expect(untraced).toEqual(expect.arrayContaining(missing));
      },
    );
  });
});

describe.each(HELD.map(({ name }) => name))("the machine %s alone", { tags: ["random"] }, (machine) => {
  it(seeded("accepts a function graph of our own driver with values"), async () => {
    await eachRun(fc.constant(undefined), async (run) => {
      const text = writeLog(eventsOf(run.system, run.schedule), "function_graph", { hasValues: true, isTold: true });
      const { refusal } = await judged(text, { format: "function_graph", machine });
      expect({ refusal }, `${describeRun(system, run)}\n${text}`).toEqual({ refusal: null });
    });
  });
});
