import { describe, expect, it } from "vitest";
import type { Answer } from "../../checker/chooser.ts";
import { MAX_QUESTIONS } from "../../checker/chooser.ts";
import type { Claim } from "../../checker/claims/claim.ts";
import { type Exploration, type ExploreOptions, explore } from "../../checker/explore.ts";
import type { Finding } from "../../checker/finding.ts";
import { labelsOf, replay } from "../../checker/schedule.ts";
import type { System } from "../../checker/system.ts";
import { confirm } from "../support/confirm.ts";
import {
  arrivals,
  claim,
  counter,
  driver,
  excludes,
  graph,
  jugs,
  lock,
  neverFourGallons,
  unboundHoldsNothing,
  wrong,
} from "./systems.ts";

/** Explores without bounds, and with all faults, unless told otherwise. */
const search = <State, Action, Event>(
  system: System<State, Action, Event>,
  claims: readonly Claim<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>[] = [],
  options: Partial<ExploreOptions<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>> = {},
): Promise<Exploration> => explore(system, { claims, bounds: {}, faults: "all", ...options });

const counts = ({ ending, states, transitions, depth }: Exploration) => ({ ending, states, transitions, depth });

const verdicts = ({ properties }: Exploration) => properties.map(({ verdict, because }) => `${verdict}: ${because}`);

/** The counterexample as a person reads it. */
const told = <State, Action, Event>(
  system: System<State, Action, Event>,
  { counterexample }: Finding,
): readonly string[] =>
  labelsOf(system, replay(system, counterexample)).steps.map(({ action, questions }) =>
    [action, ...questions.map(({ question, answer }) => `${question} ${answer}`)].join(", "),
  );

/** All that a search says and that no clock decides. */
const timeless = ({ elapsedMs: _, ...rest }: Exploration) => rest;

describe("an exhaustive search", () => {
  it("counts a counter", async () => {
    expect(counts(await search(counter(9)))).toEqual({ ending: "exhausted", states: 10, transitions: 18, depth: 9 });
  });

  it("counts the two jugs, and solves them in the fewest steps", async () => {
    const exploration = await search(jugs, [neverFourGallons]);

    expect(counts(exploration)).toEqual({ ending: "exhausted", states: 16, transitions: 96, depth: 7 });
    expect(exploration.findings).toHaveLength(1);
    expect(told(jugs, exploration.findings[0]!)).toEqual([
      "fill large",
      "large to small",
      "empty small",
      "large to small",
      "fill large",
      "large to small",
    ]);
  });

  it("counts a graph with a shared end, a loop and a dead end", async () => {
    const diamond = graph("a b d", "a c d e", "d a", "e e");

    expect(counts(await search(diamond))).toEqual({ ending: "exhausted", states: 5, transitions: 7, depth: 3 });
  });

  it("counts a driver that can fail: each way to answer its questions is a transition", async () => {
    const exploration = await search(driver({ isLeaky: false }), [unboundHoldsNothing]);

    expect(counts(exploration)).toEqual({ ending: "exhausted", states: 2, transitions: 5, depth: 1 });
    expect(verdicts(exploration)).toEqual([
      "holds: kept by the 4 transitions that put it to the test in the whole space of 2 states and 5 transitions",
    ]);
  });

  it("holds of a lock that is atomic, and finds the race in one that is not", async () => {
    const atomic = await search(lock({ isAtomic: true }), [excludes]);
    const racy = lock({ isAtomic: false });
    const broken = await search(racy, [excludes]);

    expect(counts(atomic)).toEqual({ ending: "exhausted", states: 3, transitions: 4, depth: 1 });
    expect(atomic.properties[0]!.verdict).toBe("holds");
    expect(counts(broken)).toEqual({ ending: "exhausted", states: 13, transitions: 24, depth: 6 });
    expect(broken.findings.map((finding) => told(racy, finding))).toEqual([["task 0", "task 1", "task 0", "task 1"]]);
  });

  it("starts in each initial state, and counts equal ones once", async () => {
    const system = { ...counter(3), initial: [2, 3, 2] };
    const { states, findings } = await search(system, [arrivals(String)]);
    const runTo = (state: string) => findings.find(({ object }) => object === state)!.counterexample;

    expect(states).toBe(4);
    expect(runTo("3")).toEqual({ initial: 0, steps: [{ action: 0, answers: [] }] });
    expect(runTo("2")).toEqual({ initial: 1, steps: [{ action: 0, answers: [] }] });
  });

  it("says the same of one system twice", async () => {
    const system = driver({ isLeaky: true });
    const once = await search(system, [unboundHoldsNothing, arrivals(system.key)]);
    const again = await search(system, [unboundHoldsNothing, arrivals(system.key)]);

    expect(timeless(again)).toEqual(timeless(once));
  });

  it("follows a chain of a hundred thousand states", async () => {
    const exploration = await search(counter(100_000), [neverReaches(100_000)]);

    expect(exploration.depth).toBe(100_000);
    expect(exploration.findings[0]!.counterexample.steps).toHaveLength(100_000);
  });
});

