import { describe, expect, it } from "vitest";
import { accessesIn } from "../../../driver/compile/accesses.ts";
import { blocksIn, decisionOf } from "../../../driver/compile/control-flow.ts";
import { separateVariables } from "../../../driver/compile/variables.ts";

const decide = (lines: readonly string[], condition: string, isTrue: boolean) =>
  decisionOf(
    lines.map((line) => `  ${line}`),
    condition,
    isTrue,
    () => 7,
  );

describe("the decision behind a branch", () => {
  it.each([
    ["icmp ne ptr %call, null", true, "anything but NULL"],
    ["icmp ne ptr %call, null", false, "NULL"],
    ["icmp eq i32 %call, -1", true, "-1"],
    ["icmp slt i32 %call, 0", true, "a negative value"],
    ["icmp slt i32 %call, 0", false, "0 or more"],
    ["icmp sgt i32 %call, 3", false, "3 or less"],
    ["icmp ugt i32 %call, 3", true, "a value that leads there"],
  ] as const)("is told for %s, if that is %s", (comparison, isTrue, result) => {
    const lines = ["%call = call i32 @probe(ptr %x), !dbg !7", `%cmp = ${comparison}, !dbg !8`];
    expect(decide(lines, "%cmp", isTrue)).toEqual({ callee: "probe", line: 7, result });
  });

  it("is followed through a variable, negations and what the compiler is told to expect", () => {
    const lines = [
      "%call = call zeroext i1 @is_thing(ptr %x), !dbg !7",
      "%lnot = xor i1 %call, true, !dbg !7",
      "%lnot.ext = zext i1 %lnot to i32, !dbg !7",
      "%conv = sext i32 %lnot.ext to i64, !dbg !7",
      "%expval = call i64 @llvm.expect.i64(i64 %conv, i64 0), !dbg !7",
      "%tobool = icmp ne i64 %expval, 0, !dbg !7",
    ];
    expect(decide(lines, "%tobool", true)).toEqual({ callee: "is_thing", line: 7, result: "false" });
    const stored = [
      "%call = call i32 @get(), !dbg !7",
      "store i32 %call, ptr %rc, align 4, !dbg !7",
      "%0 = load i32, ptr %rc, align 4, !dbg !8",
      "%tobool = icmp ne i32 %0, 0, !dbg !8",
    ];
    expect(decide(stored, "%tobool", false)).toEqual({ callee: "get", line: 7, result: "0" });
  });

  it("is unknown where two values are compared, or nothing near gives the value", () => {
    expect(decide(["%cmp = icmp slt i32 %a, %b"], "%cmp", true)).toBeUndefined();
    expect(decide(["%0 = load i32, ptr %rc, align 4", "%t = icmp ne i32 %0, 0"], "%t", true)).toBeUndefined();
    expect(decide([], "%phi", true)).toBeUndefined();
  });
});

describe("the blocks of a function", () => {
  it("are those that its labels begin, and go on as their last instruction says", () => {
    const body = [
      "define i32 @f(i32 %n) {",
      "entry:",
      "  switch i32 %n, label %other [",
      "    i32 1, label %one",
      "  ], !dbg !3",
      "",
      "one:                                    ; preds = %entry",
      "  br label %other, !dbg !3",
      "",
      "other:                                  ; preds = %one, %entry",
      "  ret i32 0",
    ];
    expect(blocksIn(body).map(({ label, next }) => [label, next])).toEqual([
      ["entry", ["other", "one"]],
      ["one", ["other"]],
      ["other", []],
    ]);
  });
});

