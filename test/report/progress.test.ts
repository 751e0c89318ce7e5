import { describe, expect, it } from "vitest";
import type { Progress } from "../../checker/pace.ts";
import { progressReporter } from "../../report/progress.ts";
import { violated } from "./samples.ts";

const at = (elapsedMs: number, rest: Partial<Progress> = {}): Progress => ({
  states: 12_000,
  transitions: 480_000,
  frontier: 310,
  depth: 9,
  elapsedMs,
  rate: 96_123.4,
  findings: 1,
  ...rest,
});

const recorder = (isTTY: boolean, columns = 100) => {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string) => void written.push(text) };
};

/** What a terminal shows after these writes: one line, of which each write begins anew. */
const shown = (written: readonly string[]): string => {
  let line: string[] = [];
  let column = 0;
  for (const letter of written.join("")) {
    if (letter === "\r") column = 0;
    else {
      line[column] = letter;
      column += 1;
    }
  }
  line = Array.from(line, (letter) => letter ?? " ");
  return line.join("").trimEnd();
};

describe("progress on a terminal", () => {
  it("is one line that rewrites itself", () => {
    const stream = recorder(true);
    const progress = progressReporter(stream, { isQuiet: false });
    progress.update(at(3200, { states: 1_234_567 }));
    progress.update(at(3400));

    expect(shown(stream.written)).toMatchInlineSnapshot(
      `"3.4 s  12,000 states  480,000 transitions  frontier 310  96,123/s  1 finding"`,
    );
    expect(stream.written.join("")).not.toContain("\n");
    expect(stream.written.join("")).not.toContain("\x1b");
  });

  it("leaves nothing behind when it is cleared", () => {
    const stream = recorder(true);
    const progress = progressReporter(stream, { isQuiet: false });
    progress.update(at(3200));
    progress.clear();
    expect(shown(stream.written)).toBe("");

    const before = stream.written.length;
    progress.clear();
    expect(stream.written).toHaveLength(before);
  });

  it("never fills the last column", () => {
    const stream = recorder(true, 40);
    progressReporter(stream, { isQuiet: false }).update(at(3200));

    expect(shown(stream.written).length).toBeLessThan(40);
  });
});

describe("progress in a log", () => {
  it("is a line every five seconds", () => {
    const stream = recorder(false);
    const progress = progressReporter(stream, { isQuiet: false });
    for (let elapsedMs = 200; elapsedMs <= 11_000; elapsedMs += 200) progress.update(at(elapsedMs));
    progress.clear();

    expect(stream.written).toMatchInlineSnapshot(`
      [
        "5.0 s  12,000 states  480,000 transitions  frontier 310  96,123/s  1 finding
      ",
        "10.0 s  12,000 states  480,000 transitions  frontier 310  96,123/s  1 finding
      ",
      ]
    `);
  });

  it("begins anew with the next search", () => {
    const stream = recorder(false);
    const progress = progressReporter(stream, { isQuiet: false });
    for (const elapsedMs of [6000, 200, 4900, 5200]) progress.update(at(elapsedMs));

    expect(stream.written.map((line) => line.slice(0, 5))).toEqual(["6.0 s", "5.2 s"]);
  });
});

const DANGLING = violated.findings[0]!;

describe("what is found while a search goes on", () => {
  it("is told above the line that rewrites itself", () => {
    const stream = recorder(true);
    const progress = progressReporter(stream, { isQuiet: false });
    progress.update(at(3200));
    progress.found(DANGLING);
    progress.update(at(3400));

    const [above, live] = stream.written.join("").split("\n");
    expect(shown([above!])).toMatchInlineSnapshot(
      `"found: the label is freed while a resource in the iomem tree still bears it (needs an ordinary error; region_pool.c:94; names-outlive-resources)"`,
    );
    expect(shown([live!])).toMatch(/^3\.4 s {2}12,000 states/);
  });

  it("is told at once in a log, and names the driver where there are several", () => {
    const stream = recorder(false);
    progressReporter(stream, { isQuiet: false }).found({ ...DANGLING, place: null, title: "a\x1b[2J" }, "v5.mbox");
    expect(stream.written).toMatchInlineSnapshot(`
      [
        "found in v5.mbox: a\\x1b[2J (needs an ordinary error; names-outlive-resources)
      ",
      ]
    `);
  });
});

describe("quiet progress", () => {
  it.each([true, false])("is nothing at all, terminal or not (%s)", (isTTY) => {
    const stream = recorder(isTTY);
    const progress = progressReporter(stream, { isQuiet: true });
    progress.update(at(20_000));
    progress.found(DANGLING);
    progress.clear();

    expect(stream.written).toEqual([]);
  });
});
