import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Report } from "../../report/report.ts";
import { change, creation, mail, posting } from "../driver/patch/small-patch.ts";
import { commandLine, type Ran, sysramVerify, temporaryFolder } from "../support/cli.ts";
import { DRIVER_PATH, referencePatch } from "../support/patch.ts";
import type { Edit } from "../support/review.ts";

const folder = temporaryFolder();

const saved = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

const good = referencePatch();

/** As far as a download that broke off brought it. */
const cut = good.slice(0, good.indexOf("+static int sysram_plug("));

/** Runs the command line in the folder of the inputs. */
const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  commandLine(args, { folder, environment });

/** Holds that the command says what is wrong and what to do, each in one line, and nothing else. */
const expectRefusal = (ran: Ran, message: string | RegExp, hint: string | RegExp, exitCode = 2): void => {
  expect({ exitCode: ran.exitCode, signal: ran.signal, stdout: ran.stdout }).toEqual({
    exitCode,
    signal: null,
    stdout: "",
  });
  const [first, second, ...rest] = ran.stderr.split("\n");
  expect(rest, ran.stderr).toEqual([""]);
  const claim = expect(first!.replace(/^sysram-verify: /, ""), "what is wrong");
  if (typeof message === "string") claim.toBe(message);
  else claim.toMatch(message);
  expect(first, "who says it").toMatch(/^sysram-verify: /);
  if (typeof hint === "string") expect(second).toBe(`hint: ${hint}`);
  else expect(second).toMatch(hint);
};

const AGAIN = "save the mail itself: on lore.kernel.org the 'raw' link of the message, or `b4 mbox MESSAGE-ID`";
const HUNK = /@@ -0,0 \+1,(\d+) @@/;
const lineCount = Number(HUNK.exec(good)![1]);
const header = (count: number): string => `@@ -0,0 +1,${count} @@`;

/** What is wrong with the input, the input, and what is said of it. */
const refused: readonly (readonly [what: string, name: string, text: string, message: string, hint: string])[] = [
  ["an empty file", "empty.mbox", "", "empty.mbox: empty", "give a mail, an mbox or the output of `git diff`"],
  [
    "a mail without a patch",
    "cover.mbox",
    mail("[PATCH 0/3] A cover letter", "It does three things."),
    'cover.mbox, "[PATCH 0/3] A cover letter": a mail without a patch',
    "give the mail that carries the diff, not its cover letter or a reply",
  ],
  [
    "an HTML page",
    "page.html",
    "<!DOCTYPE html>\n<html><head><title>404</title></head><body><p>Not found</p></body></html>\n",
    "page.html: a web page, not a mail or a diff",
    AGAIN,
  ],
  [
    "a truncated hunk",
    "cut.patch",
    cut,
    `cut.patch:6: hunk 1 of ${DRIVER_PATH} (${header(lineCount)}) is cut off after ${cut.match(/^\+(?!\+\+)/gm)!.length} lines: its header counts 0 old and ${lineCount} new ones`,
    AGAIN,
  ],
  [
    "a hunk with fewer lines than it counts",
    "fewer.patch",
    good.replace(HUNK, header(lineCount + 2)),
    `fewer.patch:${lineCount + 7}: hunk 1 of ${DRIVER_PATH} (${header(lineCount + 2)}) has ${lineCount} lines, but its header counts 0 old and ${lineCount + 2} new ones`,
    AGAIN,
  ],
  [
    "a hunk with more lines than it counts",
    "more.patch",
    good.replace(HUNK, header(lineCount - 1)),
    `more.patch:${lineCount + 6}: hunk 1 of ${DRIVER_PATH} (${header(lineCount - 1)}) is followed by "+EXPORT_SYMBOL_NS_GPL(devm_cxl_add_sysram, "CXL");": its header counts too few lines, or a long line was wrapped`,
    AGAIN,
  ],
  [
    "a binary patch",
    "binary.patch",
    `diff --git a/${DRIVER_PATH} b/${DRIVER_PATH}\nnew file mode 100644\nindex 000000000000..1234567890ab\nBinary files /dev/null and b/${DRIVER_PATH} differ\n`,
    `binary.patch:1: ${DRIVER_PATH} comes as a binary patch`,
    "make the patch with `git format-patch --text`",
  ],
  [
    "a patch without the driver",
    "other.patch",
    change("drivers/cxl/Kconfig", ["@@ -1,2 +1,3 @@", " config CXL", "+\tbool", " "]),
    "other.patch: no new C file in it defines devm_cxl_add_*(struct cxl_region *, ...)",
    "give the patch that adds the driver; a driver in a file of its own is read with --source FILE.c, one in a kernel with --tree DIR",
  ],
];

