import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPrintable, printable, printableJson, printableSource } from "../../report/printable.ts";
import { hostile, isHarmless } from "./hostile.ts";

describe("printable text", () => {
  it.each([
    ["\x1b[31m", "\\x1b[31m"],
    ["\x9b2J", "\\x9b2J"],
    ["a\r\n\tb\0", "a\\r\\n\\tb\\x00"],
    ["\u202egnp.exe\u202c", "\\u{202e}gnp.exe\\u{202c}"],
    ["\u2066x\u2069", "\\u{2066}x\\u{2069}"],
    ["\ufeff\u200b\u2028", "\\u{feff}\\u{200b}\\u{2028}"],
    ["\ud83d", "\\u{d83d}"],
    ["\u{e0041}", "\\u{e0041}"],
  ])("spells out %j", (raw, shown) => {
    expect(printable(raw)).toBe(shown);
    expect(isPrintable(raw)).toBe(false);
  });

  it.each(["", "kfree(pool->label);", "größer", "漢字", "C:\\path", "😀"])("leaves %j as it is", (text) => {
    expect(printable(text)).toBe(text);
    expect(isPrintable(text)).toBe(true);
  });

  it("reduces the white space of a source line, and nothing else of it", () => {
    expect(printableSource('\t\terr =\tpool_plug(pool,  "\x1b");\r\n')).toBe('err = pool_plug(pool, "\\x1b");');
  });

  it("is JSON that says the same as before", () => {
    const value = { "a\u009b": ["\x1b[31m", "\u202e", "\u{e0041}", "größer\n"] };
    const json = printableJson(value);
    expect(json).toBe(
      '{\n  "a\\u009b": [\n    "\\u001b[31m",\n    "\\u202e",\n    "\\udb40\\udc41",\n    "größer\\n"\n  ]\n}',
    );
    expect(JSON.parse(json)).toEqual(value);
  });

  it("is harmless whatever it was, and stays as it is when made printable again (seed 20262)", {
    tags: ["random"],
  }, () => {
    fc.assert(
      fc.property(hostile, (texts) => {
        const shown = printable(texts.join(""));
        expect(isHarmless(shown)).toBe(true);
        expect(shown).not.toContain("\n");
        expect(printable(shown)).toBe(shown);
      }),
      { seed: 20_262, numRuns: 1000 },
    );
  });
});
