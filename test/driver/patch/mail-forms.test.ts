import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Subject } from "../../../driver/patch/subject.ts";
import {
  base64,
  change,
  creation,
  driverLines,
  driverPath,
  driverText,
  mail,
  mbox,
  posting,
  quotedPrintable,
  read,
  smallDiff,
  textOf,
} from "./small-patch.ts";

const subject = "[PATCH] cxl: Add a widget";
const plain = mail(subject, posting(smallDiff));
const encoded = (encoding: string, body: string, charset = "utf-8"): string =>
  mail(subject, body, [
    "MIME-Version: 1.0",
    `Content-Type: text/plain; charset=${charset}`,
    `Content-Transfer-Encoding: ${encoding}`,
  ]);
const multipart = (...parts: readonly string[]): string =>
  mail(subject, ["", ...parts.map((part) => `--=_cut\n${part}`), "--=_cut--", ""].join("\n"), [
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="=_cut"',
  ]);
const part = (type: string, body: string, ...fields: readonly string[]): string =>
  [`Content-Type: ${type}`, ...fields, "", body].join("\n");

/** Each way in which the one small patch may arrive. */
const forms: Readonly<Record<string, string | Uint8Array>> = {
  "a single mail": plain,
  "an mbox of one mail": mbox(plain),
  "the output of git format-patch": `From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n${plain}`,
  "the output of git diff": smallDiff,
  "the output of git show": `commit 0123456789abcdef\nAuthor: A Developer <dev@example.org>\nDate:   Mon Mar 2 10:00:00 2026 +0100\n\n    cxl: Add a widget\n\n${smallDiff}`,
  "a diff without `diff --git` lines": smallDiff.replace(/^(?:diff|index|new file) .*\n/gm, ""),
  "the output of plain diff -urN": smallDiff
    .replace(/^diff .*\n(?:new file .*\n)?index .*\n/gm, "diff -urN linux.orig/x linux/x\n")
    .replace("--- /dev/null", `--- linux.orig/${driverPath}\t1970-01-01 01:00:00.000000000 +0100`)
    .replace(/^\+\+\+ b\/(.*)$/gm, "+++ linux/$1\t2026-03-02 10:00:00.000000000 +0100")
    .replace(/^--- a\/(.*)$/gm, "--- linux.orig/$1\t2026-03-02 10:00:00.000000000 +0100"),
  "git diff --no-prefix": smallDiff.replace(/(?<= )[ab]\//g, ""),
  "git diff with mnemonic prefixes": smallDiff.replace(/(?<= )a\//g, "i/").replace(/(?<= )b\//g, "w/"),
  "a diff with CRLF": smallDiff.replaceAll("\n", "\r\n"),
  "a diff with a byte order mark": `\ufeff${smallDiff}`,
  "a diff in UTF-16, as PowerShell redirects it": Buffer.from(`\ufeff${smallDiff.replaceAll("\n", "\r\n")}`, "utf16le"),
  "a diff whose blank context lines were trimmed": smallDiff.replace(/^ $/gm, ""),
  "a diff whose mark before a tab was eaten": smallDiff.replace(/^ \t/gm, "\t"),
  "a mail with CRLF": plain.replaceAll("\n", "\r\n"),
  "a mail with a byte order mark": `\ufeff${plain}`,
  "a mail with a footer of a mailing list": `${plain}\n_______________________________________________\n- not a removed line\n`,
  "a quoted-printable mail": encoded("quoted-printable", quotedPrintable(posting(smallDiff))),
  "a base64 mail": encoded("base64", base64(posting(smallDiff))),
  "a base64 mail with CRLF in it": encoded("base64", base64(posting(smallDiff).replaceAll("\n", "\r\n"))),
  "a mail with the patch as an inline part": multipart(
    part("text/plain", "Here it is.\n"),
    part("text/x-patch; name=0001.patch", smallDiff, "Content-Disposition: inline"),
  ),
  "a mail with the patch as an attachment": multipart(
    part("text/plain", "Here it is.\n"),
    part(
      "application/octet-stream",
      base64(plain),
      "Content-Transfer-Encoding: base64",
      "Content-Disposition: attachment; filename=0001.patch",
    ),
  ),
  "a mail in plain text and HTML": multipart(
    part("text/plain", posting(smallDiff)),
    part("text/html", "<pre>see above</pre>"),
  ).replace("multipart/mixed", "multipart/alternative"),
  "a mail with format=flowed, stuffed as it should be": mail(
    subject,
    posting(smallDiff)
      .replace(/^(?=[ >])/gm, " ")
      .replace(/ +$/gm, ""),
    ["Content-Type: text/plain; charset=utf-8; format=flowed"],
  ),
  "a mail with format=flowed in its header only": mail(subject, posting(smallDiff), [
    "Content-Type: text/plain; format=flowed; charset=utf-8",
  ]),
  "a gzipped mbox": gzipSync(mbox(plain)),
};

describe("a patch", () => {
  it.each(Object.entries(forms))("is the same subject as %s", async (_, text) => {
    const { files, sha256 } = await read(text);
    const expected = await read(smallDiff);

    expect(files.map(({ path, role }) => [path, role])).toEqual([
      [driverPath, "driver"],
      ["drivers/cxl/cxl.h", "header additions"],
    ]);
    expect(files[0]?.text).toBe(driverText);
    expect(files[1]?.text).toBe(
      '#line 13 "drivers/cxl/cxl.h"\nint devm_cxl_add_widget(struct cxl_region *cxlr, int mode);\n',
    );
    expect(sha256).toBe(expected.sha256);
  });

  it("is another subject when a line of its C differs", async () => {
    const other = await read(smallDiff.replace("mode < 0", "mode < 1"));
    expect(other.sha256).not.toBe((await read(smallDiff)).sha256);
  });

  it("keeps letters of any declared character set", async () => {
    const lines = ["/* Grüße, Łukasz */", ...driverLines];
    const text = posting(creation(driverPath, lines));
    const latin = Buffer.from(
      encoded("8bit", posting(creation(driverPath, ["/* Grüße */", ...driverLines])), "iso-8859-1"),
      "latin1",
    );

    expect(textOf(await read(encoded("quoted-printable", quotedPrintable(text))), driverPath)).toContain(
      "/* Grüße, Łukasz */",
    );
    expect(textOf(await read(mail(subject, text)), driverPath)).toContain("/* Grüße, Łukasz */");
    expect(textOf(await read(latin), driverPath)).toContain("/* Grüße */");
    expect(
      textOf(await read(Buffer.from(creation(driverPath, ["/* Grüße */", ...driverLines]), "latin1")), driverPath),
    ).toContain("/* Grüße */");
  });

  it("undoes the escape of an mbox only where one was", async () => {
    const lines = ["/*", "From here on", ">From there", "*/", ...driverLines];
    const subjectInMbox = await read(
      mbox(mail(subject, `>From the beginning\nFrom the end\n${posting(creation(driverPath, lines))}`)),
    );

    expect(textOf(subjectInMbox, driverPath)).toContain("\nFrom here on\n>From there\n");
    expect(subjectInMbox.body).toMatch(/^>From the beginning\nFrom the end\n/);
  });

  it("is taken as it was sent when a mailer claims format=flowed of what it did not stuff", async () => {
    const flat = change("drivers/cxl/cxl.h", ["@@ -1,2 +1,3 @@", " int a;", "+int widget;", " int b;"]);
    const claimed = mail(subject, posting(creation(driverPath, driverLines) + flat), [
      "Content-Type: text/plain; format=flowed",
    ]);
    const { notes, files } = await read(claimed);
    expect(notes).toEqual([]);
    expect(files[1]?.text).toBe('#line 2 "drivers/cxl/cxl.h"\nint widget;\n');
  });

  it("is cut out of an mbox only where a mail begins", async () => {
    const prose = "On the list\nFrom me 10:00\nX: y\n\nFrom me 10:00\nand you\n\nFrom me\nX: y\n";
    const { files, body } = await read(`From me 10:00\n${mail(subject, `${prose}${posting(smallDiff)}`)}`);
    expect(files[0]?.text).toBe(driverText);
    expect(body).toContain(prose);
  });

  it("ends at the signature, with or without git's version", async () => {
    for (const signature of ["-- \n2.53.0\n", "--\n2.53.0", "-- \nA Developer\n+31 20 1234567\n", "-- \n", ""]) {
      expect(textOf(await read(mail(subject, `${smallDiff}${signature}`)), driverPath)).toBe(driverText);
    }
  });

  it("may remove a line that looks like a signature", async () => {
    const path = "drivers/cxl/cxl.h";
    const removal = `--- a/${path}\n+++ b/${path}\n@@ -1,2 +1,2 @@\n-- \n+int widget;\n int a;\n`;
    const { files } = await read(creation(driverPath, driverLines) + removal);
    expect(files[1]?.lines).toEqual(
      new Map([
        [1, "int widget;"],
        [2, "int a;"],
      ]),
    );
  });

  it("may end without a newline", async () => {
    const text = creation(driverPath, driverLines).trimEnd();
    expect(textOf(await read(`${text}\n\\ No newline at end of file\n`), driverPath)).toBe(driverText);
    expect(textOf(await read(`${text}\n\\ No newline at end of file`), driverPath)).toBe(driverText);
  });

  it("carries its mail's title, author and date, decoded", async () => {
    const { title, author, date, messageId, body, name } = await read(
      mail("=?utf-8?q?=5BPATCH=5D_cxl=3A_Gr=C3=BC=C3=9Fe?=\n from a folded line", posting(smallDiff)),
    );
    expect({ title, author, date, name }).toEqual({
      title: "[PATCH] cxl: Grüße from a folded line",
      author: "A Developer <dev@example.org>",
      date: "Mon, 2 Mar 2026 10:00:00 +0100",
      name: "patch.mbox",
    });
    expect(messageId).toMatch(/^<[0-9a-f]{12}@example\.org>$/);
    expect(body).toContain("\n+\tif (mode < 0)\n");
  });

  it("needs no mail", async () => {
    const bare: Subject = await read(smallDiff, "widget.diff");
    expect(bare).toMatchObject({ name: "widget.diff", title: undefined, messageId: undefined, body: undefined });
  });
});
