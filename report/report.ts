import type { NotJudged } from "../checker/claims/claim.ts";
import type { OverallVerdict } from "../checker/claims/overall-verdict.ts";
import type { Needed } from "../checker/cost.ts";
import type { Needs } from "../checker/finding.ts";
import type { Reach, Verdict } from "../checker/verdict.ts";
import type { Severity } from "../properties/sysram-property.ts";

/**
 * The report of one search: what people and programs are told, as plain JSON.
 *
 * `report.schema.json` says the same in JSON Schema, and a test holds the two together. Text that comes from the subject
 * stands here as it is; whoever shows it makes it `printable` first.
 */
export interface Report {
  readonly format: "sysram-verify/report";
  readonly version: 1;
  readonly subject: Subject;
  readonly verdict: OverallVerdict;
  readonly search: Search;
  readonly properties: readonly PropertyReport[];
  /** What is claimed and could not be judged in this way of searching. */
  readonly notJudged: readonly NotJudged[];
  /** In the order of `gravestFirst`; the number of a finding is its place here, counted from 1. */
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  /** Code of the subject that no run entered: no verdict covers it, and so none says that something holds. */
  readonly neverRun: readonly NeverRun[];
  /** Where the driver tells that it keeps memory for good which it could not remove, with all that belongs to it: no violation. */
  readonly keptOnPurpose: readonly Place[];
  /** What the runs were made of, where they were drawn at random. */
  readonly statistics?: Statistics;
  /** What was left out and why, one sentence each. */
  readonly notes: readonly string[];
}

/** What was verified. */
export interface Subject {
  readonly kind: "patch" | "source" | "tree" | "machine" | "builtin";
  /** For display: the file as typed, or the name of the machine. */
  readonly name: string;
  /** The subject line of the mail that carried it. */
  readonly title?: string;
  /** Over the content, in hexadecimal: two reports with one hash speak of the same thing. */
  readonly sha256: string;
}

/** How the search went, and how far it got. */
export interface Search extends Reach {
  /** Length of the longest run that was followed, in steps. */
  readonly depth: number;
  /** Transitions that ended their runs with a fatal violation. */
  readonly fatal: number;
  /** Of a search that was ended before its time: every run that needs less than this was followed. */
  readonly followed?: Needed;
  /** Everything needed to run it again. */
  readonly configuration: Configuration;
  readonly elapsedMs: number;
}

export type Configuration = Readonly<Record<string, Setting>>;

export type Setting = string | number | boolean | null | readonly (string | number)[];

/** What the search says of one property. */
export interface PropertyReport {
  readonly id: string;
  readonly group: string;
  readonly claim: string;
  readonly verdict: Verdict;
  /** One sentence, without the full stop. */
  readonly because: string;
  /** The number of transitions that put it to the test. */
  readonly tested: number;
  /** Replay token of the shortest run that puts it to the test. */
  readonly witness: string | null;
}

/** One thing that is wrong, with the most believable run that shows it. */
export interface Finding {
  /** Stable, kebab-case; see `findingIds`. */
  readonly id: string;
  /** The `id` of the property that it breaks. */
  readonly property: string;
  /** What is wrong, in one line. */
  readonly title: string;
  /** The kind of thing that is wrong, without addresses: `the memory group`. */
  readonly object: string;
  /** The line of the subject that is to blame; null where none is. */
  readonly place: Place | null;
  readonly severity: Severity;
  readonly needs: Needs;
  /** Every fault of the run, in order. */
  readonly faults: readonly Fault[];
  readonly steps: readonly ReportStep[];
  /** What is wrong at the end of the run, line by line. */
  readonly state: readonly string[];
  /** Why it matters to a maintainer, one sentence. */
  readonly why: string;
  /** Token of the run, for the `replay` command. */
  readonly replay: string;
  /** What the finding rests on: `models/iomem.ts: names are pointers, never copied`. */
  readonly assumptions: readonly string[];
  /** Where the same was seen outside the model: `Linux 6.12.117 under QEMU: KASAN slab-use-after-free`. */
  readonly confirmed: readonly string[];
  /** The number of transitions that show it; where runs are followed one by one and their ends tell, the number of runs. */
  readonly seen: number;
}

/** A place in the subject, by the lines of the file as the patch leaves it. */
export interface Place {
  /** Path in the kernel tree. */
  readonly file: string;
  readonly line: number;
  /** The function that the line belongs to. */
  readonly function?: string;
  /** The line as it stands, tabs kept. */
  readonly text?: string;
}

/** A kernel call that the environment made fail. */
export interface Fault {
  readonly function: string;
  /** What it returned: `-EBUSY`, `NULL`. */
  readonly result: string;
  readonly file?: string;
  readonly line?: number;
}

/**
 * One line of a run.
 *
 * `command`: the environment does something (`what`), and the steps up to the next command are what came of it.
 * `call`: the subject calls the kernel; `result` stands here too, where it is known. `fault`: the same, where the
 * environment made the call fail; it stands in place of the `call`. `callback`: the kernel calls a function of the
 * subject. `return`: the end of a call or callback whose beginning is some steps back. `note`: anything else (`what`).
 * `violation`: here a claim is broken (`what`).
 */
