import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { INTERRUPTED, OFFLINE, ONLINE, searchSubject } from "../mutants/races.ts";
import { PROBE_OFFLINE } from "../support/commands.ts";
import { review } from "../support/review.ts";

const MAIL = "examples/first-draft.mbox";

/** What mends its defects, in the order of the tutorial. */
const FIXES = ["1-lost-error", "2-leak", "3-failed-removal", "4-race"];

/** The draft with so many of its defects mended. */
const draftAfter = (fixes: number): readonly string[] =>
  [MAIL, ...FIXES.slice(0, fixes).map((name) => `examples/first-draft-fixes/${name}.diff`)].map((name) =>
    join(packageRoot, name),
  );

const search = async (fixes: number) => {
  const { found, exploration } = await review(await readInputs(draftAfter(fixes)));
  expect(exploration.ending).toBe("exhausted");
  return found.map(({ property, object, blamed }) => `${property}: ${blamed === "" ? object : blamed}`).toSorted();
};

const searched = new Map<number, ReturnType<typeof search>>();

/** The claims that are broken with one task at a time, each with the line that is to blame. */
const brokenAfter = (fixes: number): ReturnType<typeof search> => {
  const found = searched.get(fixes) ?? search(fixes);
  searched.set(fixes, found);
  return found;
};

/** What the last of some fixes takes away; it brings nothing. */
const mendedBy = async (fixes: number): Promise<readonly string[]> => {
  const [before, after] = [await brokenAfter(fixes - 1), await brokenAfter(fixes)];
  expect(before).toEqual(expect.arrayContaining([...after]));
  return before.filter((broken) => !after.includes(broken));
};

/** The claims that two writers break, and the shortest run of each. */
const racesAfter = async (fixes: number) =>
  (await searchSubject(await readInputs(draftAfter(fixes)), [PROBE_OFFLINE, ONLINE, OFFLINE])).short;

describe("the first draft, with one task at a time", { tags: ["mutant"] }, () => {
  it("loses errors in its store", async () => {
    expect(await mendedBy(1)).toMatchInlineSnapshot(`
      [
        "online-type-is-as-asked: sysram_plug: rc = __add_memory_driver_managed(sysram->mgid, start, size, "System RAM (CXL)",",
      ]
    `);
  });

  it("leaks the memory group in its probe", async () => {
    expect(await mendedBy(2)).toMatchInlineSnapshot(`
      [
        "failed-probe-changes-nothing: devm_cxl_add_sysram: rc = memory_group_register_static(sysram->numa_node, PFN_UP(range_len(&range)));",
      ]
    `);
  });

  it("unbinds though the removal of its memory failed", async () => {
    expect(await mendedBy(3)).toMatchInlineSnapshot(`
      [
        "failed-probe-changes-nothing: sysram_plug: rc = __add_memory_driver_managed(sysram->mgid, start, size, "System RAM (CXL)",",
        "groups-are-unregistered: devm_cxl_add_sysram: rc = memory_group_register_static(sysram->numa_node, PFN_UP(range_len(&range)));",
        "memory-has-a-backing-region: sysram_plug: rc = __add_memory_driver_managed(sysram->mgid, start, size, "System RAM (CXL)",",
        "memory-types-balance: devm_cxl_add_sysram: clear_node_memory_type(sysram->numa_node, sysram->mtype);",
        "memory-types-balance: sysram_unregister: clear_node_memory_type(sysram->numa_node, sysram->mtype);",
        "names-outlive-resources: sysram_plug: res = request_mem_region(start, size, sysram->res_name);",
        "online-type-is-as-asked: the online type",
        "results-tell-what-happened: the result",
      ]
    `);
  });

  it("breaks no other claim", async () => {
    expect(await brokenAfter(3)).toEqual([]);
  });
});

describe("the first draft, with two", { tags: ["mutant"] }, () => {
  it("has a race between two writers", async () => {
    const races = await racesAfter(3);
    expect(races.map(({ property, object }) => `${property}: ${object}`)).toMatchInlineSnapshot(`
      [
        "accesses-are-ordered: the memory from kzalloc()",
        "the-kernel-does-not-warn: the memory in offline_and_remove_memory()",
        "the-kernel-does-not-warn: the resource in remove_resource()",
        "the-driver-does-not-crash: the resource",
        "nothing-is-freed-twice: the resource",
        "names-outlive-resources: the resource's name",
        "online-type-is-as-asked: the online type",
        "results-tell-what-happened: the result",
      ]
    `);
    expect(races[0]?.run).toEqual([PROBE_OFFLINE, OFFLINE, INTERRUPTED, ONLINE]);
  });

  it("has none once the lock is there", async () => {
    expect(await racesAfter(4)).toEqual([]);
    expect(await brokenAfter(4)).toEqual([]);
  });
});
