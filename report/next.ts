/** What to do next: whole commands, as they can be pasted. A test gives each of them to the command line. */
import type { Ending } from "../checker/verdict.ts";
import { type Look, paragraph, unbroken } from "./layout.ts";
import type { Configuration, Report } from "./report.ts";
import { isShortened } from "./search-text.ts";
import { shellLine } from "./shell.ts";

/** Options as the user gave them: by their long names with their dashes, undefined where one takes no value. */
export type Given = ReadonlyMap<string, string | undefined>;

/** How the user called us, so that the commands that we print can be pasted. */
export interface Invocation {
  /** The words before the command: `sysram-verify`, `npx sysram-verify`. */
  readonly program: string;
  /** `review`. */
  readonly command: string;
  /** The options, but for those that name the subject. */
  readonly given: Given;
  /** The arguments that name the subject: `["v4.mbox"]`; empty where it needs none. */
  readonly inputs: readonly string[];
}

/** A command, and why one would run it. */
export interface Next {
  readonly why: string;
  /** Behind the program's name. */
  readonly words: readonly string[];
  /** What is set for it alone: `NODE_OPTIONS=...`. */
  readonly environment?: string;
}

/** What is changed of the options that were given: another value, one without a value (true), or none (false). */
type Changes = Readonly<Record<string, string | number | boolean>>;

/** A command with options that were given, some of them changed. */
export const commandWith = (
  command: string,
  given: Given,
  changes: Changes,
  inputs: readonly string[],
): readonly string[] => {
  const options = new Map(given);
  for (const [name, value] of Object.entries(changes)) {
    if (value === false) options.delete(name);
    else options.set(name, value === true ? undefined : String(value));
  }
  const words = [...options].flatMap(([name, value]) => (value === undefined ? [name] : [name, value]));
  return [command, ...words, ...inputs];
};

/** Those of the options that another command has too. */
export const onlyOf = (given: Given, names: readonly string[]): Given =>
  new Map([...given].filter(([name]) => names.includes(name)));

/** A search that is begun anew keeps nothing where another one is kept. */
const ANEW = { "--checkpoint": false, "--checkpoint-every": false, "--resume": false } as const;

/** Goes on with what is kept, where something is. */
const onward = (given: Given): Changes => (given.has("--checkpoint") ? { "--resume": true } : {});

/** Ten times as much, as far as an option goes; undefined where nothing was set. */
const more = (value: unknown, most: number, times = 10): number | undefined =>
  typeof value === "number" && value < most ? Math.min(most, value * times) : undefined;

/** How much memory to give to the engine, which takes less by itself. */
const MORE_MEMORY = "NODE_OPTIONS=--max-old-space-size=8192";

/** How to search further after an ending; undefined where there is no more to search, or nothing that would help. */
const further = (
  { ending, configuration }: Report["search"],
  { command, given, inputs }: Invocation,
): Next | undefined => {
  const again = (why: string, changes: Changes): Next => ({ why, words: commandWith(command, given, changes, inputs) });
  const bounded = (why: string, name: string, value: number | undefined, changes: Changes): Next | undefined =>
    value === undefined ? undefined : again(why, { ...changes, [name]: value });
  const isKept = given.has("--checkpoint");
  const why = isKept ? "go on with the search, which is kept:" : "search further:";
  const seed = seedOf(configuration);
  const next: Readonly<Record<Ending, () => Next | undefined>> = {
    exhausted: () => undefined,
    sampled: () => bounded("draw more runs:", "--runs", more(configuration["runs"], 1e9), {}),
    "state limit": () =>
      bounded("search further:", "--bound-states", more(configuration["boundStates"], 1e9), { ...ANEW, ...seed }),
    "depth limit": () => bounded("search further:", "--bound-depth", more(configuration["boundDepth"], 1e6, 2), ANEW),
    "time limit": () =>
      isKept
        ? again(why, { "--resume": true })
        : bounded(why, "--bound-time", more(configuration["boundTime"], 1e7), seed),
    "memory limit": () => {
      const changes = isKept ? onward(given) : seed;
      const bound = more(configuration["boundMemory"], 1e6, 2);
      return bound === undefined
        ? { ...again(why, changes), environment: MORE_MEMORY }
        : again(why, { ...changes, "--bound-memory": bound });
    },
    interrupted: () => (isKept ? again(why, { "--resume": true }) : again("search to the end:", seed)),
  };
  return next[ending]();
};

