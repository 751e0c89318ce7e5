/**
 * The machines as XState has them, with @xstate/graph: every state that can be reached, and a shortest path to it.
 *
 * Outside of this repository the last import is from "sysram-verify".
 */
import { getShortestPaths } from "@xstate/graph";
import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import { memoryGroupMachine, type Policy, sysramMachine } from "../index.ts";

const pathsOf = (policy: Policy) =>
  getShortestPaths(sysramMachine, {
    input: { policy },
    serializeState: ({ value, context }) => JSON.stringify([value, context]),
  });

const reached = (policy: Policy): readonly string[] => pathsOf(policy).map(({ state }) => String(state.value));

describe("the life cycle of a sysram device", () => {
  it("comes to where the device is released, whatever the policy", () => {
    expect(reached("intended")).toContain("released");
    expect(reached("as-posted")).toContain("released");
  });

  it("comes to where memory is left behind for good as posted alone", () => {
    expect(reached("as-posted")).toContain("abandoned");
    expect(reached("intended")).not.toContain("abandoned");
  });

  it("goes along each path that is found, in an actor of its own", () => {
    const paths = pathsOf("intended");
    for (const { state, steps } of paths) {
      const actor = createActor(sysramMachine, { input: { policy: "intended" } }).start();
      for (const { event } of steps) if (!event.type.startsWith("xstate.")) actor.send(event);
      expect(actor.getSnapshot().value).toBe(state.value);
    }
    expect(paths.length).toBeGreaterThan(50);
  });
});

describe("the rule of a memory group", () => {
  it("lets nobody unregister a group that has memory", () => {
    const [path] = getShortestPaths(memoryGroupMachine, { toState: (state) => state.matches("with-memory") });
    expect(path!.steps.map(({ event }) => event.type)).toEqual([
      "xstate.init",
      "memory_group_register_static ok",
      "__add_memory_driver_managed ok",
    ]);
    expect(path!.state.can({ type: "memory_group_unregister ok" })).toBe(false);
  });
});
