import { findSchedule } from "../../checker/find-schedule.ts";
import { labelsOf, replay, type Schedule } from "../../checker/schedule.ts";
import type { SysramSystem } from "../sysram-system.ts";
import { type ExtraInputs, extraInputsOf } from "./extra-inputs.ts";

/** A schedule together with the system that it is a run of. */
export interface SystemSchedule {
  readonly system: SysramSystem;
  readonly schedule: Schedule;
}

/** The extra inputs that a schedule needs. */
export const extraInputsIn = ({ system, schedule }: SystemSchedule): ExtraInputs =>
  extraInputsOf(
    system,
    schedule.initial,
    replay(system, schedule).steps.map(({ action }) => action),
  );

/** All that any of these know. */
export const allExtraInputs = (many: readonly ExtraInputs[]): ExtraInputs => ({
  initialConfigurations: many.flatMap(({ initialConfigurations }) => initialConfigurations),
  commands: many.flatMap(({ commands }) => commands),
});

/** The same run as a schedule of another system, which has its extra inputs too. */
export const rebased = ({ system, schedule }: SystemSchedule, onto: SysramSystem): Schedule => {
  if (system === onto) return schedule;
  const { label } = system.initialConfigurations[schedule.initial]!;
  const initial = onto.initialConfigurations.findIndex((initialConfiguration) => initialConfiguration.label === label);
  const { steps } = labelsOf(system, replay(system, schedule));
  const found = initial === -1 ? undefined : findSchedule(onto, { initial, steps });
  if (found?.kind !== "found")
    throw new Error(`checker bug: a run with drawn values is lost: ${JSON.stringify(steps)}`);
  return found.schedule;
};
