import { describe, expect, it } from "vitest";
import type { Answer } from "../../../checker/chooser.ts";
import type { Operations } from "../../../checker/claims/operations.ts";
import { type Operating, overlaps } from "../../../checker/claims/overlap.ts";
import { overlapAtEndOf, overlapJudge } from "../../../checker/claims/overlap-judge.ts";
import { stepClaim } from "../../../checker/claims/step-claim.ts";
import { contextOf } from "../../../checker/context.ts";
import { explore } from "../../../checker/explore.ts";
import { findSchedule } from "../../../checker/find-schedule.ts";
import { labelsOf, replay } from "../../../checker/schedule.ts";
import type { System } from "../../../checker/system.ts";
import type { Step } from "../../../checker/walk.ts";

/** What all tasks share. */
type Shared = Readonly<Record<string, number>>;

/** One thing that a task does at once: it goes on with what it has learned, or ends with a result. */
type Act = (
  shared: Shared,
  local: number,
  fails: () => boolean,
) => { readonly shared?: Shared; readonly local?: number; readonly result?: string };

interface Doing {
  readonly isPossible?: (shared: Shared) => boolean;
  readonly acts: readonly Act[];
}

interface Task {
  readonly id: number;
  readonly name: string;
  readonly at: number;
  readonly local: number;
}

interface State {
  readonly shared: Shared;
  readonly tasks: readonly Task[];
}

type Action = { readonly begin: string } | { readonly goOn: number };

const ON: readonly [Answer, Answer] = [{ label: "runs on" }, { label: "is interrupted", isPreemption: true }];
const FAILS: readonly [Answer, Answer] = [{ label: "succeeds" }, { label: "fails", fault: "ordinary" }];

/** Operations on shared numbers, at most two at a time, each interrupted between any two of its acts. */
const operationsOf = (shared: Shared, doings: Readonly<Record<string, Doing>>): Operations<State, Action, never> => {
  const run = (
    state: State,
    task: Task,
    chooser: Parameters<Operations<State, Action, never>["ending"]["step"]>[2],
  ) => {
    const others = state.tasks.filter(({ id }) => id !== task.id);
    let [now, { at, local }] = [state.shared, task];
    for (;;) {
      const done = doings[task.name]!.acts[at]!(now, local, () => chooser.choose("it", FAILS) === FAILS[1]);
      now = done.shared ?? now;
      local = done.local ?? local;
      at += 1;
      if (done.result !== undefined) {
        return {
          state: { shared: now, tasks: others },
          events: [{ kind: "ended" as const, operation: task.name, result: done.result }],
        };
      }
      if (chooser.choose(`before act ${at}`, ON) === ON[1]) {
        return {
          state: { shared: now, tasks: [...others, { ...task, at, local }].sort((a, b) => a.id - b.id) },
          events: [],
        };
      }
    }
  };
  const fresh = ({ tasks }: State, name: string): Task => ({
    ...{ id: tasks.some(({ id }) => id === 0) ? 1 : 0, name, at: 0, local: 0 },
  });
  const beginnings = (state: State): readonly Action[] =>
    state.tasks.length > 1
      ? []
      : Object.keys(doings)
          .filter((name) => doings[name]!.isPossible?.(state.shared) ?? true)
          .map((begin) => ({ begin }));
  const goOn = ({ tasks }: State): readonly Action[] => tasks.map(({ id }) => ({ goOn: id }));
  return {
    ending: {
      initial: [{ shared, tasks: [] }],
      actions: (state) => [...goOn(state), ...beginnings(state)],
      step: (state, action, chooser) =>
        run(
          state,
          "begin" in action ? fresh(state, action.begin) : state.tasks.find(({ id }) => id === action.goOn)!,
          chooser,
        ),
      key: (state) => JSON.stringify(state),
      describe: (action) => ("begin" in action ? action.begin : `task ${action.goOn} goes on`),
    },
    isAtRest: ({ tasks }) => tasks.length === 0,
    alone: (state) => (state.tasks.length === 0 ? beginnings(state) : goOn(state)),
    beginnings,
    roleOf: (action) => ("begin" in action ? "begins" : "goes on"),
    goOn,
    begun: (state, action) => {
      const task = fresh(state, "begin" in action ? action.begin : "");
      return {
        state: { ...state, tasks: [...state.tasks, task].sort((a, b) => a.id - b.id) },
        action: { goOn: task.id },
      };
    },
    kindOf: (action) => ("begin" in action ? action.begin : ""),
    isRefusal: ({ result }) => result === "busy",
    left: ({ shared: now }) => Object.entries(now).map(([name, value]) => `${name} is ${value}`),
  };
};

