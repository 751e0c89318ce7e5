import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { deflate, inflate } from "node:zlib";
import { formOf } from "../abi/schema.ts";
import type { Subject } from "../driver/patch/subject.ts";
import { systemFrom } from "../harness/blueprint.ts";
import { type ModelHashes, modelHashes } from "../harness/model-hashes.ts";
import type { Configuration } from "../report/report.ts";
import { checkEngine, checkShard } from "./check-options.ts";
import { WRITER } from "./checkpoint.ts";
import { searchShare } from "./engine.ts";
import { VerifyError } from "./error.ts";
import { guarded } from "./guarded.ts";
import { type ReviewOptions, reviewedDriver } from "./review.ts";
import { type SearchedParts, sourceOf } from "./search-parts.ts";
import { readSubject, type Source } from "./source.ts";
import { followed } from "./watching.ts";

/** One of several shares of a search: the second of four is `{ number: 2, of: 4 }`. */
export interface ShardNumber {
  readonly number: number;
  readonly of: number;
}

/** How a command line asked for a search: options with their values, and the words that name the subject. */
export interface ShardInvocation {
  readonly given: readonly (readonly [string] | readonly [string, string])[];
  readonly inputs: readonly string[];
}

/** What to search a share of, and how. */
export interface ShardOptions extends Omit<ReviewOptions, "corpus" | "isAnnotated" | "onFinding"> {
  /** For the commands that the report of all shards suggests. */
  readonly invocation?: ShardInvocation | undefined;
}

/** A share of a search, as `review --shard` writes it; report/shard.schema.json describes it. */
export interface Shard {
  readonly format: "sysram-verify/shard";
  readonly version: 1;
  readonly shard: number;
  readonly of: number;
  readonly writer: string;
  readonly model: ModelHashes;
  readonly subject: Pick<Subject, "name" | "sha256">;
  readonly image: string;
  readonly options: Configuration;
  readonly parts: readonly number[];
  readonly invocation?: ShardInvocation;
  readonly found: string;
  readonly content: string;
}

/** What is in a shard for the version that wrote it. */
export interface ShardContent {
  readonly subject: Subject;
  /** The options that say for what the driver was built, and what it was put into. */
  readonly asked: Pick<ReviewOptions, "regions" | "blocks" | "tasks" | "interruptAt" | "policy">;
  readonly searched: SearchedParts;
}

/** What a search of a share came to. */
export interface SearchedShard {
  readonly shard: Shard;
  /** Its own counts; what they say of the properties is for the merge of all shards. */
  readonly states: number;
  readonly findings: number;
  readonly isInterrupted: boolean;
}

/** Over everything in a shard but this hash itself. */
const contentOf = (shard: Omit<Shard, "content">): string =>
  createHash("sha256").update(JSON.stringify(shard)).digest("hex");

/**
 * Searches one of several shares of what a review searches: the initial configurations are dealt out in turn.
 *
 * @throws VerifyError by its code
 */
export const reviewShard = guarded(
  async (source: Source, { number, of }: ShardNumber, options: ShardOptions = {}): Promise<SearchedShard> => {
    checkEngine(options);
    checkShard({ number, of }, options);
    const subject = await readSubject(source);
    const { blueprint, identity, policy } = await reviewedDriver(subject, options);
    const whole = systemFrom(blueprint, { isReduced: false });
    const all = whole.system.initialConfigurations.length;
    if (of > all) {
      const what = `--shard ${number}/${of} has nothing to search: there are ${all} initial configurations to share`;
      throw new VerifyError("usage", what, `make it ${all} shards at most`);
    }
    const isWanted = (part: number): boolean => part % of === number - 1;
    const context = { whole, identity, ...followed(options) };
    const { options: told, ...searched } = await searchShare(sourceOf(blueprint), options, context, isWanted);
    const { regions, blocks, tasks = 1, interruptAt = "calls" } = blueprint.configuration;
    const asked = { regions, blocks, tasks, interruptAt, policy };
    const shard: Omit<Shard, "content"> = {
      ...{ format: "sysram-verify/shard", version: 1, shard: number, of, writer: WRITER, model: modelHashes() },
      subject: { name: subject.name, sha256: subject.sha256 },
      ...{ image: identity.image, options: { ...told, policy, regions, blocks } },
      parts: whole.system.initialConfigurations.flatMap((_, part) => (isWanted(part) ? [part] : [])),
      ...(options.invocation === undefined ? {} : { invocation: options.invocation }),
      found: await packed({ subject, asked, searched }),
    };
    const found = searched.results.map(({ exploration }) => exploration);
    return {
      shard: { ...shard, content: contentOf(shard) },
      states: found.reduce((sum, { states }) => sum + states, 0),
      findings: found.reduce((sum, { findings }) => sum + findings.length, 0),
      isInterrupted: found.some(({ ending }) => ending === "interrupted"),
    };
  },
);

const packed = async (content: ShardContent): Promise<string> =>
  (await promisify(deflate)(serialize(content))).toString("base64");

/** What a shard holds; call it for one that was read and is of this version. */
export const unpacked = async ({ found }: Shard): Promise<ShardContent> =>
  deserialize(await promisify(inflate)(Buffer.from(found, "base64"))) as ShardContent;

const complaintAbout = formOf("report/shard.schema.json");

const AGAIN = "write it again with review --shard";

/**
 * Reads a shard.
 *
 * @param file - what it is called in what is said of it
 * @throws VerifyError where it is none, is damaged, or was written by another version of this tool
 */
export const parseShard = (file: string, text: string): Shard => {
  const refused = (what: string, hint: string): VerifyError => new VerifyError("input", `${file} ${what}`, hint);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw refused("is no shard: it is not JSON", "give the files that review --shard wrote");
  }
  const { format, version } = (content ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== "sysram-verify/shard") {
    throw refused("is no shard: its format is not sysram-verify/shard", "give the files that review --shard wrote");
  }
  const model = JSON.stringify(modelHashes());
  const { writer, model: itsModel } = content as Partial<Shard>;
  if (version !== 1 || writer !== WRITER || JSON.stringify(itsModel) !== model) {
    throw refused("was written by another version of this tool", "search all shards with this one");
  }
  const wrong = complaintAbout(content);
  if (wrong !== undefined) throw refused(`is damaged: ${wrong}`, AGAIN);
  const { content: hash, ...rest } = content as Shard;
  if (contentOf(rest) !== hash) throw refused("is damaged: it is not what was written", AGAIN);
  return content as Shard;
};
