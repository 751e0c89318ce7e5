/**
 * Draws one run.
 *
 * Every step is drawn from what is enabled, so nothing that is drawn is ever thrown away. A run is one of a swarm
 * (Groce et al., "Swarm testing", ISSTA 2012): before it begins, whole commands and whole faults are turned off for it,
 * and it is drawn how often a call fails in it. A run that never unbinds, or in which nothing but one allocation fails, goes
 * where a run that does everything never comes.
 */
import fc from "fast-check";
import type { Answer } from "../../checker/chooser.ts";
import { harmlessAnswers } from "../../checker/coverage.ts";
import { type ExtraInputs, NO_EXTRA_INPUTS, withExtraInputs } from "../extra-inputs/extra-inputs.ts";
import type { SysramSystem } from "../sysram-system.ts";
import { drawnInputs } from "./draw-inputs.ts";
import { type Run, takeRun, type WatchedStep } from "./run.ts";

/** What is drawn once for a whole run. */
export interface Plan {
  /**
   * What the run may meet with beyond the table; it begins in the initial configuration that is named there, where one
   * is.
   */
  readonly extraInputs: ExtraInputs;
  /** The initial configuration of the table that it begins in otherwise. */
  readonly initialConfiguration: number;
  /** How often a step is one in which calls fail. */
  readonly stormRate: number;
  /** How often a call fails in such a step. */
  readonly faultRate: number;
  /** How often a task is interrupted where it can be. */
  readonly preemptionRate: number;
  /** Stands for the commands that are turned off, about a third of them; undefined where none is. */
  readonly commandMask: number | undefined;
  /** Stands for the faults that are turned off. */
  readonly faultMask: number;
  /** Of how many faults one is left on: 1 turns none off. */
  readonly faultsPerOneOn: number;
}

/** How far a run may go. */
export interface RunLimits {
  /** The most steps of a run. */
  readonly maxCommands: number;
  /** The most faults in a run. */
  readonly faults: number | "all";
  /** Whether commands and initial configurations with drawn values are met with beside those of the table. */
  readonly values: "any" | "table";
}

/** Faults come together: two that only make sense one after the other are seldom met with if each comes by itself. */
const STORM_RATES = [0, 0.1, 0.3, 1] as const;

const FAULT_RATES = [0.05, 0.3, 0.8] as const;

/** A command can be interrupted at dozens of places: where that happens at every other one, none of them comes to its end. */
const PREEMPTION_RATES = [0.02, 0.06, 0.2] as const;

const FAULTS_PER_ONE_ON = [1, 2, 4] as const;

const COMMANDS_PER_ONE_OFF = 3;

/** How many commands are drawn for each that is taken. */
const CANDIDATES = 6;

/** How often the plain initial configuration is drawn beside the others: most commands are possible only there. */
const PLAIN_WEIGHT = 2;

/**
 * Plans for the runs of a system: half of all runs begin in the plain initial configuration, a quarter turns no command
 * off.
 */
export const plans = (system: SysramSystem, { values }: Pick<RunLimits, "values">): fc.Arbitrary<Plan> =>
  fc.record({
    extraInputs: values === "any" ? drawnInputs(system) : fc.constant(NO_EXTRA_INPUTS),
    initialConfiguration: fc.oneof(
      { weight: PLAIN_WEIGHT, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat(system.initial.length - 1) },
    ),
    stormRate: fc.constantFrom(...STORM_RATES),
    faultRate: fc.constantFrom(...FAULT_RATES),
    commandMask: fc.option(fc.nat(), { nil: undefined, freq: 3 }),
    faultMask: fc.nat(),
    faultsPerOneOn: fc.constantFrom(...FAULTS_PER_ONE_ON),
    preemptionRate: (system.configuration.tasks ?? 1) === 1 ? fc.constant(0) : fc.constantFrom(...PREEMPTION_RATES),
  });

/** A number that both decide, spread evenly (FNV-1a, with a finish of murmur3's). */
const hash = (text: string, mask: number): number => {
  let word = 0x811c9dc5 ^ mask;
  for (let at = 0; at < text.length; at += 1) word = Math.imul(word ^ text.charCodeAt(at), 0x01000193);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
};

