import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Answer, Chooser } from "../../checker/chooser.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import type { Subject } from "../../driver/patch/subject-file.ts";
import type { FormatName } from "../../logs/event.ts";
import type { JudgeOptions } from "../../logs/judge.ts";
import { type RecordedEvent, recorded } from "../../logs/record.ts";
import { type WriteOptions, writeLog } from "../../logs/write.ts";
import { mutants } from "../mutants/mutants.ts";
import { inputs } from "../support/cli.ts";
import { referenceSubject, SMALL, systemOf } from "../support/review.ts";
import { judged } from "./support.ts";

const PROBE = "probe region0, online_movable";
const OFFLINE = "echo offline > sysram_region0/hotplug";
const ONLINE = "echo online > sysram_region0/hotplug";
const UNBIND = "unbind the driver of region0";
const PIN = "a page in memory block 0 of region0 is pinned";
const SIGNAL = "a signal ends the wait";

/** Answers so that what is wanted to fail fails, once each, as `QUESTION = ANSWER`. */
const failing = (wanted: readonly string[]): Chooser => {
  const left = [...wanted];
  return {
    choose: <A extends Answer>(question: string, answers: readonly [A, ...A[]]): A => {
      const found = answers.find(({ label }) => left.includes(`${question} = ${label}`));
      if (found !== undefined) left.splice(left.indexOf(`${question} = ${found.label}`), 1);
      return found ?? answers[0];
    },
  };
};

/** What a driver calls while this is done: commands, and beneath a command what fails in it, further to the right. */
const called = async (subject: Subject, run: readonly string[]): Promise<readonly RecordedEvent[]> => {
  const system = await systemOf(subject, SMALL);
  const chooser = failing(run.filter((line) => line.startsWith("  ")).map((line) => line.trim()));
  return recorded(system, () => {
    let state = system.initial[0]!;
    for (const label of run.filter((line) => !line.startsWith("  "))) {
      const action = system.actions(state).find((candidate) => system.describe(candidate) === label);
      if (action === undefined) throw new Error(`${label} is not possible`);
      state = system.step(state, action, chooser).state;
    }
  });
};

let life: readonly RecordedEvent[];
beforeAll(async () => {
  life = await called(referenceSubject(), [PROBE, OFFLINE, ONLINE, UNBIND, PROBE, UNBIND]);
});

const lifeLog = (format: FormatName, options: WriteOptions = {}): string[] =>
  writeLog(life, format, { isTold: true, ...options })
    .split("\n")
    .slice(0, -1);

/** The number, from 1, of the n-th line that calls a function. */
const lineOf = (lines: readonly string[], name: string, nth = 1): number => {
  const call = new RegExp(` ${name}(?:\\(| <-)`);
  let left = nth;
  const at = lines.findIndex((line) => {
    if (call.test(line)) left -= 1;
    return left === 0;
  });
  if (at === -1) throw new Error(`there are no ${nth} calls of ${name}`);
  return at + 1;
};

const without = (lines: readonly string[], number: number): string[] => lines.filter((_, at) => at !== number - 1);

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** Where a log is refused, and for what: a call without its outcome, or a sentence. */
const refusalIn = async (text: string, options: Partial<JudgeOptions> = {}) => {
  const { verdict, refusal } = await judged(text, options);
  const [event] = refusal?.events ?? [];
  return { verdict, line: refusal?.line, event: event?.replace(/ (?:ok|failed)$/, "") ?? refusal?.because };
};

