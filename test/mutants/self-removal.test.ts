import { describe, expect, it } from "vitest";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { UNBIND } from "../support/commands.ts";
import { deletingSubject } from "../support/deleting.ts";
import { doing, type Edit, foundBy } from "../support/review.ts";

const PROBE = "probe region0";
const DELETE = "echo offline > sysram_region0/delete";

/** Searches what one task, or two, come to. */
const search = async (
  tasks: number,
  edits: readonly Edit[] = [],
  commands: readonly string[] = [PROBE, UNBIND, DELETE],
) => {
  const subject = deletingSubject(...edits);
  const whole = sysramSystem(loadDriver(await buildSubject(subject)), { regions: 1, blocks: 1, tasks });
  const system = doing(whole, (label) => commands.includes(label));
  const found = await exploreReduced(system, {
    claims,
    faults: tasks === 1 ? "all" : 0,
    preemptions: 1,
    bounds: { maxStates: 6_000 },
  });
  const told = foundBy(system, subject, found).map(({ property, object, run }) => [property, object, run]);
  return { ending: found.ending, told };
};

const HOLDS: readonly Edit[] = [
  { replace: "	get_device(dev);\n", with: "" },
  { replace: "	put_device(dev);\n\n	return result;", with: "	return result;" },
];

describe("a store that deletes its own device", { tags: ["mutant"] }, () => {
  it.each([1, 2])("and knows who came first keeps every property, with tasks: %i", async (tasks) => {
    expect(await search(tasks)).toEqual({ ending: "exhausted", told: [] });
  });

  it("and removes its file as others do waits for itself", async () => {
    const { told } = await search(1, [
      {
        replace: "	if (!device_remove_file_self(dev, attr)) {",
        with: "	device_remove_file(dev, attr);\n	if (!box) {",
      },
    ]);
    expect(told).toEqual([["every-call-returns", "the attribute", [PROBE, DELETE]]]);
  });

  it("and holds no reference to it finds it freed by an unbind", async () => {
    const { told } = await search(2, HOLDS);
    expect(told).toContainEqual([
      "the-driver-does-not-crash",
      "the memory from kzalloc()",
      [PROBE, DELETE, "  is interrupted", UNBIND, "task 1 goes on"],
    ]);
  });

  it("and does not heed that another one has removed the file deletes it twice", async () => {
    const { told } = await search(
      2,
      [
        {
          replace: "	if (!device_remove_file_self(dev, attr)) {",
          with: "	device_remove_file_self(dev, attr);\n	if (!box) {",
        },
        { replace: "	} else if (box_begin_end(box)) {", with: "	} else {" },
      ],
      [PROBE, DELETE],
    );
    expect(told).toEqual([
      [
        "device-references-balance",
        "the device",
        [PROBE, DELETE, "  is interrupted", DELETE, "task 1 goes on", "task 2 goes on", "task 1 goes on"],
      ],
    ]);
  });
});