/** Decides which words a mask picks: about one in so many. */
const pickedBy = (mask: number, oneIn: number): ((words: string) => boolean) => {
  const known = new Map<string, boolean>();
  return (words) => {
    const decided = known.get(words);
    if (decided !== undefined) return decided;
    const isPicked = hash(words, mask) % oneIn === 0;
    known.set(words, isPicked);
    return isPicked;
  };
};

/** The places of the answers that may be given: harmless ones, and faults that are not turned off. */
interface Allowed {
  readonly harmless: number;
  readonly faults: readonly number[];
}

const isPreemptible = (answers: readonly Answer[], harmless: number): boolean =>
  harmless === 2 && answers[1]!.isPreemption === true;

const startOf = (system: SysramSystem, { initialConfigurations }: ExtraInputs, otherwise: number): number => {
  const drawn = system.initialConfigurations.findIndex(({ label }) => initialConfigurations.includes(label));
  return drawn === -1 ? otherwise : drawn;
};

/** Draws a run by its plan. */
export const drawRun = (
  tableSystem: SysramSystem,
  {
    extraInputs,
    initialConfiguration,
    stormRate,
    faultRate,
    preemptionRate,
    commandMask,
    faultMask,
    faultsPerOneOn,
  }: Plan,
  { maxCommands, faults }: RunLimits,
  random: fc.Random,
  onStep?: (step: WatchedStep) => void,
): Run => {
  const system = withExtraInputs(tableSystem, extraInputs);
  const isCommandOff = commandMask === undefined ? () => false : pickedBy(commandMask, COMMANDS_PER_ONE_OFF);
  const isFaultOn = pickedBy(faultMask, faultsPerOneOn);
  const allowed = new Map<readonly Answer[], Map<string, Allowed>>();
  const timesTaken = new Map<string, number>();
  let left = maxCommands;
  let faultsLeft = faults === "all" ? Number.POSITIVE_INFINITY : faults;

  let isStormy = false;

  const happens = (rate: number): boolean => random.nextInt(1, 1000) <= rate * 1000;
  const below = (count: number): number => random.nextInt(0, count - 1);

  /** The place of the answer to whether a task is interrupted, which has two. */
  const interrupted = (): number => (happens(preemptionRate) ? 1 : 0);

  const allowedOf = (question: string, answers: readonly Answer[]): Allowed => {
    const byQuestion = allowed.get(answers) ?? new Map<string, Allowed>();
    allowed.set(answers, byQuestion);
    const known = byQuestion.get(question);
    if (known !== undefined) return known;
    const harmless = harmlessAnswers(question, answers);
    const places = [...answers.keys()].slice(harmless);
    const fresh = { harmless, faults: places.filter((at) => isFaultOn(`${question} = ${answers[at]!.label}`)) };
    byQuestion.set(question, fresh);
    return fresh;
  };

  return takeRun(
    system,
    startOf(system, extraInputs, initialConfiguration),
    {
      action: (actions) => {
        if (left === 0) return undefined;
        left -= 1;
        isStormy = happens(stormRate);
        const words = actions.map((action) => system.describe(action));
        const on = [...words.keys()].filter((place) => !isCommandOff(words[place]!));
        // A mask that would leave nothing to do gives way.
        const draw = (): number => (on.length === 0 ? below(words.length) : on[below(on.length)]!);
        const times = (place: number): number => timesTaken.get(words[place]!) ?? 0;
        // Of a few, the one that the run has taken least: or what is always possible would fill most of every run.
        let place = draw();
        for (let more = 1; more < CANDIDATES; more += 1) {
          const other = draw();
          if (times(other) < times(place)) place = other;
        }
        timesTaken.set(words[place]!, times(place) + 1);
        return place;
      },
      answer: (question, answers) => {
        const { harmless, faults: places } = allowedOf(question, answers);
        const isFault = isStormy && faultsLeft > 0 && places.length > 0 && happens(faultRate);
        if (!isFault) return isPreemptible(answers, harmless) ? interrupted() : below(harmless);
        faultsLeft -= 1;
        return places[below(places.length)]!;
      },
    },
    onStep,
  );
};
