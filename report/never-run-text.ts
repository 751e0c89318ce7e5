/** What is said of code that no run entered. */
import { count, listed } from "./layout.ts";
import { placeText } from "./place-text.ts";
import type { NeverRun } from "./report.ts";

/** As many are named; of more it is said how many there are. */
const NAMED = 4;

const nameOf = ({ kind, function: name }: NeverRun): string => `${kind === "part" ? "a part of " : ""}${name}()`;

const named = (neverRun: readonly NeverRun[], wordsOf: (one: NeverRun) => string): readonly string[] => [
  ...new Set(neverRun.slice(0, NAMED).map(wordsOf)),
  ...(neverRun.length > NAMED ? [`${count(neverRun.length - NAMED, "other place")}`] : []),
];

/** `plug_store() was never run`: why nothing holds; for one at least. */
export const neverRunWords = (neverRun: readonly NeverRun[]): string => {
  const names = named(neverRun, nameOf);
  return `${listed(names)} ${names.length === 1 ? "was" : "were"} never run`;
};

/** `never run: plug_store() in group.c:31 (nothing that the environment does calls plug_store())`; nothing where all was run. */
export const neverRunLine = (neverRun: readonly NeverRun[]): string | undefined => {
  if (neverRun.length === 0) return undefined;
  const places = named(neverRun, (one) => `${nameOf(one)} in ${placeText(one)} (${one.because})`);
  return `never run: ${places.join("; ")}`;
};
