import { BuildError } from "./build-error.ts";
import { treePath } from "./debug-info.ts";
import type { Unmodelled } from "./instrument.ts";

/** The model that a kernel function or variable of this name belongs to, by the name's beginning. */
const MODEL_OF: readonly (readonly [RegExp, string])[] = [
  [/^(devm_|devres_)/, "models/devres.ts"],
  [/^(device_|dev_|get_device|put_device|bus_|driver_|class_|kobject_|klist_)/, "models/device.ts"],
  [/^(sysfs_|kernfs_)/, "models/sysfs.ts"],
  [/^(__?request_|__?release_|remove_resource|insert_resource|allocate_resource|walk_iomem|iomem)/, "models/iomem.ts"],
  [/^(memory_group_)/, "models/memory-group.ts"],
  [/^(mt_|memory_tier|node_memory_type|init_node_memory|clear_node_memory|.*memory_type)/, "models/memory-tier.ts"],
  [/^(phys_to_|node_|numa_|.*_to_nid|cpu_to_node)/, "models/numa.ts"],
  [/^(.*memory.*|mhp_|online_|offline_)/, "models/memory-hotplug.ts"],
  [/^(cxl_|devm_cxl_|to_cxl)/, "models/cxl-region.ts"],
  [/^(mutex_|down_|up_|spin_|.*lock)/, "models/lock.ts"],
  [/^(queue_|schedule_|flush_|cancel_|.*work)/, "models/workqueue.ts"],
  [/^(k.*alloc|kv?free|kstr|kmem|str)/, "models/slab.ts"],
  [/^(_?printk|_dev_|dev_|.*warn)/, "models/print.ts"],
];

const modelOf = (name: string): string =>
  MODEL_OF.find(([pattern]) => pattern.test(name))?.[1] ?? "a new file in models/";

/** The error for what the driver uses and the models lack. */
export const unmodelledError = (all: readonly Unmodelled[]): BuildError => {
  const [first] = all;
  const { kind, name, file, line } = first!;
  if (kind === "assembly") {
    return new BuildError(
      "not-modelled",
      `${file === "" ? "outside of any function" : `${file}:${line}`}: assembly, which is for a processor that is not modelled`,
      "call what the kernel offers for it, which can have a model",
    );
  }
  const names = [...new Set(all.slice(1).map((other) => other.name || "assembly"))];
  const others = names.length === 0 ? "" : ` (and ${names.length} more: ${names.join(", ")})`;
  const what = kind === "function" ? `calls ${name}(), which is not modelled` : `uses ${name}, which is not modelled`;
  return new BuildError(
    "not-modelled",
    `${file}:${line}: ${what}${others}`,
    kind === "function"
      ? `its model belongs in ${modelOf(name)}, its prototype in driver/include/`
      : `its definition belongs to ${modelOf(name)}, its declaration in driver/include/`,
  );
};

/** The error for what clang refused, from what it printed. */
export const compileError = (output: string): BuildError => {
  const match = /^(\S[^:\n]*):(\d+):(\d+): (?:fatal )?error: (.*)$/m.exec(output);
  if (match === null) {
    return new BuildError(
      "does-not-compile",
      `the C does not compile: ${firstLine(output)}`,
      "compile it in a kernel tree first",
    );
  }
  const [, path, line, , text] = match;
  const place = `${treePath(path!)}:${line}`;

  const undeclared = /call to undeclared (?:library )?function '([^']+)'/.exec(text!);
  if (undeclared !== null) {
    const name = undeclared[1]!;
    return new BuildError(
      "not-modelled",
      `${place}: calls ${name}(), which is not modelled`,
      `its model belongs in ${modelOf(name)}, its prototype in driver/include/`,
    );
  }
  const field = /no member named '([^']+)' in '([^']+)'/.exec(text!);
  if (field !== null) {
    return new BuildError(
      "not-modelled",
      `${place}: uses the field ${field[1]} of ${field[2]}, which is not modelled`,
      `the structure's stand-in lies in driver/include/; what the kernel does with the field belongs in ${modelOf(field[2]!.replace(/^struct /, ""))}`,
    );
  }
  const header = /'([^']+)' file not found/.exec(text!);
  if (header !== null) {
    return new BuildError(
      "no-stand-in",
      `${place}: includes <${header[1]}>, for which there is no stand-in header`,
      /^\/|\.\./.test(header[1]!)
        ? "there are only headers of the kernel's and those that the patch adds"
        : `write driver/include/${header[1]} with what the driver needs of it`,
    );
  }
  const identifier = /use of undeclared identifier '([^']+)'|unknown type name '([^']+)'/.exec(text!);
  if (identifier !== null) {
    return new BuildError(
      "not-modelled",
      `${place}: ${text}`,
      "if it is the kernel's, its declaration belongs in driver/include/; if it comes from another patch of the series, name that patch too",
    );
  }
  return new BuildError(
    "does-not-compile",
    `${place}: ${text}`,
    "the patch does not compile as it is; give the whole series if it needs other patches",
  );
};

const firstLine = (text: string): string => text.split("\n").find((line) => line.trim() !== "") ?? "no output";
