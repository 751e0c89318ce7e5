import { NULL } from "../abi/address.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { System } from "../checker/system.ts";
import type { Crash, Driver } from "../driver/run/driver.ts";
import { initialKernelState, kernelFunctions } from "../models/index.ts";
import type { KernelState, Site } from "../models/kernel.ts";
import type { Observation, SysramEvent } from "../models/observation.ts";
import { deliverSignals } from "../models/sched.ts";
import type { Command } from "./command.ts";
import { commandsOf } from "./commands.ts";
import type { Configuration } from "./configuration.ts";
import { type RunningKernel, runningKernel } from "./driver-kernel.ts";
import { type FailurePoints, failurePoints } from "./failure-points.ts";
import { interner } from "./interner.ts";
import { imageStore, type MemoryImage } from "./memory-image.ts";
import { observer } from "./observe.ts";
import { NO_RIDE, NO_RIDERS, type Riders, ride } from "./ride.ts";
import { boot, SITUATIONS, type Situation } from "./situation.ts";
import type { PausedTask, SysramAction, SysramState } from "./state.ts";
import { extentOf, type Observe, type Pause, taskRunner } from "./task.ts";

/** The System of one driver in the modelled kernel, and what can be asked of it beside. */
export interface SysramSystem extends System<SysramState, SysramAction, SysramEvent> {
  readonly driver: Driver;
  readonly commands: readonly Command[];
  /** What each initial state stands for, in their order. */
  readonly situations: readonly Situation[];
  readonly failurePoints: FailurePoints;
  /** The kernel that runs: while a step is watched it is what the driver sees. */
  readonly kernel: RunningKernel;
  /** Tells `watch` of what happens inside the steps that `run` takes. */
  watching<T>(watch: Watch, run: () => T): T;
}