describe("an input that cannot be reviewed", () => {
  it("is refused when there is no such file, or it is a directory", async () => {
    expectRefusal(
      await run(["review", "missing.mbox"]),
      "missing.mbox: no such file",
      "check the name; '-' reads standard input",
    );
    expectRefusal(await run(["review", "."]), ".: a directory", "give a file, or a kernel tree with --tree .");
  });

  it.each(refused)("is refused when it is %s", async (_, name, text, message, hint) => {
    expectRefusal(await run(["review", saved(name, text)]), message, hint);
    expectRefusal(
      await commandLine(["review", "-"], { input: text }),
      message.replace(/^[\w.]+/, "standard input"),
      hint,
    );
  });

  it("is refused when a patch of the series is missing", async () => {
    const part = (number: number, diff: string): string =>
      saved(`${number}.patch`, mail(`[PATCH ${number}/3] part ${number}`, posting(diff)));
    const first = part(1, creation("drivers/cxl/a.h", ["int a;"]));
    const last = part(3, good);

    expectRefusal(
      await run(["review", first, last]),
      'patch 2/3 is missing between 1.patch, "[PATCH 1/3] part 1" and 3.patch, "[PATCH 3/3] part 3"',
      "give each mail of one series once; on lore.kernel.org the thread's mbox.gz, or `b4 am MESSAGE-ID`, has them all",
    );
  });
});

describe("a command line that means nothing", () => {
  it.each([
    [["review", "--frobnicate"], "unknown option '--frobnicate'", "add --help for the options"],
    [["frobnicate"], "unknown command 'frobnicate'", "add --help for the options"],
    [
      ["review", "--faults", "many"],
      "option '--faults <n>' argument 'many' is invalid. give a whole number from 0 to 1000",
      "add --help for the options",
    ],
    [
      ["review", "--blocks", "0"],
      "option '--blocks <n>' argument '0' is invalid. give a whole number from 1 to 8",
      "add --help for the options",
    ],
    [
      ["review", "--require", "luck"],
      "option '--require <verdict>' argument 'luck' is invalid. Allowed choices are holds.",
      "add --help for the options",
    ],
    [["replay"], "missing required argument 'token'", "add --help for the options"],
    [
      ["review", "--source", "a.c", "b.patch"],
      "a review has one subject",
      "name patches, or give --source, or give --tree, and only one of them",
    ],
  ])("is refused: %j", async (args, message, hint) => {
    expectRefusal(await run(args), message, hint);
  });

  it("says so when a token is none, or belongs to something else", async () => {
    expectRefusal(
      await run(["replay", "frobnicate"]),
      "frobnicate is neither a replay token nor a file that can be read",
      "a token begins with sv2-",
    );
    expectRefusal(
      await run(["replay", "sv3-00000000-r1b1-aaaa"]),
      "the token is of version 3, and this tool reads versions 1 and 2",
      /^hint: run the review again/,
    );
    expectRefusal(
      await run(["replay", "sv1-00000000-r1b1-aaaa-bbbb"]),
      /^the token belongs to another subject \(00000000, and this is [0-9a-f]{8}\)$/,
      "name the patch that the finding was reported for",
    );
  });
});

/** Where a text of the reference driver stands. */
const lineOf = (text: string): number => {
  const lines = good.split("\n");
  return lines.findIndex((line) => line.includes(text)) - lines.findIndex((line) => HUNK.test(line));
};

