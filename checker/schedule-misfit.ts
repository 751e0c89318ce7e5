/** A schedule that is no run of this system: recorded with another one, or before the code changed. */
export class ScheduleMisfit extends Error {
  readonly code = "schedule-misfit";
  /** The step that does not fit, counted from 1; 0 where the initial state does not. */
  readonly step: number;

  constructor(step: number, reason: string) {
    const where = step === 0 ? "its initial state" : `step ${step}`;
    super(
      `the schedule does not fit the system at ${where}: ${reason}; find it again by its labels, or record it anew`,
    );
    this.name = "ScheduleMisfit";
    this.step = step;
  }
}

/** What a run comes to; undefined where it is none of the system. */
export const unlessMisfit = <T>(take: () => T): T | undefined => {
  try {
    return take();
  } catch (error) {
    if (error instanceof ScheduleMisfit) return undefined;
    throw error;
  }
};
