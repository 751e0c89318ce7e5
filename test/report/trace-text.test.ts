import { describe, expect, it } from "vitest";
import { isFailure, relevantSteps } from "../../report/relevance.ts";
import type { ReportStep } from "../../report/report.ts";
import { renderTrace } from "../../report/trace-text.ts";
import { everyStep } from "./samples.ts";

const look = { width: 100, isColour: false };

const step = (kind: ReportStep["kind"], rest: Partial<ReportStep> = {}): ReportStep => ({
  task: "task 1",
  kind,
  depth: kind === "command" ? 0 : 1,
  ...rest,
});

const calls = (number: number): readonly ReportStep[] =>
  Array.from({ length: number }, (_, at) => step("call", { function: `step${at}`, result: "0" }));

describe("a trace", () => {
  it("shows every call for a replay", () => {
    expect(`\n${renderTrace(everyStep, { ...look, shows: "all" })}`).toMatchInlineSnapshot(`
      "
        1. probe region 0 as static RAM, online type online_movable: returns 0
            the kernel calls pool_probe(&region0->dev)
            region_pool.c:61    pool = kzalloc(sizeof(*pool), GFP_KERNEL);
                                => kzalloc(912, GFP_KERNEL) = 0x41000
            region_pool.c:65    pool->label = kasprintf(GFP_KERNEL, "pool%d", id);
                                => kasprintf(GFP_KERNEL, "pool%d", 0) = 0x42400
            region_pool.c:70    pool->group = memory_group_register_static(node, pages);
                                => memory_group_register_static(1, 65536) = 0
            region_pool.c:77    err = device_add(&pool->dev);   => device_add(&pool->dev) = 0
            region_pool.c:31    pool->window = request_mem_region(pool->base, pool->bytes, pool->label);
                                => request_mem_region(0x1010000000, 0x10000000, "pool0") = 0x42800
            region_pool.c:35    err = add_memory_driver_managed(pool->group, pool->base, pool->bytes,
                                => add_memory_driver_managed(0, 0x1010000000, 0x10000000,
                                     "System RAM (pool)", MHP_NID_IS_MGID) = 0
              the task sleeps  (udev is told of the device)
            pool_probe() returns 0
        2. unbind the region driver
            the kernel calls pool_gone(&pool->dev)
            region_pool.c:48    err = offline_and_remove_memory(pool->base, pool->bytes);
                                => offline_and_remove_memory(0x1010000000, 0x10000000)
                                     <-- fails with -EBUSY
            region_pool.c:94    kfree(pool->label);   => kfree(0x42400)
            region_pool.c:95    memory_group_unregister(pool->group);
                                => memory_group_unregister(0) = -EBUSY
            region_pool.c:97    kfree(pool);   => kfree(0x41000)
            !! the label is freed, and a resource still points at it
      "
    `);
  });

  it("shows only what matters for a report", () => {
    expect(`\n${renderTrace(everyStep, { ...look, shows: "relevant" })}`).toMatchInlineSnapshot(`
      "
        1. probe region 0 as static RAM, online type online_movable: returns 0
            the kernel calls pool_probe(&region0->dev)
            region_pool.c:61    pool = kzalloc(sizeof(*pool), GFP_KERNEL);
                                => kzalloc(912, GFP_KERNEL) = 0x41000
                                ... 5 calls, all succeed
              the task sleeps  (udev is told of the device)
        2. unbind the region driver
            the kernel calls pool_gone(&pool->dev)
            region_pool.c:48    err = offline_and_remove_memory(pool->base, pool->bytes);
                                => offline_and_remove_memory(0x1010000000, 0x10000000)
                                     <-- fails with -EBUSY
            region_pool.c:94    kfree(pool->label);   => kfree(0x42400)
            region_pool.c:95    memory_group_unregister(pool->group);
                                => memory_group_unregister(0) = -EBUSY
            region_pool.c:97    kfree(pool);   => kfree(0x41000)
            !! the label is freed, and a resource still points at it
      "
    `);
  });

  it("marks which task runs, where the command does not say it", () => {
    const steps = [
      step("command", { what: "writer A writes" }),
      step("note", { task: "writer A", what: "one" }),
      step("command", { what: "somebody goes on" }),
      step("note", { task: "writer B", what: "two" }),
      step("command", { what: "both go on" }),
      step("note", { task: "writer A", what: "three" }),
      step("note", { task: "writer B", what: "four", depth: 2 }),
    ];
    expect(`\n${renderTrace(steps, { ...look, shows: "all" })}`).toMatchInlineSnapshot(`
      "
        1. writer A writes
            one
        2. somebody goes on  [writer B]
            two
        3. both go on
            writer A  three
            writer B    four
      "
    `);
  });

  it("gives each task a column where the commands are theirs", () => {
    const line = {
      file: "drivers/pool.c",
      line: 7,
      text: "\tpool_put(pool_get(pool), with, many, arguments, that, go, on);",
    };
    const steps = [
      step("command", { task: "task 1", what: "writer A writes" }),
      step("callback", { task: "task 1", function: "pool_store", line: 5, depth: 1 }),
      step("call", { task: "task 1", ...line, function: "pool_get", result: "0x41000", depth: 2 }),
      step("note", { task: "task 1", what: "is interrupted" }),
      step("command", { task: "task 2", what: "writer B writes" }),
      step("fault", { task: "task 2", ...line, function: "pool_get", result: "-EBUSY", depth: 2 }),
      step("command", { task: "task 1", what: "task 1 goes on" }),
      step("violation", { what: "the pool is lost" }),
    ];
    expect(`\n${renderTrace(steps, { ...look, shows: "all" })}`).toMatchInlineSnapshot(`
      "
          task 1                                           task 2
          writer A writes
            :5 the kernel calls pool_store()
              :7 pool_put(pool_get(pool), with, many,...
                => pool_get() = 0x41000
            -- is interrupted
                                                           writer B writes
                                                               :7 pool_put(pool_get(pool), with, many,...
                                                                 => pool_get() = -EBUSY  <-- made to fail
          task 1 goes on
            !! the pool is lost
      "
    `);
    expect(renderTrace(steps, { ...look, width: 40, shows: "all" })).not.toMatch(/task 1 +task 2/);
  });

  it("says the source line once for all calls that it makes", () => {
    const line = { file: "drivers/pool.c", line: 7, text: "\tpool_put(pool_get(pool));" };
    const steps = [
      step("command", { what: "unbind" }),
      step("call", { ...line, function: "pool_get", arguments: ["0x41000"], result: "0x41000" }),
      step("call", { ...line, function: "pool_put", arguments: ["0x41000"] }),
    ];
    expect(`\n${renderTrace(steps, { ...look, shows: "all" })}`).toMatchInlineSnapshot(`
      "
        1. unbind
            pool.c:7  pool_put(pool_get(pool));   => pool_get(0x41000) = 0x41000
                      => pool_put(0x41000)
      "
    `);
  });

  it("counts what it leaves out, and leaves out no single call", () => {
    const steps = [step("command", { what: "probe" }), ...calls(3), step("note", { what: "so far" }), ...calls(1)];
    expect(`\n${renderTrace(steps, { ...look, shows: "relevant" })}`).toMatchInlineSnapshot(`
      "
        1. probe
            ... 3 calls, all succeed
            so far
            step0() = 0
      "
    `);
  });

  it("tells of steps that stand before the first command", () => {
    expect(renderTrace(calls(1), { ...look, shows: "all" })).toBe("      step0() = 0\n");
  });

  it("is empty for a run without steps", () => {
    expect(renderTrace([], { ...look, shows: "all" })).toBe("");
  });
});

