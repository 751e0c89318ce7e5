import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReportOptions } from "../../report/finding-text.ts";
import { columnsOf } from "../../report/layout.ts";
import type { Report } from "../../report/report.ts";
import { renderReport } from "../../report/terminal.ts";
import { hostile, isHarmless, withStrings } from "./hostile.ts";
import { holding, interrupted, sampled, samples, unexplored, violated } from "./samples.ts";

const options: ReportOptions = {
  width: 100,
  isColour: false,
  isVerbose: false,
  command: { program: "sysram-verify", command: "review", given: new Map(), inputs: ["pool-v2.mbox"] },
};

const named = Object.entries<Report>(samples);

describe("a report for the terminal", () => {
  it("leads from the verdict over the findings to the next command", () => {
    expect(`\n${renderReport(violated, options)}`).toMatchInlineSnapshot(`
      "
      violated  pool-v2.mbox breaks 2 of 6 properties: 2 findings
        [PATCH v2 3/4] cxl/core: Plug memory pools

                                                                                                    tested
      ownership
        violated      a resource's name lives as long as the resource  names-outlive-resources          34
                        (finding 1)
        inconclusive  every allocation is freed by the time the device is released                     480
                        allocations-are-freed
        inconclusive  the memory group is unregistered once its memory is gone, and never before     2,210
                        group-outlives-memory
      atomicity
        inconclusive  a hotplug write that fails leaves the kernel as it found it                        0
                        failed-write-changes-nothing
      agreement
        violated      the online type asked for is the online type that the memory got                   1
                        online-type-is-kept  (finding 2)
      progress
        inconclusive  from every reachable state, memory can be taken back and the device           48,310
                        released, once the environment stops failing  memory-comes-back

        inconclusive: 12 transitions that only repeat a violation ended their runs

      finding 1 of 2  the label is freed while a resource in the iomem tree still bears it
        id         names-outlive-resources-5b1f0c
        claim      a resource's name lives as long as the resource
        matters    The next reader of /proc/iomem dereferences freed memory.
        needs      an error that happens on a healthy machine: offline_and_remove_memory() fails with
                   -EBUSY at region_pool.c:48
        where      region_pool.c:94 in pool_gone()
        severity   high; 34 transitions show it
        confirmed  Linux 6.12.117 under QEMU: KASAN reports slab-use-after-free in r_show()

        1. probe region 0 as static RAM, online type online_movable: returns 0
            the kernel calls pool_probe(&region0->dev)
            region_pool.c:61    pool = kzalloc(sizeof(*pool), GFP_KERNEL);
                                => kzalloc(912, GFP_KERNEL) = 0x41000
            region_pool.c:65    pool->label = kasprintf(GFP_KERNEL, "pool%d", id);
                                => kasprintf(GFP_KERNEL, "pool%d", 0) = 0x42400
                                ... 2 calls, all succeed
            region_pool.c:31    pool->window = request_mem_region(pool->base, pool->bytes, pool->label);
                                => request_mem_region(0x1010000000, 0x10000000, "pool0") = 0x42800
            region_pool.c:35    err = add_memory_driver_managed(pool->group, pool->base, pool->bytes,
                                => add_memory_driver_managed(0, 0x1010000000, 0x10000000,
                                     "System RAM (pool)", MHP_NID_IS_MGID) = 0
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

        what is wrong
            resource 0x42800 [0x1010000000-0x101fffffff] is in the iomem tree; its name "pool0" at 0x42400
              was freed by pool_gone() at region_pool.c:94

        this assumes
            models/iomem.ts: a resource's name is a pointer, never copied
            models/memory-hotplug.ts: offlining makes no progress while a page is pinned

        replay
            sysram-verify replay r1-0.3.0-1.5 pool-v2.mbox

      finding 2 of 2  two writers plug the same range, and the first one's online type is lost
        id         online-type-is-kept-09ac41
        claim      the online type asked for is the online type that the memory got
        matters    Memory that was to be taken back later holds kernel data from then on.
        needs      two tasks at the same time
        severity   medium; 1 transition shows it

        1. writer A writes "online_movable" to pool0/hotplug
            the kernel calls plug_store("online_movable\\n", 15)
            region_pool.c:31    pool->window = request_mem_region(pool->base, pool->bytes, pool->label);
                                => request_mem_region(0x1010000000, 0x10000000, "pool0") = 0x42800
                                     (sleeps for the resource)
        2. writer B writes "online_kernel" to pool0/hotplug: returns 14
            the kernel calls plug_store("online_kernel\\n", 14)
            region_pool.c:31    pool->window = request_mem_region(pool->base, pool->bytes, pool->label);
                                => request_mem_region(0x1010000000, 0x10000000, "pool0") = 0x42c00
              pool->window is overwritten: nothing refers to 0x42800 any more
        3. writer A goes on: returns 15
            region_pool.c:35    err = add_memory_driver_managed(pool->group, pool->base, pool->bytes,
                                => add_memory_driver_managed(0, 0x1010000000, 0x10000000,
                                     "System RAM (pool)", MHP_NID_IS_MGID) = -EEXIST
            plug_store() returns -EEXIST
            !! memory 0x1010000000 is online_kernel, asked for was online_movable

        what is wrong
            memory 0x1010000000-0x101fffffff is online_kernel
            pool->window 0x42c00 is nested in 0x42800, which nobody owns

        replay
            sysram-verify replay r1-0.3.0-1.6 pool-v2.mbox

      what was explored
        space      1,204 states, 48,310 transitions, runs of up to 14 steps, in 3.2 s
        ending     exhausted: no state was left to expand
        cut off    12 transitions that only repeat a violation and 3 transitions behind which the machine
                   is dead
        configured faults all, tasks 1, regions 1, blocks 2, max states 1000000, online types online and
                   online_movable
        failures   19 of 21 failure points exercised
                     region_pool.c:70  memory_group_register_static() never failed with -ENOMEM
                     region_pool.c:112  device_find_child_by_name() never called (nothing that the
                       environment does calls it)
        lines      62 of 64 lines executed; not executed:
                     region_pool.c:112  child = device_find_child_by_name(parent, label); (nothing that
                       the environment does calls it)
        branches   19 of 20 ways taken; not taken:
                     region_pool.c:70  if (group < 0) was never true (memory_group_register_static() at
                       line 70 never returned a negative value)
        machines   9 of 9 states, 18 of 18 transitions taken
        left out   drivers/cxl/core/Makefile: not C, not read

      next
        follow finding 1 call by call:
            sysram-verify replay r1-0.3.0-1.5 pool-v2.mbox
        read the rule, its source in the kernel, and how it is checked:
            sysram-verify explain names-outlive-resources
        look at two commands at one time, too:
            sysram-verify review --tasks 2 pool-v2.mbox
        keep this report for programs:
            sysram-verify review --json report.json pool-v2.mbox
      "
    `);
  });

  it("says what holding claims, and what it does not claim", () => {
    expect(`\n${renderReport(holding, options)}`).toMatchInlineSnapshot(`
      "
      holds, 1 task  pool-v3.mbox keeps 5 of 6 properties; nothing put the other one to the test

                                                                                                    tested
      ownership
        holds      every allocation is freed by the time the device is released                        480
                     allocations-are-freed
        holds      a resource's name lives as long as the resource  names-outlive-resources             34
        holds      the memory group is unregistered once its memory is gone, and never before        2,210
                     group-outlives-memory
      atomicity
        unreached  a hotplug write that fails leaves the kernel as it found it                           0
                     failed-write-changes-nothing
      agreement
        holds      the online type asked for is the online type that the memory got                      1
                     online-type-is-kept
      progress
        holds      from every reachable state, memory can be taken back and the device released,    48,310
                     once the environment stops failing  memory-comes-back

        Every state that can be reached in the modelled kernel in this configuration was visited: 1,204
        states and 48,310 transitions. What holds, holds in all of them.
        It says nothing of larger configurations (more faults, tasks, regions, memory blocks), and nothing
        of what the models of the kernel leave out.
        1 property said nothing, because the situation that it speaks of never arose. That is not a
        success.

      what was explored
        space      1,204 states, 48,310 transitions, runs of up to 14 steps, in 3.2 s
        ending     exhausted: no state was left to expand
        configured faults all, tasks 1, regions 1, blocks 2, max states 1000000, online types online and
                   online_movable
        failures   19 of 21 failure points exercised
                     region_pool.c:70  memory_group_register_static() never failed with -ENOMEM
                     region_pool.c:112  device_find_child_by_name() never called (nothing that the
                       environment does calls it)
        lines      62 of 64 lines executed; not executed:
                     region_pool.c:112  child = device_find_child_by_name(parent, label); (nothing that
                       the environment does calls it)
        branches   19 of 20 ways taken; not taken:
                     region_pool.c:70  if (group < 0) was never true (memory_group_register_static() at
                       line 70 never returned a negative value)
        machines   9 of 9 states, 18 of 18 transitions taken

      next
        read the rule, its source in the kernel, and how it is checked:
            sysram-verify explain failed-write-changes-nothing
        look at two commands at one time, too:
            sysram-verify review --tasks 2 pool-v2.mbox
        keep this report for programs:
            sysram-verify review --json report.json pool-v2.mbox
      "
    `);
  });

  it("does not take a sample for the whole", () => {
    expect(`\n${renderReport(sampled, options)}`).toMatchInlineSnapshot(`
      "
      inconclusive  pool-v3.mbox was not seen to break any of 6 properties, but runs were only sampled

                                                                                                    tested
      ownership
        inconclusive  every allocation is freed by the time the device is released                     480
                        allocations-are-freed
        inconclusive  a resource's name lives as long as the resource  names-outlive-resources          34
        inconclusive  the memory group is unregistered once its memory is gone, and never before     2,210
                        group-outlives-memory
      atomicity
        inconclusive  a hotplug write that fails leaves the kernel as it found it                        0
                        failed-write-changes-nothing
      agreement
        inconclusive  the online type asked for is the online type that the memory got                   1
                        online-type-is-kept
      progress
        inconclusive  from every reachable state, memory can be taken back and the device           48,310
                        released, once the environment stops failing  memory-comes-back

        1,204 states and 48,310 transitions were visited, and none of them breaks a property.
        The runs were drawn at random: a run that was not drawn may break one.

      what was explored
        space      1,204 states, 48,310 transitions, runs of up to 14 steps, in 3.2 s
        ending     fault bound 2, sampled: runs were drawn at random
        configured seed 42, runs 1000, max commands 30, faults 2
        failures   19 of 21 failure points exercised
                     region_pool.c:70  memory_group_register_static() never failed with -ENOMEM
                     region_pool.c:112  device_find_child_by_name() never called (nothing that the
                       environment does calls it)
        lines      62 of 64 lines executed; not executed:
                     region_pool.c:112  child = device_find_child_by_name(parent, label); (nothing that
                       the environment does calls it)
        branches   19 of 20 ways taken; not taken:
                     region_pool.c:70  if (group < 0) was never true (memory_group_register_static() at
                       line 70 never returned a negative value)
        machines   9 of 9 states, 18 of 18 transitions taken

      next
        read the rule, its source in the kernel, and how it is checked:
            sysram-verify explain allocations-are-freed
        draw more runs:
            sysram-verify review --runs 10000 pool-v2.mbox
        keep this report for programs:
            sysram-verify review --seed 42 --json report.json pool-v2.mbox
      "
    `);
  });

  it("begins with the interruption when there was one", () => {
    expect(`\n${renderReport(interrupted, options)}`).toMatchInlineSnapshot(`
      "
      interrupted after 1 min 15 s: this report is partial, and only what it says is violated is final

      inconclusive  pool-v3.mbox was not seen to break any of 6 properties, but the search was
        interrupted, with 873 states not expanded

                                                                                                    tested
      ownership
        inconclusive  every allocation is freed by the time the device is released                     480
                        allocations-are-freed
        inconclusive  a resource's name lives as long as the resource  names-outlive-resources          34
        inconclusive  the memory group is unregistered once its memory is gone, and never before     2,210
                        group-outlives-memory
      atomicity
        inconclusive  a hotplug write that fails leaves the kernel as it found it                        0
                        failed-write-changes-nothing
      agreement
        inconclusive  the online type asked for is the online type that the memory got                   1
                        online-type-is-kept
      progress
        inconclusive  from every reachable state, memory can be taken back and the device           48,310
                        released, once the environment stops failing  memory-comes-back

        1,204 states and 48,310 transitions were visited, and none of them breaks a property.
        873 states had been met and not expanded: what lies behind them was not looked at.

      what was explored
        space      1,204 states, 48,310 transitions, runs of up to 14 steps, in 1 min 15 s
        ending     interrupted; 873 states not expanded
        configured faults all, tasks 1, regions 1, blocks 2, max states 1000000, online types online and
                   online_movable
        failures   19 of 21 failure points exercised
                     region_pool.c:70  memory_group_register_static() never failed with -ENOMEM
                     region_pool.c:112  device_find_child_by_name() never called (nothing that the
                       environment does calls it)
        lines      62 of 64 lines executed; not executed:
                     region_pool.c:112  child = device_find_child_by_name(parent, label); (nothing that
                       the environment does calls it)
        branches   19 of 20 ways taken; not taken:
                     region_pool.c:70  if (group < 0) was never true (memory_group_register_static() at
                       line 70 never returned a negative value)
        machines   9 of 9 states, 18 of 18 transitions taken

      next
        read the rule, its source in the kernel, and how it is checked:
            sysram-verify explain allocations-are-freed
        search to the end:
            sysram-verify review pool-v2.mbox
        look at two commands at one time, too:
            sysram-verify review --tasks 2 pool-v2.mbox
        keep this report for programs:
            sysram-verify review --json report.json pool-v2.mbox
      "
    `);
  });

  it("claims nothing where nothing was explored", () => {
    expect(`\n${renderReport(unexplored, options)}`).toMatchInlineSnapshot(`
      "
      inconclusive  sysram was not explored: no step was possible

                                                                                                    tested
      ownership
        unreached  every allocation is freed by the time the device is released                          0
                     allocations-are-freed
        unreached  a resource's name lives as long as the resource  names-outlive-resources              0
        unreached  the memory group is unregistered once its memory is gone, and never before            0
                     group-outlives-memory
      atomicity
        unreached  a hotplug write that fails leaves the kernel as it found it                           0
                     failed-write-changes-nothing
      agreement
        unreached  the online type asked for is the online type that the memory got                      0
                     online-type-is-kept
      progress
        unreached  from every reachable state, memory can be taken back and the device released,         0
                     once the environment stops failing  memory-comes-back

        Nothing was explored, so nothing is known of the subject. A configuration in which something can
        happen is needed: see \`configured\` below.

      what was explored
        space      1 state, 0 transitions, runs of up to 0 steps, in 2 ms
        ending     exhausted: no state was left to expand
        configured machine sysram, regions 0
        machines   0 of 9 states, 0 of 18 transitions taken

      next
        read the rule, its source in the kernel, and how it is checked:
            sysram-verify explain allocations-are-freed
        keep this report for programs:
            sysram-verify review --json report.json pool-v2.mbox
      "
    `);
  });

  it("keeps every call and every reason when it is verbose", () => {
    expect(`\n${renderReport(violated, { ...options, width: 80, isVerbose: true })}`).toMatchInlineSnapshot(`
      "
      violated  pool-v2.mbox breaks 2 of 6 properties: 2 findings
        [PATCH v2 3/4] cxl/core: Plug memory pools

                                                                                tested
      ownership
        violated      a resource's name lives as long as the resource               34
                        names-outlive-resources  (finding 1)
                      broken by 34 of the 34 transitions that put it to the
                        test; replay w1-AAED shows it
        inconclusive  every allocation is freed by the time the device is          480
                        released  allocations-are-freed
                      kept by the 480 transitions that put it to the test, but
                        12 transitions that only repeat a violation ended
                        their runs; replay w1-AAEC shows it
        inconclusive  the memory group is unregistered once its memory is        2,210
                        gone, and never before  group-outlives-memory
                      kept by the 2210 transitions that put it to the test,
                        but 12 transitions that only repeat a violation ended
                        their runs; replay w1-AAEE shows it
      atomicity
        inconclusive  a hotplug write that fails leaves the kernel as it found       0
                        it  failed-write-changes-nothing
                      never put to the test, but 12 transitions that only
                        repeat a violation ended their runs
      agreement
        violated      the online type asked for is the online type that the          1
                        memory got  online-type-is-kept  (finding 2)
                      broken by 1 of the 1 transition that put it to the test;
                        replay w1-AAEG shows it
      progress
        inconclusive  from every reachable state, memory can be taken back and  48,310
                        the device released, once the environment stops
                        failing  memory-comes-back
                      kept by the 48310 transitions that put it to the test,
                        but 12 transitions that only repeat a violation ended
                        their runs; replay w1-AAEH shows it

        inconclusive: 12 transitions that only repeat a violation ended their runs

      finding 1 of 2  the label is freed while a resource in the iomem tree still
        bears it
        id         names-outlive-resources-5b1f0c
        claim      a resource's name lives as long as the resource
        matters    The next reader of /proc/iomem dereferences freed memory.
        needs      an error that happens on a healthy machine:
                   offline_and_remove_memory() fails with -EBUSY at region_pool.c:48
        where      region_pool.c:94 in pool_gone()
        severity   high; 34 transitions show it
        confirmed  Linux 6.12.117 under QEMU: KASAN reports slab-use-after-free in
                     r_show()

        1. probe region 0 as static RAM, online type online_movable: returns 0
            the kernel calls pool_probe(&region0->dev)
            region_pool.c:61    pool = kzalloc(sizeof(*pool), GFP_KERNEL);
                                => kzalloc(912, GFP_KERNEL) = 0x41000
            region_pool.c:65    pool->label = kasprintf(GFP_KERNEL, "pool%d", id);
                                => kasprintf(GFP_KERNEL, "pool%d", 0) = 0x42400
            region_pool.c:70    pool->group = memory_group_register_static(node,
                                    pages);
                                => memory_group_register_static(1, 65536) = 0
            region_pool.c:77    err = device_add(&pool->dev);
                                => device_add(&pool->dev) = 0
            region_pool.c:31    pool->window = request_mem_region(pool->base,
                                    pool->bytes, pool->label);
                                => request_mem_region(0x1010000000, 0x10000000,
                                     "pool0") = 0x42800
            region_pool.c:35    err = add_memory_driver_managed(pool->group,
                                    pool->base, pool->bytes,
                                => add_memory_driver_managed(0, 0x1010000000,
                                     0x10000000, "System RAM (pool)", MHP_NID_IS_MGID)
                                     = 0
        2. unbind the region driver
            the kernel calls pool_gone(&pool->dev)
            region_pool.c:48    err = offline_and_remove_memory(pool->base,
                                    pool->bytes);
                                => offline_and_remove_memory(0x1010000000, 0x10000000)
                                     <-- fails with -EBUSY
            region_pool.c:94    kfree(pool->label);   => kfree(0x42400)
            region_pool.c:95    memory_group_unregister(pool->group);
                                => memory_group_unregister(0) = -EBUSY
            region_pool.c:97    kfree(pool);   => kfree(0x41000)
            !! the label is freed, and a resource still points at it

        what is wrong
            resource 0x42800 [0x1010000000-0x101fffffff] is in the iomem tree; its
              name "pool0" at 0x42400 was freed by pool_gone() at region_pool.c:94

        this assumes
            models/iomem.ts: a resource's name is a pointer, never copied
            models/memory-hotplug.ts: offlining makes no progress while a page is
              pinned

        replay
            sysram-verify replay r1-0.3.0-1.5 pool-v2.mbox

      finding 2 of 2  two writers plug the same range, and the first one's online type
        is lost
        id         online-type-is-kept-09ac41
        claim      the online type asked for is the online type that the memory got
        matters    Memory that was to be taken back later holds kernel data from then
                   on.
        needs      two tasks at the same time
        severity   medium; 1 transition shows it

        1. writer A writes "online_movable" to pool0/hotplug
            the kernel calls plug_store("online_movable\\n", 15)
            region_pool.c:31    pool->window = request_mem_region(pool->base,
                                    pool->bytes, pool->label);
                                => request_mem_region(0x1010000000, 0x10000000,
                                     "pool0") = 0x42800  (sleeps for the resource)
        2. writer B writes "online_kernel" to pool0/hotplug: returns 14
            the kernel calls plug_store("online_kernel\\n", 14)
            region_pool.c:31    pool->window = request_mem_region(pool->base,
                                    pool->bytes, pool->label);
                                => request_mem_region(0x1010000000, 0x10000000,
                                     "pool0") = 0x42c00
              pool->window is overwritten: nothing refers to 0x42800 any more
        3. writer A goes on: returns 15
            region_pool.c:35    err = add_memory_driver_managed(pool->group,
                                    pool->base, pool->bytes,
                                => add_memory_driver_managed(0, 0x1010000000,
                                     0x10000000, "System RAM (pool)", MHP_NID_IS_MGID)
                                     = -EEXIST
            plug_store() returns -EEXIST
            !! memory 0x1010000000 is online_kernel, asked for was online_movable

        what is wrong
            memory 0x1010000000-0x101fffffff is online_kernel
            pool->window 0x42c00 is nested in 0x42800, which nobody owns

        replay
            sysram-verify replay r1-0.3.0-1.6 pool-v2.mbox

      what was explored
        space      1,204 states, 48,310 transitions, runs of up to 14 steps, in 3.2 s
        ending     exhausted: no state was left to expand
        cut off    12 transitions that only repeat a violation and 3 transitions
                   behind which the machine is dead
        configured faults all, tasks 1, regions 1, blocks 2, max states 1000000,
                   online types online and online_movable
        failures   19 of 21 failure points exercised
                     region_pool.c:70  memory_group_register_static() never failed
                       with -ENOMEM
                     region_pool.c:112  device_find_child_by_name() never called
                       (nothing that the environment does calls it)
        lines      62 of 64 lines executed; not executed:
                     region_pool.c:112  child = device_find_child_by_name(parent,
                       label); (nothing that the environment does calls it)
        branches   19 of 20 ways taken; not taken:
                     region_pool.c:70  if (group < 0) was never true
                       (memory_group_register_static() at line 70 never returned a
                       negative value)
        machines   9 of 9 states, 18 of 18 transitions taken
        left out   drivers/cxl/core/Makefile: not C, not read

      next
        follow finding 1 call by call:
            sysram-verify replay r1-0.3.0-1.5 pool-v2.mbox
        read the rule, its source in the kernel, and how it is checked:
            sysram-verify explain names-outlive-resources
        look at two commands at one time, too:
            sysram-verify review --tasks 2 pool-v2.mbox
        keep this report for programs:
            sysram-verify review --json report.json pool-v2.mbox
      "
    `);
  });

  it("says in its first lines what a verdict is about, and what was not judged", () => {
    const because = "it speaks of several tasks at a time, and there is one";
    const notJudged = ["plugs-are-ordered", "plugs-are-linearizable"].map((claim) => ({ claim, because }));
    expect(
      renderReport({ ...holding, notJudged }, options)
        .split("\n")
        .slice(0, 4),
    ).toEqual([
      "holds, 1 task  pool-v3.mbox keeps 5 of 6 properties; nothing put the other one to the test",
      "  not judged: plugs-are-ordered and plugs-are-linearizable (it speaks of several tasks at a time,",
      "    and there is one)",
      "",
    ]);
    const bounded = { ...holding.search, configuration: { tasks: 2, faults: 0, preemptions: 1 } };
    expect(renderReport({ ...holding, search: bounded }, options)).toMatch(
      /^holds, 2 tasks, no fault, at most 1 interruption {2}pool-v3\.mbox /,
    );
  });

  it("says that nothing holds of two tasks where a claim about them was left open", () => {
    const notJudged = [{ claim: "plugs-are-linearizable", because: "nothing is known of what are plugs" }];
    const text = renderReport({ ...holding, verdict: "inconclusive", notJudged }, { ...options, width: 120 });
    const [first] = text.replaceAll(/\s+/g, " ").split(" not judged: ");
    expect(first).toMatch(/^inconclusive pool-v3\.mbox .*, but plugs-are-linearizable was not judged$/);
    expect(text).toContain("No state was left to expand, but plugs-are-linearizable was not judged.\n");
  });

  it("says which claim was left undecided where nothing cut the search short, and never that none was put to the test", () => {
    const because = "from 3 states no way back was found as far as this search looks";
    const [first, ...others] = holding.properties;
    const properties = [{ ...first!, verdict: "inconclusive" as const, because }, ...others];
    const text = renderReport({ ...holding, verdict: "inconclusive", properties }, options).replaceAll(/\s+/g, " ");
    expect(text).toContain(
      `was not seen to break any of 6 properties, but ${first!.id} was left undecided (${because}) `,
    );
    expect(text).toContain(`No state was left to expand, but ${first!.id} was left undecided (${because}).`);
    expect(text).not.toMatch(/none was put to the test|put a property to the test/);
  });

  it("points from a claim to all of its findings", () => {
    const [dangling, race] = violated.findings;
    const text = renderReport({ ...violated, findings: [dangling!, { ...dangling!, id: "again" }, race!] }, options);

    expect(text).toMatch(/names-outlive-resources +34\n +\(findings 1 and 2\)\n/);
  });

  it("says at the last step only that the claim is broken, where the lines beneath say how", () => {
    const [, race] = violated.findings;
    const last = race!.steps.at(-1)!.what!;
    const text = renderReport({ ...violated, findings: [{ ...race!, state: [last] }] }, options);

    expect(text).toContain("!! here the claim is broken\n\n  what is wrong\n");
    expect(text.split(last)).toHaveLength(2);
  });

  it("shortens long lists, and says how to see the rest", () => {
    const uncovered = Array.from({ length: 9 }, (_, at) => ({ file: "a.c", line: at + 1, text: "\tstep();" }));
    const report = { ...holding, coverage: { ...holding.coverage, lines: { total: 9, covered: 0, uncovered } } };

    expect(renderReport(report, options)).toContain("a.c:5  step();\n               ... and 4 more\n");
    expect(renderReport(report, { ...options, isVerbose: true })).toContain("a.c:9  step();\n");
  });

  it("quotes what a shell would not take as it is", () => {
    const command = { ...options.command, program: "npx sysram-verify", inputs: ["my patches/it's \x1b[2Jv2.mbox"] };

    expect(renderReport(violated, { ...options, command })).toContain(
      "npx sysram-verify replay r1-0.3.0-1.5 $'my patches/it\\x27s \\x1b\\x5b2Jv2.mbox'\n",
    );
  });
});

