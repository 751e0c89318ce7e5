import { deserialize, serialize } from "node:v8";
import { describe, expect, it } from "vitest";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced, type SavedExploration, type SystemSearch } from "../../harness/explore-reduced.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { PROBE, UNBIND, write } from "../support/commands.ts";
import { doing, referenceSubject } from "../support/review.ts";

const OPTIONS: SystemSearch = { claims, faults: 0, preemptions: 1, bounds: {} };

/** Two tasks of our own driver, of which none takes a lock when it writes. */
const fresh = async (): Promise<SysramSystem> => {
  const subject = referenceSubject({
    replace:
      "	ACQUIRE(mutex_intr, lock)(&sysram->lock);\n	err = ACQUIRE_ERR(mutex_intr, &lock);\n	if (err)\n		return err;\n",
    with: "	err = 0;\n",
  });
  const system = sysramSystem(loadDriver(await buildSubject(subject)), { regions: 1, blocks: 1, tasks: 2 });
  return doing(system, (label) => [PROBE, UNBIND, write("offline")].includes(label));
};

describe("a search of two tasks that was put aside", () => {
  it("ends as it would have, in whatever round it was, with what it had learned of the driver by then", async () => {
    const saved = new Map<unknown, SavedExploration>();
    const save = (search: SavedExploration): void => {
      saved.set(search.round!.bound, deserialize(serialize(search)) as SavedExploration);
    };
    const saving = { everyMillis: 20, save };
    const { elapsedMs: _, ...whole } = await exploreReduced(await fresh(), { ...OPTIONS, saving });
    expect(whole.ending).toBe("exhausted");
    expect(saved.size).toBeGreaterThan(0);

    for (const resume of saved.values()) {
      const { elapsedMs, ...ended } = await exploreReduced(await fresh(), { ...OPTIONS, resume });
      expect(ended).toEqual(whole);
      expect(elapsedMs).toBeGreaterThan(resume.round!.elapsedMs);
    }
  });
});
