import { type ChildProcess, spawn } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { MMOP } from "../../abi/mmop.ts";
import { packageRoot } from "../../abi/package-root.ts";
import { initialConfigurationOf } from "../build.ts";
import type { UserSpace } from "../user-space.ts";
import type { RegionNeeded } from "../vector.ts";
import { type How, type OnTaken, type SimulatedMachine, simulatedMachine } from "./machine.ts";
import { type Ground, PATHS, treeIn } from "./tree.ts";

/** What a script came to. */
export interface ScriptRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it printed. */
  readonly output: string;
  readonly errors: string;
  /** What was left in the machine when it and its watchdog had ended. */
  readonly left: Left;
}

/** What a script must not leave behind. */
export interface Left {
  readonly isRefusing: boolean;
  readonly isBound: boolean;
  readonly claims: number;
  readonly autoOnlineBlocks: number;
  readonly failslab: boolean;
}

export interface ScriptOptions {
  readonly region: RegionNeeded;
  readonly onTaken?: OnTaken;
  /** Is given the script as soon as it runs, and the machine. */
  readonly meanwhile?: (script: ChildProcess, machine: SimulatedMachine) => void;
  /** Gives up and kills the script after so many milliseconds. */
  readonly timeoutMs?: number;
}

/** Programs that scripts call and that would touch the machine: each asks the simulation in its place. */
const STAND_INS = ["sysram_io", "modprobe", "sleep", "id"];

/** What a client says that was told to end. */
const GIVES_UP = "let go";

const SEPARATOR = "\u001f";

/** Long enough for any vector. */
const TIMEOUT_MS = 120_000;

/**
 * Runs a script of a kselftest directory as it is, against a driver in the modelled kernel.
 *
 * The files that it reads are a tree below a temporary folder, kept as the machine is. Whatever it writes, it writes
 * with its helper program, and here that is a client of this process. Time does not pass while it sleeps: a sleep
 * returns as soon as every write that was answered has been noted.
 */
export const runScript = async (space: UserSpace, script: string, options: ScriptOptions): Promise<ScriptRun> => {
  const { region, onTaken = () => {}, meanwhile, timeoutMs = TIMEOUT_MS } = options;
  const root = await mkdtemp(join(tmpdir(), "sysram-simulation-"));
  const initial = space.start(initialConfigurationOf(space, region), MMOP.ONLINE_MOVABLE);
  const { cxlRegion, memoryHotplug } = initial.machine.kernel;
  const { start, size } = cxlRegion.regions[0]!;
  const ground: Ground = { start, size, blockSize: memoryHotplug.blockSize };
  const tree = treeIn(join(root, "tree"), ground);
  const machine = simulatedMachine(space, initial, tree, ground, onTaken);

  const open = new Set<Socket>();
  const answered = new Set<Socket>();
  /** Those that hold a page. */
  const holders = new Set<Socket>();
  const sleepers: Socket[] = [];
  const wake = (): void => {
    if (answered.size > 0) return;
    for (const sleeper of sleepers.splice(0)) sleeper.write("=0\n");
  };

  const letGo = (socket: Socket): void => {
    if (holders.delete(socket)) machine.unpin();
  };

  const serve = (socket: Socket, [program = "", ...args]: readonly string[]): void => {
    const end = (...lines: readonly string[]): void => {
      if (socket.destroyed) return;
      answered.add(socket);
      socket.write(lines.map((line) => `${line}\n`).join(""));
    };
    const write = (file: string, text: string, how: How): void => {
      socket.write("started\n");
      machine.write(relative(tree.root, file), text, how, (line) => end(line, "=0"));
    };
    switch (program) {
      case "id":
        end("0", "=0");
        break;
      case "sleep":
        sleepers.push(socket);
        wake();
        break;
      case "modprobe": {
        const isDry = args[0] === "-n";
        const isRemoval = args[0] === "-r";
        const module = args[isDry || isRemoval ? 1 : 0]!;
        end(isDry || machine.modprobe(isRemoval, module) ? "=0" : "=1");
        break;
      }
      default:
        help(args);
    }

    /** What the helper program of the scripts does. */
    function help([verb, first = "", second = "", third = ""]: readonly string[]): void {
      if (verb === "write") write(first, second, { kind: "plain" });
      else if (verb === "fail") write(second, third, { kind: "failing", nth: Number(first) });
      else if (verb === "interrupt") write(second, third, { kind: "interrupted" });
      else if (verb !== "pin") end("=2");
      else if (!machine.pin()) end("EINVAL", "=1");
      else {
        socket.write("pinned\n");
        holders.add(socket);
        socket.once("close", () => letGo(socket));
      }
    }
  };

  const server = createServer((socket) => {
    open.add(socket);
    let text = "";
    let hasAsked = false;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      text += chunk.toString("utf8");
      for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n")) {
        const line = text.slice(0, at);
        text = text.slice(at + 1);
        if (hasAsked && holders.has(socket)) {
          letGo(socket);
          socket.write("gone\n");
        } else if (hasAsked) {
          answered.delete(socket);
          if (line === GIVES_UP) socket.destroy();
          wake();
        } else {
          hasAsked = true;
          serve(socket, line.split(SEPARATOR));
        }
      }
    });
    socket.on("close", () => {
      open.delete(socket);
      answered.delete(socket);
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  try {
    const bin = join(root, "bin");
    await mkdir(bin);
    for (const name of STAND_INS) {
      const path = join(bin, name);
      await copyFile(join(packageRoot, "vectors/simulate/client.sh"), path);
      await chmod(path, 0o755);
    }
    const ran = await new Promise<Omit<ScriptRun, "left">>((resolve, reject) => {
      const child = spawn("bash", [script], {
        env: {
          PATH: `${bin}:${process.env["PATH"] ?? "/usr/bin:/bin"}`,
          TMPDIR: root,
          SYSRAM_SIMULATION: String((server.address() as AddressInfo).port),
          SYSRAM_SYSFS: join(tree.root, "sys"),
          SYSRAM_PROC: join(tree.root, "proc"),
          SYSRAM_IO: join(bin, "sysram_io"),
          SYSRAM_SMALL_REGION: region === "smaller than a block" ? "region0" : "",
          SYSRAM_PATIENCE: "3",
          SYSRAM_BLOCK_TIME: "2",
        },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own, to be ended as a whole.
        detached: true,
      });
      const timer = setTimeout(() => {
        for (const socket of open) socket.destroy();
        process.kill(-child.pid!, "SIGKILL");
      }, timeoutMs);
      let output = "";
      let errors = "";
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8");
      });
      child.stderr.on("data", (chunk: Buffer) => {
        errors += chunk.toString("utf8");
      });
      child.on("error", reject);
      // The watchdog holds the script's output: when that is closed, it has ended too.
      child.on("close", (exitCode, signal) => {
        clearTimeout(timer);
        resolve({ exitCode, signal, output, errors });
      });
      meanwhile?.(child, machine);
    });
    const { seen, refused, machine: state } = machine.state();
    return {
      ...ran,
      left: {
        isRefusing: refused.onlining || refused.offlining,
        isBound: seen.isBound,
        claims: state.kernel.environment.claims.length,
        autoOnlineBlocks: state.kernel.memoryHotplug.defaultOnlineType,
        failslab: tree.read(`${PATHS.debug}/failslab/ignore-gfp-wait`) !== "Y\n",
      },
    };
  } finally {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(root, { recursive: true, force: true });
  }
};