const neverReaches = (limit: number): Claim<number, unknown, never> =>
  claim(`never reaches ${limit}`, ({ after }) => (after === limit ? [wrong("the counter")] : []));

const FINE: Answer = { label: "succeeds" };
const BUSY: Answer = { label: "-EBUSY", fault: "ordinary" };
const NOMEM: Answer = { label: "-ENOMEM", fault: "small allocation" };

/** Edges between nodes, each with the faults that it takes. */
const roads = (
  edges: Readonly<Record<string, readonly (readonly [to: string, ...faults: Answer[]])[]>>,
): System<string, number, never> => ({
  initial: ["start"],
  actions: (node) => [...(edges[node] ?? []).keys()],
  step: (node, road, chooser) => {
    const [to, ...faults] = edges[node]![road]!;
    const isOpen = faults.every((fault, at) => chooser.choose(`toll ${at}`, [FINE, fault]) === fault);
    return { state: isOpen ? to : node, events: [] };
  },
  key: (node) => node,
  describe: (road) => `road ${road}`,
});

const neverThere = claim<string, never>("never gets there", ({ after }) => (after === "there" ? [wrong("there")] : []));

describe("the counterexample of a finding", () => {
  it("prefers many steps without a fault to one step with one", async () => {
    const system = roads({ start: [["there", BUSY], ["a"]], a: [["b"]], b: [["c"]], c: [["there"]] });
    const { findings } = await search(system, [neverThere]);

    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      needs: "nothing",
      cost: { smallAllocationFaults: 0, ordinaryFaults: 0, steps: 4 },
      seen: 2,
    });
    expect(told(system, findings[0]!)).toEqual(["road 1", "road 0", "road 0", "road 0"]);
  });

  it("prefers two ordinary errnos to one small allocation that fails", async () => {
    const system = roads({
      start: [
        ["there", NOMEM],
        ["a", BUSY],
      ],
      a: [["there", BUSY]],
    });
    const { findings } = await search(system, [neverThere]);

    expect(findings).toMatchObject([
      { needs: "ordinary-errno", cost: { smallAllocationFaults: 0, ordinaryFaults: 2, steps: 2 } },
    ]);
    expect(told(system, findings[0]!)).toEqual(["road 1, toll 0 -EBUSY", "road 0, toll 0 -EBUSY"]);
  });

  it("says that it needs a small allocation to fail where nothing less will do", async () => {
    const system = roads({ start: [["there", NOMEM, BUSY]] });
    const { findings } = await search(system, [neverThere]);

    expect(findings).toMatchObject([
      { needs: "small-allocation-failure", cost: { smallAllocationFaults: 1, ordinaryFaults: 1, steps: 1 } },
    ]);
  });

  it("is the first in the order of actions and answers among equals", async () => {
    const system = roads({ start: [["b"], ["a"]], a: [["there"]], b: [["there"], ["there"]] });
    const { findings } = await search(system, [neverThere]);

    expect(told(system, findings[0]!)).toEqual(["road 0", "road 0"]);
  });

  it("is replaced when a state is reached at less cost before it is expanded", async () => {
    // "hub" is met with a fault first; the way without one is longer, and is found later.
    const system = roads({ start: [["hub", BUSY], ["a"]], a: [["b"]], b: [["hub"]], hub: [["there"]] });
    const { findings, states, transitions } = await search(system, [neverThere]);

    expect(told(system, findings[0]!)).toEqual(["road 1", "road 0", "road 0", "road 0"]);
    expect({ states, transitions }).toEqual({ states: 5, transitions: 6 });
  });

  it("shows the finding whenever it is replayed", async () => {
    const system = driver({ isLeaky: true });
    const properties = [unboundHoldsNothing, arrivals(system.key)];
    const { findings } = await search(system, properties);

    expect(findings.length).toBeGreaterThan(3);
    for (const finding of findings) confirm(system, properties, finding);
  });
});

