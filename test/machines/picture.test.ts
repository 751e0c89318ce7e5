import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { packageRoot } from "../../abi/package-root.ts";
import { MACHINES, tableOf } from "../../machines/index.ts";
import { edgesOf, listing, nodesOf } from "../../machines/listing.ts";
import { overviewOf } from "../../machines/overview.ts";
import { dot, drawnOf, mermaid, mermaidOverview } from "../../machines/picture.ts";
import { POLICIES } from "../../machines/policy.ts";
import { compile, type MachineTable, nextIn } from "../../machines/table.ts";
import { xstateJson } from "../../machines/xstate-json.ts";
import { readmeBlock, staleBlocks, withFreshBlocks } from "./readme.ts";

const named = (name: string) => MACHINES.find((machine) => machine.name === name)!;

describe("the pictures", () => {
  it("show a rule as Mermaid", () => {
    expect(mermaid(drawnOf(named("memory-group"), POLICIES))).toMatchInlineSnapshot(`
      "stateDiagram-v2
        direction TB
        state "free" as free
        state "registered" as registered
        state "with-memory" as with_memory
        [*] --> free
        free --> registered: memory_group_register_static ok
        free --> free: memory_group_register_static failed
        registered --> with_memory: __add_memory_driver_managed ok
        registered --> registered: __add_memory_driver_managed failed
        registered --> free: memory_group_unregister ok
        with_memory --> registered: offline_and_remove_memory ok / remove_memory ok
        with_memory --> with_memory: offline_and_remove_memory failed / remove_memory failed / memory_group_unregister failed
      "
    `);
  });

  it("show a rule as DOT", () => {
    expect(dot(drawnOf(named("region"), POLICIES))).toMatchInlineSnapshot(`
      "digraph "region" {
        node [shape=box, style=rounded, fontname="sans-serif"];
        edge [fontname="sans-serif", fontsize=10];
        "committed";
        "bound";
        "decommitted";
        "" [shape=point];
        "" -> "committed";
        "committed" -> "bound" [label="probe ok"];
        "committed" -> "committed" [label="probe failed"];
        "committed" -> "decommitted" [label="decommit"];
        "bound" -> "decommitted" [label="decommit"];
        "bound" -> "committed" [label="unbind"];
        "decommitted" -> "committed" [label="commit"];
      }
      "
    `);
  });

  it("mark what only one policy does", () => {
    const text = mermaid(drawnOf(named("sysram"), POLICIES));
    expect(text).toContain("hotplugged --> unregistering: unbind [as posted]");
    expect(text).toContain("hotplugged --> deleting: unbind [intended]");
    expect(text).toContain("added --> claiming: asked online\n");
  });

  it.each(MACHINES)("have every state and every edge of $name, once", (machine) => {
    const tables =
      machine.policies.length === 0 ? [tableOf(machine)] : machine.policies.map((own) => tableOf(machine, own));
    const text = mermaid(drawnOf(machine, POLICIES));
    for (const node of new Set(tables.flatMap(nodesOf))) expect(text.split(`state "${node}" as`)).toHaveLength(2);
    const arrows = text.split("\n").filter((line) => line.includes("-->") && !line.includes("[*]"));
    const pairs = new Set(tables.flatMap(edgesOf).map(({ from, to }) => `${from} ${to}`));
    expect(arrows).toHaveLength(pairs.size);
    for (const event of new Set(tables.flatMap(edgesOf).map((edge) => edge.event))) expect(text).toContain(event);
  });

  it.each(POLICIES)("give the life cycle %s as JSON without the edges of the other policy", (policy) => {
    const machine = named("sysram");
    const json = xstateJson(machine.machine, policy);
    const again = createMachine(json as never).provide(machine.machine.implementations as never);
    const other = policy === "intended" ? "as posted" : "intended";

    expect(compile(again).configurations).toEqual(tableOf(machine, policy).configurations);
    expect(JSON.stringify(json)).not.toContain(`"guard":"${other}`);
  });

  it.each(MACHINES)("give $name as JSON that XState makes the same machine of", (machine) => {
    const json: unknown = JSON.parse(JSON.stringify(xstateJson(machine.machine)));
    const again = createMachine(json as never).provide(machine.machine.implementations as never);
    // JSON carries the context of the intended policy, and guards and actions by their names alone.
    const { events, configurations, next } = tableOf(machine, "intended");
    const table = compile(again);

    expect(table.events).toEqual(events);
    expect(table.configurations).toEqual(configurations);
    expect(table.next).toEqual(next);
  });

  it("are not the same machine once an edge of the JSON leads elsewhere", () => {
    const { machine } = named("memory-group");
    const json = JSON.stringify(xstateJson(machine)).replace('"with-memory"', '"free"');

    expect(compile(createMachine(JSON.parse(json) as never)).next).not.toEqual(tableOf(named("memory-group")).next);
  });

  it("list each state on a line of its own", () => {
    const table = tableOf(named("memory-type"));
    expect(listing(table)).toMatchInlineSnapshot(`
      [
        "unset: init_node_memory_type ok -> set",
        "set: __add_memory_driver_managed ok -> under-memory, __add_memory_driver_managed failed -> set, clear_node_memory_type ok -> unset",
        "under-memory: offline_and_remove_memory ok -> set, offline_and_remove_memory failed -> under-memory, remove_memory ok -> set, remove_memory failed -> under-memory",
      ]
    `);
  });
});