/** A call that is dropped, and where that shows: the next call of the driver that the machines speak of. */
const DROPPED: readonly (readonly [dropped: string, nth: number, shows: string, showsNth: number])[] = [
  ["cxl_region_get_hpa_range", 1, "device_initialize", 1],
  ["device_initialize", 1, "kasprintf", 1],
  ["kasprintf", 1, "dev_set_name", 1],
  ["dev_set_name", 1, "mt_get_memory_type", 1],
  ["mt_get_memory_type", 1, "init_node_memory_type", 1],
  ["init_node_memory_type", 1, "memory_group_register_static", 1],
  ["memory_group_register_static", 1, "device_add", 1],
  ["device_add", 1, "__request_region", 1],
  ["__request_region", 1, "__add_memory_driver_managed", 1],
  ["__add_memory_driver_managed", 2, "walk_memory_blocks", 2],
  ["walk_memory_blocks", 1, "devm_add_action", 1],
  ["offline_and_remove_memory", 1, "remove_resource", 1],
  ["device_del", 1, "offline_and_remove_memory", 2],
  ["remove_resource", 2, "memory_group_unregister", 1],
  ["memory_group_unregister", 1, "clear_node_memory_type", 1],
  ["memory_group_unregister", 2, "clear_node_memory_type", 2],
];

