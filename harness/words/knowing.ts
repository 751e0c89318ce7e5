import type { Command } from "../command.ts";
import { SITUATIONS, type Situation } from "../situation.ts";
import type { SysramAction } from "../state.ts";
import type { SysramSystem } from "../sysram-system.ts";
import { readCommand, readSituation } from "./read.ts";

/**
 * What the environment may be and do beyond its table, in the words that reports, tokens and saved runs have for it.
 *
 * Words of the table may stand there too, and mean nothing more.
 */
export interface Words {
  readonly situations: readonly string[];
  readonly commands: readonly string[];
}

export const NO_WORDS: Words = { situations: [], commands: [] };

/**
 * The same system, whose environment may also be and do what these words say.
 *
 * What is new comes last in every list, so a schedule of the system is one of this one. Words that stand for nothing are
 * passed over: who needs them misses them.
 */
export const knowing = (system: SysramSystem, words: Words): SysramSystem => {
  const { configuration, driver } = system;
  const situations: Situation[] = [];
  const known = new Set(system.situations.map(({ label }) => label));
  for (const label of words.situations) {
    if (known.has(label)) continue;
    known.add(label);
    const situation = readSituation(label, configuration);
    if (situation !== undefined) situations.push(situation);
  }
  const starts = new Map<string, SysramAction>();
  for (const label of words.commands) {
    const command: Command | undefined = starts.has(label)
      ? undefined
      : readCommand(label, driver.facts, configuration);
    if (command !== undefined) starts.set(label, system.startOf(command));
  }
  if (situations.length + starts.size === 0) return system;
  const more = [...starts.values()];
  return {
    ...system,
    situations: [...system.situations, ...situations],
    initial: [...system.initial, ...situations.map(system.begin)],
    actions: (state) => {
      const actions = system.actions(state);
      const further = system.possible(state, more);
      // A system that knows some of the words already lists them itself.
      return further.length === 0 ? actions : [...actions, ...further.filter((action) => !actions.includes(action))];
    },
  };
};

/** Whether a command carries a value. */
const hasValue = ({ commands }: SysramSystem, action: SysramAction): boolean =>
  action.kind === "start" && commands[action.command]!.family !== undefined;

/** The words that a run needs to be known: its situation where the table has it not, and its commands that carry a value. */
export const wordsOf = (system: SysramSystem, initial: number, actions: readonly SysramAction[]): Words => ({
  situations: SITUATIONS.includes(system.situations[initial]!) ? [] : [system.situations[initial]!.label],
  commands: [...new Set(actions.filter((action) => hasValue(system, action)).map(system.describe))],
});