/** Drawn runs are the same again with the seed of the first time. */
const seedOf = ({ seed }: Configuration): Changes => (typeof seed === "number" ? { "--seed": seed } : {});

/** To be sure where states were told apart by hashes. */
const exactly = ({ search }: Report, { command, given, inputs }: Invocation): readonly Next[] =>
  search.hashed === undefined || search.ending !== "exhausted"
    ? []
    : [
        {
          why: "be sure that no state was missed, which takes more memory:",
          words: commandWith(command, given, { ...ANEW, "--visited": false }, inputs),
        },
      ];

/** What one command at a time cannot show. */
const withTwo = ({ search, subject }: Report, { command, given, inputs }: Invocation): readonly Next[] => {
  if (subject.kind === "machine" || search.configuration["tasks"] !== 1) return [];
  // What the first search wrote stays, and no machine follows two commands.
  const changes = { ...ANEW, "--json": false, "--annotate": false, "--policy": false, "--tasks": 2 };
  return [{ why: "look at two commands at one time, too:", words: commandWith(command, given, changes, inputs) }];
};

/** What is told in part, in full: the same search again, which is drawn from the same seed, or gone on with where it is kept. */
const inFull = (report: Report, { command, given, inputs }: Invocation): readonly Next[] => {
  const isPartial = isShortened(report) || report.statistics !== undefined;
  if (!isPartial || given.has("--verbose")) return [];
  const changes = { ...seedOf(report.search.configuration), ...onward(given), "--verbose": true };
  const why = "see all that is counted here, and every call of each run:";
  return [{ why, words: commandWith(command, given, changes, inputs) }];
};

/** The run of a token, taken again by the monitor that it was found with. */
export const replayWords = (
  token: string,
  { subject, search }: Pick<Report, "subject"> & { readonly search: Pick<Report["search"], "configuration"> },
  inputs: readonly string[],
): readonly string[] => {
  const { policy, tasks } = search.configuration;
  const usual = subject.kind === "builtin" ? "intended" : "any";
  const isUsual = subject.kind === "machine" || tasks !== 1 || typeof policy !== "string" || policy === usual;
  return ["replay", token, ...(isUsual ? [] : ["--policy", policy]), ...inputs];
};

/**
 * What to do after a search.
 *
 * @param about - the claim that is of most interest; undefined where there is none
 */
export const nextOf = (report: Report, about: string | undefined, invocation: Invocation): readonly Next[] => {
  const { command, given, inputs } = invocation;
  const [first] = report.findings;
  const longer = further(report.search, invocation);
  const kept = { ...seedOf(report.search.configuration), ...onward(given), "--json": "report.json" };
  return [
    ...(first === undefined
      ? []
      : [{ why: "follow finding 1 call by call:", words: replayWords(first.replay, report, inputs) }]),
    ...(about === undefined
      ? []
      : [{ why: "read the rule, its source in the kernel, and how it is checked:", words: ["explain", about] }]),
    ...(longer === undefined ? [] : [longer]),
    ...exactly(report, invocation),
    ...withTwo(report, invocation),
    ...inFull(report, invocation),
    ...(given.has("--json")
      ? []
      : [{ why: "keep this report for programs:", words: commandWith(command, given, kept, inputs) }]),
  ];
};

/** The commands, each below its reason. */
export const nextLines = (next: readonly Next[], program: string, look: Look): readonly string[] =>
  next.length === 0
    ? []
    : [
        "",
        ...paragraph(look, 0, { text: "next", paint: "heading" }),
        ...next.flatMap(({ why, words, environment }) => [
          ...paragraph(look, 2, why),
          unbroken(look, 6, {
            text: shellLine(environment === undefined ? program : `${environment} ${program}`, words),
          }),
        ]),
      ];
