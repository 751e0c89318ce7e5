import { describeResult, ERRNO } from "../abi/errno.ts";
import { MMOP, type OnlineType } from "../abi/mmop.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import type { ErrnoAnswer, KernelState } from "../models/kernel.ts";
import type { MemoryBlock } from "../models/memory-hotplug.ts";
import type { SysramEvent } from "../models/observation.ts";
import { isWorker } from "../models/signal.ts";
import { commandLabel, KERNEL_ACTIONS, type KernelAction, type Refused, USER_ACTIONS } from "./action.ts";
import { type Seen, seenIn } from "./seen.ts";

/**
 * A driver in the modelled kernel as user space meets it.
 *
 * The harness lets every call fail at any time. User space can only set up that calls fail: a memory notifier that
 * refuses until it is told otherwise, the n-th allocation of one write, a signal. So every question that the models ask
 * has one answer here, and a run is decided by its actions. A write that does not return blocks: it goes on as soon as
 * something lets it, and its result is told then.
 */
export interface UserSpace {
  readonly system: SysramSystem;
  readonly standpoint: Standpoint;
  /** The machine at boot in an initial configuration, with auto_online_blocks set, before anything was done. */
  start(initialConfiguration: number, defaultOnlineType: OnlineType): UserState;
  /** The actions that are possible, in the order of all actions. */
  actions(state: UserState): readonly KernelAction[];
  /** @param failing - the allocation of the writing task that fails, counted from 1; 0 for none */
  take(state: UserState, action: KernelAction, failing?: number): Taken;
  /** Two states with one key are one to user space and to the driver. */
  key(state: UserState): string;
}

/** The machine between two actions. */
export interface UserState {
  readonly machine: SysramState;
  readonly refused: Readonly<Record<Refused, boolean>>;
  /** Whether the kernel has allocated a page in the first memory block that it cannot move. */
  readonly isTaken: boolean;
  readonly seen: Seen;
  /** The write that has not returned yet. */
  readonly blocked: KernelAction | undefined;
}

/** One call that was made to fail: the n-th of its name in the action. */
export interface Injected {
  readonly question: string;
  readonly nth: number;
  /** Positive. */
  readonly errno: number;
}

/** What an action led to. */
export interface Taken {
  readonly after: UserState;
  /** `ok`, an errno's name, or what else a write gave; undefined where it blocks, or died. */
  readonly result: string | undefined;
  /** What a write that blocked before this action has given now. */
  readonly ended: string | undefined;
  readonly events: readonly SysramEvent[];
  /** The ways to fail that were taken, each behind the function or state that it happened in: see `failureWords`. */
  readonly failures: readonly string[];
  /** What failed by its number. */
  readonly injected: Injected | undefined;
  /** How many allocations (or calls that can fail) there were, up to the one that failed. */
  readonly allocations: number;
  /** The states after each harness step of it, for who judges them. */
  readonly passed: readonly {
    readonly before: SysramState;
    readonly after: SysramState;
    readonly events: readonly SysramEvent[];
  }[];
}

const NO_REFUSAL: UserState["refused"] = { onlining: false, offlining: false };

/** Who meets with the driver, and what fails at their word. */
export interface Standpoint {
  /** Whether an action counts anew for each end that it has. */
  readonly countsResults: boolean;
  readonly actions: readonly KernelAction[];
  /** Whether an answer is one of those that are made to fail by their number, in a worker and while something is refused as well. */
  isCounted(
    question: string,
    answer: Answer,
    at: { readonly isInWorker: boolean; readonly isRefusing: boolean },
  ): boolean;
}

/** A program: allocations can be made to fail by number, in the task that writes and in no worker; one cause at a time. */
export const USER_SPACE: Standpoint = {
  countsResults: false,
  actions: USER_ACTIONS,
  isCounted: (_, answer, { isInWorker, isRefusing }) => isAllocation(answer) && !isInWorker && !isRefusing,
};

/** Code between the driver and the kernel: any call of the driver's can be made to fail; what a write allocates is none. */
export const BETWEEN: Standpoint = {
  countsResults: true,
  actions: KERNEL_ACTIONS,
  isCounted: (question) => question !== "kernfs_fop_write_iter",
};

/** Answers that stand for an allocation that fails, whatever its size. */
const isAllocation = ({ fault, label }: Answer): boolean =>
  fault === "small allocation" || label === "-ENOMEM (memmap or page tables)";

const INTERRUPTED = "-EINTR (a signal)";
const VETO = "-EPERM (a memory notifier refuses)";
const TAKEN = "-EBUSY (an unmovable page)";

