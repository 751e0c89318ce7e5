import { describe, expect, it } from "vitest";
import { columnsOf, count, formatDuration, formatNumber, listed, row, unbroken } from "../../report/layout.ts";

const look = { width: 64, isColour: false };

describe("a row of cells", () => {
  it("gives what is left to the cell without a width, and lines up what follows", () => {
    expect(row(look, [{ text: "a", width: 4 }, { text: "b" }, { text: "12", width: 6, isRight: true }])).toEqual([
      `a   b${" ".repeat(57)}12`,
    ]);
  });

  it("breaks at spaces, and hangs what is continued", () => {
    expect(
      row(look, [
        { text: "", width: 44 },
        { text: "one two three four five", hang: 2 },
      ]),
    ).toEqual([`${" ".repeat(44)}one two three four`, `${" ".repeat(44)}  five`]);
  });

  it("breaks a word only where it alone is too long", () => {
    expect(row(look, [{ text: "", width: 54 }, { text: "ab 0123456789abc d" }])).toEqual([
      `${" ".repeat(54)}ab`,
      `${" ".repeat(54)}0123456789`,
      `${" ".repeat(54)}abc d`,
    ]);
  });

  it("keeps together what is one whole, and what follows without a space", () => {
    const text = [{ text: "f(" }, { text: '"a b"', isWhole: true }, { text: ");" }];
    expect(row(look, [{ text: "", width: 54 }, { text: ["x = ", ...text] }])).toEqual([
      `${" ".repeat(54)}x =`,
      `${" ".repeat(54)}f("a b");`,
    ]);
  });

  it("paints a stretch of words once", () => {
    expect(row({ ...look, isColour: true }, [{ text: [{ text: "all of it", paint: "good" }, " rest"] }])).toEqual([
      "\x1b[32mall of it\x1b[39m rest",
    ]);
  });

  it("counts the columns of letters, not their bytes", () => {
    expect(columnsOf("漢字")).toBe(4);
    expect(columnsOf("e\u0301")).toBe(1);
    expect(row(look, [{ text: "漢字", width: 6 }, { text: "x" }])).toEqual(["漢字  x"]);
  });

  it("never breaks a line that is to be copied", () => {
    const text = `sysram-verify replay ${"x".repeat(200)}`;
    expect(unbroken(look, 2, { text })).toBe(`  ${text}`);
    expect(unbroken(look, 0, { text: "echo \x1b[2J" })).toBe("echo \\x1b[2J");
  });
});

describe("numbers in words", () => {
  it("groups digits and agrees with its noun", () => {
    expect(formatNumber(1_234_567.8)).toBe("1,234,568");
    expect([count(0, "state"), count(1, "state"), count(2, "property", "properties")]).toEqual([
      "0 states",
      "1 state",
      "2 properties",
    ]);
  });

  it.each([
    [0, "0 ms"],
    [739.6, "740 ms"],
    [999.6, "1.0 s"],
    [59_949, "59.9 s"],
    [59_999, "1 min 0 s"],
    [125_000, "2 min 5 s"],
    [3_599_700, "1 h 0 min"],
    [3_780_000, "1 h 3 min"],
  ])("tells %d ms as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it("lists as one speaks", () => {
    expect([listed([]), listed([1]), listed([1, 2]), listed(["a", "b", "c"])]).toEqual([
      "",
      "1",
      "1 and 2",
      "a, b and c",
    ]);
  });
});
