/**
 * Reports to render, about a driver that nobody posted: `pool`, which plugs a range of memory under a label.
 */
import { type Reach, verdictOn } from "../../checker/verdict.ts";
import type { Coverage, Finding, PropertyReport, Report, ReportStep, Search } from "../../report/report.ts";

const file = "drivers/cxl/core/region_pool.c";
const task = "task 1";

const claims = [
  ["ownership", "allocations-are-freed", "every allocation is freed by the time the device is released"],
  ["ownership", "names-outlive-resources", "a resource's name lives as long as the resource"],
  ["ownership", "group-outlives-memory", "the memory group is unregistered once its memory is gone, and never before"],
  ["atomicity", "failed-write-changes-nothing", "a hotplug write that fails leaves the kernel as it found it"],
  ["agreement", "online-type-is-kept", "the online type asked for is the online type that the memory got"],
  [
    "progress",
    "memory-comes-back",
    "from every reachable state, memory can be taken back and the device released, once the environment stops failing",
  ],
] as const;

const tokens = ["w1-AAEC", "w1-AAED", "w1-AAEE", "w1-AAEF", "w1-AAEG", "w1-AAEH"] as const;

/** All claims, in their order, as the checker judges them: how often each was tested, and how often broken. */
const judged = (reach: Reach, tested: readonly number[], broken: readonly number[] = []): readonly PropertyReport[] =>
  claims.map(([group, id, claim], at) => {
    const counts = { concerned: tested[at]!, violated: broken[at] ?? 0, witness: undefined };
    const { verdict, because } = verdictOn(id, counts, reach);
    return { id, group, claim, verdict, because, tested: tested[at]!, witness: tested[at] === 0 ? null : tokens[at]! };
  });

const call = (line: number, text: string, name: string, values: readonly string[], result?: string): ReportStep => ({
  task,
  kind: "call",
  depth: 1,
  function: name,
  arguments: values,
  file,
  line,
  text,
  ...(result === undefined ? {} : { result }),
});

const probe: readonly ReportStep[] = [
  {
    task: "the environment",
    kind: "command",
    depth: 0,
    what: "probe region 0 as static RAM, online type online_movable",
    result: "0",
  },
  { task, kind: "callback", depth: 0, function: "pool_probe", arguments: ["&region0->dev"] },
  call(61, "\tpool = kzalloc(sizeof(*pool), GFP_KERNEL);", "kzalloc", ["912", "GFP_KERNEL"], "0x41000"),
  call(
    65,
    '\tpool->label = kasprintf(GFP_KERNEL, "pool%d", id);',
    "kasprintf",
    ["GFP_KERNEL", '"pool%d"', "0"],
    "0x42400",
  ),
  call(
    70,
    "\tpool->group = memory_group_register_static(node, pages);",
    "memory_group_register_static",
    ["1", "65536"],
    "0",
  ),
  call(77, "\terr = device_add(&pool->dev);", "device_add", ["&pool->dev"], "0"),
  call(
    31,
    "\tpool->window = request_mem_region(pool->base, pool->bytes, pool->label);",
    "request_mem_region",
    ["0x1010000000", "0x10000000", '"pool0"'],
    "0x42800",
  ),
  call(
    35,
    "\terr = add_memory_driver_managed(pool->group, pool->base, pool->bytes,",
    "add_memory_driver_managed",
    ["0", "0x1010000000", "0x10000000", '"System RAM (pool)"', "MHP_NID_IS_MGID"],
    "0",
  ),
];

const unbind: readonly ReportStep[] = [
  { task: "the environment", kind: "command", depth: 0, what: "unbind the region driver" },
  { task, kind: "callback", depth: 0, function: "pool_gone", arguments: ["&pool->dev"] },
  {
    task,
    kind: "fault",
    depth: 1,
    function: "offline_and_remove_memory",
    arguments: ["0x1010000000", "0x10000000"],
    result: "-EBUSY",
    file,
    line: 48,
    text: "\t\terr = offline_and_remove_memory(pool->base, pool->bytes);",
  },
  call(94, "\tkfree(pool->label);", "kfree", ["0x42400"]),
  call(95, "\tmemory_group_unregister(pool->group);", "memory_group_unregister", ["0"], "-EBUSY"),
  call(97, "\tkfree(pool);", "kfree", ["0x41000"]),
  { task, kind: "violation", depth: 0, what: "the label is freed, and a resource still points at it" },
];

