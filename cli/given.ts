import type { Command } from "commander";
import type { Given } from "../report/next.ts";

/** Options that name the subject: commands that we print name it behind their other options. */
const SUBJECT: readonly string[] = ["--source", "--tree"];

/** The options as the user typed them, but for those that name the subject. */
export const givenOptions = (command: Command): Given =>
  new Map(
    command.options
      .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli")
      .filter(({ long }) => long != null && !SUBJECT.includes(long))
      .map((option) => [
        option.long!,
        option.isBoolean() || option.negate ? undefined : String(command.getOptionValue(option.attributeName())),
      ]),
  );

/** Arguments that are files, as no command takes them for options. */
export const fileWords = (files: readonly string[]): readonly string[] =>
  files.map((file) => (file.startsWith("-") && file !== "-" ? `./${file}` : file));
