import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../abi/package-root.ts";
import { type Exploration, type ExploreOptions, explore } from "../../checker/explore.ts";
import type { Finding } from "../../checker/finding.ts";
import type { Bounds } from "../../checker/pace.ts";
import { replay, type Schedule } from "../../checker/schedule.ts";
import { hashFiles, numbered, type Subject, type SubjectFile } from "../../driver/patch/subject-file.ts";
import { readReference } from "../../driver/reference.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import type { Configuration } from "../../harness/configuration.ts";
import type { InitialConfiguration } from "../../harness/initial-configuration.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { claims } from "../../properties/index.ts";

/** Everything that turns C into an image; the image's own name covers only the C and the stand-in headers. */
const builder = (): string => {
  const folder = join(packageRoot, "driver/compile");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 12);
};

/**
 * A folder for built drivers that all tests share, so that a second run of the tests builds nothing.
 *
 * It lies in `node_modules`, which `npm ci` empties, and has another name for each state of the code that builds.
 */
export const sharedCache: string = join(packageRoot, "node_modules/.cache/sysram-verify-tests", builder());

process.env["SYSRAM_VERIFY_CACHE"] ??= sharedCache;

/** A text that stands once in the reference driver, and what a mutant has in its place. */
export interface Edit {
  readonly replace: string;
  readonly with: string;
}

/** Replaces a text that stands in another exactly once. */
export const replaceOnce = (text: string, { replace, with: substitute }: Edit): string => {
  const count = text.split(replace).length - 1;
  if (count !== 1) throw new Error(`the text to replace stands there ${count} times, not once: ${replace}`);
  return text.replace(replace, () => substitute);
};

const withDriverText = (subject: Subject, text: string): Subject => {
  const files = subject.files.map(
    (file): SubjectFile => (file.role === "driver" ? { ...file, text, lines: numbered(text.split("\n")) } : file),
  );
  return { ...subject, files, sha256: hashFiles(files) };
};

/** The reference driver with some of its text replaced; without edits, the reference driver itself. */
export const referenceSubject = (...edits: readonly Edit[]): Subject => {
  const subject = readReference();
  const { text } = subject.files.find(({ role }) => role === "driver")!;
  return edits.length === 0 ? subject : withDriverText(subject, edits.reduce(replaceOnce, text));
};

/** A driver that is C and nothing else; `additions` go to the stand-in of drivers/cxl/cxl.h. */
export const subjectOfC = (text: string, additions = "", path = "drivers/cxl/core/region_widget.c"): Subject => {
  const driver: SubjectFile = { path, role: "driver", text, lines: numbered(text.split("\n")) };
  const header: SubjectFile = {
    path: "drivers/cxl/cxl.h",
    role: "header additions",
    text: additions,
    lines: numbered(additions.split("\n")),
  };
  const files = additions === "" ? [driver] : [driver, header];
  return {
    kind: "patch",
    name: "a driver of a test",
    sha256: hashFiles(files),
    files,
    notes: [],
  };
};

/** How much of the machine's possibilities a test looks at. */
export interface Scope {
  readonly configuration: Configuration;
  /** Which of the machine's set-ups; all of them when this is absent. */
  readonly initialConfigurations?: (initialConfiguration: InitialConfiguration) => boolean;
}

/** The smallest machine: one region of one block, set up in the plain way. */
export const SMALL: Scope = {
  configuration: { regions: 1, blocks: 1 },
  initialConfigurations: (initialConfiguration) => initialConfiguration.asksForAll,
};

/** A system that begins only in some of its initial configurations. */
export const narrowed = (
  system: SysramSystem,
  isWanted: (initialConfiguration: InitialConfiguration) => boolean,
): SysramSystem => {
  const kept = system.initialConfigurations.flatMap((initialConfiguration, index) =>
    isWanted(initialConfiguration) ? [index] : [],
  );
  return {
    ...system,
    initial: kept.map((index) => system.initial[index]!),
    initialConfigurations: kept.map((index) => system.initialConfigurations[index]!),
  };
};

/** A system in which the environment does some of its commands alone. */
export const doing = (system: SysramSystem, isDone: (label: string) => boolean): SysramSystem => ({
  ...system,
  actions: (state) =>
    system.actions(state).filter((action) => action.kind !== "start" || isDone(system.commands[action.command]!.label)),
});

/** Builds a subject, and puts it into the modelled kernel. */
export const systemOf = async (
  subject: Subject,
  { configuration, initialConfigurations }: Scope,
): Promise<SysramSystem> => {
  const system = sysramSystem(loadDriver(await buildSubject(subject)), configuration);
  return initialConfigurations === undefined ? system : narrowed(system, initialConfigurations);
};

type Options = ExploreOptions<SysramState, SysramAction, SysramEvent>;

/** Searches with every property. */
export const exploreAll = (
  system: SysramSystem,
  { faults = "all", bounds = {} }: { readonly faults?: Options["faults"]; readonly bounds?: Bounds } = {},
): Promise<Exploration> => explore<SysramState, SysramAction, SysramEvent>(system, { claims, faults, bounds });

/** What a run does, a line each: the commands, and beneath a command each call that fails in it. */
export const runLines = (system: SysramSystem, schedule: Schedule): readonly string[] =>
  replay(system, schedule).steps.flatMap(({ action, asked }) => [
    system.describe(action),
    ...asked.flatMap(({ question, answer }) => {
      if (answer.isPreemption) return ["  is interrupted"];
      return answer.fault === undefined ? [] : [`  ${question} = ${answer.label}`];
    }),
  ]);

/** A finding as tests compare it. */
export interface Found {
  readonly property: string;
  readonly object: string;
  /** The function and the text of the line that is to blame; empty where none is. */
  readonly blamed: string;
  readonly run: readonly string[];
}

/** The findings of a search in short. */
export const foundBy = (system: SysramSystem, subject: Subject, { findings }: Exploration): readonly Found[] =>
  findings.map((finding) => ({
    property: finding.property,
    object: finding.object,
    blamed: blamedBy(system, subject, finding),
    run: runLines(system, finding.counterexample),
  }));

const blamedBy = (system: SysramSystem, subject: Subject, { site }: Finding): string => {
  if (site === "") return "";
  const { file, line, function: name } = system.driver.facts.sites[Number(site)]!;
  const text =
    subject.files
      .find(({ path }) => path === file)
      ?.lines.get(line)
      ?.trim() ?? "";
  return `${name}: ${text}`;
};

/** Reviews a subject: what was found, and how far the search got. */
export const review = async (
  subject: Subject,
  scope: Scope = SMALL,
  bounds: Bounds = {},
  faults: Options["faults"] = "all",
): Promise<{ readonly system: SysramSystem; readonly exploration: Exploration; readonly found: readonly Found[] }> => {
  const system = await systemOf(subject, scope);
  const exploration = await exploreAll(system, { bounds, faults });
  return { system, exploration, found: foundBy(system, subject, exploration) };
};
