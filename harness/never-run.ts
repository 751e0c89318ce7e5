import type { DriverFacts } from "../driver/compile/image.ts";
import type { NeverRun } from "../report/report.ts";
import { interfaceOf } from "./interface.ts";
import { isInSubject } from "./subject-sites.ts";

/** Functions of the kernel that compare texts: where one never finds two to be the same, a word was never given. */
const COMPARES_TEXTS: ReadonlySet<string> = new Set([
  ...["sysfs_streq", "strcmp", "strncmp", "strcasecmp", "strncasecmp", "strstarts", "strstr", "memcmp"],
  ...["match_string", "__sysfs_match_string", "str_has_prefix"],
]);

/** Whether a file is C of the driver's own, and no header. */
const isOwnC = (file: string): boolean => isInSubject({ file }) && file.endsWith(".c");

/**
 * Code of the driver that a search has never run, and that the environment could not have run: no verdict covers it.
 *
 * A function of the driver's own C that was never entered; a part of one that stands behind a word or a parameter which nobody
 * gives. Left out are functions of headers, those that the compiler has dropped because nothing refers to them, and what only
 * another answer of the kernel leads to: how many of those a run may have is said with the verdict.
 *
 * @param explain - why a block was never run
 */
export const neverRunIn = (
  facts: DriverFacts,
  hits: ArrayLike<number>,
  explain: (block: number) => string,
): readonly NeverRun[] => {
  const entered = new Set<string>();
  const firstLines = new Map<string, number>();
  for (const [at, { isEntry, function: name, file, lines }] of facts.blocks.entries()) {
    if (isEntry && hits[at]! > 0) entered.add(name);
    for (const line of isOwnC(file) ? lines : []) {
      firstLines.set(name, Math.min(firstLines.get(name) ?? line, line));
    }
  }
  const functions = facts.blocks.flatMap(({ isEntry, function: name, file }, at): readonly NeverRun[] => {
    const line = firstLines.get(name);
    if (!isEntry || entered.has(name) || line === undefined || !isOwnC(file)) return [];
    return [{ kind: "function", function: name, file, line, because: explain(at) }];
  });
  const words = facts.branches.flatMap(({ file, line, ways }) =>
    ways.flatMap(({ block, decision }): readonly NeverRun[] => {
      const { function: name, lines } = facts.blocks[block]!;
      const isWord = decision !== undefined && COMPARES_TEXTS.has(decision.callee);
      if (!isWord || hits[block]! > 0 || !isOwnC(file) || !entered.has(name)) return [];
      return [{ kind: "part", function: name, file, line: lines[0] ?? line, because: explain(block) }];
    }),
  );
  return [...functions, ...words, ...parametersIn(facts, hits, firstLines)];
};

/** The entry, where it takes what nobody knows the meaning of, so that it is only ever given 0. */
const parametersIn = (
  facts: DriverFacts,
  hits: ArrayLike<number>,
  firstLines: ReadonlyMap<string, number>,
): readonly NeverRun[] => {
  const { entry, onlineTypeParameter } = interfaceOf(facts);
  const unknown = entry.parameters.flatMap((type, at) => (at === 0 || at === onlineTypeParameter ? [] : [type]));
  const blocks = facts.blocks.flatMap((block, at) => (block.function === entry.name ? [{ ...block, at }] : []));
  const file = blocks[0]?.file ?? "";
  if (unknown.length === 0 || !isOwnC(file)) return [];
  const left = blocks.filter(({ at }) => hits[at] === 0).flatMap(({ lines }) => lines);
  const line = left.length > 0 ? Math.min(...left) : firstLines.get(entry.name)!;
  const because = `nobody gives another value than 0 for its ${unknown.join(" and its ")}`;
  return [{ kind: "part", function: entry.name, file, line, because }];
};
