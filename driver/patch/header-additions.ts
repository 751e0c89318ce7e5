import { type CItem, isStubShaped, itemsOf } from "./c-items.ts";
import { type Guard, type Placed, placeItems } from "./conditionals.ts";
import type { KnownFile, KnownLine } from "./known-file.ts";

/**
 * What a patch declares in a header that was there before it.
 *
 * The stand-in headers say in our words what the kernel's say; the compiler needs of the patched header only what is
 * new in it. That is each whole declaration that the patch adds, in the branch for a kernel that has the feature.
 * `#line` directives keep the numbers of the real header.
 */
export interface Additions {
  /** Empty where nothing is added that the compiler should see. */
  readonly text: string;
  /** What was left out, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * The declarations that the hunks on a header add.
 *
 * @param path - a clean path: it is written into the C
 */
export const headerAdditions = (path: string, file: KnownFile): Additions => {
  const pieces = piecesOf(file.lines, ({ now }) => now);
  const old = piecesOf(file.lines, ({ before }) => before).flatMap(({ lines }) => itemsOf(lines));
  const oldCode = new Set(old.map(({ code }) => code));
  const oldNames = new Set(old.filter(({ kind }) => kind !== "directive").map(nameKey));

  const isAdded = (piece: Piece, item: CItem): boolean =>
    (item.kind === "directive" || !oldCode.has(item.code)) &&
    piece.known.slice(item.start, item.last + 1).some(({ before }) => before === undefined);
  const all = placed(pieces, isAdded);
  const added = all.filter(({ piece, item }) => isAdded(piece, item)).map(withoutOldComment);
  const changed = added.filter(({ item }) => oldNames.has(nameKey(item)));
  const fresh = added.filter(({ item }) => !oldNames.has(nameKey(item)));
  const { kept, stubs } = withoutStubs(fresh);
  const whole = kept.filter(({ item }) => item.isComplete);

  const declared = new Set(all.flatMap(numbersOf));
  const loose = pieces.flatMap((piece) =>
    piece.known.flatMap(({ before, text }, at) =>
      before === undefined && !declared.has(piece.first + at) && /[^\s*/]/.test(text) && !isComment(text)
        ? [piece.first + at]
        : [],
    ),
  );
  return {
    text: emit(path, whole),
    notes: [
      ...note(path, stubs.flatMap(numbersOf), "for a kernel without the feature, left out"),
      ...note(
        path,
        changed.flatMap(numbersOf),
        "a change of a declaration that the stand-in header has in its own words, left out",
      ),
      ...note(
        path,
        kept.filter(({ item }) => !item.isComplete).flatMap(numbersOf),
        "a declaration that the hunk cuts off, left out",
      ),
      ...note(path, loose, "inside a declaration that the stand-in header has in its own words, left out"),
    ],
  };
};

/**
 * The declarations of a whole header that speak of the driver: those that name something in the driver's words, and
 * that a kernel without the driver cannot have.
 *
 * @param path - a clean path: it is written into the C
 * @param words - what such a name contains, in any case of letters
 */
export const declarationsAbout = (path: string, lines: readonly string[], words: RegExp): Additions => {
  const piece: Piece = { first: 1, lines, known: [] };
  const about = placed([piece], () => false).filter(
    ({ item }) => item.name !== "" && item.kind !== "directive" && words.test(item.code),
  );
  // A type of the kernel that only mentions the driver would be declared twice.
  const foreign = about.filter(({ item }) => item.kind === "type" && !words.test(item.name));
  const { kept, stubs } = withoutStubs(about.filter((one) => !foreign.includes(one)));
  return {
    text: emit(
      path,
      kept.filter(({ item }) => item.isComplete),
    ),
    notes: [
      ...note(path, stubs.flatMap(numbersOf), "for a kernel without the feature, left out"),
      ...note(
        path,
        foreign.flatMap(numbersOf),
        "a declaration that the stand-in header has in its own words, left out",
      ),
    ],
  };
};

/** Lines of a header that follow one another, the first of them by its number. */
interface Piece {
  readonly first: number;
  readonly lines: readonly string[];
  readonly known: readonly KnownLine[];
}

/** A comment that was there before belongs to what was there before, even right above a new declaration. */
const withoutOldComment = (one: PlacedInPiece): PlacedInPiece => {
  const { piece, item } = one;
  const isNew = piece.known.slice(item.first, item.start).some(({ before }) => before === undefined);
  return isNew ? one : { ...one, item: { ...item, first: item.start } };
};

type PlacedInPiece = Placed & { readonly piece: Piece };

const piecesOf = (lines: readonly KnownLine[], numberOf: (line: KnownLine) => number | undefined): readonly Piece[] => {
  const pieces: { first: number; lines: string[]; known: KnownLine[] }[] = [];
  for (const line of lines) {
    const number = numberOf(line);
    if (number === undefined) continue;
    const last = pieces.at(-1);
    if (last === undefined || number !== last.first + last.lines.length)
      pieces.push({ first: number, lines: [line.text], known: [line] });
    else {
      last.lines.push(line.text);
      last.known.push(line);
    }
  }
  return pieces;
};

const placed = (
  pieces: readonly Piece[],
  isAdded: (piece: Piece, item: CItem) => boolean,
): readonly PlacedInPiece[] => {
  const items = pieces.map(({ lines }) => itemsOf(lines));
  const byPiece = placeItems(items, (which, item) => {
    const piece = pieces[which];
    return piece !== undefined && isAdded(piece, item);
  });
  return pieces.flatMap((piece, which) => (byPiece[which] ?? []).map((one) => ({ ...one, piece })));
};

/** Names that may be declared side by side have different keys. */
const nameKey = ({ kind, name }: CItem): string => (kind === "define" ? `#${name}` : name);

/**
 * Parts the declarations for a kernel with the feature from those for one without: by the branch where it is known,
 * else by their shape, or by a second declaration of the same name that is the real one.
 */
const withoutStubs = (
  found: readonly PlacedInPiece[],
): { readonly kept: readonly PlacedInPiece[]; readonly stubs: readonly PlacedInPiece[] } => {
  const items = found.filter(({ item }) => item.kind !== "directive" || /^# ?include\b/.test(item.code));
  const real = new Set(
    items.flatMap(({ item, branch }) => (branch === "on" && !isStubShaped(item) ? [nameKey(item)] : [])),
  );
  const prototypes = new Set(items.flatMap(({ item }) => (item.kind === "prototype" ? [item.name] : [])));
  const isOff = ({ item, branch }: PlacedInPiece): boolean =>
    branch === "off" ||
    (branch === "perhaps off" && isStubShaped(item)) ||
    (isStubShaped(item) && real.has(nameKey(item))) ||
    (item.kind === "function" && /^static\b.*\binline\b/.test(item.code) && prototypes.has(item.name));
  return { kept: items.filter((one) => !isOff(one)), stubs: items.filter(isOff) };
};

const isComment = (text: string): boolean => /^\s*(?:\/\*|\*|\/\/)/.test(text);

const numbersOf = ({ piece, item }: PlacedInPiece): readonly number[] =>
  Array.from({ length: item.last - item.first + 1 }, (_, at) => piece.first + item.first + at);

const note = (path: string, numbers: readonly number[], what: string): readonly string[] => {
  if (numbers.length === 0) return [];
  const ranges: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === number) last[1] = number;
    else ranges.push([number, number]);
  }
  const shown = ranges.slice(0, 8).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  const more = ranges.length > shown.length ? ", ..." : "";
  return [`${path}: ${numbers.length === 1 ? "line" : "lines"} ${shown.join(", ")}${more}: ${what}`];
};

/** The C that the compiler is given, with the real line numbers. */
const emit = (path: string, items: readonly PlacedInPiece[]): string => {
  const out: string[] = [];
  let next: number | undefined;
  const put = (first: number, lines: readonly string[]): void => {
    if (first !== next) out.push(`#line ${first} "${path}"`);
    out.push(...lines);
    next = first + lines.length;
  };
  for (const { piece, item, guards } of items) {
    const linesOf = ({ first, last }: Pick<CItem, "first" | "last">): readonly string[] =>
      piece.lines.slice(first, last + 1);
    for (const guard of guards) {
      out.push(...opening(guard));
      next = undefined;
    }
    put(piece.first + item.first, linesOf(item));
    for (const _ of guards) out.push("#endif");
    if (guards.length > 0) next = undefined;
  }
  return out.map((line) => `${line}\n`).join("");
};

const opening = (guard: Guard): readonly string[] => guard.map(({ code }) => code);
