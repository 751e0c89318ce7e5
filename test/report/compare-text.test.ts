import { describe, expect, it } from "vitest";
import { type ComparisonOptions, renderComparison } from "../../report/compare-text.ts";
import type { BehaviourChange, Comparison, FindingChange, RunOf } from "../../report/comparison.ts";
import type { Place, ReportStep, Subject } from "../../report/report.ts";

const subject = (name: string): Subject => ({ kind: "patch", name, sha256: "0".repeat(64) });

const place = (line: number, name: string): Place => ({ file: "drivers/cxl/core/region_pool.c", line, function: name });

const command = (what: string): ReportStep => ({ task: "the environment", kind: "command", depth: 0, what });

const run = (replay: string): RunOf => ({
  steps: [command("probe region0"), command("echo offline > hotplug")],
  replay,
});

const moved: FindingChange = {
  status: "remaining",
  property: "names-outlive-resources",
  object: "the resource's name",
  title: "the name of a resource points to freed memory",
  severity: "high",
  old: { id: "a", place: place(69, "pool_add"), needs: "nothing", replay: "sv1-a" },
  new: { id: "b", place: place(83, "pool_plug"), needs: "nothing", replay: "sv1-b" },
  match: "moved",
  rerun: { kind: "no longer shows it", because: 'step 1 also asks "kstrdup"', place: null },
};

const fixed: FindingChange = {
  ...moved,
  status: "fixed",
  property: "allocations-are-freed",
  object: "the label",
  title: "the label is never freed",
  new: null,
  match: null,
  rerun: { kind: "no longer shows it", because: null, place: null },
};

const fresh: FindingChange = {
  ...moved,
  status: "new",
  title: "a probe that fails leaves a device",
  old: null,
  match: null,
  rerun: null,
};

const differs = (what: string): BehaviourChange => ({
  command: what,
  what: "returns",
  old: "8",
  new: "-EBUSY",
  needs: "ordinary-errno",
  oldRun: run("sv1-old"),
  newRun: run("sv1-new"),
});

const version = { states: 1204, transitions: 5310, ending: "exhausted", cut: 0 } as const;

const property = (id: string, old: "holds" | "violated", newer: "holds" | "violated") =>
  ({ id, claim: id, old, new: newer }) as const;

const comparison: Comparison = {
  format: "sysram-verify/comparison",
  version: 1,
  old: { ...version, subject: subject("v4.mbox"), verdict: "violated" },
  new: { ...version, subject: subject("v5.mbox"), verdict: "violated" },
  configuration: { tasks: 1, faults: "all", boundTime: null },
  findings: [fresh, moved, fixed],
  properties: [
    { ...property("names-outlive-resources", "violated", "violated"), change: "unchanged" },
    { ...property("allocations-are-freed", "violated", "holds"), change: "holds now" },
    { ...property("device-references-balance", "holds", "holds"), change: "still holds" },
    { ...property("locks-are-released", "holds", "holds"), change: "still holds" },
  ],
  notJudged: [],
  behaviours: {
    states: 1300,
    transitions: 6000,
    ending: "exhausted",
    differences: [differs("echo offline > hotplug"), differs("echo online > hotplug")],
  },
};

const render = (change: Partial<Comparison> = {}, options: Partial<ComparisonOptions> = {}): string =>
  renderComparison(
    { ...comparison, ...change },
    {
      ...{ width: 90, isColour: false, isVerbose: false, program: "sysram-verify" },
      ...{ old: ["v4.mbox"], new: ["v5.mbox"], ...options },
    },
  );

describe("a comparison in words", () => {
  it("says what became of what, the new and the remaining first, and ends in what to do next", () => {
    expect(render()).toMatchInlineSnapshot(`
      "violated  v5.mbox: of 2 findings in v4.mbox, 1 fixed and 1 remaining; 1 new

      findings
        new        a probe that fails leaves a device
                   names-outlive-resources, the resource's name
                   new: region_pool.c:83 in pool_plug()
        remaining  the name of a resource points to freed memory
                   names-outlive-resources, the resource's name
                   old: region_pool.c:69 in pool_add(); new: region_pool.c:83 in pool_plug()
                   in another place: the defect has moved
                   the run of the old version no longer shows it in the new one (step 1 also
                     asks "kstrdup")
        fixed      the label is never freed
                   allocations-are-freed, the label
                   old: region_pool.c:69 in pool_add()
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
        keep this comparison for programs: add --json FILE
      "
    `);
  });

  it("says of a fix that nothing else comes with what could be proved of it", () => {
    const clean = render({
      new: { ...comparison.new, verdict: "holds" },
      findings: [fixed],
      behaviours: { ...comparison.behaviours, differences: [] },
    });
    expect(clean.split("\n")[0]).toBe("holds  v5.mbox: of 1 finding in v4.mbox, 1 fixed and 0 remaining; nothing new");
    expect(clean).toContain("nothing changes: every command gives the same result, and leaves the same behind");
    expect(clean).toContain("sysram-verify certify v5.mbox -o certificate.json");
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
