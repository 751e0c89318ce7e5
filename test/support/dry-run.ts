import { type Command, CommanderError } from "commander";
import { givenOptions } from "../../cli/given.ts";
import { sysramVerify } from "../../cli/program.ts";
import { namedSource, type SubjectOptions, subjectWords } from "../../cli/source.ts";
import type { Given } from "../../report/next.ts";
import { checkEngine } from "../../verify/check-options.ts";
import type { EngineOptions } from "../../verify/engine.ts";

/** A command line that was understood, and not run. */
export interface Understood {
  readonly command: string;
  /** What stands there beside options, as the command takes it. */
  readonly files: readonly string[];
  readonly options: EngineOptions & SubjectOptions & Readonly<Record<string, unknown>>;
  readonly given: Given;
  /** The arguments that name the subject again. */
  readonly inputs: readonly string[];
}

/** The commands that search, and those that read one subject as files or options. */
const SEARCHES: ReadonlySet<string> = new Set(["review", "verify", "certify", "compare"]);
const READERS: Readonly<Record<string, number>> = { review: 0, certify: 0, vectors: 0, replay: 1, check: 1 };

/**
 * Gives words to the command line as a shell would, and has it run nothing.
 *
 * @throws where it would refuse them before it does anything
 */
export const dryRun = async (words: readonly string[]): Promise<Understood> => {
  let understood: Understood | undefined;
  const program = sysramVerify();
  for (const command of program.commands) {
    command.configureOutput({ outputError: () => {}, writeErr: () => {}, writeOut: () => {} });
    command.action(async (...passed: unknown[]) => {
      const taken = passed.slice(0, -2).flat() as readonly string[];
      const options = command.opts<Understood["options"]>();
      const name = command.name();
      const before = READERS[name];
      const patches = before === undefined ? taken : taken.slice(before);
      if (before !== undefined && !patches.includes("-")) await namedSource(patches, options);
      if (SEARCHES.has(name)) checkEngine(options);
      const inputs = before === undefined ? taken : subjectWords(patches, options);
      understood = { command: name, files: taken, options, given: givenOptions(command), inputs };
    });
  }
  program.configureOutput({ outputError: () => {}, writeErr: () => {}, writeOut: () => {} });
  await program.parseAsync([...words], { from: "user" });
  if (understood === undefined) throw new CommanderError(1, "none", `no command in ${JSON.stringify(words)}`);
  return understood;
};

/** The commands of the command line. */
export const commands = (): readonly Command[] => {
  const program = sysramVerify();
  const shown = new Set(program.createHelp().visibleCommands(program));
  return program.commands.filter((command) => shown.has(command));
};
