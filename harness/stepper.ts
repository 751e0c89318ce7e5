import { type Address, NULL } from "../abi/address.ts";
import { isOfTask } from "../abi/memory-map.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import type { Outcome } from "../checker/system.ts";
import type { Activation, Crash } from "../driver/run/driver.ts";
import { keptOnPurpose } from "../models/kept-memory.ts";
import type { KernelState, Site } from "../models/kernel.ts";
import { locksHeldBy } from "../models/lock.ts";
import type { SysramEvent } from "../models/observation.ts";
import { forgetCompletions } from "../models/sched.ts";
import { deliverSignals, isAboutSignals, mayBeSignalled } from "../models/signal.ts";
import { isFreed, type SlabState, settleSlab } from "../models/slab.ts";
import { isWorkLeft } from "../models/workqueue.ts";
import type { Command } from "./command.ts";
import type { RunningKernel } from "./driver-kernel.ts";
import { changesOf, disturbed, type Effect, imageAfter, kernelAfter, slabChangeOf, tasksAfter } from "./effect.ts";
import type { FailurePoints } from "./failure-points.ts";
import { type Interner, numbering } from "./interner.ts";
import type { KnownSteps, StepToTake } from "./known-steps.ts";
import type { LiveVariables } from "./live-variables.ts";
import type { LockOrders } from "./lock-orders.ts";
import type { ImageStore } from "./memory-image.ts";
import { NOTHING_MONITORED, type RunMonitor } from "./monitors.ts";
import { type Observer, remembered } from "./observe.ts";
import type { RaceWatch } from "./races.ts";
import type { PreemptiveScheduler } from "./scheduler.ts";
import { type StateSight, sightOf } from "./sight.ts";
import { freeTask, type Layer, type PausedTask, type SysramAction, type SysramState } from "./state.ts";
import { extentOf, type Pause, type Scheduler, type TaskRunner } from "./task.ts";
import type { Watch } from "./watch.ts";

/** What takes steps of a driver in the modelled kernel. */
export interface StepperParts {
  readonly k: RunningKernel;
  readonly images: ImageStore;
  readonly commands: readonly Command[];
  readonly points: FailurePoints;
  /** Counts, by the number of a place, how often memory was kept on purpose that the driver tells of there. */
  readonly keptAt: Float64Array;
  readonly locks: LockOrders;
  readonly runner: TaskRunner;
  /** What the runner asks before each transition of a task. */
  readonly runs: Scheduler;
  readonly slices: Interner;
  readonly monitorStates: Interner;
  /** Gives paused tasks that are equal one object. */
  readonly canonicalTask: (task: PausedTask) => PausedTask;
  readonly observer: Observer;
  /** What is there only with several tasks, or monitors, or a reduction, or where steps are kept. */
  readonly scheduler: PreemptiveScheduler | undefined;
  readonly races: RaceWatch | undefined;
  readonly monitor: RunMonitor | undefined;
  readonly live: LiveVariables | undefined;
  readonly known: KnownSteps | undefined;
  /** Who watches the inside of steps, so that they have to run. */
  readonly watch: () => Watch | undefined;
}

/** A step that is about to be taken. */
interface Begun extends StepToTake {
  readonly command: Command;
}

