import { type Address, address, NULL } from "../abi/address.ts";
import { ERRNO, MAX_ERRNO } from "../abi/errno.ts";
import {
  type Activation,
  type Crash,
  type Driver,
  type Exit,
  emptyStack,
  type PendingAccess,
} from "../driver/run/driver.ts";
import type { KernelFunction, KernelState, Procedure, Request, Site } from "../models/kernel.ts";
import { sendSignal } from "../models/signal.ts";
import { callArguments, type RunningKernel } from "./driver-kernel.ts";
import type { TaskExtent } from "./memory-image.ts";
import type { RunMonitor } from "./monitors.ts";
import type { Layer, Wait } from "./state.ts";
import { subjectSites } from "./subject-sites.ts";

/** Why a task stopped running for now. */
export type Pause =
  /** It could go on, and another task runs first. */
  | { readonly kind: "preempted"; readonly layers: readonly Layer[] }
  | { readonly kind: "sleeping"; readonly reason: string; readonly layers: readonly Layer[] }
  | { readonly kind: "waiting"; readonly wait: Wait; readonly layers: readonly Layer[] }
  | { readonly kind: "finished"; readonly result: number }
  | { readonly kind: "crashed"; readonly crash: Crash; readonly site: Site };

/** Where another task may run before the one that runs goes on: where this one stands in what it does. */
export interface SchedulingPoint {
  /** The call in the driver that is made or being answered; 0 where the kernel acts on its own. */
  readonly site: Site;
  /** The kernel function that is called, by its number in the image; -1 where a called one goes on. */
  readonly function: number;
  /** The slots of that call. */
  readonly slots: Address;
  /** How far the function that answers has come. */
  readonly answers: number;
  /** The load or store that is about to be made, in place of all this. */
  readonly access: PendingAccess | undefined;
  /** Whether it is the first thing that the task does since it runs. */
  readonly isFirst: boolean;
}

/** Asked before each thing that a task does, and told when it runs no further. */
export interface Scheduler {
  /** Whether another task runs first; never before the first thing. The point is valid only during the call. */
  isPreempted(point: SchedulingPoint): boolean;
  pauses(why: Pause["kind"]): void;
}

/** What a trace tells of the inside of a task. */
export type TaskEvent =
  | {
      readonly kind: "call";
      readonly function: number;
      readonly slots: Address;
      readonly backtrace: readonly Site[];
      readonly depth: number;
    }
  | { readonly kind: "return"; readonly function: number; readonly result: number; readonly depth: number }
  | {
      readonly kind: "callback";
      readonly name: string;
      readonly function: Address | string;
      readonly arguments: readonly number[];
      readonly depth: number;
    }
  | { readonly kind: "callback end"; readonly name: string; readonly result: number; readonly depth: number }
  | { readonly kind: "sleep" | "wait"; readonly reason: string; readonly depth: number };

/** Told of each event of a task, for traces; a search runs without. */
export type Observe = (event: TaskEvent) => void;

/**
 * Runs tasks of the modelled machine on one driver instance: kernel procedures and the driver's C, which call each
 * other in turn. A generator that is not there is made again by running its procedure over the answers that it has had.
 */
export interface TaskRunner {
  /** Begins a task with the procedure of a command and runs it until it finishes or has to pause. */
  start(task: number, command: Procedure, scheduler: Scheduler, observe: Observe | undefined): Pause;
  /**
   * Goes on with a paused task; `command` makes the procedure of its command again.
   *
   * @param isSignalled - whether a signal ends the wait that it is in
   */
  continue(
    task: number,
    layers: readonly Layer[],
    command: () => Procedure,
    scheduler: Scheduler,
    observe: Observe | undefined,
    isSignalled: boolean,
  ): Pause;
}

/** More kernel calls than this in one step, and the driver counts as looping for ever. */
export const CALL_LIMIT = 20_000;

/** The same of accesses at which it could be interrupted, between two kernel calls. */
const ACCESS_LIMIT = 2_000;

/** What is done after an error too, to undo what came before it and to tell of it: that it succeeds says nothing. */
const UNDOES_OR_TELLS = /unregister|remove|release|free|_put|put_|_del|destroy|cancel|clear|printk/;

