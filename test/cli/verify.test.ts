import { describe, expect, it } from "vitest";
import { commandLine } from "../support/cli.ts";

/** The output without what differs from run to run. */
const steady = (text: string): string => text.replaceAll(/in [\d.]+ m?s\b/g, "in a while");

describe("verify", () => {
  it("tells of both life cycles without being asked for anything", { tags: ["exhaustive"] }, async () => {
    const { exitCode, stdout, stderr } = await commandLine(["verify", "--quiet"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
    expect(steady(stdout)).toMatchInlineSnapshot(`
      "violated  the life cycle as posted breaks 9 of 23 properties
        not judged: accesses-are-ordered and commands-are-linearizable (it speaks of several tasks at a
          time, and there is one)
        space      8,232 states, 117,359 transitions, exhausted, in a while
        machine    68 of 70 transitions taken
        failures   24 of 24 failure points exercised

        1. region0 is decommitted, and 1 of its memory blocks is still system memory, 1 of them online
        id         memory-has-a-backing-region-cd95c0
        claim      no system memory remains once the region that backs it is gone
        run        probe region0, online_movable
                   cxl_region_find_sysram() of region0, and hold the reference
                   decommit region0 (echo 0 > commit)
           sysram-verify replay sv2-213235ac-r1b1-FlGF-7jmH-zdO9-Ff2F-x6H

        2. a kernel worker takes memory offline in which a page is pinned: for as long as it stays pinned
           that goes on, with device_hotplug_lock held, and no signal reaches a worker to end it
        id         every-call-returns-4ee5da
        claim      every function of the driver comes to its end
        run        probe region0, online_movable
                   a page in memory block 0 of region0 is pinned
                   a kernel worker unbinds the driver of region0
           sysram-verify replay sv2-213235ac-r1b1-FlGF-7jmH-Ai4l-xHfH-X4K

        3. the resource at 0x1000000000 is still in the iomem tree and its name points to freed memory: a
           read of /proc/iomem reads it
        id         names-outlive-resources-4308eb
        claim      a resource's name lives as long as the resource is in the tree
        run        probe region0, online_movable
                   a page in memory block 0 of region0 is pinned
                   unbind the driver of region0
                   a signal ends the wait
           sysram-verify replay sv2-213235ac-r1b1-FlGF-7jmH-Ai4l-Exmt-tni8-vpx

        4. 1 memory block is still system memory, and nothing that anybody can do takes that back
        id         memory-can-be-taken-back-cd95c0
        claim      whatever has happened, the memory can be taken back and the device released, once
                   nothing fails any more
        run        probe region0, online_movable
                   a page in memory block 0 of region0 is pinned
                   unbind the driver of region0
                   a signal ends the wait
           sysram-verify replay sv2-213235ac-r1b1-2Yne-7jmH-Ai4l-Exmt-tni8-PNV

        5. the probe was asked for -1, the default, which is online_movable, and there is no memory
        id         online-type-is-as-asked-6bee5f
        claim      the online type asked for is the online type that the memory gets
        run        probe region0, online type -1 (the default)
           sysram-verify replay sv2-213235ac-r1b1-FlGF-DwLt-RNg

        6. memory group 0 is still registered with memory blocks in it, and the device that knew it is
           gone
        id         groups-are-unregistered-1b3708
        claim      the memory group is unregistered (mgid) once its memory is gone, and never before
        run        probe region0, online_movable
                   a page in memory block 0 of region0 is pinned
                   unbind the driver of region0
                   a signal ends the wait
           sysram-verify replay sv2-213235ac-r1b1-FlGF-7jmH-Ai4l-Exmt-tni8-vpx

        7. the node has memory online: when its last block goes offline, the kernel will follow NULL
        id         memory-types-balance-91ab65
        claim      memory-tier references balance, and a node keeps its memory type while it has memory
        run        probe region0, online_movable
                   a page in memory block 0 of region0 is pinned
                   unbind the driver of region0
                   a signal ends the wait
           sysram-verify replay sv2-213235ac-r1b1-FlGF-7jmH-Ai4l-Exmt-tni8-vpx

        8. the probe failed and left system memory behind
        id         failed-probe-changes-nothing-cd95c0
        claim      a probe that fails leaves the kernel as it found it
        run        probe region0, online_movable
                   devm_add_action() fails with -ENOMEM
                   memory_block_offline() fails with -EBUSY (a page marked offline)
           sysram-verify replay sv2-213235ac-r1b1-FlGF-7jmH.KEIx3peN.2YKNJWX0-mlX

        9. offline was written last, and last_hotplug_cmd says online_movable
        id         documented-fields-are-kept-b0c5f9
        claim      the driver's documented fields say what their documentation says
        run        probe region0, online_movable
                   echo offline > sysram_region0/hotplug
           sysram-verify replay sv2-213235ac-r1b1-FlGF-7jmH-eLJM-cQF

      holds, 1 task  the life cycle as intended keeps all 23 properties
        not judged: accesses-are-ordered and commands-are-linearizable (it speaks of several tasks at a
          time, and there is one)
        space      39,432 states, 262,798 transitions, exhausted, in a while
        machine    68 of 71 transitions taken
        failures   31 of 31 failure points exercised
      "
    `);
  });

  it("exits 0 for the intended life alone", { tags: ["exhaustive", "long"] }, async () => {
    const { exitCode, stdout } = await commandLine(["verify", "--policy", "intended", "--quiet", "--json", "-"]);
    const { verdict, search, subject } = JSON.parse(stdout);
    expect({ exitCode, verdict, ending: search.ending, kind: subject.kind, name: subject.name }).toEqual({
      exitCode: 0,
      verdict: "holds",
      ending: "exhausted",
      kind: "machine",
      name: "the life cycle as intended",
    });
  });

  it("does not say that a life holds whose space was cut short", async () => {
    const bound = ["--policy", "intended", "--bound-states", "200", "--quiet"];
    const { exitCode, stdout } = await commandLine(["verify", ...bound, "--require", "holds"]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^inconclusive/);
  });

  it("holds a rule against both life cycles", async () => {
    const { exitCode, stdout } = await commandLine(["verify", "--machine", "memory-type"]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "memory-type: the rule of the memory type of a node, 3 states and 8 transitions
        as-posted  violated, after 21 steps:
                   probe, cxl_region_get_hpa_range ok, region fits, kzalloc ok, device_initialize ok,
                     kasprintf ok, dev_set_name ok, node known, mt_get_memory_type ok,
                     init_node_memory_type ok, memory_group_register_static ok, device_add ok, plugs in,
                     __request_region ok, __add_memory_driver_managed ok, devm_add_action failed, release,
                     offline_and_remove_memory failed, kfree name ok, memory_group_unregister failed,
                     clear_node_memory_type ok
        intended   holds over 66 states, exhausted
      "
    `);
  });

  it("prints a token that replay takes without a patch", async () => {
    const verified = await commandLine(["verify", "--policy", "as-posted", "--bound-states", "300", "--quiet"]);
    const token = /replay (sv2-\S+)/.exec(verified.stdout)![1]!;
    const { exitCode, stdout } = await commandLine(["replay", token]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^the life cycle as posted, /);
    expect(stdout).toContain("unregistering: device_unregister ok -> unregistered");
  });
});

describe("machine", () => {
  it.each(["mermaid", "dot", "xstate", "text"])("writes the life cycle as %s", async (format) => {
    const { exitCode, stdout, stderr } = await commandLine(["machine", "--format", format]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("group-registered");
  });
});

describe("what nobody can be asked for", () => {
  it.each([
    [["verify", "--machine", "nothing"], "nothing"],
    [["verify", "--policy", "best"], "best"],
    [["verify", "--engine", "magic"], "magic"],
    [["machine", "nothing"], "nothing"],
    [["machine", "--format", "png"], "png"],
    [["review", "--policy", "best"], "best"],
  ])("is refused in one line: %j", async (args, word) => {
    const { exitCode, stdout, stderr } = await commandLine(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    const [first] = stderr.split("\n");
    expect(first).toContain(`'${word}' is invalid`);
  });
});
