import { describe, expect, it } from "vitest";
import { confirmFinding } from "../../checker/audit.ts";
import type { Exploration } from "../../checker/explore.ts";
import { randomFrom } from "../../checker/random.ts";
import { sample } from "../../checker/sample.ts";
import { claim, counter, driver, graph, jugs, neverFourGallons, unboundHoldsNothing, wrong } from "./systems.ts";

const SEED = 20261122;

const timeless = ({ elapsedMs: _, ...rest }: Exploration) => rest;

describe("random numbers", () => {
  it("are the same for the same seed, and others for another", () => {
    const draw = (seed: number): readonly number[] => {
      const random = randomFrom(seed);
      return Array.from({ length: 5 }, () => random.below(1000));
    };

    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
    expect(draw(1)).toMatchInlineSnapshot(`
      [
        563,
        585,
        895,
        946,
        272,
      ]
    `);
  });

  it("come evenly", () => {
    const random = randomFrom(SEED);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw += 1) counts[random.below(10)]! += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);

    expect(chiSquare).toBeLessThan(27.9); // 0.1 % of fair draws are less even, at nine degrees of freedom.
  });
});

describe(`random exploration (seed ${SEED})`, () => {
  const leaky = driver({ isLeaky: true });
  const options = { seed: SEED, runs: 200, bounds: { maxDepth: 20 }, faults: "all" } as const;

  it("finds a leak, with a counterexample that replays", async () => {
    const exploration = await sample(leaky, { ...options, properties: [unboundHoldsNothing] });

    expect(exploration).toMatchObject({ ending: "sampled", depth: 20 });
    expect(exploration.findings).toHaveLength(1);
    expect(exploration.findings[0]).toMatchObject({ needs: "ordinary-errno", cost: { ordinaryFaults: 1 } });
    confirmFinding(leaky, [unboundHoldsNothing], exploration.findings[0]!);
  });

  it("never holds", async () => {
    const properties = [unboundHoldsNothing];
    const { properties: verdicts } = await sample(driver({ isLeaky: false }), { ...options, properties });

    expect(verdicts).toMatchObject([
      { verdict: "inconclusive", because: expect.stringMatching(/, but runs were only sampled$/) },
    ]);
  });

  it("is the same for one seed", async () => {
    const request = { ...options, properties: [unboundHoldsNothing] };

    expect(timeless(await sample(leaky, request))).toEqual(timeless(await sample(leaky, request)));
    expect(timeless(await sample(leaky, { ...request, seed: 1 }))).not.toEqual(timeless(await sample(leaky, request)));
  });

  it("meets every state of a small space", async () => {
    // A third of the space lies behind five or more right moves out of six: it takes this many.
    expect(await sample(jugs, { ...options, runs: 20_000, properties: [neverFourGallons] })).toMatchObject({
      states: 16,
      transitions: 400_000,
      fatal: 0,
      cut: 0,
    });
  });

  it("keeps to a budget of faults", async () => {
    const none = await sample(leaky, { ...options, faults: 0, properties: [unboundHoldsNothing] });
    const one = await sample(leaky, { ...options, faults: 1, properties: [unboundHoldsNothing] });

    expect(none.findings).toEqual([]);
    expect(none.questions[0]!.answers).toEqual([
      { label: "succeeds", fault: undefined, given: expect.any(Number) },
      { label: "-ENOMEM", fault: "small allocation", given: 0 },
    ]);
    expect(one).toMatchObject({ cut: 0, findings: [{ needs: "ordinary-errno" }] });
  });

  it("ends a run with a fatal violation, and where nothing is possible", async () => {
    const fatal = claim<number, never>("stays below two", ({ after }) =>
      after === 2 ? [{ ...wrong("it"), isFatal: true }] : [],
    );
    const ends = await sample(counter(), { ...options, runs: 100, properties: [fatal] });

    expect(ends.fatal).toBeGreaterThan(90);
    expect(ends.states).toBe(2);
    expect(await sample(graph("a b c"), { ...options, runs: 3, properties: [] })).toMatchObject({ transitions: 6 });
  });

  it("stops at its limits", async () => {
    const endless = { ...options, runs: Number.POSITIVE_INFINITY, properties: [] };

    expect(await sample(counter(), { ...endless, bounds: { maxDepth: 50, maxStates: 5 } })).toMatchObject({
      ending: "state limit",
      states: 5,
    });
    expect(await sample(counter(), { ...endless, bounds: { maxDepth: 50, maxMillis: 30 } })).toMatchObject({
      ending: "time limit",
    });
    expect(await sample(counter(), { ...endless, bounds: { maxDepth: 0, maxMillis: 30 } })).toMatchObject({
      ending: "time limit",
      transitions: 0,
    });
    expect(await sample(counter(), { ...endless, signal: AbortSignal.timeout(30) })).toMatchObject({
      ending: "interrupted",
    });
  });

  it("tells of its progress", async () => {
    const reports: unknown[] = [];
    await sample(counter(), {
      ...options,
      runs: Number.POSITIVE_INFINITY,
      bounds: { maxDepth: 9, maxMillis: 450 },
      properties: [],
      onProgress: (report) => reports.push(report),
    });

    expect(reports[0]).toMatchObject({ depth: 9, findings: 0, frontier: 0 });
  });

  it("tells whose bug ended it", async () => {
    const step = (): never => {
      throw new Error("oh no");
    };

    await expect(sample({ ...counter(), step }, { ...options, properties: [] })).rejects.toMatchObject({
      code: "system-threw",
      message: "checker bug: the system threw in its step: oh no",
      schedule: { initial: 0, steps: [] },
    });
    const wild = claim<number, never>("is wild", step);
    await expect(sample(counter(), { ...options, properties: [wild] })).rejects.toMatchObject({
      code: "property-threw",
      message: "checker bug: the property is wild threw: oh no",
    });
    await expect(sample(counter(), { ...options, runs: -1, properties: [] })).rejects.toThrow("runs is -1");
  });
});
