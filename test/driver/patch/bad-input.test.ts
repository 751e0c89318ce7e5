import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it, vi } from "vitest";
import { readInputs } from "../../../driver/patch/subject.ts";
import {
  change,
  creation,
  driverLines,
  driverPath,
  driverText,
  headerChange,
  mail,
  mbox,
  posting,
  read,
  refusal,
  smallDiff,
} from "./small-patch.ts";

const folder = mkdtempSync(join(tmpdir(), "sysram-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

const saved = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const git = creation(driverPath, driverLines);

describe("a file that cannot be an input", () => {
  it("is refused when it is not there", async () => {
    const { code, message, hint } = await refusal(readInputs([join(folder, "missing.mbox")]));
    expect({ code, message, hint }).toEqual({
      code: "no-such-file",
      message: `${join(folder, "missing.mbox")}: no such file`,
      hint: "check the name; '-' reads standard input",
    });
    expect(await refusal(readInputs([join(saved("a.patch", smallDiff), "b")]))).toMatchObject({ code: "no-such-file" });
  });

  it("is refused when it is a directory", async () => {
    const { code, hint } = await refusal(readInputs([folder]));
    expect(code).toBe("is-a-directory");
    expect(hint).toContain(`--tree ${folder}`);
  });

  it("is refused when it is empty, or blank", async () => {
    expect(await refusal(readInputs([saved("empty.mbox", "")]))).toMatchObject({ code: "empty-file" });
    expect(await refusal(read(" \n\n"))).toMatchObject({ code: "empty-file" });
  });

  it("is refused when it is larger than any series, without being read to its end", async () => {
    expect(await refusal(read(Buffer.alloc(32 * 1024 * 1024 + 1, "x")))).toMatchObject({ code: "too-large" });
    expect(await refusal(readInputs(["/dev/zero"]))).toMatchObject({ code: "too-large" });
    expect(await refusal(read(gzipSync(Buffer.alloc(33 * 1024 * 1024))))).toMatchObject({ code: "too-large" });
    expect(await refusal(read(mbox(mail("hello", "x")).repeat(5001)))).toMatchObject({ code: "too-large" });
  });

  it("is refused when it is damaged gzip", async () => {
    const packed = gzipSync(smallDiff);
    expect(await refusal(read(packed.subarray(0, packed.length - 20)))).toMatchObject({ code: "unreadable-file" });
  });

  it("is refused when none is given, or standard input twice", async () => {
    expect(await refusal(readInputs([]))).toMatchObject({ code: "no-input" });
    expect(await refusal(readInputs(["-", "-"]))).toMatchObject({ code: "no-input" });
  });
});

describe("standard input", () => {
  const given = (text: string): void => {
    vi.spyOn(process, "stdin", "get").mockReturnValue(
      Readable.from([Buffer.from(text)]) as unknown as typeof process.stdin,
    );
  };

  it("is an input like any file", async () => {
    given(smallDiff);
    const subject = await readInputs(["-"]);
    expect(subject.name).toBe("standard input");
    expect(subject.files[0]?.text).toBe(driverText);
  });

  it("is refused by its name", async () => {
    given("");
    expect(await refusal(readInputs(["-"]))).toMatchObject({ code: "empty-file", message: "standard input: empty" });
  });
});

describe("a text without a patch", () => {
  it("is refused as a mail", async () => {
    const { code, message } = await refusal(read(mail("Lunch?", "At noon.\n")));
    expect(code).toBe("no-patch-in-mail");
    expect(message).toBe('patch.mbox, "Lunch?": a mail without a patch');
    expect(await refusal(read(mail("[PATCH 0/3] A cover letter", "See below.\n")))).toMatchObject({
      code: "no-patch-in-mail",
    });
  });

  it("is refused as a mail that only quotes one", async () => {
    const quoting = posting(smallDiff).replace(/^/gm, "> ");
    expect(await refusal(read(mail("Re: [PATCH] cxl: Add a widget", quoting)))).toMatchObject({
      code: "no-patch-in-mail",
    });
  });

  it("is refused as a patch of a series that has lost its diff", async () => {
    const { code, message } = await refusal(
      read(mbox(mail("[PATCH 1/2] one", posting(smallDiff)), mail("[PATCH 2/2] two", "Gone.\n"))),
    );
    expect(code).toBe("no-patch-in-mail");
    expect(message).toContain("[PATCH 2/2] two");
  });

  it("is refused as a mail in HTML alone", async () => {
    expect(
      await refusal(read(mail("[PATCH] cxl", "<pre>diff --git</pre>", ["Content-Type: text/html"]))),
    ).toMatchObject({ code: "html-mail" });
  });

  it("is refused as prose or as C, each with its own hint", async () => {
    expect(await refusal(read("Just some words.\n", "notes.txt"))).toMatchObject({
      code: "not-a-patch",
      message: "notes.txt: no diff in it",
    });
    const { code, hint } = await refusal(read(driverText, "region_widget.c"));
    expect(code).toBe("not-a-patch");
    expect(hint).toContain("--source");
  });
});

describe("a web page", () => {
  it.each([
    `<!DOCTYPE html>\n<html><body><pre>${smallDiff}</pre></body></html>`,
    `\n<html lang="en">${smallDiff}`,
    `<!-- saved from a browser -->\n<html>${smallDiff}`,
    `<?xml version="1.0"?><html>${smallDiff}`,
  ])("is refused even with a diff inside, and told where the mail is", async (page) => {
    const { code, hint } = await refusal(read(page));
    expect(code).toBe("html-page");
    expect(hint).toMatch(/'raw' link/);
  });
});

describe("a damaged hunk", () => {
  it("is refused when the text ends in it", async () => {
    const lines = git.split("\n");
    const { code, message, hint } = await refusal(read(lines.slice(0, 12).join("\n")));
    expect(code).toBe("truncated-hunk");
    expect(message).toBe(
      `patch.mbox:6: hunk 1 of ${driverPath} (@@ -0,0 +1,17 @@) is cut off after 6 lines: its header counts 0 old and 17 new ones`,
    );
    expect(hint).toMatch(/raw/);
  });

  it("is refused wherever the text ends, inside or right behind a header", async () => {
    const first = git.split("\n").length - 1;
    for (let end = 7; end < first; end += 1) {
      expect(await refusal(read(git.split("\n").slice(0, end).join("\n"))), `after ${end} lines`).toMatchObject({
        code: "truncated-hunk",
      });
    }
  });

  it("is refused when a mail's end or another header comes too early", async () => {
    const cut = git.split("\n").slice(0, -3).join("\n");
    expect(await refusal(read(mail("[PATCH] cut", posting(cut))))).toMatchObject({ code: "truncated-hunk" });
    expect(await refusal(read(`${cut}\n${headerChange}`))).toMatchObject({
      code: "hunk-count-mismatch",
      message: expect.stringContaining("has 15 lines, but its header counts 0 old and 17 new ones"),
    });
  });

  it("is refused when it has more lines than its header counts", async () => {
    expect(await refusal(read(git.replace("+1,17", "+1,16")))).toMatchObject({ code: "hunk-count-mismatch" });
    expect(await refusal(read(headerChange.replace("+10,7", "+10,6")))).toMatchObject({ code: "hunk-count-mismatch" });
    expect(await refusal(read(headerChange.replace("-10,6 +10,7", "-10,5 +10,6")))).toMatchObject({
      code: "hunk-count-mismatch",
      message:
        'patch.mbox:12: hunk 1 of drivers/cxl/cxl.h (@@ -10,5 +10,6 @@) is followed by "};": its header counts too few lines, or a long line was wrapped',
    });
  });

  it("is refused when lines go on behind a blank one, but not when prose does", async () => {
    const tail = (line: string): string => mail("[PATCH] x", `${git}\n\n${line}\n`);
    expect(await refusal(read(tail("+int more;")))).toMatchObject({ code: "hunk-count-mismatch" });
    expect(await refusal(read(tail("-\tint more;")))).toMatchObject({ code: "hunk-count-mismatch" });
    for (const line of ["Thanks,", "- a remark", "-- ", "----------", "> +int quoted;"]) {
      expect((await read(tail(line))).files[0]?.text).toBe(driverText);
    }
  });

  it("is refused when a mailer has wrapped a long line", async () => {
    const wrapped = smallDiff.replace("so that an encoded", "\nso that an encoded");
    expect(await refusal(read(wrapped))).toMatchObject({ code: "hunk-count-mismatch" });
  });

  it("is refused under no file name", async () => {
    expect(await refusal(read("@@ -1,1 +1,1 @@\n-a\n+b\n"))).toMatchObject({ code: "malformed-diff" });
  });
});

describe("a patch with nothing to verify", () => {
  it("is refused when it is binary", async () => {
    const literal = "GIT binary patch\nliteral 3\nKcmZQzU|?imU}OLR0RjL3\n\nliteral 0\nHcmV?d00001\n\n";
    const header = `diff --git a/logo.png b/logo.png\nnew file mode 100644\nindex 000000000000..1234567890ab\n`;
    expect(await refusal(read(`${header}${literal}`))).toMatchObject({
      code: "binary-patch",
      message: expect.stringContaining("logo.png"),
    });
    expect(await refusal(read(`${header}Binary files /dev/null and b/logo.png differ\n`))).toMatchObject({
      code: "binary-patch",
    });
    expect(await refusal(read(`${header.replaceAll("logo.png", driverPath)}${literal}`))).toMatchObject({
      code: "binary-patch",
    });

    const { notes } = await read(`${header}${literal}${smallDiff}`);
    expect(notes).toContain("logo.png: binary, left out");
  });

  it("is refused without the driver", async () => {
    const { code, hint } = await refusal(read(headerChange));
    expect(code).toBe("no-driver");
    expect(hint).toMatch(/--source FILE\.c.*--tree DIR/);
    expect(
      await refusal(read(creation(driverPath, ["int devm_cxl_add_widget(struct cxl_port *port)", "{", "}"]))),
    ).toMatchObject({ code: "no-driver" });
  });

  it("is refused when it only changes the driver", async () => {
    const fix = change("drivers/cxl/core/region_sysram.c", ["@@ -5,2 +5,2 @@", "-\treturn 0;", "+\treturn 1;", " }"]);
    const { code, message, hint } = await refusal(read(fix));
    expect(code).toBe("partial-driver");
    expect(message).toContain("drivers/cxl/core/region_sysram.c");
    expect(hint).toMatch(/--tree DIR/);
  });

  it("is refused with two drivers", async () => {
    const other = driverLines.map((line) => line.replace("devm_cxl_add_widget", "devm_cxl_add_gadget"));
    const both = git + creation("drivers/cxl/core/region_gadget.c", other);
    expect(await refusal(read(both))).toMatchObject({
      code: "ambiguous-driver",
      message: expect.stringContaining("region_gadget.c"),
    });
  });
});
