import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BuildError } from "../../driver/compile/build-error.ts";
import type { Subject } from "../../driver/patch/subject-file.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { creation, mail, posting } from "../driver/patch/small-patch.ts";
import { isHarmless } from "../report/hostile.ts";
import { commandLine, sysramVerify, temporaryFolder } from "../support/cli.ts";
import { exploreAll, foundBy, referenceSubject, SMALL, systemOf } from "../support/review.ts";
import { WIDGET_PATH, type WidgetParts, widget, widgetText } from "../support/widget.ts";

/** What a patch must never get to see. */
const SECRET = readFileSync("/etc/passwd", "utf8").split("\n")[0]!;

/** Every file below a folder with what is in it. */
const contentsOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, readFileSync(path, "utf8")]),
  );

/** The driver's own findings in a widget: what is wrong with every one of them, since it adds no memory, left out. */
const findingsOf = async (parts: WidgetParts): Promise<readonly string[]> => {
  const subject = widget(parts);
  const system = await systemOf(subject, SMALL);
  const exploration = await exploreAll(system, { bounds: { maxStates: 100 } });
  return foundBy(system, subject, exploration)
    .filter(({ property }) => property !== "online-type-is-as-asked")
    .map(({ property, object, blamed }) => `${property}: ${object} at ${blamed}`);
};

/** What a widget that cannot be built is refused for. */
const refusalOf = async (parts: WidgetParts): Promise<string> => {
  const error: unknown = await buildSubject(widget(parts)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BuildError);
  const { message, hint } = error as BuildError;
  expect(message).not.toContain("\n");
  expect(hint).toMatch(/\w/);
  expect(`${message}${hint}`).not.toContain(SECRET);
  return message;
};