describe("a finding", () => {
  const everywhere = (object: string, site: string) => ({ object, site, detail: "" });

  it("is one for each property, object and site, however often it is seen", async () => {
    const system = counter(5);
    const properties = [
      claim<number, never>("one", ({ after }) => [
        everywhere("ring", "a.c:1"),
        everywhere("ring", `a.c:${2 + (after % 2)}`),
      ]),
      claim<number, never>("two", () => [everywhere("ring", "a.c:1")]),
    ];
    const { findings } = await search(system, properties);

    expect(findings.map(({ property, object, site, seen }) => [property, object, site, seen])).toEqual([
      ["one", "ring", "a.c:1", 10],
      ["one", "ring", "a.c:3", 5],
      ["two", "ring", "a.c:1", 10],
      ["one", "ring", "a.c:2", 5],
    ]);
  });

  it("does not hide those behind it", async () => {
    const first = claim<number, never>("never leaves zero", ({ after }) => (after > 0 ? [wrong("first")] : []));
    const { findings } = await search(counter(4), [first, neverReaches(4)]);

    expect(findings.map(({ property, cost }) => [property, cost.steps])).toEqual([
      ["never leaves zero", 1],
      ["never reaches 4", 4],
    ]);
  });

  it("keeps the detail of its counterexample", async () => {
    const odd = claim<number, never>("stays even", ({ after }) =>
      after % 2 === 1 ? [wrong("count", `it is ${after}`)] : [],
    );
    const { findings } = await search({ ...counter(6), initial: [4] }, [odd]);

    expect(findings).toMatchObject([{ detail: "it is 5", isFatal: false }]);
  });
});

describe("the end of a run", () => {
  const fatalAt = (count: number): Claim<number, unknown, never> =>
    claim(`survives ${count}`, ({ after }) => (after === count ? [{ ...wrong("the machine"), isFatal: true }] : []));

  it("comes with a fatal violation, which leaves other properties their proof", async () => {
    const exploration = await search(counter(9), [fatalAt(4), neverReaches(5)]);

    expect(counts(exploration)).toEqual({ ending: "exhausted", states: 4, transitions: 7, depth: 3 });
    expect(exploration).toMatchObject({ fatal: 1, cut: 0 });
    expect(exploration.findings).toMatchObject([{ property: "survives 4", isFatal: true }]);
    expect(verdicts(exploration)).toEqual([
      "violated: broken by 1 of the 7 transitions that put it to the test",
      "holds: kept by the 7 transitions that put it to the test in the whole space of 4 states and 7 transitions",
    ]);
  });

  it("comes with a violation that repeats, and then nothing holds", async () => {
    const system = driver({ isLeaky: true });
    const calm = claim<Driver, never>("is calm", () => []);
    const asleep = claim<Driver, never>(
      "sleeps well",
      () => [],
      () => false,
    );
    const exploration = await search(system, [unboundHoldsNothing, calm, asleep]);

    // Free and bound, each with nothing or one buffer leaked; the second leak ends the run.
    expect(counts(exploration)).toEqual({ ending: "exhausted", states: 4, transitions: 10, depth: 2 });
    expect(exploration).toMatchObject({ fatal: 0, cut: 2 });
    expect(exploration.findings).toHaveLength(1);
    expect(told(system, exploration.findings[0]!)).toEqual(["probe, kmalloc succeeds, register -EBUSY"]);
    expect(verdicts(exploration)).toEqual([
      "violated: broken by 6 of the 8 transitions that put it to the test",
      "inconclusive: kept by the 10 transitions that put it to the test, but 2 transitions that only repeat a violation ended their runs",
      "inconclusive: never put to the test, but 2 transitions that only repeat a violation ended their runs",
    ]);
  });

  it("is called fatal where a violation is fatal and repeats", async () => {
    const both = claim<number, never>("both", () => [wrong("it"), { ...wrong("it"), isFatal: true }]);

    expect(await search(counter(), [both])).toMatchObject({ transitions: 1, fatal: 1, cut: 0 });
  });

  it("does not come with violations that differ in object, site or property", async () => {
    const several = claim<number, never>("several", () => [wrong("a"), wrong("b"), { ...wrong("a"), site: "a.c:1" }]);
    const same = claim<number, never>("same", () => [wrong("a")]);

    expect(await search(counter(3), [several, same])).toMatchObject({ states: 4, cut: 0 });
  });
});

