import type { LogFormat } from "../event.ts";
import { readHead } from "./function.ts";

/**
 * The kernel's log, with the debug lines of the driver core and of kobjects turned on.
 *
 *     [   12.345678] device: 'sysram_region0': device_add
 *     [   12.345678] kobject: 'sysram_region0' (00000000d5a1f9b2): kobject_cleanup, parent 0000000000000000
 *     [   12.345678] cxl_region region0: DEVRES REL 00000000d5a1f9b2 sysram_unregister (16 bytes)
 *
 * A line names the device, so each device is followed for itself; of all other calls nothing is written. Accepted in
 * front are a console's level (`<6>`), a caller (`[T123]`), what dynamic debug adds (`[123] module:function:9:`), and
 * what syslog and the journal add.
 *
 * Source: drivers/base/core.c device_add(), device_unregister(); lib/kobject.c kobject_cleanup(); drivers/base/devres.c
 * devres_log() under CONFIG_DEBUG_DEVRES; kernel/printk/printk.c console_prepend_dropped().
 */
export const dmesgFormat: LogFormat = {
  name: "dmesg",
  title: "the kernel's log",
  isNested: false,
  isPartial: true,
  reader: (isSpokenOf) => (line, tell) => {
    if (readHead(line, tell)) return true;
    const dropped = DROPPED.exec(line);
    if (dropped !== null) {
      tell({ kind: "lost", events: Number(dropped[1]), why: "messages were dropped" });
      return true;
    }
    if (!SHAPE.test(line)) return line.trim() === "";
    if (!line.includes("sysram") && !line.includes("DEVRES")) return true;
    const core = CORE.exec(line);
    if (core !== null) {
      const [, device = "", name = ""] = core;
      if (OURS.test(device)) tell({ kind: "enter", task: device, function: name, caller: DRIVER, arguments: [device] });
      return true;
    }
    const released = RELEASED.exec(line)?.[1];
    if (released !== undefined) {
      if (OURS.test(released)) {
        const about = { task: `the release of ${released}`, function: "sysram_release" };
        tell({ kind: "enter", ...about, caller: "device_release", arguments: [released] });
        tell({ kind: "leave", ...about });
      }
      return true;
    }
    const resource = DEVRES.exec(line);
    if (resource !== null && isSpokenOf(resource[3]!)) {
      const [, region = "", how = "", name = ""] = resource;
      const task = `the driver of ${region}`;
      if (how === "REL") tell({ kind: "enter", task, function: name, caller: "devm_action_release" });
      else tell({ kind: "enter", task, function: "devm_add_action", caller: DRIVER });
    }
    return true;
  },
};

/** Stands for whichever function of the driver it was: a message does not say. */
const DRIVER = "(sysram)";

const OURS = /sysram/;

const SHAPE =
  /^(?:<\d+>|\S.{0,100}? kernel: ?)?\s*\[\s*\d+\.\d+\](?:\s?\[\s*[TC]\d+\])?\s|^<\d+>\S|^\S.{0,100}? kernel: \S/;
const DROPPED = /\*\* (\d+) printk messages dropped \*\*/;
const CORE = /device: '([^']*)': (device_add|device_unregister)\s*$/;
const RELEASED = /kobject: '([^']*)' \([^)]*\): kobject_cleanup\b/;
const DEVRES = /(\S+): DEVRES (ADD|REL) \S+ (\w+) \(/;
