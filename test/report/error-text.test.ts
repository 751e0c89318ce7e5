import { describe, expect, it } from "vitest";
import { renderError } from "../../report/error-text.ts";

describe("an error", () => {
  it("says what is wrong where, and what to do", () => {
    const hint = "save the mail itself, not the page that shows it";
    expect(renderError({ message: "pool.mbox:12: this is a web page, not a mail", hint })).toBe(
      "sysram-verify: pool.mbox:12: this is a web page, not a mail\nhint: save the mail itself, not the page that shows it\n",
    );
  });

  it.each([undefined, "", " \n"])("has no second line where there is no advice (%j)", (hint) => {
    expect(renderError({ message: "no such file: pool.mbox", hint })).toBe("sysram-verify: no such file: pool.mbox\n");
  });

  it("stays one line each, and harmless", () => {
    expect(renderError({ message: "clang says:\n  \x1b[31merror\n", hint: "fix\r\nit \u202e" })).toBe(
      "sysram-verify: clang says: \\x1b[31merror\nhint: fix it \\u{202e}\n",
    );
  });
});
