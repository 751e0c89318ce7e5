import { AssertionError } from "node:assert";
import { describe, expect, it } from "vitest";
import { expectDriver } from "../../verify/expect-driver.ts";
import { referenceSubject } from "../support/review.ts";
import { widget } from "../support/widget.ts";

const NEAR = { blocks: 1, boundDepth: 2, faults: 0 } as const;

/** Forgets the memory group of a device that is released. */
const leaking = {
  kind: "subject",
  subject: referenceSubject({ replace: "WARN_ON(memory_group_unregister(sysram->mgid));", with: "" }),
} as const;

const failureOf = async (expected: Promise<unknown>): Promise<AssertionError> => {
  const failure: unknown = await expected.catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(AssertionError);
  return failure as AssertionError;
};

describe("a test that expects a driver", { tags: ["mutant"] }, () => {
  it("to hold, passes where it does", async () => {
    const right = { kind: "subject", subject: widget({}) } as const;
    const { report } = await expectDriver(right, { blocks: 1 }).toHold();
    expect(report.verdict).toBe("holds");
  });

  it("to hold, shows the gravest finding, its run and its token where it does not", async () => {
    const { message, actual, expected } = await failureOf(expectDriver(leaking, NEAR).toHold());
    expect([actual, expected]).toEqual(["violated", "holds"]);
    expect(message).toMatch(/^expected a driver that holds\n\nviolated {2}/);
    expect(message).toContain("finding 1 of 2  memory group 0 is still registered");
    expect(message).toContain("1. probe region0");
    expect(message).toMatch(/npx sysram-verify replay sv2-[\w.=+-]+/);
  });

  it("to hold, fails where the search was cut short", async () => {
    const { message, actual } = await failureOf(expectDriver({ kind: "reference" }, NEAR).toHold());
    expect(actual).toBe("inconclusive");
    expect(message).toContain("depth limit");
  });

  it("to break a claim, passes where it does, and fails where it breaks others or none", async () => {
    await expectDriver(leaking, NEAR).toBreak("groups-are-unregistered");
    const { message, actual } = await failureOf(expectDriver(leaking, NEAR).toBreak("allocations-are-freed"));
    expect(actual).toContain("groups-are-unregistered");
    expect(message).toMatch(/^expected a driver that breaks allocations-are-freed\n/);
  });
});
