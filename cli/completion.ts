import { Argument, type Command } from "commander";
import { EXIT } from "./exit.ts";
import { print } from "./terminal.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

const EXAMPLE = `
Examples:
  source <(sysram-verify completion bash)       in ~/.bashrc; zsh takes the same in ~/.zshrc
  sysram-verify completion fish > ~/.config/fish/completions/sysram-verify.fish
`;

/** Adds \`completion\`: a script by which a shell completes the words of this command line. */
export const addCompletion = (program: Command): void => {
  program
    .command("completion")
    .summary("print a script that completes words in a shell")
    .description(
      "Prints a script for a shell, by which it completes commands, options and their values. That for bash needs the package bash-completion.",
    )
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText("after", EXAMPLE)
    .action(async (shell: string) => {
      const { script } = await import("@bomb.sh/tab");
      script(shell, program.name(), program.name());
      if (shell === "bash") await print(`${bashFiles(program.name())}\n`);
      process.exitCode = EXIT.clean;
    });
};

/** The library has bash offer nothing where it offers nothing itself. */
const bashFiles = (name: string): string =>
  `complete -o bashdefault -o default -F __${name.replaceAll("-", "_")}_complete ${name}`;

/** What the scripts call for what could stand in the place of the last word. */
const COMPLETE = "complete";

/**
 * Adds the command that the scripts call; nobody is told of it.
 *
 * @param described - makes the commands that are to be completed
 */
export const addComplete = (program: Command, described: () => Command): void => {
  program
    .command(COMPLETE, { hidden: true })
    .argument("[word...]")
    .action(async (words: readonly string[]) => {
      const { ShellCompDirective } = await import("@bomb.sh/tab");
      const { default: describe } = await import("@bomb.sh/tab/commander");
      const root = describe(described(), { completionCommandName: COMPLETE });
      root.commands.delete(COMPLETE);
      // The library never lets a shell complete files, and patches are files.
      Object.defineProperty(root, "directive", {
        get: () =>
          root.completions.length > 0
            ? ShellCompDirective.ShellCompDirectiveNoFileComp
            : ShellCompDirective.ShellCompDirectiveDefault,
        set: () => {},
      });
      root.parse([...words]);
      process.exitCode = EXIT.clean;
    });
};