type Driver = Parameters<ReturnType<typeof driver>["key"]>[0];

describe("a property that nothing puts to the test", () => {
  const never = claim<number, never>(
    "never arises",
    () => [],
    () => false,
  );

  it("is unreached in an exhausted space", async () => {
    expect(verdicts(await search(counter(3), [never]))).toEqual([
      "unreached: nothing puts it to the test in the whole space of 4 states and 6 transitions",
    ]);
  });

  it("is inconclusive in any other", async () => {
    expect(verdicts(await search(counter(), [never], { bounds: { maxStates: 5 } }))).toEqual([
      "inconclusive: never put to the test, but the search was to meet no more than 5 states",
    ]);
  });

  it("is put to the test by what breaks it, whatever it says itself", async () => {
    const shy = claim<number, never>(
      "shy",
      ({ after }) => (after === 2 ? [wrong("it")] : []),
      () => false,
    );

    expect((await search(counter(3), [shy])).properties).toMatchObject([
      { verdict: "violated", concerned: 2, violated: 2 },
    ]);
  });

  it("gives the cheapest run that puts it to the test as a witness", async () => {
    const fromThree = claim<number, never>(
      "three",
      () => [],
      ({ before }) => before === 3,
    );
    const { properties } = await search(counter(5), [fromThree, never]);

    expect(properties[0]!.witness!.steps).toHaveLength(4);
    expect(properties[1]!.witness).toBeUndefined();
  });

  it("gives a later witness where it is cheaper, and the first one else", async () => {
    const system = roads({ start: [["there", BUSY], ["a"]], a: [["there"], ["there"]] });
    const isThere = claim<string, never>(
      "is there",
      () => [],
      ({ after }) => after === "there",
    );
    const { properties } = await search(system, [isThere]);

    expect(properties[0]!.witness!.steps.map(({ action }) => action)).toEqual([1, 0]);
  });
});

describe("a bound", () => {
  const calm = claim<number, never>("is calm", () => []);

  it("on states ends the search with what was met", async () => {
    const exploration = await search(counter(), [calm, neverReaches(3)], { bounds: { maxStates: 10 } });

    expect(counts(exploration)).toEqual({ ending: "state limit", states: 10, transitions: 19, depth: 9 });
    expect(verdicts(exploration)).toEqual([
      "inconclusive: kept by the 19 transitions that put it to the test, but the search was to meet no more than 10 states",
      "violated: broken by 2 of the 19 transitions that put it to the test",
    ]);
  });

  it("on states that are just enough changes nothing", async () => {
    expect(await search(counter(9), [calm], { bounds: { maxStates: 10 } })).toMatchObject({ ending: "exhausted" });
  });

  it("on depth ends the search at states that have a future", async () => {
    const exploration = await search(counter(), [calm], { bounds: { maxDepth: 4 } });

    expect(counts(exploration)).toEqual({ ending: "depth limit", states: 5, transitions: 7, depth: 4 });
    expect(verdicts(exploration)).toEqual([
      "inconclusive: kept by the 7 transitions that put it to the test, but the search stopped at its depth limit, with 1 state not expanded",
    ]);
  });

  it("on depth that is just enough changes nothing", async () => {
    expect(await search(graph("a b c d"), [], { bounds: { maxDepth: 3 } })).toMatchObject({ ending: "exhausted" });
    expect(await search(graph("a b c d"), [], { bounds: { maxDepth: 2 } })).toMatchObject({ ending: "depth limit" });
  });

  it("on time ends an endless search, with its findings", async () => {
    const exploration = await search(counter(), [calm, neverReaches(3)], { bounds: { maxMillis: 50 } });

    expect(exploration.ending).toBe("time limit");
    expect(exploration.elapsedMs).toBeLessThan(5000);
    expect(exploration.properties.map(({ verdict }) => verdict)).toEqual(["inconclusive", "violated"]);
    expect(exploration.properties[0]!.because).toContain("the search stopped at its time limit, with");
  });

  it("on memory ends the search", async () => {
    const exploration = await search(counter(), [calm], { bounds: { maxHeapBytes: 1 } });

    expect(counts(exploration)).toEqual({ ending: "memory limit", states: 1, transitions: 0, depth: 0 });
    expect(verdicts(exploration)).toEqual([
      "inconclusive: never put to the test, but the search stopped at its memory limit, with 1 state not expanded",
    ]);
  });

  it("on what a cost can count ends the search before it miscounts", async () => {
    const doomed: System<number, "up" | "down", never> = {
      ...counter(),
      step: (count, _, chooser) => {
        for (let at = 0; at < MAX_QUESTIONS; at += 1) chooser.choose("kmalloc", [NOMEM]);
        return { state: count + 1, events: [] };
      },
    };

    expect(counts(await search({ ...doomed, actions: () => ["up"] }))).toEqual({
      ending: "depth limit",
      states: 2,
      transitions: 1,
      depth: 1,
    });
  });

  it("that is no number of things is refused with the remedy", async () => {
    await expect(search(counter(), [], { bounds: { maxStates: -1 } })).rejects.toThrow(
      "maxStates is -1: give a whole number that is not negative",
    );
    await expect(search(counter(), [], { bounds: { maxDepth: 1.5 } })).rejects.toMatchObject({
      code: "invalid-option",
    });
    await expect(search(counter(), [], { faults: Number.NaN })).rejects.toMatchObject({ code: "invalid-option" });
  });
});

