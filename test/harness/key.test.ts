import { describe, expect, it } from "vitest";
import { claims } from "../../properties/index.ts";
import { auditKey } from "../support/audit-key.ts";
import { narrowed, referenceSubject, SMALL, systemOf } from "../support/review.ts";

describe("the key of the whole machine", () => {
  it("merges only states that the search cannot tell apart", { tags: ["exhaustive", "long"] }, async () => {
    const system = await systemOf(referenceSubject(), SMALL);

    const { compared } = await auditKey(system, claims, {
      bounds: { maxStates: 40 },
      walks: { seed: 1, runs: 2, maxDepth: 5 },
    });

    expect(compared).toBeGreaterThan(30);
  });

  it("is found out where it leaves the kernel's devices out", { timeout: 120_000 }, async () => {
    const whole = narrowed(await systemOf(referenceSubject(), SMALL), () => true);
    const forgetful = {
      ...whole,
      key: (state: Parameters<typeof whole.key>[0]) => String(state.kernel.slab.live.length),
    };

    await expect(
      auditKey(forgetful, claims, { bounds: { maxStates: 40 }, walks: { seed: 1, runs: 2, maxDepth: 5 } }),
    ).rejects.toThrow(/checker bug/);
  });
});
