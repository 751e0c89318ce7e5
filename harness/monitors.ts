import type { Address } from "../abi/address.ts";
import type { DriverFacts } from "../driver/compile/image.ts";
import {
  CALLS,
  type CallLabel,
  callEvent,
  isSuccess,
  type Kept,
  labelsOf,
  type MachineCall,
  WORD_PARSER,
} from "../machines/calls.ts";
import type { Monitor, Position } from "../machines/monitor.ts";
import type { Arguments, Site } from "../models/kernel.ts";
import type { Rejected } from "../models/observation.ts";
import { interfaceOf } from "./interface.ts";

/**
 * Runs monitors beside a driver: each call of the kernel that one of the machines speaks of must be a step of it.
 *
 * Each device has a life of its own, from the probe that sets it up to its last reference. A life remembers what its
 * calls gave (its name, its resource), because only so it can be told whose name a kfree() frees. Which life a call
 * belongs to is decided by the function of the driver that is running, and by what the kernel called it with.
 */
export interface MonitorState {
  readonly lives: readonly Life[];
  /**
   * For each task its open functions of the driver, innermost last: number of their life, or -1 where it is nobody's.
   * Tasks behind the last one that has any are left out.
   */
  readonly open: readonly (readonly number[])[];
}

/** One device as the machines see it. */
export interface Life {
  readonly id: number;
  readonly kept: Readonly<Record<Kept, number>>;
  /** Where each of the machines may stand; empty once it has rejected what the code did. */
  readonly at: readonly Position[];
  /** Where each of the rules stands; empty once it was broken: that is told once. */
  readonly rules: readonly Position[];
  /** Set once all the machines have rejected what the code did: that is told once. */
  readonly isLost: boolean;
}

/** The machines that monitor a driver. */
export interface Monitors {
  /** Machines of the whole life, of which one at least must accept what the code does. */
  readonly lives: readonly Monitor[];
  /** Machines of one rule each, all of which must accept what the code does. */
  readonly rules: readonly Monitor[];
}

export const NO_MONITORS: Monitors = { lives: [], rules: [] };

export const NOTHING_MONITORED: MonitorState = { lives: [], open: [] };

/** The machines beside the driver that runs. */
export interface RunMonitor {
  /** The task that runs. */
  task: number;
  /** Where they stand; replaced by each event. */
  state: MonitorState;
  /** What the monitors rejected since the step began. */
  rejected: Rejected[];
  /** The kernel calls a function of the driver. */
  callback(name: string, values: readonly number[], site: Site): void;
  callbackEnd(site: Site): void;
  /** A call of the kernel came to its end. */
  returned(name: string, call: Arguments, result: number, site: Site): void;
}

