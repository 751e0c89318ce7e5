import { describe, expect, it } from "vitest";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { PIN, PROBE, UNBIND, write } from "../support/commands.ts";
import { deferredSubject } from "../support/deferred.ts";
import { doing, type Edit, foundBy, SMALL, systemOf } from "../support/review.ts";

/** More than any of these searches needs. */
const BOUNDS = { maxStates: 12_000 };

const WORKER = "a kernel worker runs a work that is pending";

const alone = async (edits: readonly Edit[], commands?: readonly string[]) => {
  const subject = deferredSubject(...edits);
  const whole = await systemOf(subject, SMALL);
  const system = commands === undefined ? whole : doing(whole, (label) => commands.includes(label));
  const found = await exploreReduced(system, { claims, faults: 1, bounds: BOUNDS });
  return { found, told: toldOf(foundBy(system, subject, found)) };
};

const together = async (edits: readonly Edit[]) => {
  const subject = deferredSubject(...edits);
  const whole = sysramSystem(loadDriver(await buildSubject(subject)), { regions: 1, blocks: 1, tasks: 2 });
  const system = doing(whole, (label) => [PROBE, UNBIND, write("offline"), WORKER].includes(label));
  const options = { claims, faults: 0, preemptions: 1, bounds: BOUNDS } as const;
  const found = await exploreReduced(system, options);
  return { found, told: toldOf(foundBy(system, subject, found)) };
};

const toldOf = (found: ReturnType<typeof foundBy>) =>
  found.map(({ property, object, blamed, run }) => [property, object, blamed, run]);

/** The works that this takes back are done no more. */
const CANCELS = `	cancel_work_sync(&box->work);
	scoped_guard`;
const FLUSHES = "	flush_work(&box->work);\n";
const RUNS = "	while (box_apply(box) && box->insists)";

/** What takes the memory back at the end. */
const TAKES_BACK = `	cancel_work_sync(&box->work);
	scoped_guard(mutex, &box->lock)
		box->wanted = MMOP_OFFLINE;
	box->insists = true;
	queue_work(system_long_wq, &box->work);
	flush_work(&box->work);
`;

const CANCEL_UNDER_LOCK: Edit = {
  replace: CANCELS,
  with: `	scoped_guard(mutex, &box->lock)
	${CANCELS}`,
};

/** A store that waits until its work is done. */
const WAITS: readonly Edit[] = [
  { replace: "	struct work_struct work;\n", with: "	struct work_struct work;\n	struct completion done;\n" },
  { replace: "#include <linux/delay.h>", with: "#include <linux/completion.h>\n#include <linux/delay.h>" },
  { replace: "	INIT_WORK(", with: "	init_completion(&box->done);\n	INIT_WORK(" },
  {
    replace: "	queue_work(system_long_wq, &box->work);\n\n	return len;",
    with: "	queue_work(system_long_wq, &box->work);\n	wait_for_completion(&box->done);\n\n	return len;",
  },
];
const COMPLETES: Edit = { replace: "		msleep(1000);\n", with: "		msleep(1000);\n	complete(&box->done);\n" };

