import { beforeAll, describe, expect, it } from "vitest";
import { address } from "../../abi/address.ts";
import type { Chooser } from "../../checker/chooser.ts";
import { type Driver, loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { calledFunctions } from "../../harness/called-functions.ts";
import { type RunningKernel, runningKernel } from "../../harness/driver-kernel.ts";
import { imageStore, type MemoryImage } from "../../harness/memory-image.ts";
import { uninterrupted } from "../../harness/scheduler.ts";
import { type Pause, type TaskRunner, taskRunner } from "../../harness/task.ts";
import { initialKernelState, kernelFunctions } from "../../models/index.ts";
import { callback, type KernelState } from "../../models/kernel.ts";
import { driverAllocations, settleSlab } from "../../models/slab.ts";
import { claims } from "../../properties/index.ts";
import { WIDGET_PATH, widget, widgetText } from "../support/widget.ts";
import { DECLARATIONS, type Defect, defects, HERE, twinOf } from "./defects.ts";

const functionOf = (name: string, body: string): string => `
int ${name}(void *region);
int ${name}(void *region)
{
	${body}
}
EXPORT_SYMBOL_GPL(${name});
`;

const KEEPER = `
static struct part *kept;
int keep(void *region);
int keep(void *region)
{
	kept = kmalloc(sizeof(*kept), GFP_KERNEL);
	kept->second = 1;
	return 0;
}
EXPORT_SYMBOL_GPL(keep);
int use(void *region);
int use(void *region)
{
	return kept->first + kept->second;
}
EXPORT_SYMBOL_GPL(use);
int drop(void *region);
int drop(void *region)
{
	kfree(kept); /* dropped */
	return 0;
}
EXPORT_SYMBOL_GPL(drop);
int forget(void *region);
int forget(void *region)
{
	kept = NULL;
	return 0;
}
EXPORT_SYMBOL_GPL(forget);
`;

const top = `#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/string.h>
${DECLARATIONS}
static void forget_device(struct device *dev)
{
	kfree(dev); /* forgets */
}
${defects.map((defect) => functionOf(defect.name, defect.bad) + functionOf(`${defect.name}_twin`, twinOf(defect))).join("")}${KEEPER}`;

const lines = widgetText({ top }).split("\n");
const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;

const kind: Chooser = { choose: (_, [first]) => first };

let driver: Driver;
let k: RunningKernel;
let runner: TaskRunner;
let images: ReturnType<typeof imageStore>;
let pristine: MemoryImage;
beforeAll(async () => {
  driver = loadDriver(await buildSubject(widget({ top })));
  images = imageStore(driver.memory, driver);
  pristine = images.capture([], []);
  k = runningKernel(driver, images, initialKernelState);
  k.chooser = kind;
  runner = taskRunner(k, driver, calledFunctions(driver.facts, kernelFunctions), () => {});
});

const BOOTED: KernelState = initialKernelState;

/** Calls a function of the driver in the state that the last call left, or after boot. */
const call = (name: string, from: "boot" | "here" = "boot"): Pause => {
  if (from === "boot") {
    images.restore(pristine);
    k.state = BOOTED;
    k.shadow.restore(k.state.slab);
  }
  k.misuses = [];
  k.extents = [];
  const pause = runner.start(
    0,
    (function* () {
      return yield* callback(name, name, "i_p", address(0));
    })(),
    uninterrupted,
    undefined,
  );
  k.extents = [];
  settleSlab(k);
  return pause;
};

const misuses = () =>
  k.misuses.map(({ rule, object, detail, site }) => {
    const { file, line, function: name } = driver.facts.sites[site]!;
    return { rule, object, detail, file, line, name };
  });

const expected = ({ name, rule, object, detail }: Defect) => {
  const start = lineOf(`int ${name}(void *region);`);
  const line = lines.findIndex((text, index) => index > start && text.includes(HERE)) + 1;
  const words = detail
    .replaceAll(/LINE\((.*?)\)(?= |$)/g, (_, text: string) => {
      const marked = lines.findIndex(
        (each, index) => index >= start && each.includes(text.includes("=") ? text : `/* ${text} */`),
      );
      return `region_widget.c:${(marked === -1 ? lines.findIndex((each) => each.includes(`/* ${text} */`)) : marked) + 1}`;
    })
    .replaceAll(/SIZE\((\w+)\)/g, (_, structure: string) => String(driver.facts.structures[structure]!.size));
  const said = /^(?:reads|writes|uses)/.test(words) ? `${name}() ${words}` : words;
  const what = said === "" ? expect.any(String) : said;
  return { rule, object, detail: what, file: WIDGET_PATH, line, name: expect.stringMatching(`^${name}$`) };
};

describe("a function of C with one defect", () => {
  it.each(defects)("$name is found at its line, and its twin is silent", (defect) => {
    const pause = call(defect.name);
    const found = misuses();
    expect(found).toEqual([expected(defect)]);
    expect(pause.kind).toBe(defect.isEnd === true ? "crashed" : "finished");

    expect(call(`${defect.name}_twin`)).toMatchObject({ kind: "finished" });
    expect(misuses()).toEqual([]);
    expect(driverAllocations(k.state.slab)).toEqual([]);
  });

  it("breaks a rule that a property judges by itself", () => {
    const judged = new Set(claims.flatMap(({ rules }) => [...rules]));
    expect(defects.map(({ rule }) => rule).filter((rule) => !judged.has(rule))).toEqual([]);
  });
});

describe("what the kernel knows of memory from one command to the next", () => {
  it("is what was never written", () => {
    call("keep");
    expect(k.state.slab.live).toMatchObject([
      {
        size: 16,
        unwritten: [
          [0, 4],
          [8, 16],
        ],
      },
    ]);
    const state = k.state;
    call("use", "here");
    expect(misuses()).toMatchObject([{ rule: "uninitialised-read", name: "use" }]);
    expect(k.state).toBe(state);
  });

  it("is who freed it, for as long as anything points there", () => {
    call("keep");
    call("drop", "here");
    expect(k.state.slab.live).toEqual([]);
    expect(k.state.slab.freed).toMatchObject([{ size: 16, function: "kmalloc", freedBy: "kfree" }]);
    call("use", "here");
    const place = `region_widget.c:${lineOf("/* dropped */")}`;
    expect(misuses()[0]).toMatchObject({
      rule: "use-after-free",
      detail: expect.stringContaining(`freed at ${place}`),
    });
    call("forget", "here");
    expect(k.state.slab.freed).toEqual([]);
  });
});

describe("each load and store of a driver's C", () => {
  it("is known with its place, size and kind before it happens", () => {
    const { accesses, sites } = driver.facts;
    const of = (name: string) => accesses.filter(({ site }) => sites[site]!.function === name);
    const made = of("write_after_free_through_a_call");
    expect(made).toMatchObject([{ kind: "write", size: 4, isMarked: true, alignment: 8, isBitField: false }]);
    expect(sites[made[0]!.site]).toMatchObject({ file: WIDGET_PATH, column: expect.any(Number) });
    expect(of("copy_behind_an_object")).toMatchObject([
      { kind: "read", size: 0 },
      { kind: "write", size: 0 },
    ]);
    expect(of("signed_overflow").every(({ size }) => size === 4)).toBe(true);
    expect(of("misaligned").map(({ field }) => field)).toEqual([undefined]);
    expect(of("released_resource").map(({ field }) => field)).toEqual(["start of struct resource"]);
    expect(of("bit_fields").map(({ isBitField }) => isBitField)).toContain(true);
  });
});