/** Takes steps: of the task that runs the effect is found out or known, and the rest of the state stays as it was. */
export const stepper = ({
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
  observer,
  scheduler,
  races,
  monitor,
  live,
  known,
  watch,
}: StepperParts): ((
  state: SysramState,
  action: SysramAction,
  chooser: Chooser,
) => Outcome<SysramState, SysramEvent>) => {
  const numberOf = numbering();
  const surroundingsOf = ({ kernel, monitor }: SysramState): number => {
    const { blockSize, defaultOnlineType } = kernel.memoryHotplug;
    const regions = kernel.cxlRegion.regions.map(({ start, size }) => `${start} ${size}`);
    return numberOf(
      `${blockSize} ${defaultOnlineType} ${regions} ${monitorStates.idOf(monitor)} ${slices.idOf(kernel.slab.freed)}`,
    );
  };
  const numbers = { idOf: slices.idOf, heldBy: k.heldBy, surroundingsOf };

  let seen: { readonly state: SysramState; readonly sight: StateSight } | undefined;
  /** A search takes all steps of a state one after the other. */
  const sightAt = (state: SysramState): StateSight => {
    if (seen?.state !== state) seen = { state, sight: sightOf(state, numbers) };
    return seen.sight;
  };

  /** Whether nothing lies at a place any more. `ended`: the task that has ended, whose stack is nobody's now. */
  const isGone = (at: Address, ended: number | undefined): boolean => {
    if (ended !== undefined && isOfTask(at, ended)) return true;
    k.looksAtAllocation?.(at);
    return isFreed(k.whole, at);
  };

  /** The slices that a step has replaced, equal ones as one object. */
  const replaced = (kernel: KernelState, before: KernelState): Partial<KernelState> => {
    const result: Record<string, object> = {};
    for (const name in kernel) {
      const slice = name as keyof KernelState;
      if (slice === "slab" || kernel[slice] === before[slice]) continue;
      const now = slices.canonical<object>(name, kernel[slice], before[slice]);
      if (now !== before[slice]) result[name] = now;
    }
    return result;
  };

  const canonicalSlab = (slab: SlabState, before: SlabState): SlabState => slices.canonical("slab", slab, before);

  /** Runs a task until it gives way, and says what that came to. */
  const run = (
    { state, action, sight, paused, others, isBeside, index, command, target, id }: Begun,
    chooser: Chooser,
  ): Effect => {
    images.restore(state.image);
    k.begin(state.kernel);
    k.shadow.restore(state.kernel.slab);
    k.misuses = [];
    live?.begin(live.locationOf(state.tasks, state.kernel));
    locks.begin();
    if (monitor !== undefined) {
      monitor.state = state.monitor;
      monitor.rejected = [];
    }
    k.extents = state.tasks.map((task) => extentOf(task.id, task.layers));
    k.paused = state.tasks;

    const fact = command.fact(target);
    const isDisturbed = isBeside || paused?.isDisturbed === true;
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
        known?.counts(k.site, question, answers);
        const answer = isMixed ? harmless(chooser, question, answers) : chooser.choose(question, answers);
        points.count(k.site, question, answers, answer);
        const isFault = answer.fault !== undefined;
        if (isFault) hadFault = fact !== undefined;
        if (k.site !== 0) {
          tries.set(k.site, { times: asked.times + 1, failures: asked.failures + (isFault ? 1 : 0) });
        }
        watch()?.asks?.(question, answer);
        return answer;
      },
    };
    k.chooser = asking;
    watch()?.begins?.(action, id);
    let isOver = paused?.isOver ?? true;
    k.failed = (result) => {
      if (fact === undefined) return;
      errors.add(result);
      isOver = false;
    };
    k.wentOn = () => {
      isOver = true;
    };

    races?.begin(
      others.map(({ touched }) => touched),
      () => k.whole.slab.live,
    );
    scheduler?.begin(chooser, index, paused?.own ?? [], !command.isInstant, command.keeps?.(target));
    const happens = watch()?.happens;
    const isSignalled = action.kind === "signal";
    const runTask = (): Pause =>
      paused === undefined
        ? runner.start(id, command.run(target), runs, happens)
        : runner.continue(id, paused.layers, () => command.run(target), runs, happens, isSignalled);
    const pause = untilTriedForEver(runTask, k);

    // A task that can do nothing yet but wait may as well stay where it is, or not have begun, as long as another one goes on.
    // One that slept is woken without being asked, so only where it waits for good can a deadlock behind its sleep be seen.
    const mayStay = paused === undefined || paused.layers.at(-1)?.kind === "driver";
    const isWaiting = pause.kind === "waiting" && !mayBeSignalled(k.whole, id, pause.wait.listensTo);
    const isPremature = mayStay && isWaiting && scheduler?.isIdle === true && k.misuses.length === 0;
    const events: SysramEvent[] = k.misuses;
    events.push(...locks.orders);
    if (monitor !== undefined) events.push(...monitor.rejected);
    if (races !== undefined) events.push(...races.races);

    let returned: Effect["returned"];
    let task: PausedTask | undefined;
    if (pause.kind === "finished") {
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
        returned = {
          kind: "returned",
          command: fact,
          result: pause.result,
          isDisturbed,
          hadFault,
          errors: [...errors],
          isOver,
        };
      }
    } else if (pause.kind === "crashed") {
      events.push({ kind: "died", reason: pause.crash.kind, detail: pause.crash.detail, site: pause.site });
    } else {
      if (pause.kind === "preempted") watch()?.preempted?.(innermost(pause.layers));
      task = canonicalTask({
        id,
        command: index,
        target,
        before: undefined,
        layers: pause.layers,
        wait: pause.kind === "waiting" ? pause.wait : undefined,
        touched: races?.touched() ?? [],
        own: scheduler?.own ?? [],
        isDisturbed,
        hadFault: hadFault && !isDisturbed,
        errors: [...errors].sort(),
        isOver,
      });
    }
    const extents = others.map((other) => extentOf(other.id, other.layers));
    if (task !== undefined) extents.push(extentOf(id, task.layers));
    k.extents = extents.sort((one, other) => one.task - other.task);
    k.paused = task === undefined ? others : [...others, task];
    if (pause.kind === "finished" || k.whole.slab !== state.kernel.slab) {
      forgetCompletions(k, (at) => isGone(at, pause.kind === "finished" ? id : undefined));
    }
    settleSlab(k);
    const image = images.capture(k.whole.slab.live, k.extents);
    return {
      slices: replaced(k.whole, state.kernel),
      slab: slabChangeOf(state.kernel.slab, k.whole.slab),
      ...changesOf(sight, image, id),
      task,
      remembers: fact !== undefined && !isDisturbed,
      isPremature,
      events,
      result: pause.kind === "finished" ? pause.result : undefined,
      returned,
      isDead: pause.kind === "crashed",
      site: k.site,
      monitor:
        monitor === undefined ? NOTHING_MONITORED : monitorStates.canonical("monitor", monitor.state, state.monitor),
      accesses: live?.accesses(),
      touches: races?.accesses(),
    };
  };

  /** The state that a step leads to. `hasRun`: just now, and what it did to memory is to be learned of it. */
  const outcomeOf = (
    { state, sight, paused, others, command }: Begun,
    effect: Effect,
    hasRun: boolean,
  ): Outcome<SysramState, SysramEvent> => {
    const learn = (location: ReturnType<LiveVariables["locationOf"]>) =>
      hasRun
        ? live!.end(location)
        : live!.again(effect.accesses!, live!.locationOf(state.tasks, state.kernel), location);
    if (effect.isPremature && others.some(({ wait }) => paused === undefined || wait === undefined)) {
      if (live !== undefined) learn(live.locationOf(state.tasks, state.kernel));
      return { state, events: [] };
    }
    const found = paused?.before ?? state.observation;
    const alone =
      races === undefined
        ? command.isInstant
          ? others
          : others.map((task) => disturbed(task, task.touched))
        : others.map((task, at) => disturbed(task, hasRun ? races.others[at]! : task.touched));
    const still = tasksAfter(alone, effect, () => (live === undefined ? found : remembered(found)));
    const kernel = kernelAfter(state.kernel, effect, canonicalSlab);
    const image = imageAfter(state, sight, kernel.slab, effect, still);
    const events = [...effect.events];
    if (effect.result !== undefined) watch()?.ends?.(effect.result);
    if (effect.returned !== undefined) {
      // What a worker has yet to do, or has just done, nobody can tell from what the command came to.
      const isDisturbed = effect.returned.isDisturbed || isWorkLeft(state.kernel) || isWorkLeft(kernel);
      events.push({ ...effect.returned, isDisturbed, before: found });
    }
    // Only a task that is under way could end these waits, so where all of them wait nobody ever will.
    const isForGood = ({ wait }: PausedTask): boolean => wait?.endedBy === "who is under way" && !wait.isReady(kernel);
    const isStuck = still.length > 0 && still.every(isForGood);
    if (isStuck) {
      const waits = still.map(({ wait }) => `${wait!.reason}()`);
      const detail = `${waits.join(" and ")} ${waits.length === 1 ? "waits" : "wait"} for ever`;
      events.push({ kind: "died", reason: "deadlock", detail, site: effect.site });
    }
    // A task that died is never done with what it had in hand.
    const isAtRest = still.length === 0 && !effect.isDead;
    const location = live?.locationOf(still, kernel);
    const looker = location && { looksAt: learn(location), number: location.number };
    const observation = observer.observe(kernel, image, isAtRest, looker);
    if (isAtRest && kernel.memoryHotplug !== state.kernel.memoryHotplug) {
      for (const { keeping } of keptOnPurpose(kernel, observation.resources)) {
        if (typeof keeping === "number") keptAt[keeping]! += 1;
      }
    }
    return { state: { kernel, image, tasks: still, monitor: effect.monitor, observation }, events };
  };

  return (state, action, chooser) => {
    const paused = action.kind !== "start" ? state.tasks.find(({ id }) => id === action.task)! : undefined;
    const index = action.kind === "start" ? action.command : paused!.command;
    const command = commands[index]!;
    const others = state.tasks.filter((task) => task !== paused);
    const begun: Begun = {
      state,
      action,
      sight: sightAt(state),
      paused,
      others,
      isBeside: others.some((other) => !commands[other.command]!.isInstant),
      index,
      command,
      target: paused?.target ?? command.target(state),
      id: paused?.id ?? freeTask(state.tasks),
    };
    const watched = watch();
    if (known === undefined || (watched !== undefined && watched.isOfEnds !== true)) {
      return outcomeOf(begun, run(begun, chooser), true);
    }
    const { effect, hasRun } = known.take(begun, chooser, (asking) => run(begun, asking));
    return outcomeOf(begun, effect, hasRun);
  };
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

const innermost = (layers: readonly Layer[]): Activation | undefined => {
  const top = layers.at(-1);
  return top?.kind === "driver" ? top.activation : undefined;
};
