import { describe, expect, it } from "vitest";
import type { FormatName, LogEvent } from "../../logs/event.ts";
import { formatNamed, formatShownBy } from "../../logs/formats/index.ts";

/** What lines of a format say; undefined for a line without its shape. */
const read = (format: FormatName, ...lines: readonly string[]): readonly (readonly LogEvent[] | undefined)[] => {
  const reader = formatNamed(format).reader(() => true);
  return lines.map((line) => {
    const events: LogEvent[] = [];
    return reader(line, (event) => events.push(JSON.parse(JSON.stringify(event)))) ? events : undefined;
  });
};

const KFREE = { kind: "enter", function: "kfree", caller: "sysram_release" };

describe("a line of the function tracer", () => {
  it.each([
    ["with flags", "            bash-1977    [000] d..1. 17284.993652: kfree <-sysram_release", "bash-1977"],
    [
      "with flags of an older kernel",
      "            bash-1977  [000] d..1 17284.993652: kfree <-sysram_release",
      "bash-1977",
    ],
    ["without flags", "            bash-1977    [000]  17284.993652: kfree <-sysram_release", "bash-1977"],
    ["with a group", "   bash-1977  (   1960) [000] ..... 17284.993652: kfree <-sysram_release", "bash-1977"],
    ["with an unknown group", "   bash-1977  (-------) [000] ..... 17284.993652: kfree <-sysram_release", "bash-1977"],
    ["in the latency format", "  bash-1977      0d..1.   12us+: kfree <-sysram_release", "bash-1977"],
    ["of a task with odd letters", "  a b: [c]-d-7    [012] ..... 1.000001: kfree <-sysram_release", "a b: [c]-d-7"],
    ["with offsets", "  bash-1977 [000] ..... 1.0: kfree+0x0/0x2d0 <-sysram_release+0x1c/0x40 [cxl_core]", "bash-1977"],
    ["of a function that was cloned", "  bash-1977 [000] ..... 1.0: kfree.part.0 <-sysram_release.isra.0", "bash-1977"],
  ])("%s is read", (_, line, task) => {
    expect(read("function", line)).toEqual([[{ ...KFREE, task }]]);
    expect(formatShownBy(line)?.name).toBe("function");
  });

  it("has arguments by their order, and an unknown caller where a probe stands in its place", () => {
    const prefix = "  bash-1977 [000] ..... 1.000001: ";
    expect(
      read(
        "function",
        `${prefix}dev_set_name(dev=0xffff888100, fmt=0xffffffff82) <-devm_cxl_add_sysram`,
        `${prefix}kfree <-[unknown/kretprobe'd]`,
      ),
    ).toEqual([
      [
        {
          ...{ kind: "enter", task: "bash-1977", function: "dev_set_name", caller: "devm_cxl_add_sysram" },
          arguments: ["0xffff888100", "0xffffffff82"],
        },
      ],
      [{ kind: "enter", task: "bash-1977", function: "kfree" }],
    ]);
  });

  it("is a result where a return probe wrote it", () => {
    const prefix = "  bash-1977 [000] ..... 1.000001: ";
    const leave = { kind: "leave", task: "bash-1977", function: "kasprintf", result: "0x0" };
    expect(
      read(
        "function",
        `${prefix}mine: (devm_cxl_add_sysram+0x1f/0x90 [cxl_core] <- kasprintf) arg1=0x0`,
        `${prefix}r_kasprintf_0: (ffffffffc0a1 <- ffffffff81b2) ret=0x0`,
        `${prefix}kasprintf__exit: (ffffffffc0a1 <- ffffffff81b2) ret=0x0`,
      ),
    ).toEqual([[{ ...leave, caller: "devm_cxl_add_sysram" }], [leave], [leave]]);
  });

  it.each([
    ["# tracer: function", []],
    ["#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION", []],
    ["# entries-in-buffer/entries-written: 100/100   #P:4", []],
    ["", []],
    [" => sys_close", []],
    ["  bash-1977 [000] ..... 1.000001: sched_switch: prev_comm=bash ==> next_comm=cat", []],
    ["CPU:3 [LOST 673 EVENTS]", [{ kind: "lost", events: 673, why: "CPU 3 lost events" }]],
    ["CPU:3 [LOST EVENTS]", [{ kind: "lost", why: "CPU 3 lost events" }]],
    [
      "# entries-in-buffer/entries-written: 140080/250280   #P:4",
      [{ kind: "lost", events: 110200, why: "the oldest events were written over before the log was read" }],
    ],
    ["# traced: kfree *sysram*", [{ kind: "knows", knowledge: { traced: ["kfree", "*sysram*"] } }]],
    [
      "# traced: kfree sysram_release [cxl_core]",
      [{ kind: "knows", knowledge: { traced: ["kfree", "sysram_release"] } }],
    ],
    ["# traced: #### all functions enabled ####", [{ kind: "knows", knowledge: { traced: ["*"] } }]],
    ["# devices before: 2", [{ kind: "knows", knowledge: { devicesBefore: 2 } }]],
    ["hello world", undefined],
  ])("%j says what it says beside calls", (line, events) => {
    expect(read("function", line)).toEqual([events]);
  });
});

