import { describe, expect, it } from "vitest";
import { findEntry } from "../../../driver/patch/entry.ts";
import { driverText } from "./small-patch.ts";

const lines = (...text: readonly string[]): string => text.join("\n");

describe("the entry of a driver", () => {
  it("is found over several lines, with its parameters", () => {
    expect(findEntry(driverText)).toEqual({
      name: "devm_cxl_add_widget",
      parameters: [
        { type: "struct cxl_region *", name: "cxlr" },
        { type: "int", name: "mode" },
      ],
      line: 8,
      isStatic: false,
    });
    const spread = lines(
      "#include <x.h>",
      "static int",
      "devm_cxl_add_thing",
      "(",
      "\tstruct cxl_region",
      "\t*cxlr, bool now",
      ")",
      "",
      "{",
      "}",
    );
    expect(findEntry(spread)).toMatchObject({
      name: "devm_cxl_add_thing",
      line: 3,
      isStatic: true,
      parameters: [{ name: "cxlr" }, { type: "bool", name: "now" }],
    });
  });

  it("may have parameters of every kind, or without a name", () => {
    const text =
      "int devm_cxl_add_thing(struct cxl_region *cxlr, const char *const *names, int (*pick)(int, void *), u64 sizes[4], enum mmop, unsigned int, bool) {";
    expect(findEntry(text)?.parameters).toEqual([
      { type: "struct cxl_region *", name: "cxlr" },
      { type: "const char *const *", name: "names" },
      { type: "int (*)(int, void *)", name: "pick" },
      { type: "u64 sizes[4]", name: "" },
      { type: "enum mmop", name: "" },
      { type: "unsigned int", name: "" },
      { type: "bool", name: "" },
    ]);
  });

  it.each([
    ["a prototype", "int devm_cxl_add_thing(struct cxl_region *cxlr);"],
    ["a call", "if (devm_cxl_add_thing(cxlr)) {"],
    ["a call with a cast", "while (devm_cxl_add_thing((struct cxl_region *)p)) {"],
    ["a comment", "/* int devm_cxl_add_thing(struct cxl_region *cxlr) { */"],
    ["a string", '"devm_cxl_add_thing(struct cxl_region *cxlr) {"'],
    ["a function on something else", "int devm_cxl_add_thing(struct cxl_port *port) {"],
    ["a function with another prefix", "int __wrap_devm_cxl_add_thing(struct cxl_region *cxlr) {"],
    ["a list without an end", "int devm_cxl_add_thing(struct cxl_region *cxlr"],
    ["nothing", ""],
  ])("is not %s", (_, text) => {
    expect(findEntry(text)).toBeUndefined();
  });

  it("is the one named after sysram rather than one that hands regions on", () => {
    const define = (name: string): string => `int ${name}(struct cxl_region *cxlr)\n{\n}`;
    const text = lines(...["devm_cxl_add_dax_region", "devm_cxl_add_thing", "devm_cxl_add_sysram_v2"].map(define));
    expect(findEntry(text)).toMatchObject({ name: "devm_cxl_add_sysram_v2", line: 7 });
    expect(findEntry(text.replace("_sysram_v2", "_pmem_region"))).toMatchObject({
      name: "devm_cxl_add_thing",
      line: 4,
    });
  });
});