describe("the C of a patch", () => {
  it("has the modelled kernel as its only way out of WebAssembly", async () => {
    const importsOf = async (subject: Subject): Promise<readonly string[]> => {
      const { wasm } = await buildSubject(subject);
      return WebAssembly.Module.imports(new WebAssembly.Module(wasm as BufferSource)).map(
        ({ module: from, name, kind }) => `${kind} ${from}.${name}`,
      );
    };
    const clears = widget({ body: "\t__builtin_memset(cxlr, 0, sizeof(*cxlr));" });
    const imports = new Set([...(await importsOf(referenceSubject())), ...(await importsOf(clears))]);
    expect([...imports].toSorted()).toEqual(
      [...["access", "access_copy", "access_range", "block_enter", "enum_load", "frame_enter", "kernel_call"]].map(
        (name) => `function env.${name}`,
      ),
    );
  });

  it.each<[what: string, parts: WidgetParts, message: string]>([
    [
      "asks for a host function by attribute",
      {
        top: '__attribute__((import_module("wasi"), import_name("fd_write"))) int fd_write(int);',
        body: "err = fd_write(1);",
      },
      `${WIDGET_PATH}:11: calls fd_write(), which is not modelled`,
    ],
    [
      "has inline assembly",
      { body: '\tasm volatile("unreachable");' },
      `${WIDGET_PATH}:11: assembly, which is for a processor that is not modelled`,
    ],
    [
      "calls an import from inline assembly",
      { body: '\tasm volatile("i32.const 99\\n i32.const 0\\n call kernel_call");' },
      `${WIDGET_PATH}:11: assembly, which is for a processor that is not modelled`,
    ],
    [
      "has assembly outside of any function",
      { top: '__asm__(".functype bad () -> ()\\n.import_module bad, wasi\\n.import_name bad, fd_write\\n");' },
      "outside of any function: assembly, which is for a processor that is not modelled",
    ],
    [
      "includes a file by assembly",
      { top: '__asm__(".incbin \\"/etc/passwd\\"");' },
      "outside of any function: assembly, which is for a processor that is not modelled",
    ],
    [
      "includes a file of the host",
      { includes: '#include "/etc/passwd"' },
      `${WIDGET_PATH}:1: includes </etc/passwd>, for which there is no stand-in header`,
    ],
    [
      "climbs out of the source tree",
      { includes: '#include "../../../etc/hostname"' },
      `${WIDGET_PATH}:1: includes <../../../etc/hostname>, for which there is no stand-in header`,
    ],
    [
      "climbs further out",
      { includes: "#include <../../../../../../../../etc/hostname>" },
      `${WIDGET_PATH}:1: includes <../../../../../../../../etc/hostname>, for which there is no stand-in header`,
    ],
    [
      "embeds a file of the host",
      { top: 'const char stolen[] = {\n#embed "/etc/passwd"\n};' },
      `${WIDGET_PATH}:8: includes </etc/passwd>, for which there is no stand-in header`,
    ],
    [
      "includes what the host says of itself",
      { includes: '#include "/proc/self/environ"' },
      `${WIDGET_PATH}:1: includes </proc/self/environ>, for which there is no stand-in header`,
    ],
    [
      "depends on a file of the host",
      { top: '#pragma GCC dependency "/etc/passwd"' },
      `${WIDGET_PATH}:7: includes </etc/passwd>, for which there is no stand-in header`,
    ],
    [
      "looks whether a file of the host is there",
      { top: '#if !__has_include("/etc/passwd")\n#error it is not there\n#endif' },
      `${WIDGET_PATH}:8: it is not there`,
    ],
    [
      "names a function as one of the compiler's own is named",
      { top: 'int evil(void) __asm__("llvm.evil");', body: "\terr = evil();" },
      "the driver does not link: nothing defines llvm.evil",
    ],
    [
      "declares one of the compiler's own wrongly",
      { top: 'void evil(void *, int, long, int) __asm__("llvm.memset.p0.i64");', body: "\tevil(0, 0, 8, 0);" },
      "the C does not compile: Intrinsic has incorrect argument type!",
    ],
    [
      "names a function as a piece of a program",
      { top: 'int evil(void) __asm__("x\\ndefine void @y() {");', body: "\terr = evil();" },
      `${WIDGET_PATH}:11: calls "x\\0Adefine void @y() {"(), which is not modelled`,
    ],
    [
      "defines the way out itself",
      { top: "void kernel_call(int number, int slots) {}" },
      "the driver does not link: image.ll:648:14: error: invalid redefinition of function 'kernel_call'",
    ],
    [
      "defines the chain of frames itself",
      { top: "int sv_frame;" },
      "the driver does not link: image.ll:620:1: error: redefinition of global '@sv_frame'",
    ],
    [
      "defines the way in itself",
      { top: "void invoke_function_devm_cxl_add_widget(int slots) {}" },
      "the driver does not link: image.ll:658:13: error: invalid redefinition of function 'invoke_function_devm_cxl_add_widget'",
    ],
    [
      "takes the way in for another function",
      { top: '__attribute__((export_name("invoke_function_devm_cxl_add_widget"))) int evil(int x) { return x; }' },
      "the driver does not link: error in parsing wasm binary",
    ],
    [
      "takes a way to the stack for another function",
      { top: '__attribute__((export_name("stack_set"))) int evil(int x) { return x; }' },
      "the driver does not link: it uses a name that belongs to the modelled kernel",
    ],
    [
      "defines how tasks are suspended",
      { top: "int asyncify_start_unwind(int x) { return x; }" },
      "the driver does not link: it uses a name that belongs to the modelled kernel",
    ],
    [
      "defines one of the kernel's variables",
      { top: "struct resource iomem_resource;" },
      "the driver does not link: wasm-ld: error: duplicate symbol: iomem_resource",
    ],
    [
      "has more data than there is memory",
      { top: "char big[1 << 22];", body: "\tbig[cxlr->id] = 1;" },
      expect.stringMatching(/^the driver does not link: wasm-ld: error: .* too small/) as string,
    ],
    [
      "has more data than there is room for",
      { top: "char big[1 << 18];", body: "\tbig[cxlr->id] = 1;" },
      expect.stringMatching(/^the driver's variables take 26\d{4} bytes, and there is room for \d+$/) as string,
    ],
  ])("is refused in one line when it %s", async (_, parts, message) => {
    expect((await refusalOf(parts)).replace(/image\.ll:\d+:\d+/, "image.ll:0:0")).toEqual(
      typeof message === "string" ? message.replace(/image\.ll:\d+:\d+/, "image.ll:0:0") : message,
    );
  });

  it("is refused in one line when it has more data than the compiler can hold", { tags: ["long"] }, async () => {
    const parts = { top: "char big[1 << 30];", body: "\tbig[cxlr->id] = 1;" };
    expect(await refusalOf(parts)).toBe("the driver does not link: LLVM ERROR: out of memory");
  });

  const harmless: readonly (readonly [what: string, parts: WidgetParts, findings: readonly string[]])[] = [
    ["holds strings that look like a program", { top: 'const char *text = "}\\ndefine void @x() {\\n!1 = !{}";' }, []],
    ["has a constructor", { top: "__attribute__((constructor)) static void early(void) { for (;;); }" }, []],
    [
      "has a function by another name",
      { top: 'int a(void) { return 0; } int b(void) __attribute__((alias("a")));', body: "\terr = b();" },
      [],
    ],
    ["has a weak function", { top: "__attribute__((weak)) int w(void) { return 0; }", body: "\terr = w();" }, []],
    ["names its own sections", { top: 'int x __attribute__((section("a\\nb"))) = 3;' }, []],
    [
      "has functions that are called as ours are",
      { top: "int stack_set(int x) { return x; } int main(void) { return 1; } void _start(void) {}" },
      [],
    ],
    [
      "has names that are not of ASCII",
      {
        top: "int \u00e9t\u00e9(void) { return 0; } int $a(void) { return 0; }",
        body: "\terr = \u00e9t\u00e9() + $a();",
      },
      [],
    ],
    ["says to the compiler alone that memory changes", { body: '\tasm volatile("" ::: "memory");' }, []],
    ["asks for more memory", { body: "\terr = __builtin_wasm_memory_grow(0, 1) == -1 ? 0 : -EIO;" }, []],
    [
      "formats what is not there",
      { body: '\tdev_warn(&cxlr->dev, "%s %n %*d %pV %llx %999999999d %", (char *)8);' },
      [],
    ],
    ["formats a format that is not there", { body: "\tdev_warn(&cxlr->dev, (const char *)0xfffffff0ul);" }, []],
    ["takes an allocation that nobody has", { body: "\tkfree(kmalloc(1ul << 40, GFP_KERNEL));" }, []],
    ["has a large array that it does not use", { body: "\tchar a[1 << 24]; a[0] = 1; err = a[0] - 1;" }, []],
    [
      "reads arguments that nobody gave",
      {
        top: "static long sum(int n, ...) { __builtin_va_list l; long s = 0; __builtin_va_start(l, n); for (;;) s += __builtin_va_arg(l, long); return s; }",
        body: "\terr = sum(3);",
      },
      [expect.stringMatching(/^the-driver-does-not-crash: a NULL pointer at sum: /) as string],
    ],
    [
      "has an array that is larger than its stack",
      { body: "\tvolatile char a[1 << 20];\n\ta[0] = 1;\n\tkfree((void *)a);" },
      [expect.stringMatching(/^(every-call-returns: stack overflow|the-driver-does-not-crash: trap) at /) as string],
    ],
    [
      "writes outside of its memory",
      { body: "\t*(volatile char *)0x7fffffffffffffff = 1;" },
      [expect.stringMatching(/^the-driver-does-not-crash: a stray pointer at devm_cxl_add_widget: /) as string],
    ],
    [
      "writes all over its memory",
      { body: "\tfor (volatile long *p = (long *)8192; p < (long *)400000; p++) *p = 0;" },
      [expect.stringMatching(/^the-driver-does-not-crash: /) as string],
    ],
    [
      "calls what is no function",
      { body: "\t((int (*)(void))1234567)();" },
      [expect.stringMatching(/^the-driver-does-not-crash: trap at devm_cxl_add_widget: /) as string],
    ],
    [
      "pretends to be another file",
      { includes: '#line 1 "/etc/passwd"', body: "\tkfree((void *)8);" },
      ["nothing-is-freed-twice: the freed memory at devm_cxl_add_widget: "],
    ],
  ];
  // Each is built of C of its own, so that `npm test` takes every third one.
  const isFirst = (_: unknown, at: number): boolean => at % 3 === 0;
  describe.each([
    ["does no harm", [], harmless.filter(isFirst)],
    ["does no other harm", ["long"], harmless.filter((row, at) => !isFirst(row, at))],
  ] as const)("%s", (_title, tags, some) => {
    it.each(some)("when it %s", { tags: [...tags] }, async (_, parts, findings) => {
      expect(await findingsOf(parts)).toEqual(findings);
    });
  });
});

describe("the text of a patch", () => {
  const folder = temporaryFolder();
  const raw = "\x1b[31m \u202e \u009b2J \u2066";
  const written = "\\033]0;x\\007 \\342\\200\\256 \\302\\2332J \\233";
  const text = widgetText({
    top: `/* ${raw} */`,
    body: `\tdev_warn(&cxlr->dev, "${written} ${raw}"); /* ${raw} */\n\tkfree((void *)8); /* ${raw} */`,
  });
  const diff = creation(WIDGET_PATH, text.trimEnd().split("\n"));
  const title = "=?utf-8?q?[PATCH]_=1B[31m_=E2=80=AE_red?=";

  it.each([
    ["a source line, a printed text and a title", diff, []],
    [
      "a file that a #line names",
      creation(WIDGET_PATH, [`#line 1 "a\\x1b[31m${raw}.c"`, ...text.trimEnd().split("\n")]),
      [],
    ],
    ["JSON on standard output", diff, ["--json", "-"]],
    ["every call of a run", diff, ["-v"]],
  ])("never reaches the terminal as it is: %s", async (what, patch, options) => {
    const file = join(folder, `${what.replaceAll(/\W/g, "-")}.patch`);
    writeFileSync(file, mail(title, posting(patch)));
    const { exitCode, stdout, stderr } = await commandLine(["review", file, "--no-color", ...options]);

    expect(exitCode).toBe(1);
    expect(stdout).toContain("devm_cxl_add_widget");
    expect(isHarmless(stdout.replaceAll("\n", ""))).toBe(true);
    expect(isHarmless(stderr.replaceAll("\n", ""))).toBe(true);
  });

  it("never reaches the terminal as it is where it does not compile", async () => {
    const file = join(folder, "broken.patch");
    for (const line of [`#error ${raw}`, `#include "${raw}.h"`]) {
      const lines = [...text.trimEnd().split("\n"), line];
      writeFileSync(file, mail(title, posting(creation(WIDGET_PATH, lines))));
      const { exitCode, stdout, stderr } = await commandLine(["review", file, "--quiet"]);

      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
      expect(stderr.split("\n")).toHaveLength(3);
      expect(isHarmless(stderr.replaceAll("\n", ""))).toBe(true);
    }
  });
});

describe("the file names of a patch", () => {
  const folder = temporaryFolder();

  /** A folder to work in, and one to keep what is built, with a patch in the first that gives its driver this name. */
  const placeFor = (name: string) => {
    const here = mkdtempSync(join(folder, "here-"));
    for (const below of ["work", "home", "cache"]) mkdirSync(join(here, below));
    const path = (side: string): string => (name.includes("\\") ? `"${side}/${name}"` : `${side}/${name}`);
    const text = widgetText({ body: "\tkfree((void *)8);" });
    const diff = creation("NAME", text.trimEnd().split("\n"));
    const named = diff.replaceAll("a/NAME", () => path("a")).replaceAll("b/NAME", () => path("b"));
    writeFileSync(join(here, "work", "the.patch"), named);
    return { here, work: join(here, "work"), home: join(here, "home"), cache: join(here, "cache") };
  };

  it.each([
    "../../outside.c",
    "drivers/../../../outside.c",
    "/tmp/outside.c",
    "drivers/cxl/core/\\033[31m\\342\\200\\256.c",
    "con.c\\000.c",
  ])("never become places that are written to: %s", async (name) => {
    const { here, work, home } = placeFor(name);
    const before = contentsOf(here);

    const { exitCode, stdout, stderr } = await commandLine(["review", "the.patch", "--no-color", "--quiet"], {
      folder: work,
      environment: { HOME: home, TMPDIR: work },
    });

    expect([1, 2]).toContain(exitCode);
    expect(isHarmless(`${stdout}${stderr}`.replaceAll("\n", ""))).toBe(true);
    expect(contentsOf(here)).toEqual(before);
  });

  it("are no part of the name under which a driver is kept", async () => {
    const { here, work, home, cache } = placeFor(WIDGET_PATH);
    const before = contentsOf(here);

    const { exitCode } = await sysramVerify(["review", "the.patch", "--quiet"], {
      folder: work,
      environment: { HOME: home, TMPDIR: work, SYSRAM_VERIFY_CACHE: cache },
    });

    expect(exitCode).toBe(1);
    const [kept, ...others] = Object.keys(contentsOf(here)).filter((path) => !(path in before));
    expect(kept).toMatch(new RegExp(`^${cache}/[0-9a-f]{64}$`));
    expect(others).toEqual([]);
  });
});
