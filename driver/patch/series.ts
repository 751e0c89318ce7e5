import { InputError } from "./input-error.ts";

/** What a mail's subject says of its place: `[RFC PATCH v4 24/27] cxl/core: ...`. */
export interface Place {
  readonly isReply: boolean;
  readonly version: number;
  /** Its number and that of the last patch; undefined for a patch that stands alone. */
  readonly number: number | undefined;
  readonly total: number | undefined;
}

/** Reads the brackets at the beginning of a subject. */
export const placeOf = (subject: string | undefined): Place => {
  const shown = (subject ?? "").slice(0, 500);
  const isReply = /^\s*(?:re|aw|sv)\s*:/i.test(shown);
  const brackets = shown.match(/\[[^\]]*\]/g) ?? [];
  const bracket = brackets.find((text) => /\bPATCH|\b\d{1,4}\/\d{1,4}\b/i.test(text)) ?? "";
  const [, number, total] = /\b(\d{1,4})\/(\d{1,4})\b/.exec(bracket) ?? [];
  return {
    isReply,
    version: Number(/\bv(\d{1,4})\b/i.exec(bracket)?.[1] ?? 1),
    number: number === undefined ? undefined : Number(number),
    total: total === undefined ? undefined : Number(total),
  };
};

/** A patch with its place in a series. */
export interface Placed {
  readonly label: string;
  readonly place: Place;
}

const thread =
  "give each mail of one series once; on lore.kernel.org the thread's mbox.gz, or `b4 am MESSAGE-ID`, has them all";

/**
 * The patches in the order in which they are to be applied: those that carry numbers by these, in the places that
 * they take; the others stay where they were given.
 *
 * One patch out of a series may be given alone, and so may a run of them; a gap within it may not, for what is
 * missing would have changed what follows.
 */
export const inOrder = <Patch extends Placed>(patches: readonly Patch[]): readonly Patch[] => {
  const numbered = patches.filter(({ place }) => place.number !== undefined);
  const sorted = numbered.toSorted((one, other) => (one.place.number ?? 0) - (other.place.number ?? 0));
  checkRun(sorted);
  let taken = 0;
  return patches.map((patch) => {
    if (patch.place.number === undefined) return patch;
    taken += 1;
    return sorted[taken - 1] ?? patch;
  });
};

const checkRun = (sorted: readonly Placed[]): void => {
  for (const [at, { label, place }] of sorted.entries()) {
    const before = sorted[at - 1];
    if (before === undefined) continue;
    if (before.place.version !== place.version || before.place.total !== place.total) {
      throw new InputError("series-mixed", `${before.label} and ${label} belong to different series`, thread);
    }
    if (before.place.number === place.number) {
      throw new InputError(
        "series-duplicate",
        `patch ${place.number}/${place.total} is given twice: ${before.label} and ${label}`,
        thread,
      );
    }
    if ((before.place.number ?? 0) + 1 !== place.number) {
      const missing = (before.place.number ?? 0) + 1;
      throw new InputError(
        "series-gap",
        `patch ${missing}/${place.total} is missing between ${before.label} and ${label}`,
        thread,
      );
    }
  }
};

/** Says which part of a series is given, where it is only a part. */
export const partNotes = (patches: readonly Placed[]): readonly string[] => {
  const numbers = patches.flatMap(({ place }) => place.number ?? []);
  const total = patches.find(({ place }) => place.total !== undefined)?.place.total;
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first === undefined || last === undefined || total === undefined || numbers.length >= total) return [];
  const given = first === last ? `only patch ${first} of ${total} is` : `only patches ${first}-${last} of ${total} are`;
  return [`${given} given: what the others change is not known`];
};
