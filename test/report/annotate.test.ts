import { describe, expect, it } from "vitest";
import { annotatedListing } from "../../report/annotate.ts";

const text = new Map([
  [1, "int f(void)"],
  [2, "{"],
  [3, "\tint err = g();"],
  [4, "\tif (err)"],
  [5, "\t\treturn err;\x1b[31m"],
  [6, "\treturn\t0;"],
]);

const file = {
  path: "drivers/a.c",
  text,
  lines: [
    { line: 3, hits: 12, because: "" },
    { line: 4, hits: 12, because: "" },
    { line: 5, hits: 0, because: "g() at line 3 returned nothing but 0" },
    { line: 6, hits: 12, because: "" },
  ],
  ways: [
    { line: 4, way: "true", hits: 0, because: "g() at line 3 returned nothing but 0" },
    { line: 4, way: "false", hits: 12, because: "" },
    { line: 5, way: "true", hits: 0, because: "nothing is said of a line that was not run" },
    { line: 6, way: "3", hits: 0, because: "" },
  ],
  outcomes: [
    { line: 3, question: "g", label: "succeeds", given: 10 },
    { line: 3, question: "g", label: "succeeds", given: 2 },
    { line: 3, question: "g", label: "-ENOMEM", given: 0 },
    { line: 3, question: "lock", label: "free", given: 12 },
  ],
};

describe("an annotated listing", () => {
  it("has each line with its count, what its calls were answered, and why it was not run", () => {
    expect(`\n${annotatedListing([file])}`).toMatchInlineSnapshot(`
      "
      drivers/a.c: 3 of 4 lines run

                     1  int f(void)
                     2  {
              12     3          int err = g();
                        ^ g: succeeds 12, -ENOMEM never
                        ^ lock: free 12
              12     4          if (err)
                        ^ never true: g() at line 3 returned nothing but 0
               0     5                  return err;\\x1b[31m
                        ^ not run: g() at line 3 returned nothing but 0
              12     6          return  0;
                        ^ never 3
      "
    `);
  });

  it("lists one file after the other", () => {
    expect(annotatedListing([file, { ...file, path: "drivers/b.c" }]).match(/^drivers.*$/gm)).toEqual([
      "drivers/a.c: 3 of 4 lines run",
      "drivers/b.c: 3 of 4 lines run",
    ]);
  });
});
