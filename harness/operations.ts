import { describeResult, ERRNO } from "../abi/errno.ts";
import type { OperationEnd, Operations } from "../checker/claims/operations.ts";
import type { SysramEvent } from "../models/observation.ts";
import type { Command } from "./command.ts";
import { freeTask, type PausedTask, type SysramAction, type SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";
import { visibleState } from "./visible-state.ts";

export type SysramOperations = Operations<SysramState, SysramAction, SysramEvent>;

/**
 * The commands of a machine as operations.
 *
 * What somebody else does in no time (a page is pinned, a part of the range is claimed) is none: it has no result, and
 * nothing can overlap with it. What a kernel worker does is none either, since nobody asks for it; it belongs to whoever waits
 * for it. Nor is a signal that ends a wait: in a serial order nobody would wait.
 */
export const operationsOf = (system: SysramSystem): SysramOperations => {
  const { commands } = system;
  const isAside = (action: SysramAction): boolean => {
    if (action.kind !== "start") return false;
    const { isInstant, isWorkers = false } = commands[action.command]!;
    return isInstant || isWorkers;
  };
  const commandOf = (state: SysramState, action: SysramAction): Command =>
    commands[action.kind === "start" ? action.command : state.tasks.find(({ id }) => id === action.task)!.command]!;

  /** A worker begins only what somebody waits for who is under way. */
  const goOn = (state: SysramState): readonly SysramAction[] => {
    if (state.tasks.length === 0) return [];
    const isHeldUp = state.tasks.every(({ wait }) => wait !== undefined && !wait.isReady(state.kernel));
    return system
      .actions(state)
      .filter(
        (action) =>
          action.kind === "continue" ||
          (isHeldUp && action.kind === "start" && commands[action.command]!.isWorkers === true),
      );
  };

  return {
    ending: {
      ...system,
      step: (state, action, chooser) => {
        const ended: OperationEnd[] = [];
        const ends = (result: number): void => {
          const { label, isWorkers = false } = commandOf(state, action);
          if (isWorkers) return;
          const end = { operation: label, result: describeResult(result) };
          ended.push({ kind: "ended", ...end, ...(NOT_THERE.has(end.result) ? { meaning: "is not there" } : {}) });
        };
        const outcome = system.watching({ ends, isOfEnds: true }, () => system.step(state, action, chooser));
        return ended.length === 0 ? outcome : { ...outcome, events: [...outcome.events, ...ended] };
      },
    },
    isAtRest: ({ tasks, observation }) => tasks.length === 0 && observation.isAtRest,
    alone: (state) =>
      system
        .actions(state)
        .filter((action) => state.tasks.length === 0 || action.kind === "continue" || isAside(action)),
    beginnings: (state) =>
      state.tasks.length > 1
        ? []
        : system.actions(state).filter((action) => action.kind === "start" && !isAside(action)),
    roleOf: (action) => {
      if (action.kind === "continue") return "goes on";
      return action.kind === "signal" || isAside(action) ? "aside" : "begins";
    },
    goOn,
    begun: (state, action) => {
      if (action.kind !== "start") throw new Error("a command that goes on is begun");
      const task = begunTask(system, state, action.command);
      const tasks = [...state.tasks, task].sort((one, other) => one.id - other.id);
      const observation = { ...state.observation, isAtRest: false };
      return { state: { ...state, tasks, observation }, action: { kind: "continue", task: task.id } };
    },
    kindOf: (action) => {
      if (action.kind !== "start") throw new Error("a command that goes on is begun");
      const { label } = commands[action.command]!;
      return label.replace(/^(?:echo|printf) .* > .*\/([^/]+)$/, "a write to $1").replace(/^(probe [^,]*),.*/, "$1");
    },
    isRefusal: ({ result }) => REFUSALS.has(result),
    left: whatIsLeft,
  };
};

const errnos = (...some: readonly number[]): ReadonlySet<string> =>
  new Set(some.map((errno) => describeResult(-errno)));

/** What a command may say that found another one at work: that it may be tried again. */
const REFUSALS = errnos(ERRNO.EAGAIN, ERRNO.EBUSY, ERRNO.EINTR, ERRNO.ERESTARTNOINTR);

/** What a command may say of a device that is gone: the kernel does where its file is, and a driver where it is on its way. */
const NOT_THERE = errnos(ERRNO.ENODEV, ERRNO.ENOENT, ERRNO.ENXIO);

/**
 * What is left at rest, a line each: what a person can see, what the driver records of its memory, and who holds a reference.
 *
 * What the driver notes beside that is left out (its last command, its group, what it has allocated): several orders may be
 * as good as each other there, and other claims speak of it.
 */
const whatIsLeft = ({ observation }: SysramState): readonly string[] => [
  ...visibleState(observation),
  ...observation.records
    .flatMap(({ device, resource = 0 }) => {
      const known = observation.kernel.device.devices.find(({ at }) => at === device);
      const name = known?.name ?? "a device";
      return [
        ...(resource === 0 ? [] : [`the driver's record of the memory of ${name}`]),
        ...(known?.isAdded === true ? [] : [`${name}, unregistered and not released`]),
      ];
    })
    .sort(),
  ...observation.kernel.environment.held
    .map(({ region }) => `somebody holds a reference to the device of region${region}`)
    .sort(),
];

/** A command that has found what it acts on, and has done nothing with it. */
const begunTask = (system: SysramSystem, state: SysramState, index: number): PausedTask => {
  const command = system.commands[index]!;
  const target = command.target(state);
  return {
    id: freeTask(state.tasks),
    command: index,
    target,
    before: command.fact(target) === undefined ? undefined : state.observation,
    layers: [{ kind: "procedure", answers: [] }],
    wait: undefined,
    touched: [],
    own: [],
    isDisturbed: false,
    hadFault: false,
    errors: [],
    isOver: true,
  };
};
