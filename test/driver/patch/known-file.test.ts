import { applyPatch, formatPatch, structuredPatch } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Hunk, readDiff } from "../../../driver/patch/diff.ts";
import { applyHunks, type KnownFile, newFile, presentLines, unknownFile } from "../../../driver/patch/known-file.ts";

const place = { where: (at: number) => `line ${at + 1}`, path: "a.h" };

/** Texts that share lines, so that hunks have context, move and touch each other. */
const texts = fc.array(fc.array(fc.constantFrom("a", "b", "c", "d", "e", "", "+", "-x"), { maxLength: 30 }), {
  minLength: 2,
  maxLength: 5,
});
const contexts = fc.integer({ min: 0, max: 3 });

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

const hunksBetween = (old: readonly string[], changed: readonly string[], context: number): readonly Hunk[] => {
  const patch = structuredPatch("a.h", "a.h", joined(old), joined(changed), "", "", { context });
  if (patch.hunks.length === 0) return [];
  const { files, notes } = readDiff((at) => `line ${at + 1}`, formatPatch(patch).split("\n"));
  expect(notes, "hunks say truly where they are").toEqual([]);
  return files.flatMap(({ hunks }) => hunks);
};

const numbersAgree = (known: KnownFile, first: readonly string[], last: readonly string[]): void => {
  for (const { text, before, now } of known.lines) {
    if (before !== undefined) expect(first[before - 1], `line ${before} before`).toBe(text);
    if (now !== undefined) expect(last[now - 1], `line ${now} now`).toBe(text);
  }
  const order = known.lines.flatMap(({ now }) => now ?? []);
  expect(order).toEqual(order.toSorted((one, other) => one - other));
};

describe("a file under patches (seed 20260302)", () => {
  const seed = { seed: 20260302, numRuns: 500 };

  it("is what the diff library makes of it, when it is known whole", { tags: ["random"] }, () => {
    fc.assert(
      fc.property(texts, contexts, (versions, context) => {
        let known = applyHunks(newFile, hunksBetween([], versions[0] ?? [], 0), place, false);
        for (const [at, version] of versions.slice(1).entries()) {
          const before = versions[at] ?? [];
          known = applyHunks(known, hunksBetween(before, version, context), place, false);
          const patch = structuredPatch("a.h", "a.h", joined(before), joined(version), "", "", { context });
          expect(joined(presentLines(known).map(({ text }) => text))).toBe(applyPatch(joined(before), patch));
        }
        expect(presentLines(known).map(({ now }) => now)).toEqual((versions.at(-1) ?? []).map((_, line) => line + 1));
      }),
      seed,
    );
  });

  it("has the true numbers before and after, when only hunks are known", { tags: ["random"] }, () => {
    fc.assert(
      fc.property(texts, contexts, (versions, context) => {
        let known = unknownFile;
        for (const [at, version] of versions.slice(1).entries()) {
          known = applyHunks(known, hunksBetween(versions[at] ?? [], version, context), place, false);
          numbersAgree(known, versions[0] ?? [], version);
        }
      }),
      seed,
    );
  });

  it("refuses a hunk whose context is not there", { tags: ["random"] }, () => {
    fc.assert(
      fc.property(texts, contexts, fc.nat(), (versions, context, pick) => {
        const [old = [], changed = []] = versions;
        const hunks = hunksBetween(old, changed, context);
        const known = applyHunks(newFile, hunksBetween([], old, 0), place, false);
        const checked = hunks.flatMap(({ lines }, hunk) =>
          lines.flatMap((line, at) => (/^[ -]/.test(line) ? [{ hunk, at }] : [])),
        );
        const wrong = checked[pick % Math.max(1, checked.length)];
        fc.pre(wrong !== undefined);
        const broken = hunks.map((hunk, which) =>
          which === wrong?.hunk
            ? { ...hunk, lines: hunk.lines.map((line, at) => (at === wrong.at ? `${line}?` : line)) }
            : hunk,
        );
        expect(() => applyHunks(known, broken, place, false)).toThrow(
          /line \d+: hunk \d+ of a\.h .* does not apply: line \d+ should read/,
        );
      }),
      seed,
    );
  });
});

describe("hunks that contradict each other", () => {
  const hunk = (oldStart: number, newStart: number, ...lines: readonly string[]) => ({
    start: 0,
    header: `@@ -${oldStart} +${newStart} @@`,
    oldStart,
    newStart,
    lines,
  });

  it("are refused when they overlap or go backwards", () => {
    expect(() => applyHunks(unknownFile, [hunk(5, 5, " a", " b"), hunk(6, 6, " b")], place, false)).toThrow(
      /begins before the end of the one above/,
    );
    expect(() => applyHunks(unknownFile, [hunk(5, 50, " a"), hunk(10, 10, " b")], place, false)).toThrow(
      /already taken/,
    );
  });

  it("are refused beyond the end of a whole file", () => {
    const whole = applyHunks(newFile, [hunk(1, 1, "+a")], place, false);
    expect(() => applyHunks(whole, [hunk(3, 3, "+b")], place, false)).toThrow(/the file has only 1 line/);
    expect(() => applyHunks(whole, [hunk(1, 1, " a", " b")], place, false)).toThrow(
      /line 2 should read "b", but the file has only 1 line/,
    );
  });
});