const CLAIM = { id: "linearizable", group: "toys", claim: "", why: "", source: "", assumptions: [] };

/** The operations with their system, two at a time, as claims see it. */
const operating = (operations: Operations<State, Action, never>): Operating<State, Action, never> => {
  const { ending } = operations;
  const system: System<State, Action, never> = {
    ...ending,
    step: (state, action, chooser) => ({ state: ending.step(state, action, chooser).state, events: [] }),
  };
  return { ...contextOf<State, Action, never>(system, [], { tasks: 2, operations }), operations };
};

const judged = async (shared: Shared, doings: Readonly<Record<string, Doing>>, faults = 0) => {
  const context = operating(operationsOf(shared, doings));
  const rest = context.system.initial[0]!;
  const judge = overlapJudge(context, CLAIM, rest);
  const overlapping = overlaps(context, rest);
  const found = await explore(overlapping, { claims: [stepClaim(judge.rule)], faults, bounds: {} });
  expect(found.ending).toBe("exhausted");
  const runs = found.findings.map(({ counterexample }) => {
    const labels = labelsOf(overlapping, replay(overlapping, counterexample));
    const again = findSchedule(context.system, labels);
    if (again.kind === "lost") throw new Error(again.reason);
    return {
      actions: labels.steps.map(({ action }) => action),
      end: overlapAtEndOf(context, replay(context.system, again.schedule)),
    };
  });
  const details = found.findings.map(({ object, detail }) => [object, detail]);
  return { verdict: found.properties[0]!.verdict, details, runs, unknown: judge.unknown() };
};

const HOLDS = { verdict: "holds", details: [], unknown: 0 };

/** Reads, and then writes what it has read and one more. */
const add: Doing = {
  acts: [({ n }) => ({ local: n! }), (shared, local) => ({ shared: { ...shared, n: local + 1 }, result: "done" })],
};

const addAtOnce: Doing = { acts: [(shared) => ({ shared: { ...shared, n: shared["n"]! + 1 }, result: "done" })] };

