import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { standInFiles } from "../../driver/compile/stand-in-files.ts";
import { claims } from "../../properties/index.ts";

/**
 * What a model says of the kernel and nothing ever asks, what a driver may give to the kernel and nothing ever calls, what a claim
 * watches for and nothing ever reports: all of it would look as if it were checked.
 */

const FOLDERS = [
  ...[
    "abi",
    "checker",
    "cli",
    "driver",
    "harness",
    "logs",
    "machines",
    "models",
    "properties",
    "report",
    "vectors",
    "verify",
  ],
];

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
    expect(callbacks).toContain("work_struct.func");
    expect(callbacks).toContain("notifier_block.notifier_call");
    const called = ["work_struct.func", "notifier_block.notifier_call", "attribute_group.is_visible"];
    expect(called.filter((field) => !isRead(field))).toEqual([]);
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
