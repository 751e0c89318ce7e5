import { describe, expect, it } from "vitest";
import {
  base64,
  change,
  creation,
  driverLines,
  driverPath,
  driverText,
  headerChange,
  mail,
  mbox,
  posting,
  quotedPrintable,
  read,
  readAll,
  refusal,
  smallDiff,
  textOf,
} from "./small-patch.ts";

const subject = "[PATCH] cxl: Add a widget";
const posted = mail(subject, posting(smallDiff));
const header = "drivers/cxl/cxl.h";

/** The line of a text, counted from 1, that is or begins as told. */
const lineOf = (text: string, start: string): number =>
  text.split("\n").findIndex((line) => line.startsWith(start)) + 1;

const refusedAt = async (text: string, start: string): Promise<string> => {
  const { message } = await refusal(read(text));
  expect(message).toMatch(new RegExp(`^patch\\.mbox:${lineOf(text, start)}[:,]`));
  return message.replace(/^[^:]*:\d+(?:, "[^"]*")?: /, "");
};

describe("a damaged line of a patch", () => {
  const from = "@@ -10,6 +10,7 @@ struct cxl_port {";

  it.each(["@@ -10,6 +10,7 @", "+10;7 @@", "@ -10,6 +10,7 @@ struct cxl_port {", "@@ -10,6 @@", "@@-10,6 +10,7 @@"])(
    "is refused as the header of a hunk that reads %s",
    async (damaged) => {
      const text = posted.replace(from, damaged);
      expect(await refusedAt(text, damaged)).toBe(
        `"${damaged}" is no header of a hunk, and one should follow the names of a file`,
      );
    },
  );

  it("is refused as the header of a second hunk", async () => {
    const two = change(header, ["@@ -1,1 +1,2 @@", " int a;", "+int b;"], ["@@ -9,1 +10,2 @@", " int c;", "+int d;"]);
    expect(await refusedAt(creation(driverPath, driverLines) + two.replace("+10,2 @@", "+10,2"), "@@ -9,1")).toMatch(
      /^hunk 1 of drivers\/cxl\/cxl\.h .* is followed by "@@ -9,1 \+10,2"/,
    );
  });

  it.each([
    [`diff --git a/${header}`, `diff --gti a/${header}`, "is no `diff --git` line, and one belongs there"],
    [`diff --git a/${header}`, `diff --git a/${header}x`, "names other files in its first line than below it"],
    ["index 1234567890ab..", "imdex 1234567890ab..", "is not understood in the header of drivers/cxl/cxl.h"],
    ["new file mode", "new mode file", "is not understood in the header of drivers/cxl/core/region_widget.c"],
    [`--- a/${header}`, `-- a/${header}`, "is not understood in the header of drivers/cxl/cxl.h"],
  ])("is refused as a line of a file's header: %s as %s", async (whole, damaged, what) => {
    expect(await refusedAt(posted.replace(whole, damaged), damaged)).toContain(what);
  });

  it.each([`--- a/${header}`, `+++ b/${header}`])("is refused where another file is named in %s", async (whole) => {
    const text = posted.replace(whole, `${whole}x`);
    expect(await refusedAt(text, `diff --git a/${header}`)).toContain("names other files");
  });

  it("is refused in the first header too, above which there is only prose", async () => {
    const text = posted.replace("diff --git", "dif --git");
    expect(await refusedAt(text, "new file mode")).toBe('"new file mode 100644" stands under no `diff --git` line');
  });

  it("is refused where a renaming lost one of its names", async () => {
    const moved = `diff --git a/${driverPath} b/x.c\nsimilarity index 100%\nrename from ${driverPath}\nrename to x.c\n`;
    expect((await readAll(smallDiff, moved)).files[0]?.path).toBe("x.c");
    for (const line of [`rename from ${driverPath}\n`, "rename to x.c\n"]) {
      expect((await refusal(readAll(smallDiff, moved.replace(line, "")))).message).toMatch(/^2\.patch:1: .* one half/);
    }
    expect((await refusal(readAll(smallDiff, moved.replace("to x.c", "to y.c")))).message).toMatch(/names other files/);
  });

  it("is refused where all hunks of a file are gone", async () => {
    const without = change(header).trimEnd();
    expect((await refusal(read(`${without}\n${smallDiff}`))).message).toMatch(/^patch\.mbox:5: .* no header of a hunk/);
    const bare = without.split("\n").slice(0, 2).join("\n");
    expect((await refusal(read(`${bare}\n${smallDiff}`))).message).toMatch(
      /^patch\.mbox:1: .* has no hunks, and its `index`/,
    );
    expect((await refusal(read(`${bare.split("\n")[0]}\n${smallDiff}`))).message).toMatch(
      /has no hunks, and nothing else/,
    );
  });

  it("is refused as a line of a hunk that lost its mark, or the hunk a line", async () => {
    expect(await refusedAt(posted.replace("\n int cxl_before", "\nint cxl_before"), "int cxl_before")).toMatch(
      /^hunk 1 of drivers\/cxl\/cxl\.h .* has 0 lines, but its header counts 6 old and 7 new ones$/,
    );
    const cut = mail(subject, `${posting(smallDiff).replace(/\n };\n-- \n.*\n/, "\n\nRegards\n")}`);
    expect((await refusal(read(cut))).message).toMatch(/has 6 lines, but its header counts 6 old and 7 new ones$/);
  });

  it("is refused where a blank line parts the hunks of a file", async () => {
    const two = change(
      header,
      ["@@ -1,1 +1,2 @@", " int a;", "+int b;"],
      ["", "@@ -9,1 +10,2 @@", " int c;", "+int d;"],
    );
    expect(await refusedAt(smallDiff.replace(headerChange, "") + two, "@@ -9,1")).toContain(
      "stands under no file name",
    );
  });

  it("is told, and where it is, as a number that the hunks above it belie", async () => {
    const text = posted.replace("@@ -10,6 +10,7", "@@ -10,6 +19,7");
    expect((await read(text)).notes).toContain(
      `patch.mbox:${lineOf(text, "@@ -10,6")}, "${subject}": hunk 1 of ${header} (@@ -10,6 +19,7 @@) says that it begins at line 19 of the new file, and by the hunks above it, it is line 10`,
    );
  });

  it("is told as names that differ where no `diff --git` line says which is right", async () => {
    const plain = smallDiff
      .replace(/^(?:diff|index|new file) .*\n/gm, "")
      .replace(`--- a/${header}`, `--- a/${header}.orig`);
    expect((await read(plain)).notes).toEqual([
      `patch.mbox:${lineOf(plain, "--- a/")}: the patch calls one file "a/${header}.orig" and "b/${header}"; the second is taken`,
    ]);
  });
});

describe("a diff of another kind", () => {
  it.each([
    ["of a merge", `diff --cc ${header}\nindex 1,2..3\n--- a/${header}\n+++ b/${header}\n`, /a diff of a merge/],
    ["with context", `*** a.h\n--- b.h\n${"*".repeat(15)}\n*** 1,3 ****\n`, /a context diff is not read/],
  ])("is refused where it is one %s", async (_, diff, what) => {
    expect((await refusal(read(diff))).message).toMatch(what);
    expect((await refusal(read(`${smallDiff}\n${diff}`))).message).toMatch(what);
  });

  it("is named where it only says that files differ", async () => {
    const { notes } = await read(`Only in linux: notes.txt\nBinary files a/x.png and b/x.png differ\n${smallDiff}`);
    expect(notes).toEqual([
      'patch.mbox:1: "Only in linux: notes.txt", left out',
      'patch.mbox:2: "Binary files a/x.png and b/x.png differ", left out',
    ]);
  });
});

describe("the words of a mail", () => {
  const quoting = [
    "@@ -1,2 +1,2 @@",
    "and so on",
    "index 1234567..89abcde",
    "rename from x",
    "--- old",
    "+++ new",
  ].join("\n");

  it("may look like parts of a patch above the three dashes", async () => {
    const { notes, files } = await read(mail(subject, `${quoting}\n${posting(smallDiff)}`));
    expect(notes).toEqual([]);
    expect(files[0]?.text).toBe(driverText);
  });

  it("may look like them indented or quoted, wherever they stand", async () => {
    const shown = quoting.replace(/^/gm, "  ") + quoting.replace(/^/gm, "\n> ");
    expect((await read(mail(subject, `${posting(smallDiff)}\n${shown}\n`))).notes).toEqual([]);
    expect((await read(mail(subject, posting(smallDiff).replace("---\n", `---\n${shown}\n`)))).notes).toEqual([]);
  });

  it("are told where they are a whole hunk above the three dashes, which git leaves out too", async () => {
    const text = mail(subject, `Like this:\n@@ -1,1 +1,1 @@\n-int a;\n+int b;\n\n${posting(smallDiff)}`);
    expect((await read(text)).notes).toEqual([
      `patch.mbox:${lineOf(text, "@@ -1,1")}, "${subject}": the hunk @@ -1,1 +1,1 @@ stands in the message, above the patch, and is left out`,
    ]);
  });

  it("are refused where they look like them below the three dashes", async () => {
    const text = mail(subject, posting(smallDiff).replace("---\n", "---\n@@ -1,2 +1,2 @@\n"));
    expect(await refusedAt(text, "@@ -1,2")).toBe('the hunk "@@ -1,2 +1,2 @@" stands under no file name');
  });
});

describe("the line that a message names", () => {
  const broken = posting(smallDiff.replace("@@ -10,6 +10,7 @@", "@@ -10,6 +10,7 @"));
  const named = async (text: string | Uint8Array): Promise<string> =>
    (await refusal(read(text))).message.replace(/: "@@.*/, "");

  it("is that of the file, in an mbox and in an attachment too", async () => {
    const box = mbox(mail("[PATCH 0/1] cover", "See below.\n"), mail("[PATCH 1/1] x", broken));
    expect(await named(box)).toBe(`patch.mbox:${lineOf(box, "@@ -10")}, mail 2, "[PATCH 1/1] x"`);
    const attached = mail(
      subject,
      `--c\nContent-Type: text/plain\n\nHere.\n--c\nContent-Type: text/x-patch\n\n${broken}\n--c--\n`,
      ['Content-Type: multipart/mixed; boundary="c"'],
    );
    expect(await named(attached)).toBe(`patch.mbox:${lineOf(attached, "@@ -10")}, "${subject}"`);
    expect(
      await named(mail(subject, quotedPrintable(broken), ["Content-Transfer-Encoding: quoted-printable"])),
    ).toMatch(/^patch\.mbox:\d+, /);
  });

  it("is that of the decoded text where the file has it in other letters", async () => {
    const text = mail(subject, base64(broken), ["Content-Transfer-Encoding: base64"]);
    expect(await named(text)).toBe(`patch.mbox, "${subject}", line ${lineOf(broken, "@@ -10")} of its decoded text`);
  });
});

describe("an attachment without a patch", () => {
  const part = (type: string, body: string, ...fields: readonly string[]): string =>
    ["--c", `Content-Type: ${type}`, ...fields, "", body].join("\n");
  const mailWith = (...parts: readonly string[]): string =>
    mail(subject, [part("text/plain", posting(smallDiff)), ...parts, "--c--", ""].join("\n"), [
      'Content-Type: multipart/mixed; boundary="c"',
    ]);

  it("is named as left out", async () => {
    const image = part("image/png; name=a.png", base64("no text"), "Content-Transfer-Encoding: base64");
    const { notes, files } = await read(mailWith(image, part("text/x-log; name=log", "[    0.1] boot\n")));
    expect(files[0]?.text).toBe(driverText);
    expect(notes).toEqual([
      `patch.mbox, "${subject}": the attachment "a.png" (image/png) holds no patch, left out`,
      `patch.mbox, "${subject}": the attachment "log" (text/x-log) holds no patch, left out`,
    ]);
  });

  it("is passed over where it only signs the mail", async () => {
    expect((await read(mailWith(part("application/pgp-signature; name=signature.asc", "-----BEGIN")))).notes).toEqual(
      [],
    );
  });
});

describe("a second patch", () => {
  it("is read behind the signature of the first", async () => {
    const both = mail(subject, `${posting(creation(driverPath, driverLines))}${headerChange}`);
    const { files, notes } = await read(both);
    expect([textOf({ files } as never, driverPath), files[1]?.path, notes]).toEqual([driverText, header, []]);
  });

  it("is named where the next mail of an mbox holds none", async () => {
    const { notes } = await read(mbox(posted, mail("Lunch?", "At noon.\n")));
    expect(notes).toEqual(['patch.mbox, mail 2, "Lunch?": no patch in it, skipped']);
  });
});