describe("the loads and stores of a function", () => {
  const of = (...lines: readonly string[]) =>
    [...accessesIn(["define void @f() {", ...lines.map((line) => `  ${line}`)]).values()].flat();

  it("are told with kind, size and marks", () => {
    expect(
      of(
        "%0 = load i32, ptr %p, align 4, !dbg !1",
        "store volatile ptr %q, ptr %p, align 8, !dbg !1",
        "%1 = atomicrmw add ptr %p, i64 1 seq_cst, align 8",
        "%2 = cmpxchg weak ptr @v, i32 1, i32 2 seq_cst monotonic, align 4",
        "%3 = load atomic i8, ptr %p acquire, align 1",
        "store [2 x i64] %agg, ptr getelementptr inbounds (i8, ptr @v, i64 8), align 8",
        "%bf.load = load i16, ptr %p, align 4",
      ).map(({ kind, pointer, size, isMarked, alignment, isBitField }) => [
        kind,
        pointer,
        size,
        isMarked,
        alignment,
        isBitField,
      ]),
    ).toEqual([
      ["read", "%p", 4, false, 4, false],
      ["write", "%p", 8, true, 8, false],
      ["update", "%p", 8, true, 8, false],
      ["update", "@v", 4, true, 4, false],
      ["read", "%p", 1, true, 1, false],
      ["write", "getelementptr inbounds (i8, ptr @v, i64 8)", 16, false, 8, false],
      ["read", "%p", 2, false, 4, true],
    ]);
  });

  it("are told for copies and fills", () => {
    expect(
      of(
        "call void @llvm.memcpy.p0.p0.i64(ptr align 8 %a, ptr align 4 @b, i64 32, i1 false), !dbg !1",
        "call void @llvm.memset.p0.i64(ptr align 8 %a, i8 0, i64 %n, i1 false), !dbg !1",
      ).map(({ kind, pointer, length, isCopy }) => [kind, pointer, length, isCopy]),
    ).toEqual([
      ["read", "@b", "32", true],
      ["write", "%a", "32", true],
      ["write", "%a", "%n", false],
    ]);
  });

  it("leave out variables whose address stays in the function", () => {
    const slot = "%v = alloca %struct.s, align 8";
    const use = [
      "%f = getelementptr inbounds nuw %struct.s, ptr %v, i32 0, i32 1, !dbg !1",
      "store i32 1, ptr %f, align 4",
      "#dbg_declare(ptr %v, !2, !DIExpression(), !3)",
      "call void @llvm.lifetime.start.p0(ptr %v)",
    ];
    expect(of(slot, ...use)).toEqual([]);
    expect(of(slot, ...use, "call void @take(ptr %v)")).toHaveLength(1);
    expect(of(slot, ...use, "store ptr %f, ptr %p, align 8")).toHaveLength(2);
    expect(of(slot, ...use, "%i = ptrtoint ptr %f to i64")).toHaveLength(1);
  });
});

describe("the variables of a unit", () => {
  it("are set apart, and stand in a table with their sizes", () => {
    const { ir, variables } = separateVariables(
      [
        '@text = private unnamed_addr constant [4 x i8] c"a, \\00", align 1, !dbg !1',
        "@list = internal global [2 x { ptr, i32 }] [{ ptr, i32 } { ptr @text, i32 1 }, { ptr, i32 } zeroinitializer], align 8",
        "@elsewhere = external global i32, align 4",
        "@3 = private unnamed_addr global { i32 } { i32 1 }",
      ].join("\n"),
      "table",
    );
    expect(variables).toEqual([
      { name: "text", isConstant: true },
      { name: "list", isConstant: false },
      { name: "3", isConstant: true },
    ]);
    const [text, list, elsewhere, check] = ir.split("\n");
    expect(text).toBe(
      '@text = private constant { [4 x i8], [16 x i8] } { [4 x i8] c"a, \\00", [16 x i8] zeroinitializer }, align 1, !dbg !1',
    );
    expect(list).toContain("i32 1 }, { ptr, i32 } zeroinitializer], [16 x i8] zeroinitializer }, align 8");
    expect(elsewhere).toBe("@elsewhere = external global i32, align 4");
    expect(check).toBe("@3 = private constant { { i32 }, [16 x i8] } { { i32 } { i32 1 }, [16 x i8] zeroinitializer }");
    expect(ir).toContain("@table = constant [3 x { ptr, i64 }]");
  });
});