describe("the overview of the life cycle", () => {
  it("has the seven stages of the life cycle and three that the code forces on it", () => {
    const { stages, arrows } = overviewOf(drawnOf(named("sysram"), POLICIES));
    expect(stages).toEqual([
      ...["unbound", "allocated", "being released", "named", "unregistered", "released"],
      ...["tier-set", "group-registered", "added", "hotplugged", "abandoned"],
    ]);
    expect(arrows.filter(({ marks }) => marks.length === 1)).toEqual([
      { from: "being released", to: "abandoned", labels: [], marks: ["as posted"] },
    ]);
  });

  it("says at each arrow what makes a run take it", () => {
    const { arrows } = overviewOf(drawnOf(named("sysram"), ["intended"]));
    expect(arrows.map(({ from, to, labels }) => `${from} -> ${to}: ${labels.join(" / ")}`)).toMatchInlineSnapshot(`
      [
        "unbound -> allocated: probe",
        "allocated -> being released: kasprintf failed / dev_set_name failed",
        "allocated -> named: ",
        "being released -> unregistered: ",
        "named -> being released: no node / mt_get_memory_type failed",
        "named -> tier-set: node known",
        "unregistered -> being released: release",
        "being released -> released: ",
        "tier-set -> group-registered: ",
        "tier-set -> being released: memory_group_register_static failed",
        "group-registered -> being released: device_add failed / devm_add_action failed",
        "group-registered -> added: waits for a word",
        "group-registered -> hotplugged: plugs in",
        "added -> being released: unbind",
        "added -> hotplugged: asked online",
        "hotplugged -> being released: unbind",
        "hotplugged -> added: asked offline",
      ]
    `);
  });

  it("has an arrow for every way of the machine from one stage to another, and no other", () => {
    const drawn = drawnOf(named("sysram"), POLICIES);
    const stageOf = (table: MachineTable, at: number) => (table.configurations[at]!.meta as { stage?: string }).stage;
    const reached = new Set<string>();
    for (const { table } of drawn) {
      for (const start of table.configurations.keys()) {
        const walk = (at: number, met: readonly number[]): void => {
          for (const number of table.events.keys()) {
            const next = nextIn(table, at, number);
            if (next === -1 || met.includes(next)) continue;
            const stage = stageOf(table, next);
            if (stage === undefined) walk(next, [...met, next]);
            else if (stage !== stageOf(table, start)) reached.add(`${stageOf(table, start)} ${stage}`);
          }
        };
        if (stageOf(table, start) !== undefined) walk(start, [start]);
      }
    }
    expect(
      overviewOf(drawn)
        .arrows.map(({ from, to }) => `${from} ${to}`)
        .toSorted(),
    ).toEqual([...reached].toSorted());
  });

  it("is drawn with the arrows of one policy in a colour of their own", () => {
    const text = mermaidOverview(drawnOf(named("sysram"), POLICIES));
    expect(text).toContain("being_released --> abandoned\n  linkStyle 17 stroke:#cf222e");
  });
});

describe("the pictures in the README", () => {
  it("are those that the machines generate", () => {
    const file = join(packageRoot, "README.md");
    if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(file, withFreshBlocks(readFileSync(file, "utf8")));
    expect(staleBlocks(readFileSync(file, "utf8"))).toEqual([]);
  });

  it("link to the whole machine, as Graphviz draws it", async () => {
    const file = join(packageRoot, "docs/life-cycle.svg");
    const svg = (await Graphviz.load()).dot(dot(drawnOf(named("sysram"), POLICIES)), "svg");
    if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(file, svg);
    expect(readFileSync(file, "utf8")).toBe(svg);
    expect(readFileSync(join(packageRoot, "README.md"), "utf8")).toContain("(docs/life-cycle.svg)");
  });

  it("are found stale when a machine has changed, and are written anew", () => {
    const old = readmeBlock("sysram").replace("unbind", "let go");
    expect(staleBlocks(`before\n${old}\nafter`)).toEqual(["sysram"]);
    expect(withFreshBlocks(`before\n${old}\nafter`)).toBe(`before\n${readmeBlock("sysram")}\nafter`);
  });
});
