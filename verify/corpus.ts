import type { Finding } from "../checker/finding.ts";
import type { Schedule } from "../checker/schedule.ts";
import type { Configuration } from "../harness/configuration.ts";
import { type CorpusRemark, extraInputsOfSaved, readCorpus, recall, savedRun, writeCorpus } from "../harness/corpus.ts";
import { withExtraInputs } from "../harness/extra-inputs/extra-inputs.ts";
import { allExtraInputs } from "../harness/extra-inputs/rebase.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import type { Complaint } from "../report/error-text.ts";

/** What a corpus gives to a search. */
export interface Recalled {
  readonly first: readonly Schedule[];
  /** The system that the saved runs are runs of: it knows the values in them. */
  readonly system: SysramSystem;
  /** What was passed over and why, one sentence each. */
  readonly notes: readonly string[];
  /** The files that were damaged and left out. */
  readonly damaged: readonly CorpusRemark[];
}

/** One sentence for all files that are passed over for one reason. */
const grouped = (remarks: readonly CorpusRemark[]): readonly string[] =>
  [...new Set(remarks.map(({ reason }) => reason))].map((reason) => {
    const [first, ...others] = remarks.filter((remark) => remark.reason === reason);
    const are = others.length === 0 ? " is" : ` and ${others.length} more are`;
    return `${first!.file}${are} passed over: ${reason}`;
  });

/** The saved runs of a subject; `onWarning` is told of each file that is damaged. */
export const recallCorpus = async (
  folder: string | undefined,
  tableSystem: SysramSystem,
  sha256: string,
  onWarning?: (complaint: Complaint) => void,
): Promise<Recalled> => {
  if (folder === undefined) return { first: [], system: tableSystem, notes: [], damaged: [] };
  const { entries, damaged, passedOver } = await readCorpus(folder, sha256);
  for (const { file, reason } of damaged) {
    onWarning?.({ message: `${file} is damaged and left out: ${reason}`, hint: "repair it, or delete it" });
  }
  const first: Schedule[] = [];
  const system = withExtraInputs(tableSystem, allExtraInputs(entries.map(({ run }) => extraInputsOfSaved(run))));
  const notes = [...damaged.map(({ file, reason }) => `${file} is damaged: ${reason}`), ...grouped(passedOver)];
  for (const { file, run } of entries) {
    const found = recall(system, run);
    if ("schedule" in found) first.push(found.schedule, ...found.besides);
    else notes.push(`${file} is no run of this system: ${found.reason}`);
  }
  return { first, system, notes, damaged };
};

/** Saves the counterexample of each finding. */
export const saveCorpus = async (
  folder: string | undefined,
  system: SysramSystem,
  findings: readonly Finding[],
  sha256: string,
  configuration: Configuration,
): Promise<void> => {
  if (folder === undefined || findings.length === 0) return;
  const runs = findings.map((finding) => savedRun(system, finding, sha256, configuration));
  await writeCorpus(folder, runs);
};
