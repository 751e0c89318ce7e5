import { decodeText, linesOf } from "./text.ts";

/** No more lines around two equal ones need be equal to tell one place from others. */
const farthest = 200;

/**
 * Finds where lines of a mail's decoded text stand in the mail as it was given.
 *
 * A line stands where the most lines around it are the same. There is no such place where it was sent in other letters, and
 * none can be told where there are two.
 *
 * @returns a function that gives the place of the line `at` of a text; both count from 0
 */
export const lineFinder = (mail: Uint8Array): ((decoded: readonly string[], at: number) => number | undefined) => {
  let raw: readonly string[] | undefined;
  const places = new Map<string, number[]>();
  const read = (): readonly string[] => {
    const lines = linesOf(decodeText(mail));
    for (const [at, line] of lines.entries()) {
      const known = places.get(line);
      if (known === undefined) places.set(line, [at]);
      else known.push(at);
    }
    return lines;
  };
  return (decoded, at) => {
    raw ??= read();
    const lines = raw;
    const runs = (places.get(decoded[at] ?? "") ?? []).map((place) => ({
      place,
      length: run(lines, place, decoded, at),
    }));
    const longest = runs.reduce((most, { length }) => Math.max(most, length), 0);
    const [found, other] = runs.filter(({ length }) => length === longest);
    return other === undefined ? found?.place : undefined;
  };
};

/** How many lines around two are the same in both texts. */
const run = (one: readonly string[], at: number, other: readonly string[], there: number): number => {
  const reach = (step: 1 | -1): number => {
    let length = 0;
    while (length < farthest) {
      const line = one[at + step * (length + 1)];
      if (line === undefined || line !== other[there + step * (length + 1)]) return length;
      length += 1;
    }
    return length;
  };
  return reach(-1) + reach(1);
};
