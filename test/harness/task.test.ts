import { beforeAll, describe, expect, it } from "vitest";
import { address } from "../../abi/address.ts";
import { describeResult } from "../../abi/errno.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { calledFunctions } from "../../harness/called-functions.ts";
import { runningKernel } from "../../harness/driver-kernel.ts";
import { imageStore } from "../../harness/memory-image.ts";
import { uninterrupted } from "../../harness/scheduler.ts";
import { taskRunner } from "../../harness/task.ts";
import { initialKernelState, kernelFunctions } from "../../models/index.ts";
import { callback } from "../../models/kernel.ts";
import { widget } from "../support/widget.ts";

/** Bodies of functions, each with what their calls are to be taken for. */
const CALLS: Readonly<Record<string, { readonly body: string; readonly told: readonly string[] }>> = {
  allocates: { body: "kfree(kmalloc(8, GFP_KERNEL));", told: ["went well"] },
  cannot_allocate: { body: "kfree(kmalloc(1 << 20, GFP_KERNEL));", told: ["-ENOMEM"] },
  gets_a_type: { body: "mt_get_memory_type(4);", told: ["went well"] },
  finds_no_child: { body: "put_device(device_find_any_child(NULL));", told: [] },
  knows_no_node: { body: "numa_map_to_online_node(NUMA_NO_NODE);", told: [] },
  prints: { body: 'printk("a line\\n");', told: [] },
  tries_a_lock: { body: "if (mutex_trylock(&lock)) mutex_unlock(&lock);", told: [] },
  requests: { body: "request_resource(&outer, &inner);", told: ["went well"] },
  requests_twice: {
    body: "request_resource(&outer, &inner); request_resource(&outer, &other);",
    told: ["went well", "-EBUSY"],
  },
  sees_no_conflict: { body: "request_resource_conflict(&outer, &inner);", told: [] },
};

const functionOf = ([name, { body }]: readonly [string, { readonly body: string }]): string => `
int ${name}(void *region);
int ${name}(void *region)
{
	${body}
	return 0;
}
EXPORT_SYMBOL_GPL(${name});
`;

const top = `#include <linux/ioport.h>
#include <linux/memory-tiers.h>
#include <linux/mutex.h>
#include <linux/numa.h>
static DEFINE_MUTEX(lock);
static struct resource outer = { .start = 0, .end = 0xffff, .name = "outer" };
static struct resource inner = { .start = 0x1000, .end = 0x1fff, .name = "inner" };
static struct resource other = { .start = 0x1800, .end = 0x2fff, .name = "other" };
${Object.entries(CALLS).map(functionOf).join("")}`;

/** Calls a function after boot; gives what each of its calls was taken for. */
let toldBy: (name: string) => readonly string[];
beforeAll(async () => {
  const driver = loadDriver(await buildSubject(widget({ top })));
  const images = imageStore(driver.memory, driver);
  const pristine = images.capture([], []);
  const k = runningKernel(driver, images, initialKernelState);
  k.chooser = { choose: (_, [first]) => first };
  const runner = taskRunner(k, driver, calledFunctions(driver.facts, kernelFunctions), () => {});
  toldBy = (name) => {
    const told: string[] = [];
    k.failed = (error) => told.push(describeResult(error));
    k.wentOn = () => told.push("went well");
    images.restore(pristine);
    k.state = initialKernelState;
    k.shadow.restore(k.state.slab);
    const command = callback(name, name, "i_p", address(0));
    expect(runner.start(0, command, uninterrupted, undefined)).toEqual({ kind: "finished", result: 0 });
    expect(k.misuses).toEqual([]);
    return told;
  };
});

describe("a call of the kernel", () => {
  it.each(Object.entries(CALLS))(
    "tells of its end what its model says of the result, where a driver %s",
    (name, { told }) => {
      expect(toldBy(name)).toEqual(told);
    },
  );
});
