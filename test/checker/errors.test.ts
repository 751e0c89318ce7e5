import { describe, expect, it } from "vitest";
import { blame, CheckerBug } from "../../checker/errors.ts";

const first = { initial: 0, steps: [{ action: 1, answers: [] }] };
const second = { initial: 0, steps: [] };

describe("a bug of the checker", () => {
  it("gets the run that led to it, and keeps it", () => {
    const bug = new CheckerBug("endless-step", "a step asks too much");

    expect(bug.schedule).toBeUndefined();
    expect(bug.at(first)).toMatchObject({
      name: "CheckerBug",
      code: "endless-step",
      message: "checker bug: a step asks too much",
      schedule: first,
      cause: bug,
    });
    expect(bug.at(first).at(second).schedule).toBe(first);
  });

  it("is whatever a system threw, be it an error or not", () => {
    expect(blame("oh no", "step", "", first)).toMatchObject({
      code: "system-threw",
      message: "checker bug: the system threw in its step: oh no",
      schedule: first,
      cause: "oh no",
    });
  });

  it("is not what the caller's own code threw", () => {
    const error = new Error("mine");

    expect(blame(error, "caller", "", first)).toBe(error);
  });
});
