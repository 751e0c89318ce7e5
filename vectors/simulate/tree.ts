import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ONLINE_WORDS } from "../../abi/mmop.ts";
import { wholeBlocks } from "../seen.ts";
import type { UserState } from "../user-space.ts";

/** Files that a script reads, by path below the root of the simulation. */
type Files = ReadonlyMap<string, string>;

/** Where things are in a simulated machine. */
export const PATHS = {
  cxl: "sys/bus/cxl/devices",
  driver: "sys/bus/cxl/drivers/cxl_region",
  memory: "sys/devices/system/memory",
  debug: "sys/kernel/debug",
  notifier: "sys/kernel/debug/notifier-error-inject/memory/actions",
  kmemleak: "sys/kernel/debug/kmemleak",
  tainted: "proc/sys/kernel/tainted",
} as const;

const hex = (value: number): string => value.toString(16);

/** The block size that the simulated machine has, and its region: what user space sees of them never changes. */
export interface Ground {
  readonly start: number;
  readonly size: number;
  readonly blockSize: number;
}

/** The lines of /proc/iomem for the region and what lies in it. */
const iomemText = ({ seen, machine }: UserState, { start, size, blockSize }: Ground): string => {
  const line = (depth: number, from: number, to: number, name: string): string =>
    `${"  ".repeat(depth)}${hex(from)}-${hex(to)} : ${name}\n`;
  const claim = machine.kernel.environment.claims.length > 0;
  const blocks = wholeBlocks({ start, size }, blockSize);
  const claimAt = blocks.start + (blocks.count - 1) * blockSize;
  return [
    line(0, start, start + size - 1, "region0"),
    ...seen.iomem.map(({ start: from, end, name }, index) => line(1 + index, from, end, name)),
    ...(claim ? [line(1, claimAt, claimAt + 0x3ffff, "ramoops:dump(0/1)")] : []),
  ].join("");
};

/** What follows from the state of the machine. */
const filesOf = (state: UserState, ground: Ground): Files => {
  const { seen, machine } = state;
  const files = new Map<string, string>();
  const { start, blockSize } = ground;
  const region = `${PATHS.cxl}/region0`;
  files.set(`${region}/commit`, seen.isCommitted ? "1\n" : "0\n");
  if (seen.isBound) files.set(`${region}/driver`, "");
  if (seen.hasDevice) files.set(`${PATHS.cxl}/sysram_region0/hotplug`, "");
  files.set(`${PATHS.memory}/auto_online_blocks`, `${ONLINE_WORDS[machine.kernel.memoryHotplug.defaultOnlineType]!}\n`);
  const first = Math.ceil(start / blockSize);
  for (const [index, block] of seen.blocks.entries()) {
    if (block === "absent") continue;
    const folder = `${PATHS.memory}/memory${first + index}`;
    files.set(`${folder}/state`, block === "offline" ? "offline\n" : "online\n");
    files.set(`${folder}/valid_zones`, block === "movable" ? "Movable\n" : block === "kernel" ? "Normal\n" : "none\n");
    files.set(`${folder}/node1/id`, "1\n");
  }
  files.set("proc/iomem", iomemText(state, ground));
  return files;
};

/** A folder with the files of sysfs, procfs and debugfs that the scripts read, kept as the machine is. */
export interface Tree {
  readonly root: string;
  /** Puts the files into the state that the machine is in now. */
  show(state: UserState): void;
  /** A file that does not follow from the state of the machine. */
  put(path: string, text: string): void;
  has(path: string): boolean;
  read(path: string): string;
}

export const treeIn = (root: string, ground: Ground): Tree => {
  const shown = new Map<string, string>();
  const next = `${root}.next`;
  const put = (path: string, text: string): void => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    // At once, or a script that reads it now would find half of it.
    writeFileSync(next, text);
    renameSync(next, full);
  };
  const { start, size, blockSize } = ground;
  put(`${PATHS.cxl}/region0/resource`, `0x${hex(start)}\n`);
  put(`${PATHS.cxl}/region0/size`, `0x${hex(size)}\n`);
  put(`${PATHS.cxl}/region0/mode`, "ram\n");
  put(`${PATHS.memory}/block_size_bytes`, `${hex(blockSize)}\n`);
  put(`${PATHS.driver}/bind`, "");
  put(`${PATHS.driver}/unbind`, "");
  put(`${PATHS.debug}/failslab/ignore-gfp-wait`, "Y\n");
  put(`${PATHS.debug}/fail_page_alloc/ignore-gfp-wait`, "Y\n");
  put(`${PATHS.debug}/fail_page_alloc/min-order`, "1\n");
  put(PATHS.kmemleak, "");
  put("proc/self/fail-nth", "0\n");
  put(PATHS.tainted, "0\n");
  return {
    root,
    put,
    has: (path) => existsSync(join(root, path)),
    read: (path) => readFileSync(join(root, path), "utf8"),
    show: (state) => {
      const files = filesOf(state, ground);
      for (const path of [...shown.keys()].filter((known) => !files.has(known))) {
        shown.delete(path);
        rmSync(join(root, path), { recursive: true, force: true });
        // A device's folder goes with its last file.
        const folder = dirname(path);
        const isEmpty = ![...files.keys()].some((other) => other.startsWith(`${folder}/`));
        if (isEmpty && !folder.endsWith("/region0")) rmSync(join(root, folder), { recursive: true, force: true });
      }
      for (const [path, text] of files) {
        if (shown.get(path) === text) continue;
        shown.set(path, text);
        put(path, text);
      }
    },
  };
};