/** In these the driver comes or goes. */
const BINDS_OR_UNBINDS: ReadonlySet<KernelAction["kind"]> = new Set(["bind", "probe", "unbind", "decommit"]);

/** How often a task that sleeps is woken before it counts as blocked: once to see that nothing has changed. */
const WAKE_UPS = 8;

export const userSpace = (system: SysramSystem, standpoint: Standpoint = USER_SPACE): UserSpace => {
  const { actions, isCounted } = standpoint;
  const commands = new Map(system.commands.map(({ label }, index) => [label, index]));

  const startOf = (state: SysramState, action: KernelAction): SysramAction | undefined => {
    const command = commands.get(commandLabel(action) ?? "");
    if (command === undefined) return undefined;
    return system.actions(state).find((other) => other.kind === "start" && other.command === command);
  };

  const isPossible = (state: UserState, action: KernelAction): boolean => {
    const { machine, refused, isTaken, blocked } = state;
    const { blocks } = machine.kernel.memoryHotplug;
    // One cause at a time: whoever reads a failure need not ask which of them it was.
    if (action.kind === "refuse") return blocked === undefined && !refused.onlining && !refused.offlining;
    if (action.kind === "allow") return refused[action.what];
    if (action.kind === "unpin") return isTaken;
    if (blocked !== undefined) return false;
    // A device that is gone, and still held, is at its end: another one beside it shows nothing new.
    const begins = action.kind === "bind" || action.kind === "probe";
    if (begins && machine.kernel.environment.held.length > 0) return false;
    // Nothing answers at the addresses of a region whose decoders are off.
    if (action.kind === "claim" && !state.seen.isCommitted) return false;
    // The kernel allocates what it cannot move only outside of the movable zone.
    if (action.kind === "pin") return !isTaken && blocks[0]?.zone === MMOP.ONLINE_KERNEL && isFirst(machine, blocks[0]);
    // A busy page that can be moved once it is no longer busy: in the movable zone.
    if (action.kind === "interrupted write" && !blocks.some(({ zone }) => zone === MMOP.ONLINE_MOVABLE)) return false;
    return startOf(machine, action) !== undefined;
  };

  const take: UserSpace["take"] = (state, action, failing = 0) => {
    const failures: string[] = [];
    const events: SysramEvent[] = [];
    const passed: { before: SysramState; after: SysramState; events: readonly SysramEvent[] }[] = [];
    const times = new Map<string, number>();
    let injected: Injected | undefined;
    let allocations = 0;
    let refused = state.refused;
    let { machine } = state;
    if (action.kind === "refuse" || action.kind === "allow") {
      refused = { ...refused, [action.what]: action.kind === "refuse" };
    }
    const isTaken = action.kind === "pin" || (state.isTaken && action.kind !== "unpin");

    const now = () => ({
      isInWorker: isWorker(system.kernel.state, system.kernel.task),
      isRefusing: refused.onlining || refused.offlining,
    });
    // What takes memory back for as long as it takes, when the driver goes, never ends once a signal is pending.
    const mayBeInterrupted = !BINDS_OR_UNBINDS.has((state.blocked ?? action).kind);
    const pick = (question: string, answers: readonly Answer[]): number => {
      for (const [place, answer] of answers.entries()) {
        if (answer.fault === undefined || (answer.label === INTERRUPTED && !mayBeInterrupted)) continue;
        if (isCounted(question, answer, now()) && (failing === 0 || allocations < failing)) {
          allocations += 1;
          if (allocations === failing) return place;
        }
        if (isAllocation(answer)) continue;
        if (question.startsWith("memory_block_online")) {
          if (refused.onlining) return place;
        } else if (question === "memory_block_offline") {
          const stands: Readonly<Record<string, boolean>> = {
            [INTERRUPTED]: action.kind === "interrupted write",
            [VETO]: refused.offlining,
            [TAKEN]: isTaken,
          };
          if (stands[answer.label] === true) return place;
        }
      }
      return 0;
    };
    const chooser: Chooser = {
      choose: <A extends Answer>(question: string, answers: readonly [A, ...A[]]): A => {
        times.set(question, (times.get(question) ?? 0) + 1);
        const counted = allocations;
        const answer = answers[pick(question, answers)]!;
        if (answer.fault !== undefined && failing > counted && allocations === failing) {
          const { errno = ERRNO.ENOMEM } = answer as Partial<ErrnoAnswer>;
          injected ??= { question, nth: times.get(question)!, errno };
        }
        const place = system.driver.facts.sites[system.kernel.site]?.function ?? "";
        if (answer.fault !== undefined) failures.push(failureWords(place, question, answer.label));
        return answer;
      },
    };

    let result: number | undefined;
    const step = (chosen: SysramAction): void => {
      const before = machine;
      system.watching({ ends: (value) => (result = value) }, () => {
        const outcome = system.step(before, chosen, chooser);
        machine = outcome.state;
        passed.push({ before, after: outcome.state, events: outcome.events });
        events.push(...outcome.events);
      });
    };
    const hasDied = (): boolean => events.some(({ kind }) => kind === "died");

    const begun = startOf(machine, action);
    let own: string | undefined = "ok";
    if (begun !== undefined) {
      step(begun);
      own = result === undefined ? undefined : resultOf(action, result);
    }
    let ended: string | undefined;
    let key = system.key(machine);
    for (let times = 0; times < WAKE_UPS && machine.tasks.length > 0 && !hasDied(); times += 1) {
      result = undefined;
      step({ kind: "continue", task: machine.tasks[0]!.id });
      if (result !== undefined) {
        const { blocked } = state;
        if (blocked === undefined) own = resultOf(action, result);
        else ended = resultOf(blocked, result);
        break;
      }
      const next = system.key(machine);
      if (next === key) break;
      key = next;
    }
    const stillBlocked = ended !== undefined ? undefined : (state.blocked ?? (own === undefined ? action : undefined));
    return {
      after: {
        machine,
        refused,
        isTaken,
        seen: passed.length === 0 ? state.seen : seenIn(system, machine),
        blocked: stillBlocked,
      },
      result: own,
      ended,
      events,
      failures,
      injected,
      allocations,
      passed,
    };
  };

  return {
    system,
    standpoint,
    start: (initialConfiguration, defaultOnlineType) => {
      const initial = system.initial[initialConfiguration]!;
      const { kernel } = initial;
      const machine = withKernel(initial, {
        memoryHotplug: { ...kernel.memoryHotplug, defaultOnlineType },
        environment: { ...kernel.environment, asksForAll: true },
      });
      const region = kernel.cxlRegion.regions[0]!;
      const { blockSize } = kernel.memoryHotplug;
      const first = Math.ceil(region.start / blockSize);
      const count = Math.max(0, Math.floor((region.start + region.size) / blockSize) - first);
      const seen: Seen = {
        hasDevice: false,
        isBound: false,
        isCommitted: true,
        blocks: Array.from({ length: count }, () => "absent" as const),
        iomem: [],
      };
      return { machine, refused: NO_REFUSAL, isTaken: false, seen, blocked: undefined };
    },
    actions: (state) => actions.filter((action) => isPossible(state, action)),
    take,
    key: ({ machine, refused, isTaken, blocked }) =>
      JSON.stringify([refused.onlining, refused.offlining, isTaken, blocked ?? null, system.key(machine)]),
  };
};

