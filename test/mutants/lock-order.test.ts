import { describe, expect, it } from "vitest";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import type { SysramState } from "../../harness/state.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { locksAreTakenInOneOrder as order } from "../../properties/lock-order.ts";
import { locksAreReleased } from "../../properties/safety.ts";
import { HOLD, PROBE, UNBIND, USE, write } from "../support/commands.ts";
import { doing, type Edit, referenceSubject, runLines, SMALL, systemOf } from "../support/review.ts";
import { LOCK_OF_HELPER, LOCK_OF_STORE } from "./races.ts";

const search = async (...edits: readonly Edit[]) => {
  const whole = await systemOf(referenceSubject(...edits), SMALL);
  const system = doing(whole, (label) => [PROBE, UNBIND, HOLD, USE, write("offline")].includes(label));
  const found = await exploreReduced(system, { claims, faults: 0, bounds: {} });
  const cycles = found.findings.filter(({ property }) => property === order.id);
  const runs = cycles.map(({ counterexample, besides = [] }) =>
    [counterexample, ...besides.map(({ run }) => run)].map((run) => runLines(system, run)),
  );
  const verdict = found.properties.find(({ property }) => property === order.id)?.verdict;
  return { found, cycles, runs, verdict };
};

describe("the order of locks", { tags: ["mutant"] }, () => {
  it("is one in the reference driver", async () => {
    const { cycles, verdict } = await search();
    expect({ cycles, verdict }).toEqual({ cycles: [], verdict: "holds" });
  });

  it("goes round in a driver that takes two locks in opposite orders, though no run takes them both ways", async () => {
    const { found, cycles, runs } = await search(
      {
        replace: LOCK_OF_HELPER,
        with: "\tguard(device)(&sysram->dev);\n\tguard(mutex)(&sysram->lock);\n\n\treturn sysram_command",
      },
      {
        replace: LOCK_OF_STORE,
        with: LOCK_OF_STORE.replace("\terr = sysram_command", "\tguard(device)(dev);\n\terr = sysram_command"),
      },
    );
    expect(found.findings.map(({ property }) => property)).toEqual([order.id]);
    expect(cycles.map(({ object, detail }) => [object, detail])).toEqual([
      [
        "the order of lock of struct cxl_sysram and the lock of the device",
        "lock of struct cxl_sysram is waited for while the lock of the device is held, and elsewhere the lock of the device is waited for while lock of struct cxl_sysram is held",
      ],
    ]);
    expect(runs).toEqual([
      [
        [PROBE, HOLD, USE],
        [PROBE, write("offline")],
      ],
    ]);
  });

  it("goes round in a driver that deletes its device under the lock that its store takes", async () => {
    const { cycles, runs } = await search({
      replace: "\tdevice_del(&sysram->dev);\n",
      with: "\tmutex_lock(&sysram->lock);\n\tdevice_del(&sysram->dev);\n\tmutex_unlock(&sysram->lock);\n",
    });
    expect(cycles.map(({ detail }) => detail)).toEqual([
      "lock of struct cxl_sysram is waited for while the active use of dev_attr_hotplug is held, and elsewhere the active use of dev_attr_hotplug is waited for while lock of struct cxl_sysram is held",
    ]);
    expect(runs).toEqual([
      [
        [PROBE, write("offline")],
        [PROBE, UNBIND],
      ],
    ]);
  });
});

describe("a spinlock", { tags: ["mutant"] }, () => {
  it("lets nothing sleep, and no allocation that may, and everything else go on", async () => {
    const { found } = await search(
      {
        replace: "static bool is_sysram(",
        with: "static DEFINE_SPINLOCK(words_lock);\nstatic LIST_HEAD(kinds);\n\nstatic bool is_sysram(",
      },
      {
        replace: "\tcmd = mhp_online_type_from_str(buf);\n",
        with: `	spin_lock(&words_lock);
	kfree(kmalloc(8, GFP_ATOMIC));
	kfree(kmalloc(9, GFP_KERNEL));
	dev_dbg(dev, "a word\\n");
	kobject_uevent(&dev->kobj, KOBJ_CHANGE);
	mt_put_memory_types(&kinds);
	put_device(get_device(dev));
	spin_unlock(&words_lock);
	kfree(kmalloc(10, GFP_KERNEL));
	scoped_guard(spinlock, &words_lock)
		msleep(1);
	cmd = mhp_online_type_from_str(buf);
`,
      },
    );
    expect(found.findings.map(({ property, object, detail }) => [property, object, detail])).toEqual([
      [
        "the-kernel-does-not-warn",
        "a spinlock in kmalloc()",
        "kmalloc() may sleep, and the task holds a spinlock; with CONFIG_DEBUG_ATOMIC_SLEEP the kernel warns",
      ],
      [
        "the-kernel-does-not-warn",
        "a spinlock in kobject_uevent()",
        "kobject_uevent() may sleep, and the task holds a spinlock; with CONFIG_DEBUG_ATOMIC_SLEEP the kernel warns",
      ],
      [
        "the-kernel-does-not-warn",
        "a spinlock in msleep()",
        "msleep() may sleep, and the task holds a spinlock; with CONFIG_DEBUG_ATOMIC_SLEEP the kernel warns",
      ],
    ]);
  });
});

describe("a lock that is still held when a command ends", { tags: ["mutant"] }, () => {
  it("is told of while another command is under way", async () => {
    const subject = referenceSubject({
      replace: LOCK_OF_HELPER,
      with: "\tmutex_lock(&sysram->lock);\n\n\treturn sysram_command",
    });
    const system = sysramSystem(
      loadDriver(await buildSubject(subject)),
      { regions: 1, blocks: 1, tasks: 2 },
      { isReduced: false },
    );
    let state: SysramState = system.initial[0]!;
    const begin = (label: string, isInterrupted = false) => {
      const action = system.actions(state).find((each) => system.describe(each) === label)!;
      let left = isInterrupted;
      const before = state;
      const { state: after, events } = system.step(before, action, {
        choose: (_, answers) => {
          const interrupts = answers.find(({ isPreemption }) => left && isPreemption);
          if (interrupts !== undefined) left = false;
          return interrupts ?? answers[0];
        },
      });
      state = after;
      return locksAreReleased.violations({ before, events, after });
    };
    begin(PROBE);
    begin(HOLD);
    begin(write("offline"), true);
    expect(state.tasks).toHaveLength(1);
    expect(begin(USE)).toEqual([
      { object: "a lock", site: "", detail: `"${USE}" ends, and its task still holds a lock`, isFatal: true },
    ]);
  });
});