describe("two operations that overlap", () => {
  it("keep what both have done, where each is done at once", async () => {
    expect(await judged({ n: 0 }, { add: addAtOnce, add2: addAtOnce })).toMatchObject({
      verdict: "unreached",
      details: [],
    });
    const slowly: Doing = { acts: [() => ({}), ...addAtOnce.acts] };
    expect(await judged({ n: 0 }, { add: slowly })).toMatchObject(HOLDS);
  });

  it("lose what one has done between the other's reading and writing, found with one interruption", async () => {
    const { verdict, details, runs } = await judged({ n: 0 }, { add });
    const detail =
      '"add" gives done, "add" gives done, and what no serial order of the two leaves: there is "n is 1", and there is no "n is 2"';
    expect({ verdict, details }).toEqual({ verdict: "violated", details: [["add and add", detail]] });
    expect(runs[0]!.actions).toEqual(["add", "add", "task 0 goes on"]);
    expect(runs[0]!.end).toMatchObject({ kind: "unserializable", detail, serial: [{ left: ["n is 2"] }] });
  });

  it("may find what they act on gone, as they would one after the other", async () => {
    const write: Doing = {
      isPossible: ({ open }) => open === 1,
      acts: [
        () => ({}),
        (shared) => (shared["open"] === 1 ? { shared: { ...shared, n: 7 }, result: "written" } : { result: "gone" }),
      ],
    };
    const close: Doing = {
      isPossible: ({ open }) => open === 1,
      acts: [() => ({}), (shared) => ({ shared: { ...shared, open: 0 }, result: "closed" })],
    };
    expect(await judged({ open: 1, n: 0 }, { write, close })).toMatchObject(HOLDS);
  });

  it("may be refused because somebody else is at it, as long as they then change nothing", async () => {
    const guarded = (refusal: (shared: Shared) => Shared, word: string): Doing => ({
      acts: [
        (shared) =>
          shared["taken"] === 1 ? { shared: refusal(shared), result: word } : { shared: { ...shared, taken: 1 } },
        (shared) => ({ shared: { ...shared, n: shared["n"]! + 1 } }),
        (shared) => ({ shared: { ...shared, taken: 0 }, result: "done" }),
      ],
    });
    const nothing = (shared: Shared): Shared => shared;
    const something = (shared: Shared): Shared => ({ ...shared, n: shared["n"]! + 10 });
    const start = { n: 0, taken: 0 };
    expect(await judged(start, { add: guarded(nothing, "busy") })).toMatchObject(HOLDS);
    expect((await judged(start, { add: guarded(something, "busy") })).verdict).toBe("violated");
    expect((await judged(start, { add: guarded(nothing, "no such thing") })).details).toEqual([
      ["add and add", '"add" gives done, "add" gives no such thing, which no serial order of the two gives'],
    ]);
  });

  it("may meet in the middle of the one that makes the other possible, as long as that one is whole", async () => {
    const make: Doing = {
      isPossible: ({ made }) => made === 0,
      acts: [
        (shared) => ({ shared: { ...shared, made: 1 } }),
        (shared) => ({ shared: { ...shared, n: shared["n"]! * 10 } }),
        () => ({ result: "made" }),
      ],
    };
    const isPossible = ({ made }: Shared): boolean => made === 1;
    const once: Doing = { isPossible, acts: [() => ({}), ...addAtOnce.acts] };
    expect(await judged({ made: 0, n: 3 }, { make, once })).toMatchObject(HOLDS);
    const twice: Doing = { isPossible, acts: add.acts };
    expect((await judged({ made: 0, n: 3 }, { make, twice })).details).toEqual([
      ["make and twice", expect.stringContaining('there is "n is 4"')],
    ]);
  });

  it("may fail as they can fail one after the other, and not where nothing fails", async () => {
    const flaky: Doing = {
      acts: [
        (_, __, fails) => ({ local: fails() ? 1 : 0 }),
        (_, local) => ({ result: local === 1 ? "failed" : "done" }),
      ],
    };
    expect(await judged({ n: 0 }, { flaky }, 1)).toMatchObject(HOLDS);
    const timid: Doing = {
      acts: [
        (shared) => (shared["taken"] === 1 ? { result: "failed" } : { shared: { ...shared, taken: 1 } }),
        (shared) => ({ shared: { ...shared, taken: 0 }, result: "done" }),
      ],
    };
    expect((await judged({ taken: 0 }, { timid }, 1)).verdict).toBe("violated");
  });

  it("are not judged where a serial order comes to grief", async () => {
    const grim: Operating<State, Action, never> = {
      ...operating(operationsOf({ n: 0 }, { add })),
      futureOf: ({ after }: { readonly after: State }) => (after.shared["n"] === 2 ? "fatal" : "goes on"),
    };
    const rest = grim.system.initial[0]!;
    const judge = overlapJudge(grim, CLAIM, rest);
    const found = await explore(overlaps(grim, rest), { claims: [stepClaim(judge.rule)], faults: 0, bounds: {} });
    expect(found.findings).toEqual([]);
    expect(judge.unknown()).toBeGreaterThan(0);
  });
});

describe("a run", () => {
  it("is judged only where it ends with two operations that have overlapped", async () => {
    const context = operating(operationsOf({ n: 0 }, { add }));
    const atEnd = (...steps: readonly Step[]) => overlapAtEndOf(context, replay(context.system, { initial: 0, steps }));
    const begins = { action: 0, answers: [0] };
    expect(atEnd()).toBeUndefined();
    expect(atEnd(begins, begins)).toBeUndefined();
    const interrupted = { action: 0, answers: [1] };
    const beside = { action: 1, answers: [0] };
    const rest = { action: 0, answers: [] };
    expect(atEnd(interrupted, beside)).toBeUndefined();
    expect(atEnd(begins, interrupted, beside, rest)).toMatchObject({
      kind: "unserializable",
    });
  });
});