describe.each(["function", "function_graph", "trace-cmd"] as const)("a doctored %s log", (format) => {
  it.each(DROPPED)("is refused where call %s (%i) is missing, at %s (%i)", async (dropped, nth, shows, showsNth) => {
    const lines = lifeLog(format);
    const doctored = without(lines, lineOf(lines, dropped, nth));
    const line = lineOf(doctored, shows, showsNth);
    expect(await refusalIn(textOf(doctored))).toEqual({ verdict: "refused", line, event: shows });
  });

  it.each(DROPPED)("is not refused where call %s (%i) was lost, and the log says so", async (dropped, nth) => {
    const lines = lifeLog(format);
    const lost = format === "trace-cmd" ? "CPU:0 [1 EVENTS DROPPED]" : "CPU:0 [LOST 1 EVENTS]";
    const { refusal, holes } = await judged(textOf(lines.with(lineOf(lines, dropped, nth) - 1, lost)));
    expect({ refusal, holes: holes.number, events: holes.events }).toEqual({ refusal: null, holes: 1, events: 1 });
  });

  it("is refused where two calls are swapped, at the one that came too early", async () => {
    const lines = lifeLog(format);
    const [one, other] = [lineOf(lines, "kasprintf"), lineOf(lines, "dev_set_name")];
    const swapped = lines.with(one - 1, lines[other - 1]!).with(other - 1, lines[one - 1]!);
    expect(await refusalIn(textOf(swapped))).toEqual({ verdict: "refused", line: one, event: "dev_set_name" });
  });

  it.each(["memory_group_unregister", "device_del", "__request_region", "device_add"])(
    "is refused at a second %s",
    async (name) => {
      const lines = lifeLog(format);
      const line = lineOf(lines, name);
      const doubled = lines.toSpliced(line, 0, lines[line - 1]!);
      expect(await refusalIn(textOf(doubled))).toEqual({ verdict: "refused", line: line + 1, event: name });
    },
  );

  it("is refused where the driver is called for another thing before it has done the last one", async () => {
    const lines = lifeLog(format);
    const doctored = without(lines, lineOf(lines, "devm_add_action"));
    // A log of beginnings shows that by the next beginning, the others by the end of the probe, which has moved up.
    const line = format === "function" ? lineOf(doctored, "hotplug_store") : lineOf(lines, "devm_add_action");
    const { verdict, refusal } = await judged(textOf(doctored));
    expect({ verdict, line: refusal?.line, because: refusal?.because }).toEqual({
      verdict: "refused",
      line,
      because: "the driver is done, and should not be",
    });
  });

  it("is refused at the first call of a device that no probe has set up", async () => {
    const lines = lifeLog(format);
    const doctored = lines.filter((text, at) => /^(?:#|cpus=)/.test(text) || at >= lineOf(lines, "hotplug_store") - 1);
    const line = lineOf(doctored, "hotplug_store");
    expect(await refusalIn(textOf(doctored))).toMatchObject({ verdict: "refused", line });
    // Without the head that says there was none before, there may have been one.
    const untold = textOf(doctored.filter((text) => !text.startsWith("# devices before")));
    expect(await refusalIn(untold)).toMatchObject({ verdict: "accepted", line: undefined });
  });
});

describe("a log with results", () => {
  const changed = (
    call: string,
    from: RegExp,
    to: string,
    nth = 1,
  ): { readonly lines: string[]; readonly line: number } => {
    const lines = lifeLog("function_graph", { hasValues: true });
    const line = lineOf(lines, call, nth);
    const text = lines[line - 1]!.replace(from, to);
    if (text === lines[line - 1]) throw new Error(`nothing to change in ${text}`);
    return { lines: lines.with(line - 1, text), line };
  };

  it("is refused at a success that no state allows", async () => {
    const register = changed("memory_group_register_static", /ret=0/, "ret=-12");
    const add = lineOf(register.lines, "device_add");
    expect(await refusalIn(textOf(register.lines))).toEqual({ verdict: "refused", line: add, event: "device_add" });
    const offline = changed("offline_and_remove_memory", /ret=0/, "ret=0xfffffff0");
    const remove = lineOf(offline.lines, "remove_resource");
    expect(await refusalIn(textOf(offline.lines))).toEqual({
      verdict: "refused",
      line: remove,
      event: "remove_resource",
    });
  });

  it("is refused at a failure that no state allows", async () => {
    const { lines, line } = changed("memory_group_unregister", /ret=0/, "ret=-16");
    expect(await refusalIn(textOf(lines))).toEqual({ verdict: "refused", line, event: "memory_group_unregister" });
  });

  it("tells whose memory is freed by its address", async () => {
    const { lines, line } = changed("kfree", /arg0=0x\w+/, "arg0=0xffff888100040040", 2);
    const name = /kasprintf\(.*ret=(0x\w+)/.exec(lines.join("\n"))![1]!;
    const freed = lines.with(line - 1, lines[line - 1]!.replace(/arg0=0x\w+/, `arg0=${name}`));
    expect(await refusalIn(textOf(freed))).toEqual({ verdict: "refused", line, event: "kfree name" });
  });
});

describe("what a refusal says", () => {
  it("names every edge for the event, and why it was not taken", async () => {
    const lines = lifeLog("function_graph", { hasValues: true });
    const line = lineOf(lines, "memory_group_unregister");
    const failed = lines.with(line - 1, lines[line - 1]!.replace("ret=0", "ret=-16"));
    const { refusal } = await judged(textOf(failed));
    expect(refusal).toMatchObject({
      events: ["memory_group_unregister failed"],
      accepted: ["memory_group_unregister ok"],
      lastAccepted: line,
      device: { states: ["leaving-group"], isAtRest: false },
    });
    expect(refusal!.machines).toEqual([
      {
        machine: "the life cycle as intended",
        states: ["leaving-group"],
        edges: [
          {
            from: "leaving-group",
            event: "memory_group_unregister failed",
            to: "leaving-tier",
            guard: "abandoned",
            why: "its guard does not hold: policy intended, phase ending, joined group, memory none",
          },
        ],
      },
      {
        machine: "the rule of a memory group",
        states: ["registered"],
        edges: [
          {
            from: "with-memory",
            event: "memory_group_unregister failed",
            to: "with-memory",
            guard: null,
            why: "it does not stand there",
          },
        ],
      },
    ]);
  });
});

describe("what a log leaves open", () => {
  const withoutGroup = (): string[] => {
    const lines = lifeLog("function_graph", { isTold: false });
    return lines.filter((line) => !line.includes("memory_group_unregister"));
  };

  it("is told, where a function that occurs nowhere may not have been traced", async () => {
    const text = textOf(withoutGroup());
    const line = lineOf(withoutGroup(), "clear_node_memory_type");
    const { verdict, refusal, doubt } = await judged(text);
    expect({ verdict, line: refusal?.line, doubt }).toMatchObject({
      verdict: "inconclusive",
      line,
      doubt: { untraced: expect.arrayContaining(["memory_group_unregister"]), before: true },
    });
  });

  it("is settled by what the caller knows", async () => {
    const lines = withoutGroup();
    const line = lineOf(lines, "clear_node_memory_type");
    const known = { traced: ["*"], devicesBefore: 0 };
    expect(await refusalIn(textOf(lines), { knowledge: known })).toMatchObject({ verdict: "refused", line });
    const filter = lifeLog("function_graph", { isTold: false }).flatMap((text) => / (\w+)\(/.exec(text)?.[1] ?? []);
    const traced = [...new Set(filter)].filter((name) => name !== "memory_group_unregister");
    const { verdict, untraced } = await judged(textOf(lines), { knowledge: { traced, devicesBefore: 0 } });
    expect({ verdict, isNamed: untraced.includes("memory_group_unregister") }).toEqual({
      verdict: "accepted",
      isNamed: true,
    });
    const said = await judged(textOf(lines), {
      untraced: ["memory_group_unregister"],
      knowledge: { devicesBefore: 0 },
    });
    expect(said.verdict).toBe("accepted");
  });

  it("is nothing, where the function occurs elsewhere in the log", async () => {
    const lines = lifeLog("function_graph", { isTold: false });
    const doctored = without(lines, lineOf(lines, "memory_group_unregister"));
    const line = lineOf(doctored, "clear_node_memory_type");
    expect(await refusalIn(textOf(doctored))).toMatchObject({ verdict: "refused", line });
  });
});

/** Mutants of our own driver whose bug shows in what they call, and the call that gives them away. */
const GIVEN_AWAY: readonly (readonly [mutant: string, event: string])[] = [
  ["never unregisters the memory group", "clear_node_memory_type"],
  ["unregisters the group before it removes the memory", "memory_group_unregister"],
  ["never frees the resource's name", "kfree sysram"],
  ["never frees the resource", "memory_group_unregister"],
  ["frees the resource's name before the memory is removed", "kfree name"],
  ["frees the resource and leaves it in the tree", "kfree resource"],
  ["keeps the resource when adding the memory fails", "devm_add_action"],
  ["never gives the memory type back", "release"],
  ["gives the memory type back before it removes the memory", "clear_node_memory_type"],
  ["frees the device in place of putting it", "kfree name"],
  ["keeps the device when its registration fails", "the driver is done, and should not be"],
  ["lets a device go that is still registered", "offline_and_remove_memory"],
  ["keeps memory that it could not online", "the driver is done, and should not be"],
  ["gives up when the memory is in use", "memory_group_unregister"],
  ["tries again without a pause", "remove_memory"],
];

/** How many of the table `npm test` looks at: each is built of C of its own. */
const FIRST = 4;

describe.each([
  ["the log of a driver that", ["mutant"], GIVEN_AWAY.slice(0, FIRST)],
  ["the log of another driver that", ["mutant", "long"], GIVEN_AWAY.slice(FIRST)],
] as const)("%s", (_, tags, some) => {
  it.each(some)("%s is refused at: %s", { tags: [...tags] }, async (name, event) => {
    const mutant = mutants.find((candidate) => candidate.name === name)!;
    const events = await called(referenceSubject(mutant), mutant.run);
    const text = writeLog(events, "function_graph", { hasValues: true, isTold: true });
    expect(await refusalIn(text)).toMatchObject({ verdict: "refused", event });
  });
});

describe("the log of the posted driver's counterexample", () => {
  it.skipIf(!existsSync(inputs.mail))("is refused where the name of a resource in the tree is freed", async () => {
    const events = await called(await readInputs([inputs.mail]), [PROBE, PIN, UNBIND, SIGNAL]);
    for (const format of ["function_graph", "json", "trace-cmd"] as const) {
      const text = writeLog(events, format, { hasValues: true, isTold: true });
      for (const options of [{ policy: "as-posted" }, { machine: "iomem-resource" }] as const) {
        expect(await refusalIn(text, options)).toMatchObject({ verdict: "refused", event: "kfree name" });
      }
      // What it does is what the machine of it says; only the rules say that it should not.
      expect(await refusalIn(text, { policy: "any" })).toMatchObject({ verdict: "accepted" });
    }
  });
});