const dangling: Finding = {
  id: "names-outlive-resources-5b1f0c",
  property: "names-outlive-resources",
  title: "the label is freed while a resource in the iomem tree still bears it",
  object: "the resource's name",
  place: { file, line: 94, function: "pool_gone", text: "\tkfree(pool->label);" },
  severity: "high",
  needs: "ordinary-errno",
  faults: [{ function: "offline_and_remove_memory", result: "-EBUSY", file, line: 48 }],
  steps: [...probe, ...unbind],
  state: [
    'resource 0x42800 [0x1010000000-0x101fffffff] is in the iomem tree; its name "pool0" at 0x42400 was freed by pool_gone() at region_pool.c:94',
  ],
  why: "The next reader of /proc/iomem dereferences freed memory.",
  replay: "r1-0.3.0-1.5",
  assumptions: [
    "models/iomem.ts: a resource's name is a pointer, never copied",
    "models/memory-hotplug.ts: offlining makes no progress while a page is pinned",
  ],
  confirmed: ["Linux 6.12.117 under QEMU: KASAN reports slab-use-after-free in r_show()"],
  seen: 34,
};

const racing = (
  who: string,
  line: number,
  text: string,
  name: string,
  values: readonly string[],
  result: string,
): ReportStep => ({
  ...call(line, text, name, values, result),
  task: who,
});

const twice: Finding = {
  id: "online-type-is-kept-09ac41",
  property: "online-type-is-kept",
  title: "two writers plug the same range, and the first one's online type is lost",
  object: "the pool",
  place: null,
  severity: "medium",
  needs: "race",
  faults: [],
  steps: [
    { task: "the environment", kind: "command", depth: 0, what: 'writer A writes "online_movable" to pool0/hotplug' },
    { task: "writer A", kind: "callback", depth: 0, function: "plug_store", arguments: ['"online_movable\\n"', "15"] },
    {
      ...racing(
        "writer A",
        31,
        "\tpool->window = request_mem_region(pool->base, pool->bytes, pool->label);",
        "request_mem_region",
        ["0x1010000000", "0x10000000", '"pool0"'],
        "0x42800",
      ),
      why: "sleeps for the resource",
    },
    {
      task: "the environment",
      kind: "command",
      depth: 0,
      what: 'writer B writes "online_kernel" to pool0/hotplug',
      result: "14",
    },
    { task: "writer B", kind: "callback", depth: 0, function: "plug_store", arguments: ['"online_kernel\\n"', "14"] },
    {
      ...racing(
        "writer B",
        31,
        "\tpool->window = request_mem_region(pool->base, pool->bytes, pool->label);",
        "request_mem_region",
        ["0x1010000000", "0x10000000", '"pool0"'],
        "0x42c00",
      ),
    },
    {
      task: "writer B",
      kind: "note",
      depth: 1,
      what: "pool->window is overwritten: nothing refers to 0x42800 any more",
    },
    { task: "the environment", kind: "command", depth: 0, what: "writer A goes on", result: "15" },
    {
      ...racing(
        "writer A",
        35,
        "\terr = add_memory_driver_managed(pool->group, pool->base, pool->bytes,",
        "add_memory_driver_managed",
        ["0", "0x1010000000", "0x10000000", '"System RAM (pool)"', "MHP_NID_IS_MGID"],
        "-EEXIST",
      ),
    },
    { task: "writer A", kind: "return", depth: 0, function: "plug_store", result: "-EEXIST" },
    {
      task: "writer A",
      kind: "violation",
      depth: 0,
      what: "memory 0x1010000000 is online_kernel, asked for was online_movable",
    },
  ],
  state: [
    "memory 0x1010000000-0x101fffffff is online_kernel",
    "pool->window 0x42c00 is nested in 0x42800, which nobody owns",
  ],
  why: "Memory that was to be taken back later holds kernel data from then on.",
  replay: "r1-0.3.0-1.6",
  assumptions: [],
  confirmed: [],
  seen: 1,
};

