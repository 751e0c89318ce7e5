import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { monitorsOf, whyNotFollowed } from "../../harness/alphabet.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { NO_MONITORS } from "../../harness/monitors.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { CALLS, OTHER_CALLS } from "../../machines/calls.ts";
import { deviceFunctions } from "../../models/device.ts";
import { devresFunctions } from "../../models/devres.ts";
import { iomemFunctions } from "../../models/iomem.ts";
import { memoryGroupFunctions } from "../../models/memory-group.ts";
import { memoryHotplugFunctions } from "../../models/memory-hotplug.ts";
import { memoryTierFunctions } from "../../models/memory-tier.ts";
import { type Edit, exploreAll, narrowed, referenceSubject } from "../support/review.ts";
import { widget } from "../support/widget.ts";

const factsOf = async (...edits: readonly Edit[]) => loadDriver(await buildSubject(referenceSubject(...edits))).facts;

/** dax/kmem's way to a memory type: a list of its own, which it puts in the end. */
const OWN_LIST: readonly Edit[] = [
  {
    replace: "static bool is_sysram(",
    with: "static LIST_HEAD(sysram_types);\n\nstatic bool is_sysram(",
  },
  {
    replace: "type = mt_get_memory_type(distance);",
    with: "type = mt_find_alloc_memory_type(distance, &sysram_types);",
  },
  {
    replace: "\tsysram->mtype = NULL;\n}",
    with: "\tsysram->mtype = NULL;\n\tmt_put_memory_types(&sysram_types);\n}",
  },
];

describe("a life-cycle machine", () => {
  it("follows the reference driver, also one that leaves out what takes things back", async () => {
    expect(whyNotFollowed(await factsOf(), "intended")).toBeUndefined();
    const facts = await factsOf({ replace: "WARN_ON(memory_group_unregister(sysram->mgid));", with: ";" });
    expect(whyNotFollowed(facts, "intended")).toBeUndefined();
  });

  it("does not follow a driver of another design", async () => {
    const { facts } = loadDriver(await buildSubject(widget({})));
    expect(whyNotFollowed(facts, "any")).toBe(
      "the driver never calls cxl_region_get_hpa_range(), which the life-cycle machine begins with",
    );
    expect(monitorsOf(facts, "any")).toBe(NO_MONITORS);
  });

  it("does not follow one whose object nobody else sees: it could not tell that from others", async () => {
    const image = await buildSubject(await readInputs([join(packageRoot, "examples/first-draft.mbox")]));
    const { facts } = loadDriver(image);
    expect(whyNotFollowed(facts, "any")).toBe(
      "no function that others call has the structure around the driver's device as its parameter or result",
    );
    expect(monitorsOf(facts, "any")).toBe(NO_MONITORS);
  });

  it("does not follow one that keeps memory types on a list of its own, and nothing is wrong with that", async () => {
    const subject = referenceSubject(...OWN_LIST);
    const driver = loadDriver(await buildSubject(subject));
    expect(whyNotFollowed(driver.facts, "intended")).toBe(
      "the driver calls mt_find_alloc_memory_type(), which no life-cycle machine speaks of",
    );
    const monitors = monitorsOf(driver.facts, "intended");
    const system = narrowed(
      sysramSystem(driver, { regions: 1, blocks: 1 }, { monitors }),
      ({ asksForAll }) => asksForAll,
    );
    const { findings, properties } = await exploreAll(system, { faults: 0, bounds: { maxStates: 400 } });
    expect(findings.map(({ property, detail }) => `${property}: ${detail}`)).toEqual([]);
    expect(properties.find(({ property }) => property === "the-code-is-a-run-of-the-machine")?.concerned).toBe(0);
  });
});

/** What only looks, or changes nothing that the machine follows. */
const PASSED_OVER = [
  ...["device_rename", "get_device", "device_is_registered", "dev_driver_string"],
  ...["device_find_child_by_name", "device_find_any_child", "device_find_child", "device_for_each_child"],
  ...["device_for_each_child_reverse", "device_match_name", "device_match_any", "bus_find_device", "bus_for_each_dev"],
  "bus_rescan_devices",
  ...["devm_is_action_added", "devm_device_add_group", "devres_find", "devres_get"],
  ...["lookup_resource", "region_intersects", "walk_iomem_res_desc"],
  "mt_calc_adistance",
  ...["device_online", "device_offline", "memory_block_size_bytes", "mhp_get_default_online_type"],
  ...["mhp_set_default_online_type", "mhp_online_type_from_str", "mhp_range_allowed"],
  ...["mhp_supports_memmap_on_memory", "register_memory_notifier", "unregister_memory_notifier"],
];

describe("the calls of the machines", () => {
  it("and their other ways are all that the models can do to devices, resources, groups, types and memory", () => {
    const modelled = Object.keys({
      ...deviceFunctions,
      ...devresFunctions,
      ...iomemFunctions,
      ...memoryGroupFunctions,
      ...memoryTierFunctions,
      ...memoryHotplugFunctions,
    });
    const known = [...Object.values(CALLS).map(({ function: name }) => name), ...OTHER_CALLS, ...PASSED_OVER];
    expect(modelled.filter((name) => !known.includes(name))).toEqual([]);
  });
});
