import { beforeAll, describe, expect, it } from "vitest";
import type { SysramState } from "../../harness/state.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { auditKey } from "../support/audit-key.ts";
import { referenceSubject, SMALL, systemOf } from "../support/review.ts";

const SEED = 20261122;
const bounds = { maxStates: 150 };
const walks = { seed: SEED, runs: 8, maxDepth: 10 };

describe(`the key of a driver's system, audited (seed ${SEED})`, { tags: ["random"] }, () => {
  let system: SysramSystem;
  beforeAll(async () => {
    system = await systemOf(referenceSubject(), SMALL);
  });

  it("tells apart whatever the search could tell apart, also where tasks sleep", { tags: ["long"] }, async () => {
    const { states, compared } = await auditKey(system, claims, { bounds, walks });
    expect(states).toBeGreaterThan(150);
    expect(compared).toBeGreaterThan(400);
  });

  type Forgetting = readonly [what: string, forget: (state: SysramState, other: SysramState) => SysramState];
  const forgetting: readonly Forgetting[] = [
    ["the driver's memory", (state) => ({ ...state, image: { segments: [] } })],
    ["the kernel", (state, other) => ({ ...state, kernel: other.kernel })],
    [
      "the memory blocks",
      (state, other) => ({ ...state, kernel: { ...state.kernel, memoryHotplug: other.kernel.memoryHotplug } }),
    ],
  ];
  const isFoundWanting = async (_: string, forget: Forgetting[1]): Promise<void> => {
    const [initial] = system.initial;
    const key: SysramSystem["key"] = (state) => system.key(forget(state, initial!));
    // What was forgotten could not be brought back, so states are kept as they are.
    const forgetful: SysramSystem = { ...system, key, revive: undefined };
    await expect(auditKey(forgetful, claims, { bounds, walks })).rejects.toMatchObject({
      code: "key-merges-states",
    });
  };
  it.each(forgetting.slice(0, 1))("is found wanting where it leaves out %s", isFoundWanting);
  it.each(forgetting.slice(1))("is found wanting where it leaves out %s", { tags: ["long"] }, isFoundWanting);
});