describe("a line of the function graph", () => {
  const task = "the first task on CPU 0";
  const enter = { kind: "enter", task, depth: 1, function: "kfree" };
  const leave = { kind: "leave", task, depth: 1, function: "kfree" };

  it.each([
    ["a function with others in it", " 0)               |    kfree() {", [enter]],
    ["one of a module", " 0)               |    kfree [cxl_core]() {", [enter]],
    ["one with its caller", " 0)               |    kfree() { /* <-sysram_release+0x1c/0x40 */", [enter]],
    ["one without others in it", " 0)   0.651 us    |    kfree();", [enter, leave]],
    ["a result", " 0)   0.651 us    |    kfree(); /* ret=-12 */", [enter, { ...leave, result: "-12" }]],
    ["a result in older words", " 0)   0.651 us    |    kfree(); /* = 0x0 */", [enter, { ...leave, result: "0x0" }]],
    [
      "arguments, a caller and a result",
      " 0) + 12.651 us   |    kfree(object=0xffff888100); /* <-sysram_release+0x1c/0x40 ret=0x0 */",
      [
        { ...enter, arguments: ["0xffff888100"] },
        { ...leave, result: "0x0" },
      ],
    ],
    ["an end", " 0) ! 123.4 us    |    }", [{ kind: "leave", task, depth: 1 }]],
    ["an end with a name", " 0) ! 123.4 us    |    } /* kfree */", [leave]],
    ["an end with a result", " 0) ! 123.4 us    |    } /* kfree ret=-12 */", [{ ...leave, result: "-12" }]],
    [
      "an end with a result in older words",
      " 0)   1.0 us      |    } /* kfree = -12 */",
      [{ ...leave, result: "-12" }],
    ],
    ["an interrupt", " 0)   ==========> |", []],
    ["another event", " 0)               |    /* sched_switch: prev_comm=bash */", []],
    ["no duration", " 0)   kfree();", [enter, leave]],
    ["a time", " 5.123456 |   0)               |    kfree() {", [enter]],
    ["a loss", "CPU:0 [LOST 2 EVENTS]", [{ kind: "lost", events: 2, why: "CPU 0 lost events" }]],
    ["half a level", " 0)               |   kfree() {", undefined],
    ["nothing known", " 0)               |    kfree", undefined],
  ])("with %s is read", (_, line, events) => {
    expect(read("function_graph", line)).toEqual([events]);
  });

  it("is of the task that its CPU has changed to, and of the one that it names itself", () => {
    const lines = [
      " 0)               |  kfree() {",
      " ------------------------------------------",
      " 0)  bash-1977    =>   kworker-12   ",
      " ------------------------------------------",
      " 0)               |  kfree() {",
      " 1)               |  kfree() {",
      " 1)  cat-99       |               |  kfree() {",
    ];
    const events = read("function_graph", ...lines).flatMap((each) => each ?? []);
    expect(events.map((event) => ("task" in event ? event.task : event.kind))).toEqual([
      ...["the first task on CPU 0", "named", "kworker-12", "the first task on CPU 1", "cat-99"],
    ]);
    expect(events[1]).toEqual({ kind: "named", from: "the first task on CPU 0", to: "bash-1977" });
  });
});

