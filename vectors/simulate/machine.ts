import { ONLINE_WORDS, type OnlineType } from "../../abi/mmop.ts";
import type { UserAction } from "../action.ts";
import { taintOf } from "../judge.ts";
import { type Taken, type UserSpace, type UserState, withDefaultOnlineType } from "../user-space.ts";
import { type Ground, PATHS, type Tree } from "./tree.ts";

/**
 * The machine behind a simulated sysfs: it answers each write with what the driver gives.
 *
 * Writes that wait are answered when they come to their end. While one waits, others that need the driver wait behind
 * it, as they would for the lock of the device.
 */
export interface SimulatedMachine {
  /** @param answer - is given the second line of what the helper program prints, once there is one */
  write(path: string, text: string, how: How, answer: (line: string) => void): void;
  /** Asks the kernel for a page that it cannot move; whether there is one. */
  pin(): boolean;
  unpin(): void;
  /** @returns whether the module could be loaded or unloaded */
  modprobe(isRemoval: boolean, module: string): boolean;
  state(): UserState;
}

/** How a write is done. */
export type How =
  | { readonly kind: "plain" }
  | { readonly kind: "interrupted" }
  | { readonly kind: "failing"; readonly nth: number };

/** Told of each action that the machine has taken. */
export type OnTaken = (taken: Taken) => void;

interface Waiting {
  readonly action: UserAction;
  readonly answer: (line: string) => void;
}

const ENOENT = "ENOENT";

