import { NULL } from "../abi/address.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { System } from "../checker/system.ts";
import type { Activation, Crash, Driver } from "../driver/run/driver.ts";
import { initialKernelState, kernelFunctions } from "../models/index.ts";
import type { KernelState, Site } from "../models/kernel.ts";
import { locksHeldBy } from "../models/lock.ts";
import type { Observation, SysramEvent } from "../models/observation.ts";
import { deliverSignals, isAboutSignals, mayBeSignalled } from "../models/signal.ts";
import { settleSlab } from "../models/slab.ts";
import type { Command } from "./command.ts";
import { commandsOf } from "./commands.ts";
import type { Configuration } from "./configuration.ts";
import { type RunningKernel, runningKernel } from "./driver-kernel.ts";
import { type FailurePoints, failurePoints } from "./failure-points.ts";
import { footprintRecorder } from "./footprint.ts";
import { interner } from "./interner.ts";
import { liveWords } from "./live-words.ts";
import { lockOrders } from "./lock-orders.ts";
import { imageStore, type MemoryImage } from "./memory-image.ts";
import { observer, remembered } from "./observe.ts";
import { placement } from "./placement.ts";
import { raceWatch } from "./races.ts";
import { type Learning, reduction, together } from "./reduction.ts";
import { NO_RIDE, NO_RIDERS, type Riders, ride } from "./ride.ts";
import { preemptiveScheduler, uninterrupted } from "./scheduler.ts";
import { boot, matterToSeveral, SITUATIONS, type Situation } from "./situation.ts";
import { watchingSleep } from "./sleep-watch.ts";
import { freeTask, type PausedTask, type SysramAction, type SysramState } from "./state.ts";
import { stateKeys } from "./state-key.ts";
import { extentOf, type Layer, type Observe, type Pause, taskRunner } from "./task.ts";

/** The System of one driver in the modelled kernel, and what can be asked of it beside. */
export interface SysramSystem extends System<SysramState, SysramAction, SysramEvent> {
  readonly driver: Driver;
  readonly configuration: Configuration;
  /** The table of commands, and behind it those that were learned. */
  readonly commands: readonly Command[];
  /** What each initial state stands for, in their order. */
  readonly situations: readonly Situation[];
  readonly failurePoints: FailurePoints;
  /** What is known of what makes no difference; undefined where each act can be interrupted and each word counts. */
  readonly reduction: Learning | undefined;
  /** The kernel that runs: while a step is watched it is what the driver sees. */
  readonly kernel: RunningKernel;
  /** The state that a situation begins in, whether it is one of `situations` or not. */
  begin(situation: Situation): SysramState;
  /** The action that begins a command, which is learned where no command of its label is known. */
  startOf(command: Command): SysramAction;
  /** Those of these beginnings of commands that are possible in a state, with room for so many tasks. */
  possible(state: SysramState, starts: readonly SysramAction[], room?: number): readonly SysramAction[];
  /** Tells `watch` of what happens inside the steps that `run` takes. */
  watching<T>(watch: Watch, run: () => T): T;
}

/** Told of what happens inside steps; a search runs without. */
export interface Watch {
  begins?(action: SysramAction, task: number): void;
  /** The task is interrupted, and another one runs first; where it stands in its C, which is undefined before that is begun. */
  preempted?(at: Activation | undefined): void;
  happens?: Observe;
  asks?(question: string, answer: Answer): void;
  /** A command came to its end, with what it gives to its caller. */
  ends?(result: number): void;
}

