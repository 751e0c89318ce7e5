import { describe, expect, it } from "vitest";
import {
  compareFindings,
  compareProperties,
  type FindingChange,
  type Rerun,
  versionOf,
} from "../../report/comparison.ts";
import type { Finding, Place, Report } from "../../report/report.ts";
import { violated } from "./samples.ts";

const FILE = "drivers/cxl/core/region_pool.c";

const place = (line: number, name: string, text: string): Place => ({ file: FILE, line, function: name, text });

const REQUEST = place(69, "pool_add", "\tres = request_mem_region(start,");

const finding = (id: string, change: Partial<Finding> = {}): Finding => ({
  ...violated.findings[0]!,
  id,
  property: "names-outlive-resources",
  object: "the resource's name",
  place: REQUEST,
  ...change,
});

const report = (findings: readonly Finding[], search: Partial<Report["search"]> = {}): Report => ({
  ...violated,
  findings,
  search: { ...violated.search, ending: "exhausted", cut: 0, ...search },
});

const NO_RERUNS: ReadonlyMap<string, Rerun> = new Map();

const rerun = (kind: Rerun["kind"], at: Place | null = null): Rerun => ({ kind, because: null, place: at });

/** What became of each finding, in one line. */
const gist = (changes: readonly FindingChange[]): readonly string[] =>
  changes.map(({ status, old, new: newer, match }) =>
    [status, old?.id ?? "-", newer?.id ?? "-", ...(match === null ? [] : [match])].join(" "),
  );

const compared = (olds: readonly Finding[], news: readonly Finding[], reruns = NO_RERUNS): readonly string[] =>
  gist(compareFindings(report(olds), report(news), reruns));

describe("a finding of the old version", () => {
  it("remains where its statement stands on another line", () => {
    expect(compared([finding("a")], [finding("b", { place: { ...REQUEST, line: 112 } })])).toEqual([
      "remaining a b statement",
    ]);
  });

  it("remains where another statement makes the same call, in a function of another name", () => {
    const rewritten = place(80, "pool_plug", "\tpool->res = request_mem_region(range->start, len,");
    expect(compared([finding("a")], [finding("b", { place: rewritten })])).toEqual(["remaining a b call"]);
  });

  it("remains, as moved, where the same is wrong and another call is to blame", () => {
    const elsewhere = place(200, "pool_store", "\terr = pool_command(pool, cmd);");
    expect(compared([finding("a")], [finding("b", { place: elsewhere })])).toEqual(["remaining a b moved"]);
    expect(compared([finding("a")], [finding("b", { place: null })])).toEqual(["remaining a b moved"]);
  });

  it("is fixed where the new version, searched to its end, has nothing of its kind", () => {
    const other = finding("b", { object: "the label" });
    expect(compared([finding("a")], [])).toEqual(["fixed a -"]);
    expect(compared([finding("a")], [other])).toEqual(["new - b", "fixed a -"]);
    expect(compared([finding("a")], [finding("b", { property: "allocations-are-freed" })])).toEqual([
      "new - b",
      "fixed a -",
    ]);
  });

  it.each([
    ["its search was cut short", { ending: "time limit" as const }],
    ["some of its runs were not followed", { cut: 3 }],
  ])("is only not seen again where the new version has none, and %s", (_, search) => {
    expect(gist(compareFindings(report([finding("a")]), report([], search), NO_RERUNS))).toEqual(["not seen a -"]);
  });

  it("takes the surest match first, whatever the order", () => {
    const [one, two] = [finding("a"), finding("b", { place: place(90, "pool_store", "\terr = other();") })];
    const moved = finding("c", { place: place(10, "pool_init", "\tfirst();") });
    const same = finding("d", { place: { ...REQUEST, line: 70 } });
    expect(compared([two, one], [moved, same])).toEqual(["remaining b c moved", "remaining a d statement"]);
  });

  it("is found by where its own run is blamed now, before anything else that has moved", () => {
    const [here, there] = [place(10, "pool_init", "\tfirst();"), place(20, "pool_exit", "\tlast();")];
    const news = [finding("b", { place: here }), finding("c", { place: there })];
    const reruns = new Map([["a", rerun("still shows it", there)]]);
    expect(compared([finding("a")], news, reruns)).toEqual(["new - b", "remaining a c moved"]);
  });

  it("remains where its run still shows it, also where two have become one or the search did not get there", () => {
    const twin = finding("b", { place: place(90, "pool_store", "\terr = other();") });
    const reruns = new Map([["b", rerun("still shows it", { ...REQUEST, line: 70 })]]);
    const news = [finding("c", { place: { ...REQUEST, line: 70 } })];
    expect(compared([finding("a"), twin], news, reruns)).toEqual(["remaining a c statement", "remaining b c moved"]);
    expect(compared([twin], [], reruns)).toEqual(["remaining b - moved"]);
  });

  it("is one fewer where two of a kind have become one", () => {
    const twin = finding("b", { place: place(90, "pool_store", "\terr = other();") });
    const reruns = new Map([["b", rerun("no longer shows it")]]);
    expect(compared([finding("a"), twin], [finding("c")], reruns)).toEqual(["remaining a c statement", "fixed b -"]);
  });
});

describe("the verdict on a property", () => {
  it.each([
    ["holds", "holds", "still holds"],
    ["violated", "holds", "holds now"],
    ["holds", "inconclusive", "no longer holds"],
    ["holds", "violated", "no longer holds"],
    ["violated", "unreached", "changed"],
    ["violated", "violated", "unchanged"],
  ] as const)("%s, then %s: %s", (before, after, change) => {
    const [property] = violated.properties;
    const one = { ...violated, properties: [{ ...property!, verdict: before }] };
    const other = { ...violated, properties: [{ ...property!, verdict: after }] };
    expect(compareProperties(one, other)).toEqual([
      { id: property!.id, claim: property!.claim, old: before, new: after, change },
    ]);
  });
});

describe("a version", () => {
  it("says how far its search went", () => {
    const { states, transitions, ending, cut } = violated.search;
    const { subject, verdict } = violated;
    expect(versionOf(violated)).toEqual({ subject, verdict, states, transitions, ending, cut });
  });
});