export const simulatedMachine = (
  space: UserSpace,
  initial: UserState,
  tree: Tree,
  ground: Ground,
  onTaken: OnTaken,
): SimulatedMachine => {
  let state = initial;
  let waiting: Waiting | undefined;
  let isDead = false;
  let tainted = 0;
  const queue: (() => void)[] = [];
  tree.show(state);

  const actionFor = (path: string, text: string): UserAction | undefined => {
    if (path === `${PATHS.driver}/bind`) return { kind: "bind" };
    if (path === `${PATHS.driver}/unbind`) return { kind: "unbind" };
    if (path === `${PATHS.cxl}/region0/commit`) return { kind: text === "0" ? "decommit" : "commit" };
    if (path === `${PATHS.cxl}/sysram_region0/hotplug`) return { kind: "write", word: text };
    const block = /\/memory(\d+)\/state$/.exec(path)?.[1];
    if (block === undefined) return undefined;
    const index = Number(block) - Math.ceil(ground.start / ground.blockSize);
    return { kind: "set block", block: index, word: text === "offline" ? "offline" : "online_movable" };
  };

  const take = (action: UserAction, failing: number): Taken => {
    const taken = space.take(state, action, failing);
    state = taken.after;
    for (const event of taken.events) tainted |= taintOf(event);
    const death = taken.events.some(({ kind }) => kind === "died");
    if (death) isDead = true;
    tree.put(PATHS.tainted, `${tainted}\n`);
    tree.show(state);
    onTaken(taken);
    if (taken.ended !== undefined && waiting !== undefined) {
      const { answer } = waiting;
      waiting = undefined;
      answer(taken.ended);
      for (const next of queue.splice(0)) next();
    }
    return taken;
  };

  /** Does what changes the driver's world, or says why it cannot be done. */
  const act = (action: UserAction, how: How, answer: (line: string) => void): void => {
    const isPossible = space.actions(state).some((other) => JSON.stringify(other) === JSON.stringify(action));
    if (isDead || !isPossible) {
      const suffix = how.kind === "failing" ? " unused" : "";
      answer(`${isDead ? "EIO" : refusal(action)}${suffix}`);
      return;
    }
    const failing = how.kind === "failing" ? how.nth : 0;
    const taken = take(action, failing);
    const used = how.kind === "failing" ? (taken.allocations >= failing ? " used" : " unused") : "";
    const died = taken.events.find(({ kind }) => kind === "died");
    if (taken.result !== undefined) answer(`${taken.result}${used}`);
    // A task that oopses is killed; one that waits or runs for ever is not.
    else if (died?.kind === "died" && died.reason === "trap") answer(`killed${used}`);
    else if (died === undefined) waiting = { action, answer: (line) => answer(`${line}${used}`) };
  };

  /** What the kernel says to an action for which there is nothing there. */
  const refusal = ({ kind }: UserAction): string => {
    switch (kind) {
      case "bind":
        return "EBUSY";
      case "unbind":
        return "ENODEV";
      case "write":
      case "interrupted write":
        return state.seen.hasDevice ? "EINVAL" : ENOENT;
      default:
        return "EINVAL";
    }
  };

  const refuse = (isOn: boolean, what: "onlining" | "offlining"): void => {
    if (state.refused[what] !== isOn) take({ kind: isOn ? "refuse" : "allow", what }, 0);
  };

  const leaksText = (): string => {
    const { kernel } = state.machine;
    const { facts } = space.system.driver;
    const held = new Set(kernel.iomem.resources.map(({ at }) => at as number));
    const lost = kernel.slab.live.filter(
      ({ at, site }) => site !== 0 && !held.has(at) && !state.seen.hasDevice && waiting === undefined,
    );
    return lost
      .map(({ at, size, site }) =>
        [
          `unreferenced object 0x${at.toString(16)} (size ${size}):`,
          "  backtrace:",
          `    ${facts.sites[site]?.function ?? ""}+0x0/0x0 [sysram]`,
          "",
        ].join("\n"),
      )
      .join("");
  };

  return {
    state: () => state,
    write: (path, text, how, answer) => {
      if (path === `${PATHS.memory}/auto_online_blocks`) {
        const type = ONLINE_WORDS.indexOf(text as (typeof ONLINE_WORDS)[number]);
        if (type === -1) return answer("EINVAL");
        state = withDefaultOnlineType(state, type as OnlineType);
        tree.show(state);
        return answer("ok");
      }
      if (path.startsWith(PATHS.notifier)) {
        if (!tree.has(path)) return answer(ENOENT);
        tree.put(path, `${text}\n`);
        refuse(Number(text) !== 0, path.includes("MEM_GOING_ONLINE") ? "onlining" : "offlining");
        return answer("ok");
      }
      if (path === PATHS.kmemleak) {
        tree.put(path, text === "scan" ? leaksText() : "");
        return answer("ok");
      }
      const action = actionFor(path, text);
      if (action === undefined) {
        if (!tree.has(path)) return answer(ENOENT);
        tree.put(path, `${text}\n`);
        return answer("ok");
      }
      const whole: UserAction =
        action.kind === "write" && how.kind === "interrupted" ? { kind: "interrupted write", word: text } : action;
      const isBehind = waiting !== undefined && whole.kind !== "set block";
      if (isBehind) queue.push(() => act(whole, how, answer));
      else act(whole, how, answer);
    },
    pin: () => {
      const isPossible = !isDead && space.actions(state).some(({ kind }) => kind === "pin");
      if (isPossible) take({ kind: "pin" }, 0);
      return isPossible;
    },
    unpin: () => {
      if (!isDead && space.actions(state).some(({ kind }) => kind === "unpin")) take({ kind: "unpin" }, 0);
    },
    modprobe: (isRemoval, module) => {
      if (module === "memory-notifier-error-inject") {
        if (isRemoval) {
          refuse(false, "onlining");
          refuse(false, "offlining");
        } else {
          for (const what of ["MEM_GOING_ONLINE", "MEM_GOING_OFFLINE"])
            tree.put(`${PATHS.notifier}/${what}/error`, "0\n");
        }
        return true;
      }
      if (module !== "ramoops") return false;
      const kind = isRemoval ? "unclaim" : "claim";
      if (isDead || !space.actions(state).some((action) => action.kind === kind)) return false;
      const before = state.machine.kernel.environment.claims.length;
      take({ kind }, 0);
      return state.machine.kernel.environment.claims.length !== before;
    },
  };
};
