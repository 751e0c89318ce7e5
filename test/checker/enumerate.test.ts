import { describe, expect, it } from "vitest";
import type { Answer, Chooser } from "../../checker/chooser.ts";
import { MAX_QUESTIONS } from "../../checker/chooser.ts";
import { Coverage } from "../../checker/coverage.ts";
import { Paths } from "../../checker/enumerate.ts";
import { enumerate } from "../support/enumerate.ts";

const YES: Answer = { label: "yes" };
const NO: Answer = { label: "no" };
const FAILS: Answer = { label: "fails", fault: "ordinary" };

/** Every way through a step: what it gave, and the places of its answers. */
const ways = <Result>(step: (chooser: Chooser) => Result): readonly (readonly [Result, readonly number[]])[] => {
  const all: [Result, readonly number[]][] = [];
  enumerate(step, (result, path) => all.push([result, path.picks()]));
  return all;
};

describe("all ways through a step", () => {
  it("are one where it asks nothing", () => {
    expect(ways(() => "done")).toEqual([["done", []]]);
  });

  it("come in the order of the answers, the last question first", () => {
    const step = ({ choose }: Chooser) => choose("a", [YES, NO]).label + choose("b", [YES, NO, FAILS]).label;

    expect(ways((chooser) => step({ choose: chooser.choose.bind(chooser) }))).toEqual([
      ["yesyes", [0, 0]],
      ["yesno", [0, 1]],
      ["yesfails", [0, 2]],
      ["noyes", [1, 0]],
      ["nono", [1, 1]],
      ["nofails", [1, 2]],
    ]);
  });

  it("ask only what the answers before lead to", () => {
    const step = (chooser: Chooser): string => {
      if (chooser.choose("first", [YES, FAILS]) === FAILS) return "failed";
      if (chooser.choose("second", [YES, FAILS]) === FAILS) return chooser.choose("undo", [YES, FAILS]).label;
      return "done";
    };

    expect(ways(step)).toEqual([
      ["done", [0, 0]],
      ["yes", [0, 1, 0]],
      ["fails", [0, 1, 1]],
      ["failed", [1]],
    ]);
  });

  it("hand back the answer that was offered, not one that reads alike", () => {
    const seen: Answer[] = [];
    ways((chooser) => {
      const mine: readonly [Answer, Answer] = [{ label: "yes" }, { label: "no" }];
      const answer = chooser.choose("a", mine);
      expect(mine).toContain(answer);
      seen.push(answer);
    });

    expect(seen.map(({ label }) => label)).toEqual(["yes", "no"]);
  });

  it("tell each question, its answer, and whether that is a fault", () => {
    const told: unknown[] = [];
    enumerate(
      (chooser) => chooser.choose("kmalloc", [YES, FAILS]),
      (_, path) => told.push([path.length, path.question(0), path.answer(0), path.fault(0)]),
    );

    expect(told).toEqual([
      [1, "kmalloc", YES, undefined],
      [1, "kmalloc", FAILS, "ordinary"],
    ]);
  });

  it("can be taken for one step after the other with the same object", () => {
    const paths = new Paths();
    for (let step = 0; step < 3; step += 1) {
      const labels: string[] = [];
      do labels.push(paths.start().choose(`question ${step}`, [YES, NO]).label);
      while (paths.advance());
      expect(labels).toEqual(["yes", "no"]);
    }
  });
});

describe("a step that asks something else under the same answers", () => {
  /** A step that behaves in its second run as in its first, but for what `change` makes of the run's number. */
  const flaky = (ask: (chooser: Chooser, run: number) => void) => {
    let run = 0;
    return () =>
      ways((chooser) => {
        run += 1;
        ask(chooser, run);
      });
  };

  it("is found out by its question", () => {
    expect(flaky((chooser, run) => chooser.choose(`question ${run}`, [YES, NO]))).toThrow(
      'checker bug: under the same answers, a step asked "question 1" the first time, and "question 2" the second; ' +
        "it reads something outside its state (a clock, a random number, a variable that outlives the step)",
    );
  });

  it("is found out by the answers that it offers", () => {
    expect(flaky((chooser, run) => chooser.choose("a", run === 1 ? [YES, NO] : [YES, FAILS]))).toThrow(
      'offered yes, no to "a" the first time, and yes, fails the second',
    );
    expect(
      flaky((chooser, run) => chooser.choose("a", run === 1 ? [YES, NO] : [YES, { ...NO, fault: "ordinary" }])),
    ).toThrow("checker bug");
  });

  it("is found out by its silence", () => {
    const silent = flaky((chooser, run) => void (run === 1 && chooser.choose("a", [YES, NO])));

    expect(silent).toThrow('asked "a" the first time, and nothing more the second');
  });

  it("may build its answers anew each time", () => {
    expect(ways((chooser) => chooser.choose("a", [{ label: "yes" }, { label: "no" }]).label)).toEqual([
      ["yes", [0]],
      ["no", [1]],
    ]);
  });
});

describe("a step that asks without end", () => {
  it("is a bug that names its last question", () => {
    const endless = (chooser: Chooser) => {
      for (let at = 0; ; at += 1) chooser.choose(`loop ${at}`, [YES]);
    };

    expect(() => ways(endless)).toThrow(
      `a step asks more than ${MAX_QUESTIONS} questions, the last one "loop ${MAX_QUESTIONS}"`,
    );
  });
});

describe("the coverage of answers", () => {
  it("counts a question once where it arises, however many runs pass through it", () => {
    const coverage = new Coverage();
    const paths = new Paths(coverage);
    do {
      paths.start().choose("first", [YES, FAILS]);
      paths.choose("second", [YES, NO, FAILS]);
    } while (paths.advance());

    const counts = coverage
      .questions()
      .map(({ question, answers }) => [question, ...answers.map(({ given }) => given)]);
    expect(counts).toEqual([
      ["first", 1, 1],
      ["second", 2, 2, 2],
    ]);
  });

  it("adds up a question that comes with different answers", () => {
    const coverage = new Coverage();
    coverage.tally("a", [YES, FAILS])[1]!.given += 1;
    coverage.tally("a", [NO, FAILS])[1]!.given += 1;
    coverage.tally("a", [{ label: "yes" }, { ...FAILS }])[0]!.given += 1;

    expect(coverage.questions()).toEqual([
      {
        question: "a",
        answers: [
          { label: "yes", fault: undefined, given: 1 },
          { label: "fails", fault: "ordinary", given: 2 },
          { label: "no", fault: undefined, given: 0 },
        ],
      },
    ]);
  });

  it("refuses a harmless answer behind a fault, which a fault budget would put in another place", () => {
    expect(() => new Coverage().tally("a", [YES, FAILS, NO])).toThrow(
      'checker bug: "a" offers "no" behind a fault; list faults last',
    );
  });
});