describe("a search that goes on for ever", () => {
  it("is interrupted by its signal, and keeps what it found", async () => {
    const controller = new AbortController();
    const exploration = await search(counter(), [neverReaches(3), neverReaches(-1)], {
      signal: controller.signal,
      onTransition: ({ from }) => {
        if (from === 1000) controller.abort();
      },
    });

    expect(exploration.ending).toBe("interrupted");
    expect(exploration.findings).toMatchObject([{ property: "never reaches 3" }]);
    expect(exploration.properties.map(({ verdict }) => verdict)).toEqual(["violated", "inconclusive"]);
    expect(exploration.properties[1]!.because).toContain("the search was interrupted, with");
    expect(exploration.frontier).toBeGreaterThan(0);
  });

  it("is interrupted by a signal that comes from a timer", async () => {
    expect(await search(counter(), [], { signal: AbortSignal.timeout(30) })).toMatchObject({ ending: "interrupted" });
  });

  it("does not begin when its signal came before", async () => {
    expect(await search(counter(), [], { signal: AbortSignal.abort() })).toMatchObject({
      ending: "interrupted",
      transitions: 0,
    });
  });

  it("lets timers run meanwhile", async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await search(counter(), [], { bounds: { maxMillis: 500 } });
    clearInterval(timer);

    expect(ticks).toBeGreaterThanOrEqual(2);
  });

  it("tells of its progress, at most every 200 ms", async () => {
    const reports: { readonly elapsedMs: number; readonly states: number; readonly rate: number }[] = [];
    // Each state takes its time, or the longest run that can be counted is over before the first report.
    const slow: System<number, "up" | "down", never> = {
      ...counter(),
      key: (count) => String(Array.from({ length: 400 }, () => count)[0]),
    };
    await search(slow, [neverReaches(3)], {
      bounds: { maxMillis: 700 },
      onProgress: (report) => reports.push(report),
    });

    expect(reports.length).toBeGreaterThanOrEqual(1);
    expect(reports[0]).toMatchObject({ frontier: expect.any(Number), findings: 1 });
    expect(reports[0]!.rate).toBeGreaterThan(0);
    const times = [0, ...reports.map(({ elapsedMs }) => elapsedMs)];
    for (const [at, time] of times.slice(1).entries()) expect(time - times[at]!).toBeGreaterThanOrEqual(199);
  });
});

describe("a budget of faults", () => {
  const system = driver({ isLeaky: true });
  const spaces = async (faults: number | "all") =>
    counts(await search(system, [], { faults, bounds: { maxStates: 50 } }));

  it("of none leaves the run in which nothing goes wrong", async () => {
    const exploration = await search(system, [unboundHoldsNothing], { faults: 0 });

    expect(counts(exploration)).toEqual({ ending: "exhausted", states: 2, transitions: 2, depth: 1 });
    expect(exploration.properties[0]!.verdict).toBe("holds");
  });

  it("is part of the state", async () => {
    // What is left of the budget and what leaked: 1+0, 0+0, 0+1 with one fault; each unbound and bound.
    expect(await spaces(1)).toEqual({ ending: "exhausted", states: 6, transitions: 9, depth: 2 });
    expect(await spaces(2)).toEqual({ ending: "exhausted", states: 12, transitions: 21, depth: 3 });
    expect(await spaces("all")).toMatchObject({ ending: "state limit", states: 50 });
  });

  it("gives counterexamples that replay without it", async () => {
    const { findings } = await search(system, [unboundHoldsNothing], { faults: 1 });

    expect(findings.map((finding) => told(system, finding))).toEqual([["probe, kmalloc succeeds, register -EBUSY"]]);
  });

  it("that is no number is refused", async () => {
    await expect(search(system, [], { faults: -1 })).rejects.toThrow("faults is -1: give a whole number");
  });
});

