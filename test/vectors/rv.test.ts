import { describe, expect, it } from "vitest";
import { monitor } from "../../machines/monitor.ts";
import { FINDING_EVENTS } from "../../machines/sysram.machine.ts";
import { nextIn } from "../../machines/table.ts";
import { checkDeterminism, dotOf, identifier, NotDeterministic } from "../../vectors/rv/automaton.ts";
import { rvFiles, rvMonitors } from "../../vectors/rv/write.ts";
import { readAutomaton } from "./rv-reader.ts";

const monitors = rvMonitors();
const cases = monitors.map((one) => [one.automaton.name, one] as const);
const hidden: readonly string[] = FINDING_EVENTS;

describe("the automata for the kernel's runtime verification", () => {
  it("are as large as the machines that they come from", () => {
    const sizes = monitors.map(({ automaton: { name, states, edges } }) => `${name} ${states.length} ${edges.length}`);
    expect(sizes).toEqual([
      "sysram 61 106",
      "sysramp 60 104",
      "memgroup 3 10",
      "iores 4 8",
      "memtype 3 8",
      "devref 6 12",
      "memblk 4 9",
      "cxlregion 3 6",
    ]);
  });

  it.each(cases)("give %s back when they are read by the generator's rules", (name, { automaton }) => {
    const read = readAutomaton(`${name}.dot`, dotOf(automaton));
    expect(read.name).toBe(name);
    expect(read.states[0]).toBe(automaton.states[0]);
    expect([...read.states].sort()).toEqual([...automaton.states].sort());
    expect(read.events).toEqual([...automaton.events].sort());
    const back = read.states.flatMap((from, at) =>
      read.events.flatMap((event, number) => {
        const to = read.next[at]![number];
        return to === undefined ? [] : [`${from} ${event} ${to}`];
      }),
    );
    expect(back.sort()).toEqual(automaton.edges.map(({ from, event, to }) => `${from} ${event} ${to}`).sort());
  });

  it.each(cases)(
    "step in %s as the machine does, wherever it stands and whatever it finds out",
    (name, { automaton, table }) => {
      const read = readAutomaton(`${name}.dot`, dotOf(automaton));
      const watch = monitor(table, name);
      for (const [number, position] of automaton.positions.entries()) {
        // Every way through what the driver finds out by itself.
        const stands = new Set(position);
        for (const at of stands) {
          for (const event of hidden) {
            const to = nextIn(table, at, table.eventNumber(event));
            if (to !== -1) stands.add(to);
          }
        }
        for (const event of table.events) {
          if (hidden.includes(event)) continue;
          const goes = new Set(
            [...stands].map((at) => nextIn(table, at, table.eventNumber(event))).filter((to) => to !== -1),
          );
          const column = read.events.indexOf(identifier(event));
          const to = read.next[read.states.indexOf(automaton.states[number]!)]![column];
          if (goes.size === 0) expect(to, `${automaton.states[number]} ${event}`).toBeUndefined();
          else
            expect(automaton.positions[automaton.states.indexOf(to!)]).toEqual(
              [...goes].sort((one, other) => one - other),
            );
          expect(watch.after(position, event).length > 0).toBe(goes.size > 0);
        }
      }
    },
  );

  it("have names that C allows, and an event that begins each run", () => {
    for (const { automaton } of monitors) {
      for (const word of [automaton.name, ...automaton.states, ...automaton.events])
        expect(word).toMatch(/^[A-Za-z_]\w*$/);
      expect(automaton.name.length).toBeLessThan(16);
    }
    const { edges } = monitors[0]!.automaton;
    // A region that was measured may have been refused, which nobody sees.
    const begins = new Set(edges.filter(({ event }) => event === "probe").map(({ from }) => from));
    expect([...begins]).toEqual(["unbound", "measured"]);
  });

  it("say for each event what feeds it", () => {
    const text = rvFiles().find(([name]) => name === "events.md")![1];
    for (const { automaton } of monitors) {
      for (const event of automaton.events) expect(text).toMatch(new RegExp(`^\\| ${event} \\| \\S`, "m"));
    }
  });
});

describe("the check before an automaton is written", () => {
  const edge = { from: "a", event: "go", to: "b" };

  it("refuses two edges of one state and event, of which the generator would keep the last", () => {
    const twice = { name: "m", events: ["go"], edges: [edge, { ...edge, to: "a" }] };
    expect(() => checkDeterminism(twice)).toThrow(NotDeterministic);
    expect(() => checkDeterminism({ ...twice, edges: [edge] })).not.toThrow();
  });

  it("refuses two events that become one name", () => {
    expect(() => checkDeterminism({ name: "m", events: ["go", "go"], edges: [] })).toThrow(NotDeterministic);
  });
});
