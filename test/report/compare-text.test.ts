import { describe, expect, it } from "vitest";
import { type ComparisonOptions, renderComparison } from "../../report/compare-text.ts";
import type { Comparison } from "../../report/comparison.ts";
import { comparison, fixed, fresh } from "./comparisons.ts";

const render = (change: Partial<Comparison> = {}, options: Partial<ComparisonOptions> = {}): string =>
  renderComparison(
    { ...comparison, ...change },
    {
      ...{ width: 90, isColour: false, isVerbose: false, old: ["v4.mbox"], new: ["v5.mbox"] },
      command: { program: "sysram-verify", command: "compare", given: new Map(), inputs: ["v4.mbox", "v5.mbox"] },
      ...options,
    },
  );

describe("a comparison in words", () => {
  it("says what became of what, the new and the remaining first, and ends in what to do next", () => {
    expect(render()).toMatchInlineSnapshot(`
      "violated  v5.mbox: of 2 findings in v4.mbox, 1 fixed and 1 remaining; 1 new

      findings
        new        a probe that fails leaves a device
                   names-outlive-resources, the resource's name
                   new: finding 1, names-outlive-resources-83a1d2, region_pool.c:83 in
                     pool_plug()
        remaining  the name of a resource points to freed memory
                   names-outlive-resources, the resource's name
                   old: finding 2, names-outlive-resources-5b1f0c, region_pool.c:69 in
                     pool_add()
                   new: finding 1, names-outlive-resources-83a1d2, region_pool.c:83 in
                     pool_plug()
                   in another place: the defect has moved
                   the run of the old version no longer shows it in the new one (step 1 also
                     asks "kstrdup")
        fixed      the label is never freed
                   allocations-are-freed, the label
                   old: finding 2, names-outlive-resources-5b1f0c, region_pool.c:69 in
                     pool_add()
                   the run of the old version no longer shows it in the new one

      proofs
        unchanged        names-outlive-resources (violated)
        holds now        allocations-are-freed (violated, now holds)
        still holds      2 properties

      what users see
        echo offline > hotplug and echo online > hotplug (where a call fails with an ordinary
          error)
          old: it returns   8
          new: it returns   -EBUSY
        space      1,300 states and 6,000 transitions of both side by side, exhausted
        Runs are followed to their first difference; one command at a time, and a call fails in
        both or in neither.

      the first difference
        old
        1. probe region0
        2. echo offline > hotplug
            it returns 8
            sysram-verify replay sv1-old v4.mbox
        new
        1. probe region0
        2. echo offline > hotplug
            it returns -EBUSY
            sysram-verify replay sv1-new v5.mbox

      what was explored
        old        v4.mbox: 1,204 states, 5,310 transitions, exhausted
        new        v5.mbox: 1,204 states, 5,310 transitions, exhausted
        configured tasks 1, faults all

      next
        follow the first that is new call by call:
            sysram-verify replay sv1-b v5.mbox
        keep this comparison for programs:
            sysram-verify compare --json comparison.json v4.mbox v5.mbox
      "
    `);
  });

  it("says of a fix that nothing else comes with what could be proved of it", () => {
    const clean = render({
      new: { ...comparison.new, verdict: "holds" },
      findings: [fixed],
      behaviours: { ...comparison.behaviours, differences: [] },
    });
    expect(clean.split("\n")[0]).toBe(
      "holds, 1 task  v5.mbox: of 1 finding in v4.mbox, 1 fixed and 0 remaining; nothing new",
    );
    expect(clean).toContain("nothing changes: every command gives the same result, and leaves the same behind");
    expect(clean).toContain("sysram-verify certify --output certificate.json v5.mbox");
  });

  it("calls nothing fixed, and nothing unchanged, where the search was cut short", () => {
    const cut = render({
      new: { ...comparison.new, verdict: "inconclusive", ending: "time limit" },
      findings: [{ ...fixed, status: "not seen" }],
      behaviours: { ...comparison.behaviours, differences: [], ending: "time limit" },
    });
    expect(cut).toContain("0 fixed and 0 remaining; 1 not seen again;");
    expect(cut).toContain("not called fixed, because the new version was not searched to the end");
    expect(cut).toContain("no change was seen, but the search was cut short");
    expect(cut).toContain("sysram-verify review v5.mbox");
  });

  it("makes text of any origin safe to show", () => {
    const hostile = render({ findings: [{ ...fresh, title: "\u001b[2Jgone" }] });
    expect(hostile).toContain("\\x1b[2Jgone");
  });

  it("keeps to the width of the terminal but for what is to be copied", () => {
    const long = render({}, { width: 80 }).split("\n");
    for (const line of long) if (!line.includes("sysram-verify ")) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
