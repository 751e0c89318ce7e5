import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { withBudget } from "../../checker/budget.ts";
import { outcomesOf } from "../../checker/enumerate.ts";
import { standInFiles } from "../../driver/compile/stand-in-files.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { kernelFunctions } from "../../models/index.ts";
import { claims } from "../../properties/index.ts";
import { mutants } from "../mutants/mutants.ts";
import { deferredSubject } from "../support/deferred.ts";
import { referenceSubject, SMALL, systemOf } from "../support/review.ts";

/**
 * What a model says of the kernel and nothing ever asks, what a driver may call and no header declares, what it may give to the
 * kernel and nothing ever calls, what the environment may do and never can, what a claim watches for and nothing ever reports: all
 * of it would look as if it were checked. What is unreachable is listed here with its reason, and nothing else is.
 */

const FOLDERS: readonly string[] =
  "abi checker cli driver harness logs machines models properties report vectors verify".split(" ");

const sources: ReadonlyMap<string, string> = new Map(
  FOLDERS.flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  )
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => [path, readFileSync(join(packageRoot, path), "utf8")]),
);

const isModel = (path: string): boolean => path.startsWith("models/");

/** Without comments. */
const codeOf = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");

const mentions = (text: string, name: string): number =>
  [...codeOf(text).matchAll(new RegExp(`\\b${name}\\b`, "g"))].length;

describe("what the models export", () => {
  it("is asked for by more than tests", () => {
    const unused = [...sources]
      .filter(([path]) => isModel(path))
      .flatMap(([path, text]) =>
        [...text.matchAll(/^export (?:const|function\*?) (\w+)/gm)]
          .map(([, name]) => name!)
          .filter((name) => mentions(text, name) < 2)
          .filter((name) => ![...sources].some(([other, its]) => other !== path && mentions(its, name) > 0))
          .map((name) => `${name} of ${path}`),
      );
    expect(unused).toEqual([]);
  });
});

/** What the models have and no header declares, and why. */
const NOT_DECLARED: Readonly<Record<string, readonly string[]>> = {
  "the compiler itself puts these calls in, with -fsanitize=": [
    ...[
      "out_of_bounds",
      "shift_out_of_bounds",
      "load_invalid_value",
      "builtin_unreachable",
      "add_overflow",
      "sub_overflow",
    ],
    ...["mul_overflow", "negate_overflow", "divrem_overflow"],
  ].map((name) => `__ubsan_handle_${name}`),
};

const declared = codeOf([...standInFiles().values()].join("\n"));

describe("the functions of the kernel", () => {
  it("can be called by a driver, save those that are said not to be declared", () => {
    const unreachable = Object.keys(kernelFunctions).filter((name) => mentions(declared, name) === 0);
    expect(unreachable.toSorted()).toEqual(Object.values(NOT_DECLARED).flat().toSorted());
  });
});

/** Fields of the stand-in headers that hold a function and that no model calls, and why. */
const NOT_CALLED: Readonly<Record<string, readonly string[]>> = {
  "nothing here registers a bus or a driver: what would register one is refused by name": [
    ...["bus_type.match", "bus_type.uevent", "bus_type.probe", "bus_type.sync_state", "bus_type.remove"],
    ...["bus_type.shutdown", "bus_type.online", "bus_type.offline"],
    ...["device_driver.probe", "device_driver.sync_state", "device_driver.remove", "device_driver.shutdown"],
    ...["cxl_driver.probe", "cxl_driver.remove"],
  ],
  "no event of a device goes to user space, and no node of one is made": ["device_type.uevent", "device_type.devnode"],
  "binary files are left out of the model of sysfs": [
    ...["bin_attribute.read", "bin_attribute.write", "attribute_group.is_bin_visible", "attribute_group.bin_size"],
  ],
  "no function that arms a timer, and none that leaves a callback to RCU, is declared": [
    ...["timer_list.function", "callback_head.func"],
  ],
};