export const runMonitor = (facts: DriverFacts, { lives: monitors, rules }: Monitors): RunMonitor => {
  const { entry, find, uses, object } = interfaceOf(facts);
  const deviceOffset = object?.deviceOffset ?? 0;
  const objectSize = object === undefined ? 0 : (facts.structures[object.structure]?.size ?? 0);
  const parsesWords = facts.kernelFunctions.some(({ name }) => name === WORD_PARSER);

  const lifeNumbered = (id: number | undefined): Life | undefined => self.state.lives.find((life) => life.id === id);
  const openOf = (task: number): readonly number[] => self.state.open[task] ?? [];
  const current = (): Life | undefined => lifeNumbered(openOf(self.task).at(-1));

  const replace = (life: Life): void => {
    self.state = {
      ...self.state,
      lives: self.state.lives.map((other) => (other.id === life.id ? life : other)),
    };
  };

  const reject = (life: Life, what: string, site: Site): void => {
    replace({ ...life, at: life.at.map(() => []), isLost: true });
    if (!life.isLost) tell(monitors, life.at, what, site);
  };

  /** Says which machines reject an event, and what they would have accepted. */
  const tell = (machines: readonly Monitor[], at: readonly Position[], event: string, site: Site): void => {
    const left = machines.flatMap((machine, index) => {
      const position = at[index]!;
      return position.length === 0 ? [] : [{ machine, position }];
    });
    self.rejected.push({
      kind: "rejected",
      machine: left.map(({ machine }) => machine.name).join(" or "),
      state: [...new Set(left.flatMap(({ machine, position }) => machine.states(position)))].join(" or "),
      event,
      accepted: [...new Set(left.flatMap(({ machine, position }) => machine.accepted(position)))],
      site,
    });
  };

  /** Whether some machine that has rejected nothing yet goes on so. */
  const goesOn = (life: Life, event: string): readonly Position[] | undefined => {
    const at = monitors.map((machine, index) =>
      machine.knows(event) ? machine.after(life.at[index]!, event) : life.at[index]!,
    );
    return at.some((position) => position.length > 0) ? at : undefined;
  };

  /** The rules after an event. */
  const keepRules = (life: Life, event: string, site: Site): readonly Position[] =>
    life.rules.map((from, index) => {
      const machine = rules[index]!;
      if (from.length === 0 || !machine.knows(event)) return from;
      const to = machine.after(from, event);
      if (to.length === 0) tell([machine], [from], event, site);
      return to;
    });

  const happens = (life: Life, event: string, site: Site): void => {
    if (life.isLost || !monitors.some((machine) => machine.knows(event))) return;
    const at = goesOn(life, event);
    if (at === undefined) reject({ ...life, rules: keepRules(life, event, site) }, event, site);
    else goOn(life, at, event, site);
  };

  const goOn = (life: Life, at: readonly Position[], event: string, site: Site, kept = life.kept): void =>
    replace({ id: life.id, kept, at, rules: keepRules(life, event, site), isLost: false });

  /** Any of these may be what happens. */
  const happensOneOf = (life: Life, events: readonly string[]): void => {
    if (life.isLost) return;
    const at = monitors.map((machine, index) =>
      [...new Set(events.flatMap((event) => machine.after(life.at[index]!, event)))].sort((one, other) => one - other),
    );
    if (at.some((position) => position.length > 0)) replace({ ...life, at });
  };

  /** What an argument must be for a call to be this life's; undefined where anything is right. */
  const expected = (life: Life, argument: string): number | undefined => {
    if (argument === "size of sysram") return objectSize;
    if (argument === "device") return life.kept.sysram + deviceOffset;
    return life.kept[argument as Kept];
  };

  const isMeant = (life: Life, { arguments: values, tells = [] }: MachineCall, call: Arguments): boolean =>
    tells.every((place) => {
      const argument = values[place]!;
      return (argument === "size of sysram" ? call.u64(place) : call.address(place)) === expected(life, argument);
    });

  const keptBy = ({ keeps }: MachineCall, label: CallLabel, result: number): Partial<Life["kept"]> => {
    if (label === "kfree resource") return { resource: 0 };
    return keeps === undefined ? {} : { [keeps]: result };
  };

  const ofDevice = (device: number): Life | undefined =>
    self.state.lives.find(({ kept }) => kept.sysram !== 0 && kept.sysram + deviceOffset === device);
  const ofObject = (at: number): Life | undefined =>
    self.state.lives.find(({ kept }) => kept.sysram !== 0 && kept.sysram === at);

  const setOpen = (lives: readonly number[]): void => {
    const all = self.state.open.slice();
    while (all.length <= self.task) all.push([]);
    all[self.task] = lives;
    while (all.at(-1)?.length === 0) all.pop();
    self.state = { ...self.state, open: all };
  };

  /** A function of the driver begins. A life on which two tasks work at one time is followed no further. */
  const open = (life: number): void => {
    setOpen([...openOf(self.task), life]);
    const shared = lifeNumbered(life);
    const isShared = self.state.open.some((lives, task) => task !== self.task && lives.includes(life));
    if (shared !== undefined && isShared) replace({ ...shared, at: shared.at.map(() => []), isLost: true });
  };

  const self: RunMonitor = {
    task: 0,
    state: NOTHING_MONITORED,
    rejected: [],

    callback: (name, values, site) => {
      const [first = 0] = values;
      if (name === entry.name) {
        let id = 0;
        while (lifeNumbered(id) !== undefined) id += 1;
        const life: Life = {
          id,
          kept: NOTHING_KEPT,
          at: monitors.map(({ initial }) => initial),
          rules: rules.map(({ initial }) => initial),
          isLost: false,
        };
        self.state = { ...self.state, lives: [...self.state.lives, life] };
        open(id);
        happens(life, "probe", site);
        return;
      }
      if (name === find?.name || name.endsWith("_show")) return open(-1);
      const isUse = uses.some((use) => use.name === name);
      const isStore = name.endsWith("_store");
      const isRelease = name === "release" && values.length === 1;
      const life =
        isUse || name === "action"
          ? (ofObject(first) ?? ofDevice(first))
          : isStore || isRelease
            ? ofDevice(first)
            : current();
      open(life?.id ?? -1);
      if (life === undefined) return;
      if (isUse) happensOneOf(life, ["asked offline", "asked nonsense"]);
      else if (isStore && !parsesWords) happensOneOf(life, ["asked online", "asked offline", "asked nonsense"]);
      else if (isRelease) happens(life, "release", site);
      else if (name === "action") happens(life, "unbind", site);
    },

    callbackEnd: (site) => {
      const life = current();
      setOpen(openOf(self.task).slice(0, -1));
      if (life === undefined || self.state.open.some((lives) => lives.includes(life.id))) return;
      const rests = monitors.map((machine, index) => machine.atRest(life.at[index]!));
      const isResting = rests.some((position) => position.length > 0);
      if (!isResting && !life.isLost) {
        reject(life, "return", site);
        return;
      }
      const isOver = monitors.every((machine, index) =>
        rests[index]!.every((at) => ENDS.has(String(machine.table.configurations[at]!.value))),
      );
      if (isOver) self.state = { ...self.state, lives: self.state.lives.filter(({ id }) => id !== life.id) };
      else replace({ ...life, at: rests });
    },

    returned: (name, call, result, site) => {
      const known = labelsOf(name);
      if (known.length === 0 && name !== WORD_PARSER) return; // no machine speaks of it
      const life = current();
      if (life === undefined || life.isLost) return;
      if (name === WORD_PARSER) {
        happens(life, result < 0 ? "asked nonsense" : result === 0 ? "asked offline" : "asked online", site);
        return;
      }
      const meant = known.filter((label) => isMeant(life, CALLS[label], call));
      for (const label of meant) {
        const spec: MachineCall = CALLS[label];
        const isOk = isSuccess(spec.result, result);
        const event = callEvent(label, isOk);
        const at = goesOn(life, event);
        if (at === undefined) continue;
        goOn(life, at, event, site, isOk ? { ...life.kept, ...keptBy(spec, label, result) } : life.kept);
        return;
      }
      const [label] = meant;
      // To free nothing is no step, and a reference that is not the last may be dropped at any time.
      if (label === undefined || (name === "kfree" && call.address(0) === (0 as Address)) || name === "put_device")
        return;
      happens(life, callEvent(label, isSuccess(CALLS[label].result, result)), site);
    },
  };
  return self;
};

/** Addresses that nothing has, and a group that is none. */
const NOTHING_KEPT: Life["kept"] = { sysram: 0, name: 0, type: 0, group: -1, resource: 0 };

/** The states in which a life is over. */
const ENDS: ReadonlySet<string> = new Set(["unbound", "released", "abandoned"]);
