import { describe, expect, it } from "vitest";
import type * as Library from "../../index.ts";
import type { FoundFinding, ReviewOptions } from "../../index.ts";
import { bundledModule } from "../support/cli.ts";
import { referenceSubject } from "../support/review.ts";

/** Forgets the memory group of a device that is released. */
const LEAKS_GROUPS = referenceSubject({ replace: "WARN_ON(memory_group_unregister(sysram->mgid));", with: "" });

describe("a finding that a search makes", () => {
  it.each<[string, ReviewOptions]>([
    ["in threads", { workers: 2 }],
    ["in threads, of two tasks", { workers: 2, tasks: 2, preemptions: 1 }],
    ["in this thread", { workers: 1 }],
    ["in drawn runs", { engine: "random", seed: 1 }],
  ])("is told of while the search goes on, %s", async (_, options) => {
    const { review } = await bundledModule<typeof Library>("index.js");
    const interrupt = new AbortController();
    const found: FoundFinding[] = [];
    const { report } = await review(
      { kind: "subject", subject: LEAKS_GROUPS },
      {
        ...{ ...options, signal: interrupt.signal },
        onFinding: (finding) => {
          found.push(finding);
          interrupt.abort();
        },
      },
    );

    expect(report.search.ending).toBe("interrupted");
    expect(found[0]).toMatchObject({ property: "groups-are-unregistered", seen: 1 });
    expect(found[0]!.steps.at(-1)).toMatchObject({ kind: "violation", what: found[0]!.title });
    const names = found.map(({ property, object, place }) => JSON.stringify([property, object, place]));
    expect(new Set(names).size).toBe(names.length);
    for (const { property, object, place } of report.findings) {
      expect(names).toContain(JSON.stringify([property, object, place]));
    }
  });

  it("is not told of where only a part of the search shows it, and another part what it lacks", async () => {
    const found: FoundFinding[] = [];
    const { review } = await bundledModule<typeof Library>("index.js");
    const { report } = await review(
      { kind: "reference" },
      { blocks: 1, faults: 0, boundDepth: 4, workers: 1, onFinding: (finding) => found.push(finding) },
    );
    // Of a region that is smaller than a memory block every probe is refused.
    expect(report.findings).toEqual([]);
    expect(found).toEqual([]);
  });

  it("ends the search where the one who is told of it fails, whatever the thread", async () => {
    const { review } = await bundledModule<typeof Library>("index.js");
    for (const workers of [1, 2]) {
      const reviewed = review(
        { kind: "subject", subject: LEAKS_GROUPS },
        {
          workers,
          onFinding: () => {
            throw new RangeError("no more");
          },
        },
      );
      await expect(reviewed).rejects.toMatchObject({ code: "internal", message: "no more" });
    }
  });
});