/** How a system is set up beside its configuration. */
export interface SystemOptions {
  readonly riders?: Riders;
  /** Whether several tasks are searched without what makes no difference; see reduction.ts and live-words.ts. */
  readonly isReduced?: boolean;
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
  { riders = NO_RIDERS, isReduced = true }: SystemOptions = {},
): SysramSystem => {
  if (driver.facts.suspendsAtAccesses !== (configuration.interruptAt === "accesses")) {
    throw new Error("checker bug: the driver was built for another way to interrupt tasks");
  }
  const rider = riders === NO_RIDERS ? undefined : ride(driver.facts, riders);
  const images = imageStore(driver.memory, driver);
  const pristine = images.capture([], []);
  const observe = observer(driver);
  const points = failurePoints(driver.facts);
  const slices = interner();
  const pausedTasks = interner();
  const taskIds = new WeakMap<PausedTask, number>();
  const { tasks = 1 } = configuration;
  const situations = tasks === 1 ? SITUATIONS : SITUATIONS.filter(matterToSeveral);
  const reducing = tasks === 1 || !isReduced ? undefined : { recorder: footprintRecorder(), reduction: reduction() };
  // What a machine does to memory is not told.
  const live = reducing === undefined || driver.facts.accesses.length === 0 ? undefined : liveWords();
  const rides = interner();
  const places =
    reducing &&
    placement(({ kernel }) => {
      if (live === undefined) return ({ words }) => [...words];
      const standing = live.standing([], kernel);
      return (segment) => live.wordsOf(segment, standing);
    });

  const atRest = (kernel: KernelState, memory: MemoryImage): SysramState => ({
    kernel,
    image: memory,
    tasks: [],
    ride: NO_RIDE,
    observation: observe(kernel, true),
  });

  const races = tasks === 1 ? undefined : raceWatch(driver);
  const k = runningKernel(driver, images, initialKernelState, reducing?.recorder, races?.memory, live);
  const locks = lockOrders(k, driver);
  const scheduler = races === undefined ? undefined : preemptiveScheduler(k, driver, races, reducing);
  const runs = watchingSleep(k, driver.facts, scheduler ?? uninterrupted);
  const begin = (situation: Situation): SysramState => {
    images.restore(pristine);
    boot(k, driver, situation, configuration);
    return atRest(k.whole, images.capture(k.whole.slab.live, []));
  };
  const initial = situations.map(begin);

  const commands = [...commandsOf(driver.facts, configuration)];
  const runner = taskRunner(k, driver, kernelFunctions, points.called, rider);
  let watch: Watch | undefined;

  /** The kernel's state with one object for equal slices. */
  const canonical = (kernel: KernelState, before: KernelState): KernelState => {
    const result: Record<string, object> = {};
    for (const name in kernel) {
      const slice = name as keyof KernelState;
      result[name] = slices.canonical<object>(name, kernel[slice], before[slice]);
    }
    return result as unknown as KernelState;
  };

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
    return candidates.filter((action) => {
      if (action.kind !== "start") return false;
      const { isInstant, actor, isPossible } = commands[action.command]!;
      if (state.tasks.length >= room && !isInstant) return false;
      return (actor === undefined || !busy.includes(actor)) && isPossible(state);
    });
  };

  const step: SysramSystem["step"] = (state, action, chooser) => {
    images.restore(state.image);
    k.state = state.kernel;
    k.shadow.restore(state.kernel.slab);
    k.misuses = [];
    live?.begin(live.standing(state.tasks, state.kernel));
    locks.begin();
    if (rider !== undefined) {
      rider.state = state.ride;
      rider.strayed = [];
    }
    const paused = action.kind !== "start" ? state.tasks.find(({ id }) => id === action.task)! : undefined;
    const others = state.tasks.filter((task) => task !== paused);
    k.extents = state.tasks.map(({ id, layers }) => extentOf(id, layers));

    const index = action.kind === "start" ? action.command : paused!.command;
    const command = commands[index]!;
    const target = paused?.target ?? command.target(state);
    const fact = command.fact(target);
    const before = fact === undefined ? undefined : (paused?.before ?? state.observation);
    const id = paused?.id ?? freeTask(state.tasks);
    const isDisturbed = others.length > 0 || paused?.isDisturbed === true;
    let hadFault = paused?.hadFault ?? false;
    const errors = new Set(paused?.errors);
    const tries = new Map<Site, { readonly times: number; readonly failures: number }>();
    const asking: Chooser = {
      choose: (question, answers) => {
        const asked = tries.get(k.site) ?? { times: 0, failures: 0 };
        // Who looks for a signal again and again may find none: that he does so is no sign of a loop without an end.
        if (asked.times === RETRY_LIMIT && isAboutSignals(question)) return answers[0];
        if (asked.times === RETRY_LIMIT) throw new TriesForEver(`${question} is called again and again`);
        // In a loop that goes on whatever it is answered, each mixture of answers would be a run of its own.
        const isMixed = asked.failures >= MIXED_FAILURES && asked.times > asked.failures;
        const answer = isMixed ? harmless(chooser, question, answers) : chooser.choose(question, answers);
        points.count(k.site, question, answers, answer);
        const isFault = answer.fault !== undefined;
        if (isFault) hadFault = fact !== undefined;
        if (k.site !== 0) {
          tries.set(k.site, { times: asked.times + 1, failures: asked.failures + (isFault ? 1 : 0) });
        }
        watch?.asks?.(question, answer);
        return answer;
      },
    };
    k.chooser = asking;
    watch?.begins?.(action, id);
    k.failed = (result) => {
      if (fact !== undefined) errors.add(result);
    };
    // An error that the driver got over is not what it answers for in the end.
    k.succeeded = () => errors.clear();

    races?.begin(
      others.map(({ touched }) => touched),
      () => k.whole.slab.live,
    );
    scheduler?.begin(chooser, index, paused?.own ?? [], !command.isInstant, command.keeps?.(target));
    const run = (): Pause =>
      paused === undefined
        ? runner.start(id, command.run(target), runs, watch?.happens)
        : runner.continue(id, paused.layers, () => command.run(target), runs, watch?.happens, action.kind === "signal");
    const pause = untilTriedForEver(run, k);

    // A task that can do nothing yet but wait may as well stay where it is, or not have begun, as long as another one goes on.
    // One that slept is woken without being asked, so only where it waits for good can a deadlock behind its sleep be seen.
    const mayStay = paused === undefined || paused.layers.at(-1)?.kind === "driver";
    const isWaiting = pause.kind === "waiting" && !mayBeSignalled(k.whole, id, pause.wait.listensTo);
    const isPremature = mayStay && isWaiting && scheduler?.isIdle === true && k.misuses.length === 0;
    if (isPremature && others.some(({ wait }) => paused === undefined || wait === undefined)) {
      live?.end(live.standing(state.tasks, state.kernel));
      return { state, events: [] };
    }
    const events: SysramEvent[] = k.misuses;
    events.push(...locks.orders);
    if (rider !== undefined) events.push(...rider.strayed);
    if (races !== undefined) events.push(...races.races);
    const still: PausedTask[] =
      races === undefined ? [...others] : others.map((task, at) => disturbed(task, races.others[at]!));
    const putAside = (layers: PausedTask["layers"], wait?: PausedTask["wait"]): void => {
      const seen = before === undefined || (isDisturbed && tasks > 1) ? undefined : before;
      const kept = { before: seen && live ? remembered(seen) : seen, errors: [...errors].sort() };
      still.push({
        id,
        command: index,
        target,
        ...kept,
        layers,
        wait,
        touched: races?.touched() ?? [],
        own: scheduler?.own ?? [],
        isDisturbed,
        hadFault: hadFault && !isDisturbed,
      });
      still.sort((one, other) => one.id - other.id);
    };
    switch (pause.kind) {
      case "finished":
        watch?.ends?.(pause.result);
        deliverSignals(k, id);
        // With nobody else under way the state tells the same.
        if (others.length > 0 && locksHeldBy(k.whole, id).length > 0) {
          k.report({
            rule: "lock-held-at-return",
            function: "",
            object: "a lock",
            site: locksHeldBy(k.whole, id)[0]!.site,
            detail: `"${command.label}" ends, and its task still holds a lock`,
            isFatal: true,
          });
        }
        if (fact !== undefined) {
          events.push({
            kind: "returned",
            command: fact,
            result: pause.result,
            before: before ?? state.observation,
            isDisturbed: tasks > 1 && isDisturbed,
            hadFault,
            errors: [...errors],
          });
        }
        break;
      case "crashed":
        events.push({ kind: "died", reason: pause.crash.kind, detail: pause.crash.detail, site: pause.site });
        break;
      case "waiting":
        putAside(pause.layers, pause.wait);
        break;
      case "preempted":
        watch?.preempted?.(innermost(pause.layers));
        putAside(pause.layers);
        break;
      case "sleeping":
        putAside(pause.layers);
        break;
    }
    // Only a task could end a wait, so where all of them wait nobody ever will.
    if (still.length > 0 && still.every(({ wait }) => wait !== undefined && !wait.isReady(k.whole))) {
      const waits = still.map(({ wait }) => `${wait!.reason}()`);
      const detail = `${waits.join(" and ")} ${waits.length === 1 ? "waits" : "wait"} for ever`;
      events.push({ kind: "died", reason: "deadlock", detail, site: k.site });
    }
    const extents = still.map((task) => extentOf(task.id, task.layers));
    k.extents = extents;
    settleSlab(k);
    const kernel = canonical(k.whole, state.kernel);
    // A task that died is never done with what it had in hand.
    const isAtRest = still.length === 0 && !events.some(({ kind }) => kind === "died");
    const memory = images.capture(kernel.slab.live, extents);
    const looksAt = live?.end(live.standing(still, kernel));
    return {
      state: {
        kernel,
        image: memory,
        tasks: still,
        ride: rider === undefined ? NO_RIDE : rides.canonical("ride", rider.state, state.ride),
        observation: observe(kernel, isAtRest, looksAt),
      },
      events,
    };
  };

  return {
    driver,
    configuration,
    commands,
    situations,
    failurePoints: points,
    reduction: places && together(reducing.reduction, places, ...(live === undefined ? [] : [live])),
    initial,
    actions: (state) => {
      const begins = possible(state, starts);
      if (state.tasks.length === 0) return begins;
      const goOn = state.tasks.filter(({ wait }) => wait === undefined || wait.isReady(state.kernel));
      const listening = state.tasks.filter(
        (task) => !goOn.includes(task) && mayBeSignalled(state.kernel, task.id, task.wait?.listensTo ?? "none"),
      );
      return [
        ...goOn.map(({ id }): SysramAction => ({ kind: "continue", task: id })),
        ...begins,
        ...listening.map(({ id }): SysramAction => ({ kind: "signal", task: id })),
      ];
    },
    begin,
    startOf,
    possible,
    step,
    ...stateKeys({
      slices,
      rides: rider === undefined ? undefined : rides,
      idOfTask,
      idsOfSegments: (tasks, kernel) => {
        if (live === undefined) return ({ id }) => id;
        const standing = live.standing(tasks, kernel);
        return (segment) => live.idOf(segment, standing);
      },
      representative: places?.representative,
      observe: (kernel, image, running) => {
        images.restore(image);
        return observe(kernel, running.length === 0, live?.looking(live.standing(running, kernel)));
      },
    }),
    describe: (action) => {
      if (action.kind === "start") return commands[action.command]!.label;
      if (action.kind === "signal") return `a signal ends the wait of task ${action.task + 1}`;
      return tasks === 1 ? "the sleeping task wakes up" : `task ${action.task + 1} goes on`;
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

  /** All that tells one paused task from another, but for what lies in memory. */
  function taskKey({ before, wait: _, ...task }: PausedTask): object {
    return { ...task, before: before === undefined ? [] : slicesOf(before) };
  }

  function slicesOf({ kernel, records }: Observation): readonly unknown[] {
    return [...(Object.values(kernel) as object[]).map((slice) => slices.idOf(slice)), records];
  }
};

/** What one call in the driver asks more often than this in one step, it asks for ever. */
const RETRY_LIMIT = 32;

/** The most failures of one call in one step, once it has also succeeded there; one that only fails may go on failing. */
const MIXED_FAILURES = 1;

/** Asks with the answers that nothing goes wrong in. */
const harmless = <A extends Answer>(chooser: Chooser, question: string, answers: readonly [A, ...A[]]): A => {
  const [first, ...rest] = answers.filter(({ fault }) => fault === undefined);
  return first === undefined ? chooser.choose(question, answers) : chooser.choose(question, [first, ...rest]);
};

class TriesForEver extends Error {}

/** Ends a task that goes on for as long as the environment lets a call fail: there is always one run more of it. */
const untilTriedForEver = (run: () => Pause, k: RunningKernel): Pause => {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TriesForEver)) throw error;
    const crash: Crash = { kind: "endless loop", detail: error.message, block: 0, frame: NULL };
    return { kind: "crashed", crash, site: k.site };
  }
};

/** A task that another one ran beside: what it found when it began says nothing any more. */
const disturbed = (task: PausedTask, touched: PausedTask["touched"]): PausedTask =>
  task.isDisturbed && touched === task.touched
    ? task
    : { ...task, touched, before: undefined, isDisturbed: true, hadFault: false };

const innermost = (layers: readonly Layer[]): Activation | undefined => {
  const top = layers.at(-1);
  return top?.kind === "driver" ? top.activation : undefined;
};
