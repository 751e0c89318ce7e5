import type { CItem } from "./c-items.ts";

/**
 * Which branch of the preprocessor's conditionals an item stands in, for a kernel that has the feature switched on.
 *
 * Of a patched header only pieces are known. Inside a piece the conditionals are plain to see; what was open at its
 * beginning is taken from the pieces above, and that is a guess, for a conditional may have ended in between.
 */
export type Branch = "on" | "off" | "perhaps off";

/** An item and what the conditionals around it say. */
export interface Placed {
  readonly item: CItem;
  readonly branch: Branch;
  /** The conditionals around it that the patch itself adds and that no `CONFIG_` symbol decides: to be kept. */
  readonly guards: readonly Guard[];
}

/** One conditional up to the branch that is meant: the items of its `#if`, `#elif` and `#else`. */
export type Guard = readonly CItem[];

/**
 * Places the items of each piece.
 *
 * @param pieces - in the order of the file
 * @param isAdded - whether the patch adds an item
 */
export const placeItems = (
  pieces: readonly (readonly CItem[])[],
  isAdded: (piece: number, item: CItem) => boolean,
): readonly (readonly Placed[])[] => {
  let open: readonly Conditional[] = [];
  return pieces.map((items, piece) => {
    const ends = endsOf(items);
    open = open.map((conditional) => ({ ...conditional, isCertain: false }));
    open = corrected(open, ends[0]);
    let tooDeep = 0;
    return items.map((item, at) => {
      const word = wordOf(item);
      if (word === "if" && open.length >= deepest) tooDeep += 1;
      else if (word === "if") open = [...open, opened(item, isAdded(piece, item))];
      else if (word === "end" && tooDeep > 0) tooDeep -= 1;
      else if (word === "end") open = corrected(open.slice(0, -1), ends[at + 1]);
      else if (word === "else" && tooDeep === 0) open = [...open.slice(0, -1), switched(open.at(-1) ?? unseen, item)];
      return { item, branch: branchOf(open), guards: guardsOf(open) };
    });
  });
};

/** Conditionals deeper than in any header are passed over, so that a hostile one costs nothing. */
const deepest = 16;

/** What an item is to the conditionals: one begins, its next branch does, or it ends. */
type Word = "if" | "else" | "end";

const wordOf = ({ kind, code }: CItem): Word | undefined => {
  if (kind !== "directive") return undefined;
  const [, name = ""] = /^# ?(\w+)/.exec(code) ?? [];
  if (/^if(?:n?def)?$/.test(name)) return "if";
  if (/^(?:else|elif(?:n?def)?)$/.test(name)) return "else";
  return name === "endif" ? "end" : undefined;
};

/** What ends the branch that each item stands in, as far as the piece shows it; and behind the last item, nothing. */
const endsOf = (items: readonly CItem[]): readonly (Word | undefined)[] => {
  const outer: (Word | undefined)[] = [];
  let end: Word | undefined;
  const ends = items.toReversed().map((item) => {
    const word = wordOf(item);
    if (word === "end") outer.push(end);
    end = word === "if" ? outer.pop() : (word ?? end);
    return end;
  });
  return ends.toReversed();
};

/** One conditional that is open at some line. */
interface Conditional {
  /** What is known of the branches so far: one that is taken, none, or it cannot be told. */
  readonly taken: "yes" | "no" | "unknown";
  /** The branch at this line. */
  readonly branch: "on" | "off" | "unknown";
  readonly isElse: boolean;
  readonly isCertain: boolean;
  readonly guard: Guard | undefined;
}

/** A conditional whose beginning is not known: as headers are written, its first branch is for the feature. */
const unseen: Conditional = { taken: "yes", branch: "on", isElse: false, isCertain: true, guard: undefined };

const opened = (item: CItem, isAdded: boolean): Conditional => {
  const value = conditionValue(item.code);
  if (value === undefined)
    return { taken: "unknown", branch: "unknown", isElse: false, isCertain: true, guard: isAdded ? [item] : undefined };
  return {
    taken: value ? "yes" : "no",
    branch: value ? "on" : "off",
    isElse: false,
    isCertain: true,
    guard: undefined,
  };
};

const switched = (last: Conditional, item: CItem): Conditional => {
  const isElse = /^# ?else\b/.test(item.code);
  const value = isElse ? true : conditionValue(item.code);
  const guard = last.guard === undefined ? undefined : [...last.guard, item];
  if (last.taken === "yes") return { ...last, branch: "off", isElse, isCertain: true, guard };
  if (last.taken === "unknown" || value === undefined)
    return { taken: "unknown", branch: "unknown", isElse, isCertain: true, guard };
  return { taken: value ? "yes" : "no", branch: value ? "on" : "off", isElse, isCertain: true, guard };
};

/**
 * What is open at a place, put right by what ends its branch: an `#else` shows that it is a first branch, whatever the
 * pieces above made it seem.
 */
const corrected = (open: readonly Conditional[], end: Word | undefined): readonly Conditional[] => {
  const last = open.at(-1);
  if (end === "else" && (last === undefined || last.isElse)) return [...open.slice(0, -1), unseen];
  return open;
};

const branchOf = (open: readonly Conditional[]): Branch => {
  if (open.some(({ branch, isCertain }) => branch === "off" && isCertain)) return "off";
  const isDoubtful = ({ branch, isElse, guard }: Conditional): boolean =>
    branch === "off" || (branch === "unknown" && isElse && guard === undefined);
  return open.some(isDoubtful) ? "perhaps off" : "on";
};

const guardsOf = (open: readonly Conditional[]): readonly Guard[] =>
  open.flatMap(({ guard }) => (guard === undefined ? [] : [guard]));

/** What a condition is with every `CONFIG_` symbol switched on; undefined where something else decides too. */
const conditionValue = (directive: string): boolean | undefined => {
  const [, word = "", condition = ""] = /^# ?(\w+) ?(.*)$/.exec(directive) ?? [];
  const isAboutConfig = /^CONFIG_\w+$/.test(condition);
  if (word === "ifdef" || word === "elifdef") return isAboutConfig ? true : undefined;
  if (word === "ifndef" || word === "elifndef") return isAboutConfig ? false : undefined;

  if (condition.length > 1000) return undefined;
  let rest = condition
    .replace(/\b(?:defined|IS_ENABLED|IS_REACHABLE|IS_BUILTIN) ?\( ?CONFIG_\w+ ?\)/g, "1")
    .replace(/\bdefined CONFIG_\w+/g, "1")
    .replace(/\s+/g, "");
  for (let before = ""; before !== rest; ) {
    before = rest;
    rest = rest.replace(/\(([01!&|]+)\)/g, (group, inner: string) => flatValue(inner) ?? group);
  }
  const value = flatValue(rest);
  return value === undefined ? undefined : value === "1";
};

/** The value of a condition without parentheses, as a digit again. */
const flatValue = (condition: string): "0" | "1" | undefined => {
  const atoms = condition.split("||").map((part) => part.split("&&"));
  if (!atoms.flat().every((atom) => /^!*[01]$/.test(atom))) return undefined;
  const holds = (atom: string): boolean => atom.endsWith("1") === (atom.length % 2 === 1);
  return atoms.some((part) => part.every(holds)) ? "1" : "0";
};