describe("the steps that a reader needs", () => {
  const shown = (steps: readonly ReportStep[], state: readonly string[] = [], line?: number): readonly string[] => {
    const place = line === undefined ? null : { file: "pool.c", line };
    const relevant = relevantSteps(steps, { place, state });
    return steps.filter((_, at) => relevant[at]).map(({ function: name, kind }) => name ?? kind);
  };

  it("are those that fail, and those with a reason", () => {
    expect(shown([...calls(2), step("call", { function: "add", result: "-EEXIST" })])).toEqual(["add"]);
    expect(shown([...calls(2), step("call", { function: "add", result: "0", why: "adds it twice" })])).toEqual(["add"]);
    expect(shown([...calls(2), step("return", { function: "probe", result: "-ENOMEM" })])).toEqual(["probe"]);
  });

  it("are the two calls before a violation", () => {
    expect(shown([...calls(4), step("violation")])).toEqual(["step2", "step3", "violation"]);
  });

  it("are the calls at the place to blame", () => {
    expect(shown([step("call", { function: "free", file: "pool.c", line: 9 }), ...calls(2)], [], 9)).toEqual(["free"]);
  });

  it("are the calls that made what a telling call is given, and what is wrong at the end", () => {
    const steps = [
      step("call", { function: "alloc", result: "0x41000" }),
      step("call", { function: "request", result: "0x42000" }),
      step("call", { function: "other", result: "0x43000" }),
      step("fault", { function: "add", arguments: ["0x41000"], result: "-EBUSY" }),
    ];
    expect(shown(steps, ["0x42000 is still in the tree"])).toEqual(["alloc", "request", "add"]);
  });

  it.each(["-EBUSY", "-16", "NULL", "(null)", "ERR_PTR(-ENOMEM)"])("takes %s for a failure", (result) => {
    expect(isFailure(result)).toBe(true);
  });

  it.each([undefined, "0", "14", "0x41000", "true"])("takes %s for no failure", (result) => {
    expect(isFailure(result)).toBe(false);
  });
});
