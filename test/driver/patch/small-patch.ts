import { createHash } from "node:crypto";
import { expect } from "vitest";
import { InputError, type InputErrorCode } from "../../../driver/patch/input-error.ts";
import { readPatches, type Subject } from "../../../driver/patch/subject.ts";

/** A driver of a few lines, with all that a reader of patches may trip over. */
export const driverLines: readonly string[] = [
  "// SPDX-License-Identifier: GPL-2.0-only",
  "/* A driver for tests. */",
  "#include <cxl.h>",
  '#include "core.h"',
  "",
  'static const char *label = "it\'s a {";',
  "",
  "int devm_cxl_add_widget(struct cxl_region *cxlr,",
  "\t\t\tint mode)",
  "{",
  "\tif (mode < 0)",
  "\t\treturn -EINVAL;",
  "",
  "\treturn widget_start(cxlr, label,",
  "\t\t\t    mode - 1);",
  "}",
  'MODULE_DESCRIPTION("A widget with a rather long description, so that an encoded line must be folded somewhere = here");',
];

export const driverPath = "drivers/cxl/core/region_widget.c";

export const driverText = driverLines.map((line) => `${line}\n`).join("");

/** The diff that makes a new file. */
export const creation = (path: string, lines: readonly string[]): string =>
  [
    `diff --git a/${path} b/${path}`,
    "new file mode 100644",
    "index 000000000000..1234567890ab",
    "--- /dev/null",
    `+++ b/${path}`,
    `@@ -0,0 +1,${lines.length} @@`,
    ...lines.map((line) => `+${line}`),
    "",
  ].join("\n");

/** The diff that changes a file; the hunks come with their headers. */
export const change = (path: string, ...hunks: readonly (readonly string[])[]): string =>
  [
    `diff --git a/${path} b/${path}`,
    "index 1234567890ab..ba0987654321 100644",
    `--- a/${path}`,
    `+++ b/${path}`,
    ...hunks.flat(),
    "",
  ].join("\n");

/** A hunk on a header, with context that begins without blanks, with a tab, and that is empty. */
export const headerChange = change("drivers/cxl/cxl.h", [
  "@@ -10,6 +10,7 @@ struct cxl_port {",
  " int cxl_before(struct cxl_port *port,",
  " \t       int count);",
  " ",
  "+int devm_cxl_add_widget(struct cxl_region *cxlr, int mode);",
  " struct cxl_after {",
  " \tint value;",
  " };",
]);

/** The small patch: the driver, and its prototype in a header. */
export const smallDiff = creation(driverPath, driverLines) + headerChange;

/** A mail with a body. */
export const mail = (subject: string, body: string, fields: readonly string[] = []): string =>
  [
    `From: A Developer <dev@example.org>`,
    `Subject: ${subject}`,
    "Date: Mon, 2 Mar 2026 10:00:00 +0100",
    `Message-ID: <${createHash("sha256").update(subject).digest("hex").slice(0, 12)}@example.org>`,
    ...fields,
    "",
    body,
  ].join("\n");

/** The text of a patch as git sends it. */
export const posting = (diff: string): string =>
  [
    "It does what the subject says.",
    "",
    "Signed-off-by: A Developer <dev@example.org>",
    "---",
    " 2 files changed",
    "",
    diff.trimEnd(),
    "-- ",
    "2.53.0",
    "",
    "",
  ].join("\n");

/** An mbox of mails, escaped as lore.kernel.org does it. */
export const mbox = (...mails: readonly string[]): string =>
  mails
    .map(
      (text) =>
        `From mboxrd@z Thu Jan  1 00:00:00 1970\n${text.replace(/^(>*From )/gm, ">$1").replace(/^>(From: )/m, "$1")}\n\n`,
    )
    .join("");

export const quotedPrintable = (text: string): string =>
  text
    .split("\n")
    .map((line) => {
      const encoded = Buffer.from(line)
        .toString("latin1")
        .replace(/[^\t -<>-~]|[\t ]$/g, (byte) => `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
      return encoded.replace(/(.{70}[^=]{0,3})(?=.)/g, "$1=\n");
    })
    .join("\n");

export const base64 = (text: string): string =>
  Buffer.from(text)
    .toString("base64")
    .replace(/(.{76})/g, "$1\n");

/** Reads one input. */
export const read = (text: string | Uint8Array, name = "patch.mbox"): Promise<Subject> =>
  readPatches([{ name, bytes: typeof text === "string" ? Buffer.from(text) : text }]);

/** Reads several inputs, named by their place. */
export const readAll = (...texts: readonly string[]): Promise<Subject> =>
  readPatches(texts.map((text, at) => ({ name: `${at + 1}.patch`, bytes: Buffer.from(text) })));

/** What an input is refused for. */
export const refusal = async (
  reading: Promise<Subject>,
): Promise<{ readonly code: InputErrorCode; readonly message: string; readonly hint: string }> => {
  const error: unknown = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  if (!(error instanceof InputError)) throw error;
  const { code, message, hint } = error;
  expect(message, "one line").not.toMatch(/\n/);
  expect(hint, "says what to do").toMatch(/\w/);
  return { code, message, hint };
};

/** The text that the compiler gets of a file. */
export const textOf = (subject: Subject, path: string): string | undefined =>
  subject.files.find((file) => file.path === path)?.text;
