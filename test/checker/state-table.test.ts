import { describe, expect, it } from "vitest";
import type { Answer } from "../../checker/chooser.ts";
import { Paths } from "../../checker/enumerate.ts";
import { KeyIndex, StateTable } from "../../checker/state-table.ts";

const ANSWERS: readonly [Answer, ...Answer[]] = [{ label: "a" }, { label: "b" }, { label: "c" }];

/** A path that gives these answers. */
const pathOf = (...picks: readonly number[]): Paths => {
  const paths = new Paths();
  const run = (): void => {
    paths.start();
    for (const at of picks.keys()) paths.choose(`question ${at}`, ANSWERS);
  };
  run();
  while (paths.picks().join() !== picks.join()) {
    paths.advance();
    run();
  }
  return paths;
};

describe("the index of keys", () => {
  it("goes on where one map is full", () => {
    const index = new KeyIndex(3);
    for (let number = 0; number < 10; number += 1) index.add(`key ${number}`, number);

    expect(Array.from({ length: 11 }, (_, number) => index.find(`key ${number}`))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1,
    ]);
  });
});

describe("the table of states", () => {
  it("knows the way to each state, through every growth", () => {
    const table = new StateTable<string>();
    table.add("0", "state 0", 0, -1, 7, pathOf());
    const paths = [pathOf(), pathOf(1), pathOf(2, 0, 1)];
    for (let number = 1; number < 5000; number += 1) {
      table.add(String(number), `state ${number}`, number, number - 1, number % 5, paths[number % 3]!);
    }

    expect(table.size).toBe(5000);
    expect(table.find("4321")).toBe(4321);
    expect(table.cost(4321)).toBe(4321);
    const { initial, steps } = table.scheduleTo(4999);
    expect(initial).toBe(7);
    expect(steps).toHaveLength(4999);
    expect(steps.slice(0, 4)).toEqual([
      { action: 1, answers: [1] },
      { action: 2, answers: [2, 0, 1] },
      { action: 3, answers: [] },
      { action: 4, answers: [1] },
    ]);
    expect(steps.at(-1)).toEqual({ action: 4, answers: [1] });
  });

  it("takes a cheaper way instead of the one before", () => {
    const table = new StateTable<string>();
    table.add("start", "start", 0, -1, 0, pathOf());
    table.add("hub", "by the fault", 9, 0, 0, pathOf(1, 1));
    table.add("detour", "detour", 1, 0, 1, pathOf());
    table.improve(1, "by the detour", 2, 2, 3, pathOf(2));

    expect(table.cost(1)).toBe(2);
    expect(table.scheduleTo(1).steps).toEqual([
      { action: 1, answers: [] },
      { action: 3, answers: [2] },
    ]);
    expect(table.take(1)).toBe("by the detour");
  });
});