export interface ReportStep {
  /** Who does it: `the environment`, or the task that runs. */
  readonly task: string;
  readonly kind: StepKind;
  /** How deep the kernel and the subject are in calls of one another, for indentation; 0 for a command. */
  readonly depth: number;
  /** In words: what the environment does, what is noted, what is wrong. */
  readonly what?: string;
  /** Name of the function that is called or returns. */
  readonly function?: string;
  /** The arguments as they are to be shown: `0x1010000000`, `"cxl_sysram0"`, `&sysram->dev`. */
  readonly arguments?: readonly string[];
  /** `-EBUSY`, `0`, `0x41000`. */
  readonly result?: string;
  readonly file?: string;
  readonly line?: number;
  /** The source line at `file` and `line`, as it stands, tabs kept. */
  readonly text?: string;
  /** Why it happens, or what it means for the finding; a step with a reason is never left out. */
  readonly why?: string;
}

export type StepKind = "command" | "call" | "return" | "callback" | "fault" | "note" | "violation";

/** What the search exercised. */
export interface Coverage {
  /** Calls of the kernel in the subject, times the ways in which each can fail. */
  readonly failurePoints: {
    readonly total: number;
    readonly exercised: number;
    readonly unreached: readonly FailurePoint[];
  };
  /** Lines of the subject that hold code. */
  readonly lines: { readonly total: number; readonly covered: number; readonly uncovered: readonly UncoveredLine[] };
  /** The ways that branches of the subject may go. */
  readonly branches: { readonly total: number; readonly covered: number; readonly uncovered: readonly UncoveredWay[] };
  /** States of the life-cycle machine. */
  readonly states: { readonly total: number; readonly covered: number };
  /** Transitions of the life-cycle machine. */
  readonly transitions: { readonly total: number; readonly covered: number };
}

/** A function of the subject that was never entered, or a part of one behind a word or a value that nobody gave. */
export interface NeverRun {
  readonly kind: "function" | "part";
  readonly function: string;
  readonly file: string;
  /** The first line of it that holds code. */
  readonly line: number;
  /** Why no run came to it. */
  readonly because: string;
}

/** A way to fail that no run took. */
export interface FailurePoint {
  readonly function: string;
  /** Absent where the call was never made, and so nobody asked how it can fail. */
  readonly result?: string;
  readonly file?: string;
  readonly line?: number;
  /** Why no run took it. */
  readonly because?: string;
}

/** A line that no run executed. */
export interface UncoveredLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Why no run reached it. */
  readonly because?: string;
}

/** A way of a branch that no run took. */
export interface UncoveredWay extends UncoveredLine {
  /** `true`, `false`, or a value of a `switch`. */
  readonly way: string;
}

/** What runs that were drawn at random were made of. */
export interface Statistics {
  readonly runs: number;
  /** Steps that were drawn and thrown away because they were not possible. */
  readonly skipped: number;
  readonly commands: readonly CommandStatistics[];
  readonly faults: readonly FaultStatistics[];
  /** How many runs came to which length, in steps; every length is in one of the ranges. */
  readonly lengths: readonly LengthStatistics[];
  /** What never happened, one sentence each. */
  readonly warnings: readonly string[];
}

/** How often one command of the environment was met with. */
export interface CommandStatistics {
  readonly command: string;
  /** Steps before which it was possible. */
  readonly enabled: number;
  readonly executed: number;
  /** It came to its end with a negative errno. */
  readonly refused: number;
  /** The environment made something fail in it. */
  readonly failed: number;
}

/** How often one way to fail was met with. */
export interface FaultStatistics {
  readonly function: string;
  /** `-EBUSY`, `NULL`. */
  readonly result: string;
  /** Calls that could have failed in this way. */
  readonly offered: number;
  /** Calls that did. */
  readonly given: number;
}

/** Runs of one range of lengths. */
export interface LengthStatistics {
  readonly from: number;
  readonly to: number;
  readonly runs: number;
}

const SEVERITIES: Readonly<Record<Severity, number>> = { high: 0, medium: 1, low: 2 };

/** How easily each is met with in life: two tasks at a time happen every day, a failing small allocation nearly never. */
const LIKELIHOODS: Readonly<Record<Needs, number>> = {
  nothing: 0,
  "ordinary-errno": 1,
  race: 2,
  "small-allocation-failure": 3,
};

const commandsOf = ({ steps }: Finding): number => steps.filter(({ kind }) => kind === "command").length;

/** The order in which findings are read and numbered, as `toSorted` takes it: the gravest first, then the likeliest, then the shortest. */
export const gravestFirst = (one: Finding, other: Finding): number =>
  SEVERITIES[one.severity] - SEVERITIES[other.severity] ||
  LIKELIHOODS[one.needs] - LIKELIHOODS[other.needs] ||
  commandsOf(one) - commandsOf(other) ||
  one.steps.length - other.steps.length ||
  Number(one.id > other.id) - Number(one.id < other.id);