describe("the layout of a report", () => {
  const isCommandLine = (line: string): boolean => line.trimStart().startsWith("sysram-verify ");
  const widths = [64, 80, 100, 120];

  it.each(named.flatMap(([name, report]) => widths.map((width) => ({ name, width, report }))))(
    "fits $name into $width columns, but for commands that are to be copied",
    ({ width, report }) => {
      for (const isVerbose of [false, true]) {
        const lines = renderReport(report, { ...options, width, isVerbose }).split("\n");
        expect(lines.filter((line) => columnsOf(line) > width && !isCommandLine(line))).toEqual([]);
        expect(lines.filter((line) => line.endsWith(" "))).toEqual([]);
      }
    },
  );

  it("is no wider than a person reads on a terminal of any width", () => {
    expect(renderReport(violated, { ...options, width: 400 })).toBe(renderReport(violated, { ...options, width: 120 }));
    expect(renderReport(violated, { ...options, width: 0 })).toBe(renderReport(violated, { ...options, width: 80 }));
  });

  it.each(named)("reads the same for %s with colour and without", (_, report) => {
    const plain = renderReport(report, options);
    const coloured = renderReport(report, { ...options, isColour: true });

    expect(plain).not.toContain("\x1b");
    expect(coloured).toContain("\x1b[");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });
});

describe("a report on a hostile subject (seed 20261)", { tags: ["random"] }, () => {
  const seed = 20_261;

  it("sends nothing to the terminal that the terminal would obey", () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (texts, isVerbose) => {
        const report = withStrings(violated, texts);
        const command = withStrings(options.command, texts);
        const text = renderReport(report, { ...options, command, isVerbose });
        expect(isHarmless(text)).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });

  it("colours it with codes of our own alone", () => {
    fc.assert(
      fc.property(hostile, (texts) => {
        const report = withStrings(violated, texts);
        const coloured = renderReport(report, { ...options, isColour: true });
        expect(stripVTControlCharacters(coloured)).toBe(renderReport(report, options));
      }),
      { seed, numRuns: 100 },
    );
  });

  it("stays within the width", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 64, max: 120 }), (texts, width) => {
        const report = withStrings(violated, texts);
        const lines = renderReport(report, { ...options, width }).split("\n");
        const commands = lines.filter((line) => line.startsWith("      sysram-verify "));
        expect(commands.length).toBeGreaterThanOrEqual(3);
        expect(lines.filter((line) => columnsOf(line) > width && !commands.includes(line))).toEqual([]);
      }),
      { seed, numRuns: 100 },
    );
  });
});
