import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMachine } from "xstate";
import { packageRoot } from "../../abi/package-root.ts";
import { MACHINES, tableOf } from "../../machines/index.ts";
import { edgesOf, listing, nodesOf } from "../../machines/listing.ts";
import { dot, drawnOf, mermaid } from "../../machines/picture.ts";
import { POLICIES } from "../../machines/policy.ts";
import { compile } from "../../machines/table.ts";
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
        with_memory --> registered: offline_and_remove_memory ok
        with_memory --> with_memory: offline_and_remove_memory failed / memory_group_unregister failed
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
        "under-memory: offline_and_remove_memory ok -> set, offline_and_remove_memory failed -> under-memory",
      ]
    `);
  });
});

describe("the pictures in the README", () => {
  it("are those that the machines generate", () => {
    expect(staleBlocks(readFileSync(join(packageRoot, "README.md"), "utf8"))).toEqual([]);
  });

  it("are found stale when a machine has changed, and are written anew", () => {
    const old = readmeBlock("region").replace("unbind", "let go");
    expect(staleBlocks(`before\n${old}\nafter`)).toEqual(["region"]);
    expect(withFreshBlocks(`before\n${old}\nafter`)).toBe(`before\n${readmeBlock("region")}\nafter`);
  });
});
