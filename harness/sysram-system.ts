import { MEMORY_MAP } from "../abi/memory-map.ts";
import { type Refinement, together } from "../checker/refinement.ts";
import type { System } from "../checker/system.ts";
import type { Driver } from "../driver/run/driver.ts";
import { initialKernelState, kernelFunctions } from "../models/index.ts";
import type { KernelState, Site } from "../models/kernel.ts";
import type { Observation, SysramEvent } from "../models/observation.ts";
import { mayBeSignalled } from "../models/signal.ts";
import { runnableWorks } from "../models/workqueue.ts";
import { calledFunctions } from "./called-functions.ts";
import type { Command } from "./command.ts";
import { commandsOf } from "./commands.ts";
import type { Configuration } from "./configuration.ts";
import { byControlLocation } from "./control-location.ts";
import { type RunningKernel, runningKernel } from "./driver-kernel.ts";
import { type FailurePoints, failurePoints } from "./failure-points.ts";
import { footprintRecorder } from "./footprint.ts";
import { boot, INITIAL_CONFIGURATIONS, type InitialConfiguration, matterToSeveral } from "./initial-configuration.ts";
import { interner } from "./interner.ts";
import { knownSteps } from "./known-steps.ts";
import { liveVariables } from "./live-variables.ts";
import { lockOrders } from "./lock-orders.ts";
import { imageStore, type MemoryImage } from "./memory-image.ts";
import { type Monitors, NO_MONITORS, NOTHING_MONITORED, runMonitor } from "./monitors.ts";
import { observer } from "./observe.ts";
import { raceWatch } from "./races.ts";
import { reduction } from "./reduction.ts";
import { preemptiveScheduler, uninterrupted } from "./scheduler.ts";
import { watchingSleep } from "./sleep-watch.ts";
import type { PausedTask, SysramAction, SysramState } from "./state.ts";
import { stateKeys } from "./state-key.ts";
import { stepper } from "./stepper.ts";
import { symmetryReduction } from "./symmetry.ts";
import { taskRunner } from "./task.ts";
import type { Watch } from "./watch.ts";

/** The System of one driver in the modelled kernel, and what can be asked of it beside. */
export interface SysramSystem extends System<SysramState, SysramAction, SysramEvent> {
  readonly driver: Driver;
  readonly configuration: Configuration;
  /** The table of commands, and behind it those that were learned. */
  readonly commands: readonly Command[];
  /** What each initial state stands for, in their order. */
  readonly initialConfigurations: readonly InitialConfiguration[];
  readonly failurePoints: FailurePoints;
  /** By the number of a place in the driver, how often memory was kept on purpose that it tells of there. */
  readonly keptAt: Float64Array;
  /**
   * What is known of what makes no difference; undefined where a task can be interrupted before each of its transitions
   * and each word counts.
   */
  readonly reduction: Refinement | undefined;
  /** The kernel that runs: while a step is watched it is what the driver sees. */
  readonly kernel: RunningKernel;
  /** The state that an initial configuration begins in, whether it is one of `initialConfigurations` or not. */
  begin(initialConfiguration: InitialConfiguration): SysramState;
  /** The action that begins a command, which is learned where no command of its label is known. */
  startOf(command: Command): SysramAction;
  /** Those of these beginnings of commands that are possible in a state, with room for so many tasks. */
  possible(state: SysramState, starts: readonly SysramAction[], room?: number): readonly SysramAction[];
  /** Tells `watch` of what happens inside the steps that `run` takes. */
  watching<T>(watch: Watch, run: () => T): T;
}

/** How a system is set up beside its configuration. */
export interface SystemOptions {
  readonly monitors?: Monitors;
  /** Whether several tasks are searched without what makes no difference; see reduction.ts and live-variables.ts. */
  readonly isReduced?: boolean;
  /** Whether a step that looks at the same as another one is not run again; see known-steps.ts. */
  readonly isCached?: boolean;
}

/**
 * Puts a driver, the modelled kernel and the environment side by side.
 *
 * There is one instance of the driver for all states: a step brings the memory back to what it was in the state that
 * it leaves, runs, and keeps what has become of it. So two steps never run at one time.
 */
