import { cleanPath } from "./sanitise.ts";

/**
 * What git writes above the hunks of a file, and whether it agrees with itself.
 *
 * Each name stands there two or three times. That is what tells a damaged one.
 */

const hash = "[0-9a-f]{4,64}";
const extended = new RegExp(
  `^(?:index (?:${hash},)*${hash}\\.\\.${hash}(?: \\d{6})?|(?:old|new|new file|deleted file) mode \\d{6}|(?:dis)?similarity index \\d{1,3}%|(?:rename|copy) (?:from|to) \\S.*)$`,
);

/** Whether a line is one of those between `diff --git` and the two names. */
export const isExtendedHeader = (line: string): boolean => extended.test(line);

/** What tells the kinds of these lines apart: `new file mode `. */
export const keywordOf = (line: string): string => /^(?:(?:rename|copy) (?:from|to) |[a-z ]+ )/.exec(line)?.[0] ?? line;

/** The line that says that a file's content is not text. */
export const binaryMark = /^(?:GIT binary patch$|Binary files .* differ$)/;

/** An empty file's name in git, by SHA-1 and by SHA-256. */
const emptyBlob = /^index (?:0+\.\.(?:e69de29|473a0f4)|(?:e69de29|473a0f4)[0-9a-f]*\.\.0+)/;

/** What follows a word at the start of one of the lines; undefined where none starts so. */
const after = (header: readonly string[], word: string): string | undefined =>
  header.find((line) => line.startsWith(word))?.slice(word.length);

/** A name as the two lines above the hunks have it, without what a tab sets off from it. */
const nameIn = (line: string | undefined): string | undefined => line?.replace(/\t.*$/, "").trimEnd();

/**
 * What is wrong with the header of a file; undefined where nothing is.
 *
 * @param header - from `diff --git`, where there is one, to the two names, where there are some
 * @param hasContent - whether hunks or a binary patch follow, or a line that says that there would be one
 */
export const headerComplaint = (header: readonly string[], hasContent: boolean): string | undefined => {
  const git = after(header, "diff --git ")?.trimEnd();
  const [from, to] = [nameIn(after(header, "--- ")), nameIn(after(header, "+++ "))];
  if (from === "/dev/null" && to === "/dev/null") return "names no file";
  if (git === undefined) return undefined;

  const moves = (["rename", "copy"] as const).map((how) => [
    after(header, `${how} from `),
    after(header, `${how} to `),
  ]);
  for (const [source, target] of moves) {
    if ((source === undefined) !== (target === undefined)) return "says only one half of what is renamed or copied";
    if (source !== undefined && target !== undefined && !isPair(git, source.trimEnd(), target.trimEnd())) {
      return "names other files in its first line than below it";
    }
  }
  const isMoved = moves.some(([source]) => source !== undefined);
  const says = (word: string): boolean => after(header, word) !== undefined;
  const isOther = (name: string | undefined): boolean => isMoved || (name !== undefined && name !== "/dev/null");
  if ((says("new file mode ") && isOther(from)) || (says("deleted file mode ") && isOther(to))) {
    return "says that the file is new or deleted, and something else of it below";
  }
  if (
    !(from === undefined || to === undefined ? isMoved || halvesOf(git).length > 0 : agrees(git, from, to, isMoved))
  ) {
    return "names other files in its first line than below it";
  }
  if (hasContent) return undefined;
  const isEmpty = header.some((line) => emptyBlob.test(line));
  if (after(header, "index ") !== undefined && !isEmpty)
    return "has no hunks, and its `index` line says that there are some";
  return header.length > 1 ? undefined : "has no hunks, and nothing else that it does";
};

/** No path has more blanks; to try more could take long. */
const mostBlanks = 64;

/** The ways to part the names of one line. */
const partsOf = (git: string): readonly (readonly [string, string])[] =>
  [...git.matchAll(/ /g)].slice(0, mostBlanks).map(({ index }) => [git.slice(0, index), git.slice(index + 1)] as const);

const pathOf = (name: string): string => cleanPath(name.replace(/^"|"$/g, ""));

/** The ways to part `a/x b/x` into two names of one file. */
const halvesOf = (git: string): readonly (readonly [string, string])[] =>
  partsOf(git).filter(([one, other]) => one !== "" && other !== "" && pathOf(one) === pathOf(other));

const agrees = (git: string, from: string, to: string, isMoved: boolean): boolean => {
  if (from === "/dev/null") return halvesOf(git).some(([, name]) => name === to);
  if (to === "/dev/null") return halvesOf(git).some(([name]) => name === from);
  return git === `${from} ${to}` && (isMoved || pathOf(from) === pathOf(to));
};

const isPair = (git: string, from: string, to: string): boolean =>
  partsOf(git).some(([one, other]) => isPrefixed(one, from) && isPrefixed(other, to));

/** Whether a name is a path behind a prefix. Git puts names with letters beyond ASCII between quotation marks, prefix and all. */
const isPrefixed = (name: string, path: string): boolean =>
  name === path ||
  name.endsWith(`/${path}`) ||
  (/^".*"$/.test(path) && name.startsWith('"') && name.endsWith(`/${path.slice(1)}`));
