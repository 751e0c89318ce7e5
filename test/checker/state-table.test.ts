import { describe, expect, it } from "vitest";
import type { Answer } from "../../checker/chooser.ts";
import { Paths } from "../../checker/enumerate.ts";
import { StateTable } from "../../checker/state-table.ts";
import { VISITED, type Visited, visitedSet } from "../../checker/visited.ts";

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

interface Entry {
  readonly key: string;
  readonly cost: number;
  readonly parent: number;
  readonly action: number;
  readonly picks?: readonly number[];
}

/** Enters a state, or another way to it; states are their keys with a mark, keys are enough where `revives` is true. */
const tableOf = (visited: Visited, revives: boolean) => {
  const revive = revives ? (key: string) => `state ${key}` : undefined;
  const table = new StateTable<string>(visitedSet(visited), { key: String, revive });
  const reach = ({ key, cost, parent, action, picks = [] }: Entry): void =>
    table.reach(table.enter(key), key, `state ${key}`, cost, parent, action, pathOf(...picks));
  return { table, reach };
};

describe.each(
  VISITED.flatMap((visited) => [
    { visited, revives: false },
    { visited, revives: true },
  ]),
)("the table of states ($visited, brings states back: $revives)", ({ visited, revives }) => {
  it("knows the way to each state, through every growth", () => {
    const { table, reach } = tableOf(visited, revives);
    reach({ key: "0", cost: 0, parent: -1, action: 7 });
    const picks = [[], [1], [2, 0, 1]];
    for (let number = 1; number < 5000; number += 1) {
      reach({ key: String(number), cost: number, parent: number - 1, action: number % 5, picks: picks[number % 3]! });
    }

    expect(table.size).toBe(5000);
    expect(table.find("4321")).toBe(4321);
    expect(table.find("5000")).toBe(-1);
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
    for (let number = 0; number < 5000; number += 1) expect(table.take(number)).toBe(`state ${number}`);
  });

  it("takes a cheaper way instead of the one before", () => {
    const { table, reach } = tableOf(visited, revives);
    reach({ key: "start", cost: 0, parent: -1, action: 0 });
    reach({ key: "hub", cost: 9, parent: 0, action: 0, picks: [1, 1] });
    reach({ key: "detour", cost: 1, parent: 0, action: 1 });
    reach({ key: "hub", cost: 2, parent: 2, action: 3, picks: [2] });

    expect(table.size).toBe(3);
    expect(table.cost(1)).toBe(2);
    expect(table.scheduleTo(1).steps).toEqual([
      { action: 1, answers: [] },
      { action: 3, answers: [2] },
    ]);
    expect(table.take(1)).toBe("state hub");
  });
});