describe("the coverage of questions", () => {
  const given = async (faults: number | "all") =>
    (await search(driver({ isLeaky: false }), [], { faults })).questions.map(({ question, answers }) => [
      question,
      ...answers.map(({ label, given }) => `${label} ${given}`),
    ]);

  it("counts each answer where its question arises", async () => {
    expect(await given("all")).toEqual([
      ["kmalloc", "succeeds 1", "-ENOMEM 1"],
      ["register", "succeeds 1", "-EBUSY 1", "-ENOMEM 1"],
    ]);
  });

  it("lists faults that the budget held back as never given", async () => {
    expect(await given(0)).toEqual([
      ["kmalloc", "succeeds 1", "-ENOMEM 0"],
      ["register", "succeeds 1", "-EBUSY 0", "-ENOMEM 0"],
    ]);
  });
});

describe("an observer", () => {
  it("is told of each transition, with the numbers of its states", async () => {
    const observed: unknown[] = [];
    const system = driver({ isLeaky: false });
    await search(system, [], {
      onTransition: ({ from, to, action, step, transition, schedule }) => {
        observed.push([from, to, action, step.answers]);
        expect(replay(system, schedule()).steps.at(-1)!.transition).toEqual(transition);
      },
    });

    expect(observed).toEqual([
      [0, 1, "probe", [0, 0]],
      [0, 0, "probe", [0, 1]],
      [0, 0, "probe", [0, 2]],
      [0, 0, "probe", [1]],
      [1, 0, "remove", []],
    ]);
  });

  it("is told where a run ended", async () => {
    const ends: unknown[] = [];
    const fatal = claim<number, never>("survives", ({ after }) =>
      after === 1 ? [{ ...wrong("it"), isFatal: true }] : [],
    );
    await search(counter(), [fatal], { onTransition: ({ to }) => ends.push(to) });

    expect(ends).toEqual([undefined]);
  });

  it("ends the search with what it throws", async () => {
    const error = new Error("enough");
    const onTransition = () => {
      throw error;
    };

    await expect(search(counter(), [], { onTransition })).rejects.toBe(error);
  });
});

describe("a bug of the system or a property", () => {
  const throwing = (): never => {
    throw new Error("oh no");
  };

  it.each([
    ["step", { step: (count: number) => (count === 2 ? throwing() : { state: count + 1, events: [] }) }, 3],
    ["actions", { actions: (count: number) => (count === 2 ? throwing() : (["up"] as const)) }, 2],
    ["key", { key: (count: number) => (count === 2 ? throwing() : String(count)) }, 2],
  ])("in its %s is told with the run that leads to it", async (part, flaw, steps) => {
    const error = await search({ ...counter(), ...flaw }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "system-threw", cause: { message: "oh no" } });
    expect(error).toMatchObject({ message: `checker bug: the system threw in its ${part}: oh no` });
    expect(error).toMatchObject({ schedule: { initial: 0, steps: { length: steps } } });
  });

  it("that is a property is told by name", async () => {
    const calm = claim<number, never>("is calm", () => []);
    const wild = claim<number, never>("is wild", ({ after }) => (after === 2 ? throwing() : []));

    await expect(search(counter(), [calm, wild])).rejects.toMatchObject({
      code: "property-threw",
      message: "checker bug: the property is wild threw: oh no",
      schedule: { initial: 0, steps: { length: 2 } },
    });
  });

  it("that is nondeterminism is told with the answers so far", async () => {
    let calls = 0;
    const system: System<number, string, never> = {
      ...counter(),
      actions: () => ["up"],
      step: (_, __, chooser) => {
        chooser.choose("kmalloc", [FINE, BUSY]);
        calls += 1;
        chooser.choose(`call ${calls}`, [FINE, BUSY]);
        return { state: 0, events: [] };
      },
      describe: (action) => action,
    };

    await expect(search(system)).rejects.toMatchObject({
      code: "nondeterministic-step",
      schedule: { initial: 0, steps: [{ action: 0, answers: [0, 1] }] },
    });
  });

  it("that is a system without an initial state is refused", async () => {
    await expect(search({ ...counter(), initial: [] })).rejects.toThrow("the system has no initial state");
  });
});
