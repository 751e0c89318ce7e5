import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Explained, explain } from "../../report/explain.ts";
import { columnsOf } from "../../report/layout.ts";
import { hostile, isHarmless, withStrings } from "./hostile.ts";

const options = { width: 80, isColour: false, program: "sysram-verify" };

const property = (id: string, group: string, claim: string): Explained => ({
  id,
  group,
  claim,
  why: "The next reader of /proc/iomem dereferences freed memory.",
  source: "kernel/resource.c, __request_region(): the name is kept as a pointer",
  check: "After each step, the name of every resource of the driver has to lie in live memory.",
  severity: "high",
  assumptions: ["models/iomem.ts: names are pointers, never copied", "models/slab.ts: freed memory is not reused"],
});

const properties = [
  property("names-outlive-resources", "ownership", "a resource's name lives as long as the resource"),
  property("group-outlives-memory", "ownership", "the memory group is unregistered once its memory is gone"),
  property("memory-comes-back", "progress", "memory can be taken back from every reachable state"),
];

describe("an explanation", () => {
  it("tells the rule, its source, and how it is checked", () => {
    const { kind, text } = explain("names-outlive-resources", properties, options);

    expect(kind).toBe("property");
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      names-outlive-resources  a resource's name lives as long as the resource

        group      ownership
        matters    The next reader of /proc/iomem dereferences freed memory.
        source     kernel/resource.c, __request_region(): the name is kept as a
                   pointer
        checked    After each step, the name of every resource of the driver has to
                   lie in live memory.
        severity   high
        assumes    models/iomem.ts: names are pointers, never copied
                   models/slab.ts: freed memory is not reused
      "
    `);
  });

  it.each(["names-outlive-resources-5b1f0c", "names-outlive-resources-5b1f0c-2"])(
    "of the finding %s is that of the property that it breaks",
    (id) => {
      expect(explain(id, properties, options)).toEqual(explain("names-outlive-resources", properties, options));
    },
  );

  it("of an unknown name gives the nearest, and all there is", () => {
    const { kind, text } = explain("name-outlives-resource", properties, options);

    expect(kind).toBe("unknown");
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      There is no property or finding called "name-outlives-resource".

      the nearest
          names-outlive-resources  a resource's name lives as long as the resource
          group-outlives-memory    the memory group is unregistered once its memory is
                                     gone

      all of them
        ownership
          names-outlive-resources  a resource's name lives as long as the resource
          group-outlives-memory    the memory group is unregistered once its memory is
                                     gone
        progress
          memory-comes-back        memory can be taken back from every reachable state

      read one of them
        sysram-verify explain names-outlive-resources
      "
    `);
  });

  it("finds a property by a part of its name", () => {
    expect(explain("comes", properties, options).text).toContain("the nearest\n    memory-comes-back  ");
  });

  it("names nothing near where nothing is", () => {
    expect(explain("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", properties, options).text).not.toContain("nearest");
    expect(explain("x", [], options).kind).toBe("unknown");
  });

  it("is harmless to a terminal, and fits it (seed 20264)", { tags: ["random"] }, () => {
    fc.assert(
      fc.property(hostile, (texts) => {
        const { text } = explain(texts.join(""), withStrings(properties, texts), options);
        expect(isHarmless(text)).toBe(true);
        const lines = text.split("\n").filter((line) => !line.startsWith("  sysram-verify "));
        expect(lines.filter((line) => columnsOf(line) > 80)).toEqual([]);
      }),
      { seed: 20_264, numRuns: 200 },
    );
  });
});
