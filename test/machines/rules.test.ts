import { describe, expect, it } from "vitest";
import { RULES, tableOf } from "../../machines/index.ts";
import { keptBy } from "../../machines/rule-check.ts";

describe("the rules beside the life cycle", () => {
  it.each(RULES)("are kept by every run of the intended life: $name", (rule) => {
    expect(keptBy("intended", tableOf(rule)).breach).toBeUndefined();
  });

  it("are met in as many pairs of states as this", () => {
    expect(RULES.map((rule) => `${rule.name}: ${keptBy("intended", tableOf(rule)).states}`)).toMatchInlineSnapshot(`
      [
        "memory-group: 66",
        "iomem-resource: 69",
        "memory-type: 66",
        "device-references: 66",
      ]
    `);
  });

  it.each([
    ["memory-group", undefined],
    ["iomem-resource", "kfree name ok"],
    ["memory-type", "clear_node_memory_type ok"],
    ["device-references", undefined],
  ])("are broken by the life as posted where memory cannot be taken back: %s", (name, last) => {
    const { breach } = keptBy("as-posted", tableOf(RULES.find((rule) => rule.name === name)!));
    expect(breach?.at(-1)).toBe(last);
    if (breach !== undefined) expect(breach).toContain("offline_and_remove_memory failed");
  });
});
