import { readFile } from "node:fs/promises";
import { systemFrom } from "../harness/blueprint.ts";
import { nameOf } from "./checkpoint.ts";
import { VerifyError } from "./error.ts";
import { guarded } from "./guarded.ts";
import { type Review, type ReviewOptions, reviewedDriver, told } from "./review.ts";
import { mergedInto } from "./search-parts.ts";
import { parseShard, type Shard, type ShardInvocation, unpacked } from "./shard.ts";

/** How to merge shards. */
export type MergeOptions = Pick<ReviewOptions, "isAnnotated" | "onStage">;

/** What the shards of a search came to together. */
export interface Merged extends Review {
  /** How a command line asked for the search. */
  readonly invocation: ShardInvocation | undefined;
}

/** A shard, and what it is called in what is said of it. */
interface NamedShard {
  readonly file: string;
  readonly shard: Shard;
}

/**
 * What one search of everything would have come to, from all shards of it; in any order, and without the driver's own files.
 *
 * The shards hold data of the engine, as it writes it down: merge only those that you trust.
 *
 * @param files - their paths
 * @throws VerifyError by its code
 */
export const merge = guarded(async (files: readonly string[], options: MergeOptions = {}): Promise<Merged> => {
  const named: NamedShard[] = [];
  for (const file of files) named.push({ file, shard: parseShard(file, await textOf(file)) });
  const shards = wholeSet(named);
  const first = shards[0]!;
  const contents = await Promise.all(shards.map(({ shard }) => unpacked(shard)));
  const { subject, asked } = contents[0]!;
  const reviewed = await reviewedDriver(subject, { ...asked, onStage: options.onStage });
  if (reviewed.identity.image !== first.shard.image) {
    const what = `${first.file} is of another build of the same driver`;
    throw new VerifyError("input", what, "search all shards with the version of the tool that merges them");
  }
  const whole = systemFrom(reviewed.blueprint, { isReduced: false });
  // In the order in which one search has them: of runs that are equally cheap the first is kept.
  const results = shards
    .flatMap(({ shard: { parts } }, at) =>
      parts.map((part, place) => ({ part, result: contents[at]!.searched.results[place]! })),
    )
    .toSorted((one, other) => one.part - other.part)
    .map(({ result }) => result);
  const elapsedMs = Math.max(...contents.map(({ searched }) => searched.elapsedMs));
  const { boundStates } = first.shard.options;
  const maxStates = typeof boundStates === "number" ? boundStates : undefined;
  const exploration = mergedInto(whole, { results, elapsedMs }, { maxStates });
  const review = told(
    reviewed,
    {
      ...{ exploration, statistics: undefined, system: whole.system, options: first.shard.options, whole },
      known: { notes: [], damaged: [] },
    },
    options,
  );
  return { ...review, invocation: first.shard.invocation };
});

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = `cannot read the shard ${file}: ${code ?? String(error)}`;
    throw new VerifyError(code === "ENOENT" ? "not-found" : "input", what, "give the files that review --shard wrote");
  }
};

/** The shards in their order, where each of them is there once and all are of one search. */
const wholeSet = (named: readonly NamedShard[]): readonly NamedShard[] => {
  const [first] = named;
  if (first === undefined) {
    throw new VerifyError("usage", "there are no shards to merge", "name the files that review --shard wrote");
  }
  for (const other of named.slice(1)) refuseOther(first, other);
  const { of } = first.shard;
  return Array.from({ length: of }, (_, at) => {
    const [one, twice] = named.filter(({ shard }) => shard.shard === at + 1);
    if (one === undefined) {
      const what = `shard ${at + 1} of ${of} is missing: no search without its share is whole`;
      throw new VerifyError("not-found", what, `search it with --shard ${at + 1}/${of} and the options of the others`);
    }
    if (twice !== undefined) {
      const what = `shard ${at + 1} of ${of} is there twice: ${one.file} and ${twice.file}`;
      throw new VerifyError("usage", what, "give one of them");
    }
    return one;
  });
};

const refuseOther = (first: NamedShard, { file, shard }: NamedShard): void => {
  const refused = (what: string, hint: string): VerifyError => new VerifyError("input", `${file} ${what}`, hint);
  if (shard.of !== first.shard.of) {
    throw refused(
      `is one of ${shard.of} shards, and ${first.file} one of ${first.shard.of}`,
      "give the shards of one search",
    );
  }
  if (shard.subject.sha256 !== first.shard.subject.sha256) {
    throw refused(`is of another subject or revision than ${first.file}`, "search all shards of the same patch");
  }
  for (const name of new Set([first.shard, shard].flatMap(({ options }) => Object.keys(options)))) {
    const [one, other] = [first.shard.options[name], shard.options[name]];
    if (one === other) continue;
    const what = `is of a search with ${nameOf(name)} ${other ?? "not given"}, and ${first.file} of one with ${one ?? "none"}`;
    throw refused(what, "search all shards with the same options");
  }
  if (shard.image !== first.shard.image) {
    throw refused(`is of another build of the driver than ${first.file}`, "search all shards with one version");
  }
};