describe("a driver that does its hot-plug in a work", { tags: ["mutant"] }, () => {
  it("and cancels it keeps every property", async () => {
    const { found, told } = await alone([]);
    expect({ told, ending: found.ending }).toEqual({ told: [], ending: "exhausted" });
  });

  it("and takes memory offline in it never ends where a page is pinned, and no signal can end it", async () => {
    const { told } = await alone([
      { replace: "err = remove_memory(start, size)", with: "err = offline_and_remove_memory(start, size)" },
    ]);
    expect(told).toEqual([
      [
        "every-call-returns",
        "the memory",
        "box_apply: err = offline_and_remove_memory(start, size);",
        [PROBE, WORKER, PIN, UNBIND],
      ],
    ]);
  });

  it("keeps every property where two tasks run", async () => {
    const { found, told } = await together([]);
    expect({ told, ending: found.ending }).toEqual({ told: [], ending: "exhausted" });
  });

  it("keeps every property where a store waits for its work", async () => {
    const { found, told } = await alone([...WAITS, COMPLETES], [PROBE, UNBIND, write("offline"), WORKER]);
    expect({ told, ending: found.ending }).toEqual({ told: [], ending: "exhausted" });
  });

  it("and never tells the store that it is done lets the store wait for ever", async () => {
    const { told } = await alone(WAITS, [PROBE, UNBIND, write("offline"), WORKER]);
    expect(told).toEqual([["memory-can-be-taken-back", "a command", "", [PROBE, write("offline")]]]);
  });

  it("and frees it while it is pending is found", async () => {
    const { told } = await alone([{ replace: TAKES_BACK, with: "" }], [PROBE, UNBIND, WORKER]);
    expect(told).toContainEqual([
      "nothing-is-freed-twice",
      "a pending work",
      "box_release: kfree(container_of(dev, struct box, dev));",
      [PROBE, UNBIND],
    ]);
  });

  it("and follows NULL in it is found where the worker runs", async () => {
    const { told } = await alone(
      [{ replace: RUNS, with: `	if (!box->insists)\n		box->res->flags = 0;\n${RUNS}` }],
      [PROBE, UNBIND, WORKER],
    );
    expect(told).toEqual([
      ["the-driver-does-not-crash", "a NULL pointer", "box_work: box->res->flags = 0;", [PROBE, WORKER]],
    ]);
  });

  it("and cancels it under the lock that it takes has two orders, though no run takes them both ways", async () => {
    const { told } = await alone([CANCEL_UNDER_LOCK], [PROBE, UNBIND, WORKER]);
    expect(told).toEqual([
      [
        "locks-are-taken-in-one-order",
        "the order of the memory from kzalloc() and the run of the memory from kzalloc()",
        "box_remove: cancel_work_sync(&box->work);",
        [PROBE, UNBIND],
      ],
    ]);
  });

  it("and cancels it under the lock that it takes hangs where two tasks run", async () => {
    const { told } = await together([CANCEL_UNDER_LOCK]);
    expect(told.filter(([property]) => property === "every-call-returns")).toEqual([
      [
        "every-call-returns",
        "deadlock",
        "box_remove: cancel_work_sync(&box->work);",
        [PROBE, UNBIND, "  is interrupted", WORKER, "task 1 goes on"],
      ],
      [
        "every-call-returns",
        "deadlock",
        "box_apply: guard(mutex)(&box->lock);",
        [PROBE, WORKER, "  is interrupted", UNBIND, "task 1 goes on"],
      ],
    ]);
  });

  it("and flushes it under the lock that it takes hangs", async () => {
    const { told } = await alone(
      [{ replace: FLUSHES, with: `	scoped_guard(mutex, &box->lock)\n	${FLUSHES}` }],
      [PROBE, UNBIND, WORKER],
    );
    expect(told.filter(([property]) => property === "every-call-returns")).toEqual([
      ["every-call-returns", "a lock", "box_apply: guard(mutex)(&box->lock);", [PROBE, UNBIND]],
    ]);
  });

  it("and flushes it from itself hangs", async () => {
    const { told } = await alone(
      [{ replace: RUNS, with: `	flush_work(&box->work);\n${RUNS}` }],
      [PROBE, UNBIND, WORKER],
    );
    expect(told).toEqual([["every-call-returns", "the work", "box_work: flush_work(&box->work);", [PROBE, UNBIND]]]);
  });

  it("and leaves it on the stack of a command that ends is found", async () => {
    const { told } = await alone(
      [
        {
          replace: "	queue_work(system_long_wq, &box->work);\n\n	return len;",
          with: "	struct work_struct late;\n\n	INIT_WORK_ONSTACK(&late, box_work);\n	queue_work(system_long_wq, &late);\n\n	return len;",
        },
      ],
      [PROBE, UNBIND, write("offline"), WORKER],
    );
    expect(told).toEqual([["nothing-is-freed-twice", "a pending work", "", [PROBE, write("offline")]]]);
  });
});