describe("C that cannot be built", () => {
  const refusal = (edit: Edit): Promise<Ran> => run(["review", saved("bad.patch", referencePatch(edit)), "--quiet"]);

  it("is refused with its line when it does not compile", async () => {
    expectRefusal(
      await refusal({ replace: "\tdevice_del(&sysram->dev);\n", with: "\tdevice_del(&sysram->dev;\n" }),
      `${DRIVER_PATH}:${lineOf("\tdevice_del(&sysram->dev);")}: expected ')'`,
      "the patch does not compile as it is; give the whole series if it needs other patches",
    );
  });

  it("is refused with its line when it calls a function that is not modelled", async () => {
    expectRefusal(
      await refusal({ replace: "\tdevice_del(&sysram->dev);\n", with: "\tdevice_frobnicate(&sysram->dev);\n" }),
      `${DRIVER_PATH}:${lineOf("\tdevice_del(&sysram->dev);")}: calls device_frobnicate(), which is not modelled`,
      "its model belongs in models/device.ts, its prototype in driver/include/",
    );
    const declared = "\tdevice_del(&sysram->dev);\n";
    expectRefusal(
      await refusal({ replace: declared, with: "\textern int mt_frobnicate(void); mt_frobnicate();\n" }),
      `${DRIVER_PATH}:${lineOf("\tdevice_del(&sysram->dev);")}: calls mt_frobnicate(), which is not modelled`,
      "its model belongs in models/memory-tier.ts, its prototype in driver/include/",
    );
  });

  it("is refused with its line when it uses a field that is not modelled", async () => {
    expectRefusal(
      await refusal({
        replace: "\tdevice_set_pm_not_required(&sysram->dev);\n",
        with: "\tsysram->dev.frobnicated = true;\n",
      }),
      `${DRIVER_PATH}:${lineOf("\tdevice_set_pm_not_required(")}: uses the field frobnicated of struct device, which is not modelled`,
      /^hint: the structure's stand-in lies in driver\/include\//,
    );
  });

  it("is refused with its line when it uses a variable that is not modelled", async () => {
    expectRefusal(
      await refusal({
        replace: "\tdevice_set_pm_not_required(&sysram->dev);\n",
        with: "\textern int frobnication; frobnication++;\n",
      }),
      `${DRIVER_PATH}:${lineOf("\tdevice_set_pm_not_required(")}: uses frobnication, which is not modelled`,
      /^hint: its definition belongs to a new file in models\/, its declaration in driver\/include\/$/,
    );
  });

  it("is refused with its line when it includes a header that was not given", async () => {
    expectRefusal(
      await refusal({ replace: "#include <linux/numa.h>\n", with: '#include "frobnicate.h"\n' }),
      `${DRIVER_PATH}:${lineOf("#include <linux/numa.h>")}: includes "frobnicate.h", which was not given, and for which there is no stand-in header`,
      "a patch that adds it must be given too, and for a C file that is given it is looked for beside that; if it is the kernel's, write driver/include/frobnicate.h",
    );
  });
});

describe("a driver that does not come back", () => {
  const REPORT = "endless.json";

  /** What is found in the reference driver with a change, by runs of two commands. */
  const findingsOf = async (edit: Edit, faults = 0) => {
    const patch = saved("endless.patch", referencePatch(edit));
    const bounds = ["--blocks", "1", "--bound-depth", "2", "--faults", `${faults}`];
    const ran = await run(["review", patch, "--quiet", "--no-color", ...bounds, "--json", REPORT]);
    expect({ exitCode: ran.exitCode, stderr: ran.stderr }).toEqual({ exitCode: 1, stderr: "" });
    expect(ran.stdout.length, "readable").toBeLessThan(40_000);
    const { findings } = JSON.parse(readFileSync(join(folder, REPORT), "utf8")) as Report;
    return findings.map(({ property, object, title, place }) => ({ property, object, title, line: place?.line }));
  };

  const NOTE = "\tsysram->last_hotplug_cmd = cmd;\n";
  const noteLine = lineOf("sysram->last_hotplug_cmd = cmd;");
  const property = "every-call-returns";

  it("is ended and reported with its line when it loops without calling anything", async () => {
    expect(await findingsOf({ replace: NOTE, with: "\tfor (;;) sysram->mgid ^= 1;\n" })).toEqual([
      { property, object: "endless loop", title: "no kernel call in 200000 basic blocks", line: noteLine },
    ]);
  });

  it("is ended and reported with its line when each turn of the loop calls the kernel", {
    tags: ["long"],
  }, async () => {
    expect(await findingsOf({ replace: NOTE, with: "\tfor (;;) cond_resched();\n" })).toEqual([
      {
        property,
        object: "endless loop",
        title: expect.stringContaining("kernel calls without an end"),
        line: noteLine,
      },
    ]);
  });

  it("is ended and reported with its line when each turn of the loop calls what can fail", async () => {
    expect(await findingsOf({ replace: NOTE, with: "\tfor (;;) kfree(kmalloc(8, GFP_KERNEL));\n" }, 1)).toEqual([
      { property, object: "endless loop", title: expect.any(String), line: noteLine },
    ]);
  });

  it("is ended and reported with its line when it calls itself without end", async () => {
    const check = "\treturn dev->type == &cxl_sysram_type;\n";
    expect(
      await findingsOf({ replace: check, with: "\treturn is_sysram(dev) != (dev->type == &cxl_sysram_type);\n" }),
    ).toEqual([{ property, object: "stack overflow", title: expect.any(String), line: lineOf(check.trim()) }]);
  });
});