/** Told of what happens inside steps; a search runs without. */
export interface Watch {
  begins?(action: SysramAction): void;
  happens?: Observe;
  asks?(question: string, answer: Answer): void;
  /** A command came to its end, with what it gives to its caller. */
  ends?(result: number): void;
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
  { riders = NO_RIDERS }: { readonly riders?: Riders } = {},
): SysramSystem => {
  const rider = riders === NO_RIDERS ? undefined : ride(driver.facts, riders);
  const images = imageStore(driver.memory, driver.dataEnd);
  const pristine = images.capture([], []);
  const observe = observer(driver);
  const points = failurePoints(driver.facts);
  const slices = interner();
  const tasks = interner();
  const rides = interner();

  const atRest = (kernel: KernelState, memory: MemoryImage): SysramState => ({
    kernel,
    image: memory,
    tasks: [],
    ride: NO_RIDE,
    observation: observe(kernel, true),
  });

  const k = runningKernel(driver, images, initialKernelState);
  const initial = SITUATIONS.map((situation) => {
    images.restore(pristine);
    boot(k, driver, situation, configuration);
    return atRest(k.state, images.capture(k.state.slab.live, []));
  });

  const commands = commandsOf(driver.facts, configuration);
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

  const step: SysramSystem["step"] = (state, action, chooser) => {
    images.restore(state.image);
    k.state = state.kernel;
    k.misuses = [];
    if (rider !== undefined) {
      rider.state = state.ride;
      rider.strayed = [];
    }
    k.hasRunDriver = false;
    const paused = action.kind === "continue" ? state.tasks.find(({ id }) => id === action.task)! : undefined;
    const others = state.tasks.filter((task) => task !== paused);
    k.extents = state.tasks.map(({ id, layers }) => extentOf(id, layers));

    const index = action.kind === "start" ? action.command : paused!.command;
    const command = commands[index]!;
    const target = paused?.target ?? command.target(state);
    const fact = command.fact(target);
    const before = fact === undefined ? undefined : (paused?.before ?? state.observation);
    const id = paused?.id ?? freeTask(state.tasks);
    let hadFault = paused?.hadFault ?? false;
    const errors = new Set(paused?.errors);
    const tries = new Map<Site, { readonly times: number; readonly failures: number }>();
    const asking: Chooser = {
      choose: (question, answers) => {
        const asked = tries.get(k.site) ?? { times: 0, failures: 0 };
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
    watch?.begins?.(action);
    k.failed = (result) => {
      if (fact !== undefined) errors.add(result);
    };
    // An error that the driver got over is not what it answers for in the end.
    k.succeeded = () => errors.clear();

    const run = (): Pause =>
      paused === undefined
        ? runner.start(id, command.run(target), watch?.happens)
        : runner.continue(id, paused.layers, () => command.run(target), watch?.happens);
    const pause = untilTriedForEver(run, k);

    const events: SysramEvent[] = k.misuses;
    if (rider !== undefined) events.push(...rider.strayed);
    const still: PausedTask[] = [...others];
    switch (pause.kind) {
      case "finished":
        watch?.ends?.(pause.result);
        deliverSignals(k, id);
        if (fact !== undefined && before !== undefined) {
          events.push({
            kind: "returned",
            command: fact,
            result: pause.result,
            before,
            hadFault,
            errors: [...errors],
          });
        }
        break;
      case "crashed":
        events.push({ kind: "died", reason: pause.crash.kind, detail: pause.crash.detail, site: pause.site });
        break;
      case "waiting":
        // With one task at a time there is nobody who could end the wait.
        events.push({ kind: "died", reason: "deadlock", detail: `${pause.reason}() waits for ever`, site: k.site });
        break;
      case "sleeping":
        still.push({ id, command: index, target, before, layers: pause.layers, hadFault, errors: [...errors].sort() });
        break;
    }
    const stray = k.hasRunDriver ? images.strayWrite(k.state.slab.live) : undefined;
    if (stray !== undefined) {
      events.push({
        kind: "misuse",
        rule: "stray-write",
        function: "",
        object: stray.kind,
        site: 0,
        detail: `${command.label} wrote to ${stray.kind}`,
        isFatal: true,
      });
    }
    const extents = still.map((task) => extentOf(task.id, task.layers));
    const kernel = canonical(k.state, state.kernel);
    // A task that died is never done with what it had in hand.
    const isAtRest = still.length === 0 && !events.some(({ kind }) => kind === "died");
    const memory = images.capture(kernel.slab.live, extents);
    return {
      state: {
        kernel,
        image: memory,
        tasks: still,
        ride: rider === undefined ? NO_RIDE : rides.canonical("ride", rider.state, state.ride),
        observation: observe(kernel, isAtRest),
      },
      events,
    };
  };

  return {
    driver,
    commands,
    situations: SITUATIONS,
    failurePoints: points,
    initial,
    actions: (state) => {
      if (state.tasks.length === 0) return starts.filter((_, index) => commands[index]!.isPossible(state));
      // While the one task sleeps, only what somebody else does at once can happen.
      const instants = starts.filter((_, index) => commands[index]!.isInstant && commands[index]!.isPossible(state));
      return [...state.tasks.map(({ id }): SysramAction => ({ kind: "continue", task: id })), ...instants];
    },
    step,
    key: (state) => {
      const ids: number[] = [];
      for (const slice of Object.values(state.kernel) as object[]) ids.push(slices.idOf(slice));
      ids.push(state.image.segments.length);
      for (const segment of state.image.segments) ids.push(segment.id);
      for (const task of state.tasks) ids.push(tasks.idOf(taskKey(task)));
      if (rider !== undefined) ids.push(rides.idOf(state.ride));
      return keyOf(ids);
    },
    describe: (action) => (action.kind === "start" ? commands[action.command]!.label : "the sleeping task wakes up"),
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

  /** All that tells one paused task from another, but for what lies in memory. */
  function taskKey({ before, ...task }: PausedTask): object {
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

const freeTask = (tasks: readonly PausedTask[]): number => {
  let id = 0;
  while (tasks.some((task) => task.id === id)) id += 1;
  return id;
};

/** The numbers as a string of their halves, so that equal lists and only those are equal strings. */
const keyOf = (ids: readonly number[]): string => {
  const halves: number[] = [];
  for (const id of ids) halves.push(id & 0xffff, id >>> 16);
  return String.fromCharCode(...halves);
};
