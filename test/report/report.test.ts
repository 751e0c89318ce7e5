import { describe, expect, it } from "vitest";
import { findingIds } from "../../report/finding-id.ts";
import { type Finding, gravestFirst } from "../../report/report.ts";
import { violated } from "./samples.ts";

describe("the order of findings", () => {
  const base = violated.findings[0]!;
  const command = base.steps[0]!;
  const finding = (id: string, rest: Partial<Finding>): Finding => ({ ...base, id, needs: "nothing", ...rest });

  it("puts what is grave before what is likely, and what is likely before what is short", () => {
    const findings = [
      finding("long", { severity: "high", steps: [command, command] }),
      finding("low", { severity: "low", steps: [] }),
      finding("allocation", { severity: "high", needs: "small-allocation-failure", steps: [] }),
      finding("race", { severity: "high", needs: "race", steps: [] }),
      finding("errno", { severity: "high", needs: "ordinary-errno", steps: [] }),
      finding("short-b", { severity: "high", steps: [command] }),
      finding("short-a", { severity: "high", steps: [command] }),
    ];

    expect(findings.toSorted(gravestFirst).map(({ id }) => id)).toEqual([
      "short-a",
      "short-b",
      "long",
      "errno",
      "race",
      "allocation",
      "low",
    ]);
  });
});

describe("the id of a finding", () => {
  const place = { file: "drivers/pool.c", line: 94, function: "pool_gone", text: "\tkfree(pool->label);" };
  const origin = { property: "names-live", object: "the label", place };

  it("begins with the property, and stays the same from run to run", () => {
    expect(findingIds([origin])).toMatchInlineSnapshot(`
      [
        "names-live-818ccd",
      ]
    `);
  });

  it("survives a change elsewhere in the file", () => {
    const moved = { ...origin, place: { ...place, line: 120, text: "\t\tkfree(pool->label);" } };
    expect(findingIds([moved])).toEqual(findingIds([origin]));
  });

  it("differs where object, function or line differ", () => {
    const others = [
      { ...origin, object: "the group" },
      { ...origin, place: { ...place, function: "pool_probe" } },
      { ...origin, place: { ...place, text: "\tkfree(pool);" } },
      { ...origin, place: null },
    ];
    expect(new Set(findingIds([origin, ...others])).size).toBe(5);
  });

  it("counts the same line in one function, in the order of the lines", () => {
    const second = { ...origin, place: { ...place, line: 99 } };
    const [name] = findingIds([origin]);

    expect(findingIds([second, origin])).toEqual([`${name}-2`, name]);
  });
});
