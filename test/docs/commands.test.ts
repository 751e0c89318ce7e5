import { describe, expect, it } from "vitest";
import { commandsIn, documents, textOf, wordsIn } from "../support/docs.ts";
import { commands, dryRun } from "../support/dry-run.ts";
import { examplesOf } from "./reference.ts";

/** The commands of some lines that the command line does not take. */
const refused = async (lines: readonly string[]): Promise<readonly string[]> => {
  const wrong: string[] = [];
  for (const words of lines.flatMap(wordsIn)) {
    const isTaken = await dryRun(words).then(
      () => true,
      () => false,
    );
    if (!isTaken) wrong.push(words.join(" "));
  }
  return wrong;
};

/** These only parse: what commands come to is run where documents show what they print. */
describe("the command line takes every command", () => {
  it.each(documents().filter((name) => commandsIn(textOf(name)).length > 0))("that %s shows", async (name) => {
    expect(await refused(commandsIn(textOf(name)))).toEqual([]);
  });

  it.each(commands().map((command) => [command.name(), command] as const))(
    "that `%s --help` shows",
    async (_, command) => {
      expect(examplesOf(command).length).toBeGreaterThan(0);
      expect(await refused(examplesOf(command))).toEqual([]);
    },
  );

  it("and not one with an option that there is not", async () => {
    expect(
      await refused(["npx sysram-verify review --fault 1 a.mbox", "trace-cmd report | sysram-verify trace -"]),
    ).toEqual(["review --fault 1 a.mbox"]);
  });
});