export const sysramSystem = (
  driver: Driver,
  configuration: Configuration,
  { monitors = NO_MONITORS, isReduced = true, isCached = true }: SystemOptions = {},
): SysramSystem => {
  if (driver.facts.suspendsAtAccesses !== (configuration.interruptAt === "accesses")) {
    throw new Error("checker bug: the driver was built for another way to interrupt tasks");
  }
  const monitor = monitors === NO_MONITORS ? undefined : runMonitor(driver.facts, monitors);
  const images = imageStore(driver.memory, driver);
  const pristine = images.capture([], []);
  const table = calledFunctions(driver.facts, kernelFunctions);
  const points = failurePoints(driver.facts, table);
  const keptAt = new Float64Array(driver.facts.sites.length);
  const slices = interner();
  const observed = observer(driver, images, slices.idOf);
  const pausedTasks = interner();
  const taskIds = new WeakMap<PausedTask, number>();
  const taskOfId: PausedTask[] = [];
  const { tasks = 1 } = configuration;
  const initialConfigurations = tasks === 1 ? INITIAL_CONFIGURATIONS : INITIAL_CONFIGURATIONS.filter(matterToSeveral);
  const reducing = tasks === 1 || !isReduced ? undefined : { recorder: footprintRecorder(), reduction: reduction() };
  // What a machine does to memory is not told.
  const live = reducing === undefined || driver.facts.accesses.length === 0 ? undefined : liveVariables();
  const monitorStates = interner();
  // The monitors know tasks by their numbers.
  const symmetry =
    reducing === undefined || monitor !== undefined
      ? undefined
      : symmetryReduction(({ kernel, tasks: running }) => {
          if (live === undefined) return { idOf: ({ id }) => id, wordsOf: ({ words }) => [...words] };
          const location = live.locationOf(running, kernel);
          return {
            idOf: (segment) => live.idOf(segment, location),
            wordsOf: (segment) => live.wordsOf(segment, location),
          };
        });

  const atRest = (kernel: KernelState, memory: MemoryImage): SysramState => ({
    kernel,
    image: memory,
    tasks: [],
    monitor: NOTHING_MONITORED,
    observation: observed.observe(kernel, memory, true),
  });

  const races = tasks === 1 ? undefined : raceWatch(driver);
  const canKeepSteps = isCached && driver.facts.accesses.length > 0;
  const known = canKeepSteps ? knownSteps(driver, points, reducing?.reduction) : undefined;
  const { recorder } = reducing ?? {};
  const k = runningKernel(driver, images, initialKernelState, recorder, races?.memory, live, known?.watchful);
  const locks = lockOrders(k, driver);
  const scheduler =
    races === undefined ? undefined : preemptiveScheduler(k, driver, table, races, reducing && { ...reducing, known });
  const runs = watchingSleep(k, driver.facts, table, scheduler ?? uninterrupted);
  const begin = (initialConfiguration: InitialConfiguration): SysramState => {
    images.restore(pristine);
    boot(k, driver, initialConfiguration, configuration);
    return atRest(k.whole, images.capture(k.whole.slab.live, []));
  };
  const initial = initialConfigurations.map(begin);

  const commands = [...commandsOf(driver.facts, configuration)];
  const calls = (site: Site): void => {
    points.called(site);
    known?.calls(site);
  };
  const runner = taskRunner(k, driver, table, calls, monitor);
  let watch: Watch | undefined;

  /** What was refined may be other than what the steps that are known rest on. */
  const rechecking = (refinement: Refinement): Refinement => ({
    ...refinement,
    get refuted() {
      return refinement.refuted;
    },
    refine: () => {
      refinement.refine();
      known?.recheck();
    },
    restore: (saved) => {
      refinement.restore(saved);
      known?.clear();
      observed.forget();
    },
  });

  const starts: readonly SysramAction[] = commands.map((_, command) => ({ kind: "start", command }));
  const startsByLabel = new Map(commands.map(({ label }, index) => [label, starts[index]!]));
  const startOf = (command: Command): SysramAction => {
    const known = startsByLabel.get(command.label);
    if (known !== undefined) return known;
    const fresh: SysramAction = { kind: "start", command: commands.push(command) - 1 };
    startsByLabel.set(command.label, fresh);
    return fresh;
  };

  /** While as many tasks are under way as there may be, only what somebody else does at once can begin. */
  const possible: SysramSystem["possible"] = (state, candidates, room = tasks) => {
    const busy = state.tasks.map(({ command }) => commands[command]!.actor);
    const isFull = isFullFor(
      state,
      state.tasks.map(({ command }) => commands[command]!),
      tasks,
      room,
    );
    return candidates.filter((action) => {
      if (action.kind !== "start") return false;
      const command = commands[action.command]!;
      const { actor, isPossible } = command;
      if (isFull(command)) return false;
      return (actor === undefined || !busy.includes(actor)) && isPossible(state);
    });
  };

  const step = stepper({
    ...{
      k,
      images,
      commands,
      points,
      keptAt,
      locks,
      runner,
      runs,
      slices,
      monitorStates,
      canonicalTask,
      observer: observed,
    },
    ...{ scheduler, races, monitor, live, known, watch: () => watch },
  });

  return {
    driver,
    configuration,
    commands,
    initialConfigurations,
    failurePoints: points,
    keptAt,
    reduction:
      reducing && rechecking(together(...[reducing.reduction, symmetry, live].filter((part) => part !== undefined))),
    initial,
    actions: (state) => {
      const begins = possible(state, starts);
      if (state.tasks.length === 0) return begins;
      const goOn = state.tasks.filter(({ wait }) => wait === undefined || wait.isReady(state.kernel));
      const listening = state.tasks.filter(
        (task) => !goOn.includes(task) && mayBeSignalled(state.kernel, task.id, task.wait?.listensTo ?? "none"),
      );
      return [
        ...byControlLocation(goOn).map(({ id }): SysramAction => ({ kind: "continue", task: id })),
        ...begins,
        ...byControlLocation(listening).map(({ id }): SysramAction => ({ kind: "signal", task: id })),
      ];
    },
    begin,
    startOf,
    possible,
    step,
    ...stateKeys({
      slices,
      monitorStates: monitor === undefined ? undefined : monitorStates,
      idOfTask,
      idsOfSegments: (tasks, kernel) => {
        if (live === undefined) return ({ id }) => id;
        const location = live.locationOf(tasks, kernel);
        return (segment) => live.idOf(segment, location);
      },
      canonicalKey: symmetry?.canonicalKey,
      observe: (kernel, image, running) => {
        if (live === undefined) return observed.observe(kernel, image, running.length === 0);
        const location = live.locationOf(running, kernel);
        const looker = { looksAt: live.looking(location), number: location.number };
        return observed.observe(kernel, image, running.length === 0, looker);
      },
    }),
    describe: (action) => {
      if (action.kind === "start") return commands[action.command]!.label;
      const isSignal = action.kind === "signal";
      const isAlone = tasks === 1 && action.task === 0;
      if (isAlone) return isSignal ? "a signal ends the wait" : "the command that was paused goes on";
      return isSignal ? `a signal ends the wait of task ${action.task + 1}` : `task ${action.task + 1} goes on`;
    },
    kernel: k,
    watching: (watcher, run) => {
      watch = watcher;
      try {
        return run();
      } finally {
        watch = undefined;
      }
    },
  };

  function idOfTask(task: PausedTask): number {
    let id = taskIds.get(task);
    if (id === undefined) {
      id = pausedTasks.idOf(taskKey(task));
      taskIds.set(task, id);
    }
    return id;
  }

  function canonicalTask(task: PausedTask): PausedTask {
    const id = idOfTask(task);
    taskOfId[id] ??= task;
    return taskOfId[id];
  }

  /** All that tells one paused task from another, but for what lies in memory. */
  function taskKey({ before, wait: _, ...task }: PausedTask): object {
    return { ...task, before: before === undefined ? [] : slicesOf(before) };
  }

  function slicesOf({ kernel, records }: Observation): readonly unknown[] {
    return [...(Object.values(kernel) as object[]).map((slice) => slices.idOf(slice)), records];
  }
};

/**
 * Whether there is no room for a command beside those under way.
 *
 * A kernel worker is one of the tasks where there are several. Where people do one thing at a time it has a place of its own, and
 * comes in where that is paused. Where everybody waits for what somebody may do who is not there yet, one more may come: a worker
 * first, where there is something for one to do.
 */
const isFullFor = (
  { kernel, tasks: running }: SysramState,
  busy: readonly Command[],
  tasks: number,
  room: number,
): ((command: Command) => boolean) => {
  const isHeldUp =
    running.some(({ wait }) => wait?.endedBy === "anybody") &&
    running.every(({ wait }) => wait !== undefined && !wait.isReady(kernel));
  const hasWork = isHeldUp && runnableWorks(kernel).length > 0;
  const workers = busy.filter(({ isWorkers }) => isWorkers === true).length;
  return ({ isInstant, isWorkers = false }) => {
    if (running.length >= MEMORY_MAP.maximumTasks) return true;
    if (isInstant) return false;
    const places = room + (isHeldUp && (isWorkers || !hasWork) ? 1 : 0);
    if (tasks > 1) return running.length >= places;
    return (isWorkers ? workers : running.length - workers) >= places;
  };
};
