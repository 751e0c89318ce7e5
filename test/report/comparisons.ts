/** A comparison to render: of two versions of a driver that nobody posted. */
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
  old: {
    number: 2,
    id: "names-outlive-resources-5b1f0c",
    place: place(69, "pool_add"),
    needs: "nothing",
    replay: "sv1-a",
  },
  new: {
    number: 1,
    id: "names-outlive-resources-83a1d2",
    place: place(83, "pool_plug"),
    needs: "nothing",
    replay: "sv1-b",
  },
  match: "moved",
  rerun: { kind: "no longer shows it", because: 'step 1 also asks "kstrdup"', place: null },
};

export const fixed: FindingChange = {
  ...moved,
  status: "fixed",
  property: "allocations-are-freed",
  object: "the label",
  title: "the label is never freed",
  new: null,
  match: null,
  rerun: { kind: "no longer shows it", because: null, place: null },
};

export const fresh: FindingChange = {
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

export const comparison: Comparison = {
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