describe("a line of trace-cmd report", () => {
  it("is read in both of its shapes", () => {
    const prefix = "            bash-1977  [000]  1234.567890: ";
    const call = { task: "bash-1977", function: "kfree" };
    expect(
      read(
        "trace-cmd",
        "cpus=4",
        `${prefix}function:             kfree <-- sysram_release`,
        `${prefix}funcgraph_entry:        0.651 us   |    kfree();`,
        `            bash-1977  [000] d..1.  1234.567890: funcgraph_entry:                   |    kfree() {`,
        `${prefix}funcgraph_exit:       + 12.300 us  |    }`,
        "CPU:1 [12 EVENTS DROPPED]",
        "CPU:1 [EVENTS DROPPED]",
      ),
    ).toEqual([
      [],
      [{ ...call, kind: "enter", caller: "sysram_release" }],
      [
        { ...call, kind: "enter", depth: 1 },
        { ...call, kind: "leave", depth: 1 },
      ],
      [{ ...call, kind: "enter", depth: 1 }],
      [{ kind: "leave", task: "bash-1977", depth: 1 }],
      [{ kind: "lost", events: 12, why: "CPU 1 lost events" }],
      [{ kind: "lost", why: "CPU 1 lost events" }],
    ]);
    expect(formatShownBy(`${prefix}function:             kfree <-- sysram_release`)?.name).toBe("trace-cmd");
  });
});

describe("a line of the kernel's log", () => {
  const added = [
    {
      ...{ kind: "enter", task: "sysram_region0", function: "device_add", caller: "(sysram)" },
      arguments: ["sysram_region0"],
    },
  ];

  it.each([
    "[   12.345678] device: 'sysram_region0': device_add",
    "[   12.345678][  T123] device: 'sysram_region0': device_add",
    "[   12.345678] [123] vmlinux:device_add:3612: device: 'sysram_region0': device_add",
    "<7>[   12.345678] device: 'sysram_region0': device_add",
    "<7>device: 'sysram_region0': device_add",
    "Nov 22 18:34:43 host kernel: [   12.345678] device: 'sysram_region0': device_add",
    "Nov 22 18:34:43 host kernel: device: 'sysram_region0': device_add",
    "2026-11-22T18:34:43.123456+00:00 host kernel: device: 'sysram_region0': device_add",
  ])("is read with what stands before it: %s", (line) => {
    expect(read("dmesg", line)).toEqual([added]);
    if (!line.startsWith("<7>d")) expect(formatShownBy(line)?.name).toBe("dmesg");
  });

  it.each([
    ["[    1.0] device: 'pci0000:00': device_add", []],
    ["[    1.0] usb 1-1: new device", []],
    ["** 23 printk messages dropped **", [{ kind: "lost", events: 23, why: "messages were dropped" }]],
    ["hello world", undefined],
  ])("%j says what it says beside the driver", (line, events) => {
    expect(read("dmesg", line)).toEqual([events]);
  });

  it("tells the release of a device, and what is freed with its parent's driver", () => {
    const release = read("dmesg", "[ 1.0] kobject: 'sysram_region0' (0000000045): kobject_cleanup, parent 00")[0]!;
    expect(release[0]).toMatchObject({ kind: "enter", caller: "device_release", arguments: ["sysram_region0"] });
    const unbound = read("dmesg", "[ 1.0] cxl_region region0: DEVRES REL 0000000045 sysram_unregister (16 bytes)")[0]!;
    expect(unbound).toMatchObject([{ function: "sysram_unregister", caller: "devm_action_release" }]);
  });
});

describe("a JSON line", () => {
  it.each([
    [
      '{"format":"sysram-verify/log","version":1,"devicesBefore":0}',
      [{ kind: "knows", knowledge: { devicesBefore: 0 } }],
    ],
    [
      '{"kind":"enter","task":"a","depth":0,"function":"kfree","arguments":[1,"0x2"]}',
      [{ kind: "enter", task: "a", depth: 0, function: "kfree", arguments: ["1", "0x2"] }],
    ],
    [
      '{"kind":"leave","task":"a","depth":0,"function":"kfree","result":-12}',
      [{ kind: "leave", task: "a", depth: 0, function: "kfree", result: "-12" }],
    ],
    ['{"kind":"lost"}', [{ kind: "lost", why: "events were lost" }]],
    ['{"format":"sysram-verify/log","version":2}', undefined],
    ['{"kind":"enter","task":"a","function":"kfree"}', undefined],
    ['{"kind":"enter","task":"a","depth":1e9,"function":"kfree"}', undefined],
    ['{"kind":"enter","task":"a","depth":0,"function":"kfree","arguments":[{}]}', undefined],
    ["[1]", undefined],
    ["{", undefined],
  ])("%s is read, or has not the shape", (line, events) => {
    expect(read("json", line)).toEqual([events]);
  });
});
