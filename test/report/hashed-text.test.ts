import { describe, expect, it } from "vitest";
import type { Report } from "../../report/report.ts";
import { renderReport } from "../../report/terminal.ts";
import { holding } from "./samples.ts";

/** What a report on this search says, without its properties and what was covered. */
const told = (report: Report): readonly string[] => {
  const text = renderReport(report, {
    ...{ width: 100, isColour: false, isVerbose: false },
    command: { program: "sysram-verify", command: "review", given: new Map(), inputs: ["pool.mbox"] },
  });
  const words = text.replaceAll(/\s+/g, " ");
  const parts = [
    /Every state .*?(?= It says nothing)/,
    /No state was left .*?\.(?= )/,
    /told apart .*?(?= configured)/,
  ];
  return [text.split("\n\n")[0]!.replaceAll(/\s+/g, " "), ...parts.flatMap((part) => part.exec(words)?.[0] ?? [])];
};

describe("a report on a search that knew states again by hashes", () => {
  const hashed = (chance: number) => ({ ...holding.search, hashed: { bits: 64, chance } });

  it("says what holds, and the odds that a state was missed", () => {
    expect(told({ ...holding, search: hashed(2.7e-8) })).toMatchInlineSnapshot(`
      [
        "holds, 1 task pool-v3.mbox keeps 5 of 6 properties; nothing put the other one to the test; the odds that a state was missed are at most 1 in 37,000,000",
        "Every state that can be reached in the modelled kernel in this configuration was visited: 1,204 states and 48,310 transitions. What holds, holds in all of them. That is so unless two states had one hash of 64 bits, and what lies behind one of them was missed: the odds are at most 1 in 37,000,000.",
        "told apart by 64-bit hashes of the states: the odds that one was taken for another, and missed, are at most 1 in 37,000,000",
      ]
    `);
  });

  it("does not say that anything holds where the odds are bad", () => {
    const search = hashed(0.3);
    const properties = holding.properties.map((property) => ({ ...property, verdict: "inconclusive" as const }));
    expect(told({ ...holding, verdict: "inconclusive", search, properties })).toMatchInlineSnapshot(`
      [
        "inconclusive pool-v3.mbox was not seen to break any of 6 properties, but the odds that the hashes of two states were the same, and one was missed, are as high as 1 in 3",
        "No state was left to expand, but the odds that the hashes of two states were the same, and one was missed, are as high as 1 in 3.",
        "told apart by 64-bit hashes of the states: the odds that one was taken for another, and missed, are at most 1 in 3",
      ]
    `);
  });
});
