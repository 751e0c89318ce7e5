import type { Ways } from "../checker/claims/claim.ts";
import type { SysramEvent } from "../models/observation.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";

/**
 * How a machine can be brought back to where it has no memory of the driver's: what goes on by itself, and what people
 * who want the memory back do.
 *
 * They may be counted on to write to the driver's files, to unbind and bind it, to commit and decommit the region, to
 * online and offline single blocks, to take, use and drop references, and to end a wait with a signal where one listens to
 * signals; so may the users of the memory be to let go of it (an unpinned page, a claim that is given back). No way back
 * leads through what only stands in the way: pinning a page, claiming a part of the range. Nothing fails, and nobody
 * is interrupted.
 *
 * A search begins no command while as many are under way as there may be. Whether there is a way back must not depend on that,
 * so one command more may begin where a finding is put to the test; but not where the driver takes one alone.
 */
export const waysBack = (system: SysramSystem): Ways<SysramState, SysramAction, SysramEvent> => {
  const { commands, configuration, driver } = system;
  const starts = commands.map((command) => system.startOf(command));
  const room = (configuration.tasks ?? 1) + (driver.takesOneCommand === true ? 0 : 1);
  return {
    widened: {
      ...system,
      actions: (state) => [
        ...system.actions(state).filter(({ kind }) => kind !== "start"),
        ...system.possible(state, starts, room),
      ],
    },
    leadsBack: (action) => action.kind !== "start" || commands[action.command]!.isInTheWay !== true,
    goesOn: (action) => action.kind === "continue",
  };
};