const coverage: Coverage = {
  failurePoints: {
    total: 21,
    exercised: 19,
    unreached: [
      { function: "memory_group_register_static", result: "-ENOMEM", file, line: 70 },
      { function: "device_find_child_by_name", file, line: 112, because: "nothing that the environment does calls it" },
    ],
  },
  lines: {
    total: 64,
    covered: 62,
    uncovered: [
      {
        file,
        line: 112,
        text: "\tchild = device_find_child_by_name(parent, label);",
        because: "nothing that the environment does calls it",
      },
    ],
  },
  branches: {
    total: 20,
    covered: 19,
    uncovered: [
      {
        file,
        line: 70,
        text: "\tif (group < 0)",
        way: "true",
        because: "memory_group_register_static() at line 70 never returned a negative value",
      },
    ],
  },
  states: { total: 9, covered: 9 },
  transitions: { total: 18, covered: 18 },
};

const search: Search = {
  states: 1204,
  transitions: 48_310,
  depth: 14,
  ending: "exhausted",
  frontier: 0,
  cut: 0,
  fatal: 0,
  configuration: {
    faults: "all",
    tasks: 1,
    regions: 1,
    blocks: 2,
    maxStates: 1_000_000,
    onlineTypes: ["online", "online_movable"],
    seed: null,
  },
  elapsedMs: 3240,
};

const hash = "5f".repeat(32);

const TESTED = [480, 34, 2210, 0, 1, 48_310];

const cutShort: Search = { ...search, cut: 12, fatal: 3 };

/** Two findings: a race, and one that needs a fault. */
export const violated: Report = {
  format: "sysram-verify/report",
  version: 1,
  subject: { kind: "patch", name: "pool-v2.mbox", title: "[PATCH v2 3/4] cxl/core: Plug memory pools", sha256: hash },
  verdict: "violated",
  search: cutShort,
  properties: judged(cutShort, TESTED, [0, 34, 0, 0, 1, 0]),
  notJudged: [],
  findings: [dangling, twice],
  coverage,
  neverRun: [],
  keptOnPurpose: [],
  notes: ["drivers/cxl/core/Makefile: not C, not read"],
};

/** Everything holds, but for one claim that was never put to the test. */
export const holding: Report = {
  ...violated,
  subject: { kind: "patch", name: "pool-v3.mbox", sha256: hash },
  verdict: "holds",
  search,
  properties: judged(search, TESTED),
  findings: [],
  notes: [],
};

const drawn: Search = {
  ...search,
  ending: "sampled",
  configuration: { seed: 42, runs: 1000, maxCommands: 30, faults: 2 },
};

/** Random runs that break nothing. */
export const sampled: Report = {
  ...holding,
  verdict: "inconclusive",
  search: drawn,
  properties: judged(drawn, TESTED),
};

const stopped: Search = { ...search, ending: "interrupted", frontier: 873, elapsedMs: 75_400 };

/** Stopped by the user before anything was found. */
export const interrupted: Report = { ...sampled, search: stopped, properties: judged(stopped, TESTED) };

const still: Search = {
  ...search,
  states: 1,
  transitions: 0,
  depth: 0,
  configuration: { machine: "sysram", regions: 0 },
  elapsedMs: 2,
};

/** A machine in which nothing can happen. */
export const unexplored: Report = {
  ...holding,
  subject: { kind: "machine", name: "sysram", sha256: hash },
  verdict: "inconclusive",
  search: still,
  properties: judged(still, [0, 0, 0, 0, 0, 0]),
  coverage: {
    failurePoints: { total: 0, exercised: 0, unreached: [] },
    lines: { total: 0, covered: 0, uncovered: [] },
    branches: { total: 0, covered: 0, uncovered: [] },
    states: { total: 9, covered: 0 },
    transitions: { total: 18, covered: 0 },
  },
};

/** Every kind of step, and every field that a step can have. */
export const everyStep: readonly ReportStep[] = [
  ...probe,
  { task, kind: "note", depth: 1, what: "the task sleeps", why: "udev is told of the device" },
  { task, kind: "return", depth: 0, function: "pool_probe", result: "0" },
  ...unbind,
];

/** One report for each verdict and ending that reads differently. */
export const samples = { violated, holding, sampled, interrupted, unexplored } as const;