describe("a cache that is of no use", () => {
  const args = ["review", saved("good.patch", good), "--bound-states", "2", "--no-color"];
  const build = "compiling the C\nlinking it with the modelled kernel\n";

  /** Reviews with a cache of its own; what it says it is doing. */
  const reviewWith = async (cache: string): Promise<string> => {
    const { exitCode, stderr } = await run(args, { SYSRAM_VERIFY_CACHE: cache });
    expect(exitCode).toBe(0);
    return stderr;
  };

  it("is filled, used, and filled again where it is damaged", { tags: ["long"] }, async () => {
    const cache = join(folder, "cache");
    expect(await reviewWith(cache)).toBe(build);
    expect(await reviewWith(cache)).toBe("");

    const [name, ...others] = readdirSync(cache);
    expect(others).toEqual([]);
    const stored = readFileSync(join(cache, name!), "utf8");
    writeFileSync(join(cache, name!), stored.slice(0, -100));
    expect(await reviewWith(cache)).toBe(build);
    expect(readFileSync(join(cache, name!), "utf8")).toBe(stored);
  });

  it("costs time and nothing else where it can be no folder", { tags: ["long"] }, async () => {
    const file = join(folder, saved("not-a-folder", "x"));
    expect(await reviewWith(join(file, "below"))).toBe(build);
    expect(readFileSync(file, "utf8")).toBe("x");
  });
});

describe("a report that cannot be written", () => {
  it("is told in one line, before anything is searched, and exits 74", async () => {
    for (const [file, why] of [
      ["nowhere/report.json", "ENOENT"],
      [".", "EISDIR"],
    ]) {
      const ran = await run(["review", "--quiet", "--no-color", "--bound-states", "2", "--json", file!]);
      expect([ran.exitCode, ran.stdout]).toEqual([74, ""]);
      expect(ran.stderr).toMatch(
        new RegExp(`^sysram-verify: cannot write the report to ${file}: ${why}[^\n]*\nhint: name another file\n$`),
      );
    }
    const listing = await run([
      "review",
      "--quiet",
      "--no-color",
      "--bound-states",
      "2",
      "--annotate",
      "nowhere/a.txt",
    ]);
    expect([listing.exitCode, listing.stdout]).toEqual([74, ""]);
    expect(listing.stderr).toMatch(/^sysram-verify: cannot write the listing to nowhere\/a\.txt: ENOENT[^\n]*\nhint: /);
  });

  it.each([
    [["review", "--bound-states", "2", "--quiet"]],
    [["review", "--bound-states", "2", "--quiet", "--json", "-"]],
    [["explain", "groups-are-unregistered"]],
    [["--help"]],
  ])("is told in one line where standard output takes no more, and exits 74: %j", async (args) => {
    const ran = await sysramVerify(args, { stdoutFile: "/dev/full" });
    expect(ran.stderr).toMatch(/^sysram-verify: cannot write to standard output: ENOSPC[^\n]*\nhint: [^\n]*\n$/);
    expect(ran.exitCode).toBe(74);
  });

  it.each([
    [["review", "--bound-states", "2", "--quiet"]],
    [["review", "--bound-states", "2", "--quiet", "--json", "-"]],
    [["explain", "groups-are-unregistered"]],
  ])("is no error where its reader has seen enough: %j", async (args) => {
    const ran = await sysramVerify(args, { meanwhile: ({ stdout }) => stdout.destroy() });
    expect({ exitCode: ran.exitCode, signal: ran.signal, stderr: ran.stderr }).toEqual({
      exitCode: 0,
      signal: null,
      stderr: "",
    });
  });
});

describe("a review that is interrupted", () => {
  it("prints what it has found so far, and exits 130", async () => {
    // The bug shows at once, and the space takes minutes.
    const bug = { replace: "if (sysram->mgid >= 0)", with: "if (sysram->mgid > 0)" };
    const patch = saved("slow.patch", referencePatch(bug));
    const ran = await sysramVerify(["review", patch, "--regions", "2", "--no-color"], {
      folder,
      meanwhile: (child) => {
        child.stderr.on("data", (chunk: Buffer) => {
          if (chunk.includes("transitions")) child.kill("SIGINT");
        });
      },
    });

    expect({ exitCode: ran.exitCode, signal: ran.signal }).toEqual({ exitCode: 130, signal: null });
    expect(ran.stdout).toMatch(/^interrupted after .* partial/);
    expect(ran.stdout).toMatch(/^violated {2}slow\.patch breaks /m);
    expect(ran.stdout).toMatch(/ending +interrupted/);
    expect(ran.stdout).toContain("sysram-verify replay sv2-");
    expect(ran.stderr).not.toMatch(/^\s+at /m);
  });
});
