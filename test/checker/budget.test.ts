import { describe, expect, it } from "vitest";
import { withBudget } from "../../checker/budget.ts";
import type { Answer } from "../../checker/chooser.ts";
import type { System } from "../../checker/system.ts";
import { enumerate } from "../support/enumerate.ts";

const ANSWERS: readonly [Answer, ...Answer[]] = [
  { label: "succeeds" },
  { label: "succeeds late" },
  { label: "-EBUSY", fault: "ordinary" },
];

/** Asks three times in one step, and remembers the answers. */
const asking: System<string, "ask", never> = {
  initial: ["start"],
  actions: () => ["ask"],
  step: (_, __, chooser) => {
    const labels = ["one", "two", "three"].map((question) => chooser.choose(question, ANSWERS).label);
    return { state: labels.join(", "), events: [] };
  },
  key: (state) => state,
  describe: (action) => action,
};

const outcomes = (budget: number): readonly { readonly state: string; readonly faultsLeft: number }[] => {
  const system = withBudget(asking, { faults: budget, preemptions: "all" });
  const states: { readonly state: string; readonly faultsLeft: number }[] = [];
  enumerate(
    (chooser) => system.step(system.initial[0]!, "ask", chooser),
    ({ state }) => states.push(state),
  );
  return states;
};

const faultsIn = (state: string): number => state.split("-EBUSY").length - 1;

describe("a system with a budget", () => {
  it.each([0, 1, 2, 3, 4])("lets at most %i happen in a run", (budget) => {
    const all = 3 ** 3;
    const states = outcomes(budget);
    const within = [8, 20, 26, all, all][budget]!; // The sum of 2^(3-k) * (3 over k) for k faults up to the budget.

    expect(states).toHaveLength(within);
    expect(new Set(states.map(({ state }) => state)).size).toBe(within);
    for (const { state, faultsLeft } of states) expect(faultsLeft).toBe(budget - faultsIn(state));
  });

  it("tells states apart by what is left", () => {
    const system = withBudget(asking, { faults: 5, preemptions: 5 });

    const left = { state: "x", faultsLeft: 1, preemptionsLeft: 1 };

    expect(system.key(left)).not.toBe(system.key({ ...left, faultsLeft: 2 }));
    expect(system.key(left)).not.toBe(system.key({ ...left, preemptionsLeft: 2 }));
  });

  it("tells which questions had their faults held back", () => {
    const withheld: string[] = [];
    const system = withBudget(asking, { faults: 1, preemptions: "all" }, (question, answers) =>
      withheld.push(`${question} of ${answers.length}`),
    );
    const faultFirst = { choose: <A extends Answer>(_: string, answers: readonly [A, ...A[]]) => answers.at(-1)! };
    const { state } = system.step(system.initial[0]!, "ask", faultFirst);

    expect(state).toMatchObject({ state: "-EBUSY, succeeds late, succeeds late", faultsLeft: 0 });
    expect(withheld).toEqual(["two of 3", "three of 3"]);
  });

  it("lets a task be preempted only as often as the budget says, whatever it says of faults", () => {
    const RUNS: readonly [Answer, ...Answer[]] = [{ label: "runs on" }, { label: "is preempted", isPreemption: true }];
    const preemptible: System<string, "ask", never> = {
      ...asking,
      step: (_, __, chooser) => {
        const labels = ["one", "two", "three"].map((question) => chooser.choose(question, RUNS).label);
        return { state: labels.join(", "), events: [] };
      },
    };
    const count = (preemptions: number): number => {
      const system = withBudget(preemptible, { faults: 0, preemptions });
      let outcomes = 0;
      enumerate(
        (chooser) => system.step(system.initial[0]!, "ask", chooser),
        () => {
          outcomes += 1;
        },
      );
      return outcomes;
    };

    expect([0, 1, 2, 3].map(count)).toEqual([1, 4, 7, 8]);
  });

  it("refuses a question that offers nothing but faults once the budget is spent", () => {
    const doomed: System<string, "ask", never> = {
      ...asking,
      step: (_, __, chooser) => ({
        state: chooser.choose("doom", [{ label: "-EIO", fault: "ordinary" }]).label,
        events: [],
      }),
    };
    const system = withBudget(doomed, { faults: 0, preemptions: "all" });

    expect(() =>
      enumerate(
        (chooser) => system.step(system.initial[0]!, "ask", chooser),
        () => {},
      ),
    ).toThrow('checker bug: "doom" offers nothing but faults; list a harmless answer first');
  });
});