interface LiveProcedure {
  readonly kind: "procedure";
  readonly answers: number[];
  generator: Procedure | undefined;
  request: IteratorResult<Request, number> | undefined;
  site: Site;
  /** Name of the driver function that the procedure has called and waits for. */
  callbackName: string;
}

interface LiveDriver {
  readonly kind: "driver";
  activation: Activation;
}

type LiveLayer = LiveProcedure | LiveDriver;

/** The claim of a pile of layers on the memory. */
export const extentOf = (task: number, layers: readonly Layer[]): TaskExtent => {
  let stack = emptyStack(task);
  let levels = 0;
  for (const layer of layers) {
    if (layer.kind !== "driver") continue;
    stack = layer.activation.stack;
    levels += 1;
  }
  return { task, stack, levels };
};

/**
 * @param table - what the driver calls, by the numbers of the image
 * @param calledFrom - told of the place of each call
 */
export const taskRunner = (
  k: RunningKernel,
  driver: Driver,
  table: readonly KernelFunction[],
  calledFrom: (site: Site) => void,
  monitor?: RunMonitor,
): TaskRunner => {
  const { isSubject, innermost: siteOf } = subjectSites(driver);
  const call = callArguments(driver, k.memory);
  const { memory } = driver;

  /**
   * Where the driver crashed: in the block that ran last, unless that one belongs to a function that has returned since;
   * then at the latest call of the function that it returned to.
   */
  const siteOfCrash = ({ kind, block, frame }: Crash): Site => {
    const called = siteOf(frame);
    const { sites, blocks } = driver.facts;
    const last = blocks[block];
    if (kind === "stack overflow" || last === undefined || isSubject[last.site] !== true) return called;
    const head = frame === NULL ? 0 : memory.u32(address(frame + 4));
    if (head !== 0 && sites[head]!.function !== last.function) return called;
    return kind === "trap" && last.lines.includes(sites[head]!.line) ? called : last.site;
  };

  const siteOfPoint = ({ access, frame }: Activation): Site => {
    const site = access === undefined ? 0 : driver.facts.accesses[access.access]!.site;
    return isSubject[site] === true ? site : siteOf(frame);
  };

  const fails = table.map(({ declared }) => declared.fails);
  /** Whether a result that is no error says that the call could have failed and did not, and that the driver went on by it. */
  const tellsSuccess = driver.facts.kernelFunctions.map(
    ({ name, result }, at) => (fails[at] !== undefined || result === "int") && !UNDOES_OR_TELLS.test(name),
  );
  const noteError = (called: number, result: number): void => {
    if (fails[called] === "never") return;
    if (result === 0 && fails[called] === "with NULL") k.failed(-ERRNO.ENOMEM);
    else if (result < 0 && result >= -MAX_ERRNO) k.failed(result);
    else if (tellsSuccess[called] === true) k.wentOn();
  };

  const run = (
    task: number,
    paused: LiveLayer[],
    command: () => Procedure,
    scheduler: Scheduler,
    observe: Observe | undefined,
    isSignalled: boolean,
  ): Pause => {
    const pause = runOn(task, paused, command, scheduler, observe, isSignalled);
    scheduler.pauses(pause.kind);
    return pause;
  };

  const runOn = (
    task: number,
    layers: LiveLayer[],
    command: () => Procedure,
    scheduler: Scheduler,
    observe: Observe | undefined,
    isSignalled: boolean,
  ): Pause => {
    const others = k.extents.filter((extent) => extent.task !== task);
    let calls = 0;
    let accesses = 0;
    const point: { -readonly [Key in keyof SchedulingPoint]: SchedulingPoint[Key] } = {
      ...{ site: 0, function: -1, slots: NULL, answers: 0, access: undefined, isFirst: true },
    };
    const isPreempted = (): boolean => {
      if (scheduler.isPreempted(point)) return true;
      point.isFirst = false;
      return false;
    };
    /** Whether the next step of a kernel function is its first, which belongs to the call before it. */
    let isBegun = false;
    const preempted = (): Pause => ({ kind: "preempted", layers: putAside(layers) });
    k.task = task;
    k.extents = others;
    if (monitor !== undefined) monitor.task = task;

    const claim = (): void => {
      let stack = emptyStack(task);
      let levels = 0;
      for (const layer of layers) {
        if (layer.kind !== "driver") continue;
        stack = layer.activation.stack;
        levels += 1;
      }
      k.extents = [...others, { task, stack, levels }];
    };

    /** Makes the generator of the procedure at `index` again. */
    const revive = (layer: LiveProcedure, index: number): void => {
      const beneath = layers[index - 1];
      if (beneath === undefined) {
        layer.generator = command();
      } else {
        if (beneath.kind !== "driver") throw new Error("checker bug: a procedure stands on a procedure");
        const called = table[beneath.activation.function]!;
        if (called.kind !== "procedure") throw new Error("checker bug: an atomic function was put aside");
        call.slots = beneath.activation.arguments;
        layer.generator = called.run(call);
        layer.site = siteOf(beneath.activation.frame);
      }
      layer.request = layer.generator.next();
      for (const answer of layer.answers) layer.request = layer.generator.next(answer);
    };

    const answer = (layer: LiveProcedure, value: number): void => {
      layer.answers.push(value);
      layer.request = layer.generator!.next(value);
    };

    /** What C did after it ran; gives a pause when the task is over. */
    const arrive = (exit: Exit, depth: number): Pause | undefined => {
      switch (exit.kind) {
        case "called":
        case "touches": {
          if (exit.kind === "called") {
            calls += 1;
            accesses = 0;
          } else accesses += 1;
          const top = layers.at(-1);
          if (top?.kind === "driver") top.activation = exit.activation;
          else layers.push({ kind: "driver", activation: exit.activation });
          return undefined;
        }
        case "returned": {
          if (layers.at(-1)?.kind === "driver") layers.pop();
          const beneath = layers.at(-1) as LiveProcedure;
          if (beneath.generator === undefined) revive(beneath, layers.length - 1);
          monitor?.callbackEnd(beneath.site);
          observe?.({ kind: "callback end", name: beneath.callbackName, result: exit.result, depth });
          answer(beneath, exit.result);
          return undefined;
        }
        case "crashed":
          return {
            kind: "crashed",
            crash: exit.crash,
            site: siteOfCrash(exit.crash),
          };
      }
    };

    const resumed = layers.at(-1)!;
    if (resumed.kind === "procedure" && resumed.generator === undefined) {
      // A task that slept has its answer now; one that waited asks again.
      revive(resumed, layers.length - 1);
      if (resumed.request?.done === false && resumed.request.value.kind === "sleep") answer(resumed, 0);
    }

    for (;;) {
      const top = layers.at(-1)!;
      const depth = layers.length;
      if (top.kind === "driver") {
        const { activation } = top;
        if (calls > CALL_LIMIT || accesses > ACCESS_LIMIT) {
          const what = calls > CALL_LIMIT ? `${CALL_LIMIT} kernel calls` : `${ACCESS_LIMIT} loads and stores`;
          const detail = `more than ${what} without an end`;
          const crash: Crash = { kind: "endless loop", detail, block: 0, frame: activation.frame };
          return { kind: "crashed", crash, site: siteOf(activation.frame) };
        }
        point.site = siteOfPoint(activation);
        point.function = activation.function;
        point.slots = activation.arguments;
        point.answers = 0;
        point.access = activation.access;
        if (isPreempted()) return preempted();
        if (activation.access !== undefined) {
          const end = arrive(driver.resume(activation, 0), depth);
          if (end !== undefined) return end;
          continue;
        }
        const called = table[activation.function]!;
        call.slots = activation.arguments;
        k.site = point.site;
        calledFrom(k.site);
        claim();
        observe?.({
          kind: "call",
          function: activation.function,
          slots: activation.arguments,
          backtrace: driver.backtrace(activation.frame),
          depth,
        });
        if (called.kind === "atomic") {
          const result = called.run(k, call);
          noteError(activation.function, result);
          monitor?.returned(driver.facts.kernelFunctions[activation.function]!.name, call, result, k.site);
          observe?.({ kind: "return", function: activation.function, result, depth });
          const end = arrive(driver.resume(activation, result), depth);
          if (end !== undefined) return end;
        } else {
          isBegun = true;
          layers.push({
            kind: "procedure",
            answers: [],
            generator: called.run(call),
            request: undefined,
            site: k.site,
            callbackName: "",
          });
        }
        continue;
      }

      if (top.request === undefined) top.request = top.generator!.next();
      const request = top.request!;
      if (request.done === true) {
        if (point.isFirst) {
          // A sleep or a wait is over, and the C behind it runs: that is a thing of its own that the task does.
          Object.assign(point, { site: top.site, function: -1, slots: NULL, access: undefined });
          point.answers = top.answers.length + 1;
          isPreempted();
        }
        layers.pop();
        const beneath = layers.at(-1);
        if (beneath === undefined) return { kind: "finished", result: request.value };
        const { activation } = beneath as LiveDriver;
        noteError(activation.function, request.value);
        if (monitor !== undefined) {
          call.slots = activation.arguments;
          const { name } = driver.facts.kernelFunctions[activation.function]!;
          monitor.returned(name, call, request.value, siteOf(activation.frame));
        }
        observe?.({ kind: "return", function: activation.function, result: request.value, depth: depth - 1 });
        const end = arrive(driver.resume(activation, request.value), depth - 1);
        if (end !== undefined) return end;
        continue;
      }
      k.site = top.site;
      if (request.value.kind === "atomic" || request.value.kind === "callback") {
        point.site = top.site;
        point.function = -1;
        point.answers = top.answers.length + 1;
        point.access = undefined;
        if (!isBegun && isPreempted()) return preempted();
        isBegun = false;
      }
      switch (request.value.kind) {
        case "atomic":
          answer(top, request.value.run(k));
          break;
        case "callback": {
          const { name, shape, function: target, arguments: values } = request.value;
          let level = 0;
          let stack = emptyStack(task);
          let frame = NULL;
          for (const layer of layers) {
            if (layer.kind !== "driver") continue;
            level += 1;
            stack = layer.activation.stack;
            frame = layer.activation.frame;
          }
          top.callbackName = name;
          monitor?.callback(name, values, top.site);
          observe?.({ kind: "callback", name, function: target, arguments: values, depth });
          const place = { task, level, stack, frame };
          const exit =
            typeof target === "string"
              ? driver.call(place, target, values)
              : driver.callPointer(place, shape, target, values);
          const end = arrive(exit, depth);
          if (end !== undefined) return end;
          break;
        }
        case "wait":
          if (request.value.isReady(k.state, task)) answer(top, 0);
          else if (isSignalled && point.isFirst) {
            sendSignal(k, task, request.value.listensTo === "fatal signal");
            answer(top, 0);
          } else {
            const { reason, isReady: isReadyFor, listensTo = "none", endedBy = "who is under way" } = request.value;
            const isReady = (state: KernelState): boolean => isReadyFor(state, task);
            const wait: Wait = { reason, isReady, listensTo, endedBy, site: k.site };
            observe?.({ kind: "wait", reason, depth });
            return { kind: "waiting", wait, layers: putAside(layers) };
          }
          break;
        case "sleep":
          observe?.({ kind: "sleep", reason: request.value.reason, depth });
          return { kind: "sleeping", reason: request.value.reason, layers: putAside(layers) };
      }
    }
  };

  return {
    start: (task, command, scheduler, observe) =>
      run(
        task,
        [{ kind: "procedure", answers: [], generator: command, request: undefined, site: 0, callbackName: "" }],
        () => command,
        scheduler,
        observe,
        false,
      ),
    continue: (task, paused, command, scheduler, observe, isSignalled) => {
      const layers: LiveLayer[] = paused.map((layer) =>
        layer.kind === "driver"
          ? { kind: "driver", activation: layer.activation }
          : {
              kind: "procedure",
              answers: [...layer.answers],
              generator: undefined,
              request: undefined,
              site: 0,
              callbackName: "",
            },
      );
      return run(task, layers, command, scheduler, observe, isSignalled);
    },
  };
};

const putAside = (layers: readonly LiveLayer[]): readonly Layer[] =>
  layers.map((layer) =>
    layer.kind === "driver"
      ? { kind: "driver", activation: layer.activation }
      : { kind: "procedure", answers: [...layer.answers] },
  );