/** Whether a block is the first one of region0. */
const isFirst = ({ kernel }: SysramState, { id }: MemoryBlock): boolean =>
  id === Math.ceil(kernel.cxlRegion.regions[0]!.start / kernel.memoryHotplug.blockSize);

/** One way to fail, in words: where it is called from, what is called, and how that ends. */
export const failureWords = (place: string, question: string, label: string): string =>
  `${place === "" ? "user space" : place}: ${question} = ${label}`;

/** A machine whose kernel is another: what is derived from the kernel goes along. */
const withKernel = (machine: SysramState, slices: Partial<KernelState>): SysramState => {
  const kernel = { ...machine.kernel, ...slices };
  return { ...machine, kernel, observation: { ...machine.observation, kernel } };
};

/** The machine after `echo TYPE > auto_online_blocks`. */
export const withDefaultOnlineType = (state: UserState, defaultOnlineType: OnlineType): UserState => {
  const { memoryHotplug } = state.machine.kernel;
  return { ...state, machine: withKernel(state.machine, { memoryHotplug: { ...memoryHotplug, defaultOnlineType } }) };
};

/** What the writer of a file sees of a result. */
const resultOf = (action: KernelAction, result: number): string => {
  if (result < 0) return describeResult(result).replace(/^-/, "");
  const isText = action.kind === "write" || action.kind === "interrupted write";
  const length = isText ? `${action.word}\n`.length : 0;
  return result === length || !isText ? "ok" : `wrote ${result} of ${length}`;
};
