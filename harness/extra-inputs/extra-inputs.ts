import type { Command } from "../command.ts";
import { INITIAL_CONFIGURATIONS, type InitialConfiguration } from "../initial-configuration.ts";
import type { SysramAction } from "../state.ts";
import type { SysramSystem } from "../sysram-system.ts";
import { readCommand, readInitialConfiguration } from "./read.ts";

/**
 * Extra inputs: what the environment may be and do beyond its table, in the words that reports, tokens and saved runs
 * have for it.
 *
 * Words of the table may stand there too, and add nothing.
 */
export interface ExtraInputs {
  readonly initialConfigurations: readonly string[];
  readonly commands: readonly string[];
}

export const NO_EXTRA_INPUTS: ExtraInputs = { initialConfigurations: [], commands: [] };

/**
 * The same system, whose environment may also be and do this.
 *
 * What is new comes last in every list, so a schedule of the system is one of this one. Words that stand for nothing are
 * passed over: who needs them misses them.
 */
export const withExtraInputs = (system: SysramSystem, extraInputs: ExtraInputs): SysramSystem => {
  const { configuration, driver } = system;
  const initialConfigurations: InitialConfiguration[] = [];
  const known = new Set(system.initialConfigurations.map(({ label }) => label));
  for (const label of extraInputs.initialConfigurations) {
    if (known.has(label)) continue;
    known.add(label);
    const initialConfiguration = readInitialConfiguration(label, configuration);
    if (initialConfiguration !== undefined) initialConfigurations.push(initialConfiguration);
  }
  const starts = new Map<string, SysramAction>();
  for (const label of extraInputs.commands) {
    const command: Command | undefined = starts.has(label)
      ? undefined
      : readCommand(label, driver.facts, configuration);
    if (command !== undefined) starts.set(label, system.startOf(command));
  }
  if (initialConfigurations.length + starts.size === 0) return system;
  const more = [...starts.values()];
  return {
    ...system,
    initialConfigurations: [...system.initialConfigurations, ...initialConfigurations],
    initial: [...system.initial, ...initialConfigurations.map(system.begin)],
    actions: (state) => {
      const actions = system.actions(state);
      const further = system.possible(state, more);
      // A system that has some of these inputs already lists them itself.
      return further.length === 0 ? actions : [...actions, ...further.filter((action) => !actions.includes(action))];
    },
  };
};

/** Whether a command carries a value. */
const hasValue = ({ commands }: SysramSystem, action: SysramAction): boolean =>
  action.kind === "start" && commands[action.command]!.family !== undefined;

/**
 * The extra inputs that a run needs: its initial configuration where the table has it not, and its commands that
 * carry a value.
 */
export const extraInputsOf = (
  system: SysramSystem,
  initial: number,
  actions: readonly SysramAction[],
): ExtraInputs => ({
  initialConfigurations: INITIAL_CONFIGURATIONS.includes(system.initialConfigurations[initial]!)
    ? []
    : [system.initialConfigurations[initial]!.label],
  commands: [...new Set(actions.filter((action) => hasValue(system, action)).map(system.describe))],
});
