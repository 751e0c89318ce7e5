import { describe, expect, it } from "vitest";
import { change, creation, driverLines, driverPath, read } from "./small-patch.ts";

const path = "drivers/cxl/cxl.h";

/** What the compiler gets of a header after hunks on it, and what is said of the rest. */
const additionsOf = async (
  ...hunks: readonly (readonly string[])[]
): Promise<{ readonly text: string; readonly notes: readonly string[] }> => {
  const { files, notes } = await read(creation(driverPath, driverLines) + change(path, ...hunks));
  return { text: files.find((file) => file.path === path)?.text ?? "", notes };
};

/** A hunk of context and added lines, its counts and numbers made up from them. */
const hunk = (start: number, newStart: number, ...lines: readonly string[]): readonly string[] => {
  const count = (marks: string): number => lines.filter((line) => marks.includes(line[0] ?? "")).length;
  return [`@@ -${start},${count(" -")} +${newStart},${count(" +")} @@`, ...lines];
};

const c = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

describe("the additions to a header", () => {
  it("are whole declarations of every kind, with the comment right above", async () => {
    const added = [
      "/**",
      " * struct widget - it's a {",
      " */",
      "struct widget {",
      "\tint a; /* } */",
      "#ifdef CONFIG_B",
      "\tint b;",
      "#endif",
      "} __packed;",
      "",
      "/* Not about the next line. */",
      "",
      "typedef int (*widget_fn)(struct widget *widget,",
      "\t\t\t  int count);",
      "enum widget_kind { ONE,",
      "\tTWO };",
      "extern const struct widget widget_type;",
      "DEFINE_FREE(put_widget, struct widget *, if (_T) widget_put(_T))",
      "#define WIDGET(x) \\",
      "\t(&(x)->widget)",
      "static inline int widget_a(struct widget *widget)",
      "{",
      "\treturn widget->a;",
      "}",
      "struct widget *widget_get(void);",
      "#include <linux/widget.h>",
    ];
    const { text, notes } = await additionsOf(
      hunk(100, 100, " int before;", " ", ...added.map((line) => `+${line}`), " ", " int after;"),
    );

    expect(text).toBe(c(`#line 102 "${path}"`, ...added.slice(0, 9), `#line 114 "${path}"`, ...added.slice(12)));
    expect(notes).toEqual([]);
  });

  it("leave out the branch for a kernel without the feature, seen or unseen", async () => {
    const seen = await additionsOf(
      hunk(
        10,
        10,
        " #ifdef CONFIG_CXL_REGION",
        "+int widget(void);",
        " #else",
        "+static inline int widget(void) { return long_story(); }",
        "+int other;",
        " #endif",
        "+int last;",
      ),
    );
    expect(seen.text).toBe(c(`#line 11 "${path}"`, "int widget(void);", `#line 16 "${path}"`, "int last;"));
    expect(seen.notes).toEqual([`${path}: lines 13-14: for a kernel without the feature, left out`]);

    const unseen = await additionsOf(
      hunk(10, 10, " int a;", "+int widget(void);", "+#define WIDGET(x) (x)", " #else", " int b;"),
      hunk(
        30,
        32,
        " int c;",
        "+static inline int widget(void)",
        "+{",
        "+\treturn -ENXIO;",
        "+}",
        "+#define WIDGET(x) NULL",
        " int d;",
      ),
      hunk(50, 57, "+#define NOTHING(x)", " #endif", "+int last;"),
    );
    expect(unseen.text).toBe(
      c(`#line 11 "${path}"`, "int widget(void);", "#define WIDGET(x) (x)", `#line 59 "${path}"`, "int last;"),
    );
    expect(unseen.notes).toEqual([`${path}: lines 33-37, 57: for a kernel without the feature, left out`]);
  });

  it("keep what only seems to be in that branch, its end being unseen", async () => {
    const { text } = await additionsOf(
      hunk(10, 10, " #else", " int b;", "+#define WIDGET(x) NULL"),
      hunk(
        30,
        31,
        " int c;",
        "+int widget(void);",
        "+static inline int widget_a(struct widget *w)",
        "+{",
        "+\treturn w->a;",
        "+}",
      ),
      hunk(60, 66, "+#define ENABLED(x) 0", " #else", "+#define ENABLED(x) 1", " #endif"),
    );
    expect(text).toBe(
      c(
        `#line 32 "${path}"`,
        ...["int widget(void);", "static inline int widget_a(struct widget *w)", "{", "\treturn w->a;", "}"],
        `#line 66 "${path}"`,
        "#define ENABLED(x) 0",
      ),
    );
  });

  it("take of two declarations of one name the real one, where no condition is to be seen", async () => {
    const { text, notes } = await additionsOf(
      hunk(
        10,
        10,
        " int a;",
        "+#define WIDGET(x) NULL",
        "+static inline int widget(void)",
        "+{",
        "+\treturn long_story();",
        "+}",
        " int b;",
      ),
      hunk(30, 35, " int c;", "+#define WIDGET(x) (x)", "+int widget(void);", "+#define NOTHING(x)", " int d;"),
    );
    expect(text).toBe(c(`#line 36 "${path}"`, "#define WIDGET(x) (x)", "int widget(void);", "#define NOTHING(x)"));
    expect(notes).toEqual([`${path}: lines 11-15: for a kernel without the feature, left out`]);
  });

  it("know the branch by the condition", async () => {
    const conditions: readonly (readonly [string, boolean])[] = [
      ["#ifdef CONFIG_A", true],
      ["#ifndef CONFIG_A", false],
      ["#if IS_ENABLED(CONFIG_A)", true],
      ["#if !IS_ENABLED(CONFIG_A)", false],
      ["#if defined(CONFIG_A) && (IS_REACHABLE(CONFIG_B) || !defined CONFIG_C)", true],
      ["#if defined(CONFIG_A) && !(IS_BUILTIN(CONFIG_B) || defined(CONFIG_C))", false],
      ["# if !!IS_ENABLED( CONFIG_A )", true],
    ];
    for (const [condition, isOn] of conditions) {
      for (const mark of ["+", " "]) {
        const { text } = await additionsOf(
          hunk(1, 1, `${mark}${condition}`, "+int one;", `${mark}#else`, "+int two;", `${mark}#endif`),
        );
        expect(text, condition).toBe(isOn ? c(`#line 2 "${path}"`, "int one;") : c(`#line 4 "${path}"`, "int two;"));
      }
    }
    const { text } = await additionsOf(
      hunk(
        1,
        1,
        "+#ifndef CONFIG_A",
        "+int one;",
        "+#elif defined(CONFIG_B)",
        "+int two;",
        "+#else",
        "+int three;",
        "+#endif",
      ),
    );
    expect(text).toBe(c(`#line 4 "${path}"`, "int two;"));
  });

  it("keep a conditional of another kind that the patch adds, balanced", async () => {
    const { text } = await additionsOf(
      hunk(
        1,
        1,
        "+#ifndef WIDGETS",
        "+#define WIDGETS 3",
        "+#elif WIDGETS > \\",
        "+\t5",
        "+int many;",
        "+#else",
        "+int few;",
        "+#endif",
        "+int last;",
      ),
    );
    expect(text).toBe(
      c(
        ...["#ifndef WIDGETS", `#line 2 "${path}"`, "#define WIDGETS 3", "#endif"],
        ...["#ifndef WIDGETS", "#elif WIDGETS > 5", `#line 5 "${path}"`, "int many;", "#endif"],
        ...["#ifndef WIDGETS", "#elif WIDGETS > 5", "#else", `#line 7 "${path}"`, "int few;", "#endif"],
        ...[`#line 9 "${path}"`, "int last;"],
      ),
    );
  });

  it("keep an added conditional even where the header has the same one already", async () => {
    const { text } = await additionsOf(
      hunk(1, 1, " #ifndef WIDGETS", " #endif", "+#ifndef WIDGETS", "+int widget(void);", "+#endif"),
    );
    expect(text).toBe(c("#ifndef WIDGETS", `#line 4 "${path}"`, "int widget(void);", "#endif"));
  });

  it("do not take an existing include guard for a condition", async () => {
    const { text } = await additionsOf(
      hunk(1, 1, " #ifndef __CXL_H__", " #define __CXL_H__", "+int widget(void);", " int a;"),
      hunk(90, 91, " #endif", "+/* end */"),
    );
    expect(text).toBe(c(`#line 3 "${path}"`, "int widget(void);"));
  });

  it("leave out a change of what the stand-in headers say in their words, and say so", async () => {
    const { text, notes } = await additionsOf(
      hunk(10, 10, " struct cxl_port {", " \tint a;", "+\tint widgets;", " };", "+int widget(void);"),
      hunk(50, 52, " \tONE,", "+\tTWO,", " };"),
      hunk(70, 73, "-int old(int a);", "+int old(int a, int b);", "-#define OLD 1", "+#define OLD 2"),
    );
    expect(text).toBe(c(`#line 14 "${path}"`, "int widget(void);"));
    expect(notes).toEqual([
      `${path}: lines 10-13, 73-74: a change of a declaration that the stand-in header has in its own words, left out`,
      `${path}: line 53: inside a declaration that the stand-in header has in its own words, left out`,
    ]);
  });

  it("see a new function between the lines of old ones, as diff likes to cut it", async () => {
    const { text, notes } = await additionsOf(
      hunk(
        10,
        10,
        " static inline int one(void)",
        " {",
        "+\treturn 1 + two();",
        "+}",
        "+",
        "+static inline int two(struct widget *w)",
        "+{",
        "+\tw->a++;",
        " \treturn 1;",
        " }",
      ),
    );
    expect(text).toBe(
      c(`#line 15 "${path}"`, "static inline int two(struct widget *w)", "{", "\tw->a++;", "\treturn 1;", "}"),
    );
    expect(notes).toEqual([
      `${path}: lines 10-13: a change of a declaration that the stand-in header has in its own words, left out`,
    ]);
  });

  it("pass over an old function whose lines diff shows as new", async () => {
    const { text, notes } = await additionsOf(
      hunk(
        10,
        10,
        " static inline int one(void)",
        " {",
        "+\treturn 1;",
        "+}",
        "+static inline int two(void)",
        "+{",
        " \treturn 1;",
        " }",
      ),
    );
    expect(text).toBe(c(`#line 14 "${path}"`, "static inline int two(void)", "{", "\treturn 1;", "}"));
    expect(notes).toEqual([]);
  });

  it("stand lines that begin inside a comment, a string or a body", async () => {
    const befores = [
      " * it's about \"one {",
      "* it's a page {",
      "* see also widget();",
      "-- no C at all: ' {",
      " \treturn a('{');",
      "} else {",
      "u64 dpa);",
    ];
    for (const before of befores) {
      for (const after of ["  */", "* and so on {", " "]) {
        const { text } = await additionsOf(
          hunk(10, 10, ` ${before}`, ` ${after}`, " ", "+int widget(void);", " ", " /**", "  * and so on {"),
        );
        const isEnded = after !== "* and so on {" || before.trim().startsWith("*");
        if (isEnded) expect(text, before).toBe(c(`#line 13 "${path}"`, "int widget(void);"));
      }
    }
  });

  it("say when a hunk adds no declaration", async () => {
    const { text, notes } = await additionsOf(hunk(10, 10, " int a;", "+/* A comment. */", "+", " int b;"));
    expect(text).toBe("");
    expect(notes).toEqual([`${path}: the hunks add no declaration`]);
  });

  it("say when a declaration is cut off", async () => {
    const { text, notes } = await additionsOf(hunk(10, 10, " int a;", "+int widget(int one,"));
    expect(text).toBe("");
    expect(notes).toEqual([`${path}: line 11: a declaration that the hunk cuts off, left out`]);
  });
});