/** The fields of structures that hold a function, in the headers that stand in for the kernel's. */
const callbacksIn = (header: string): readonly string[] =>
  [...codeOf(header).matchAll(/^(?:typedef )?struct (\w+) \{\n([\s\S]*?)^\}/gm)].flatMap(([, structure, body]) =>
    [...body!.matchAll(/\(\*(\w+)\)\(|^\t\w+_(?:fn|func)_t (\w+);/gm)].map(
      ([, pointer, typed]) => `${structure}.${pointer ?? typed}`,
    ),
  );

const callbacks = [...standInFiles()].filter(([path]) => path.endsWith(".h")).flatMap(([, text]) => callbacksIn(text));

/** Whether a model reads a field of this name. */
const isRead = (field: string): boolean =>
  [...sources].some(([path, text]) => isModel(path) && codeOf(text).includes(`"${field.split(".")[1]}"`));

describe("the functions that a driver may give to the kernel", () => {
  it("are called by a model, save those that are said not to be", () => {
    const listed = Object.values(NOT_CALLED).flat();
    expect(callbacks.filter((field) => !CALLED.has(field)).sort()).toEqual([...listed].sort());
    expect([...CALLED].filter((field) => !callbacks.includes(field) || !isRead(field))).toEqual([]);
  });
});

/** Those that a model calls. */
const CALLED: ReadonlySet<string> = new Set([
  ...["attribute_group.is_visible", "device_attribute.show", "device_attribute.store"],
  ...["device_type.release", "device.release", "notifier_block.notifier_call", "work_struct.func"],
]);

describe("the rules that claims watch", () => {
  it("are reported by somebody each", () => {
    const watched = claims.flatMap((claim) => ("rules" in claim ? [...(claim.rules as ReadonlySet<string>)] : []));
    const reporters = [...sources].filter(([path]) => !path.startsWith("properties/"));
    expect(watched.length).toBeGreaterThan(20);
    expect(watched.filter((rule) => !reporters.some(([, text]) => codeOf(text).includes(`"${rule}"`)))).toEqual([]);
  });
});

/** Commands of the table that are possible in no state, and why. */
const NEVER_POSSIBLE: Readonly<Record<string, readonly string[]>> = {
  "the driver has no function for reading it": ["cat sysram_region0/hotplug"],
};

/** More than are needed; a command that takes longer to come to is as good as unreachable. */
const MAX_STATES = 2000;

/** The commands of a driver's table that are possible in none of the states that are reached without a failure, nearest first. */
const neverPossible = (whole: SysramSystem, maxStates: number): readonly string[] => {
  const system = withBudget(whole, { faults: 0, preemptions: 0 });
  const left = new Set(whole.commands.map(({ label }) => label));
  const keys = new Set<string>();
  const states = [...system.initial];
  for (let state = states.shift(); state !== undefined && left.size > 0; state = states.shift()) {
    for (const action of system.actions(state)) {
      if (action.kind === "start") left.delete(whole.commands[action.command]!.label);
      for (const { state: after } of outcomesOf(system, state, action)) {
        if (keys.size === maxStates || keys.has(system.key(after))) continue;
        keys.add(system.key(after));
        states.push(after);
      }
    }
  }
  return [...left];
};

describe("what the environment may do", () => {
  it("is possible in some state, save what is said not to be", async () => {
    for (const subject of [referenceSubject(), deferredSubject()]) {
      const system = await systemOf(subject, SMALL);
      expect(neverPossible(system, MAX_STATES)).toEqual(Object.values(NEVER_POSSIBLE).flat());
    }
  });
});

/** The claims that no driver of the table of mutants breaks, by the test whose drivers do. */
const BROKEN_ELSEWHERE: Readonly<Record<string, string>> = {
  "the-code-is-a-run-of-the-machine": "harness/monitors.test.ts",
  "accesses-are-ordered": "mutants/races.ts",
  "what-is-valid-is-accepted": "properties/acceptance.test.ts",
  "memory-can-be-taken-back": "mutants/progress.test.ts",
  "locks-are-taken-in-one-order": "mutants/works.test.ts",
  "commands-are-linearizable": "mutants/linearizability.test.ts",
};

describe("the claims", () => {
  it("are broken by a driver of some test each, and none is named that the table breaks", () => {
    const byTable = new Set(mutants.flatMap(({ property, besides }) => [property, ...besides]));
    const unbroken = claims.map(({ id }) => id).filter((id) => !byTable.has(id));
    expect(unbroken.toSorted()).toEqual(Object.keys(BROKEN_ELSEWHERE).toSorted());
    const silent = Object.entries(BROKEN_ELSEWHERE).filter(
      ([id, path]) => !readFileSync(join(packageRoot, "test", path), "utf8").includes(id),
    );
    expect(silent).toEqual([]);
  });
});
