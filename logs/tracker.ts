import { CALLS, type CallLabel, callEvent, type Kept } from "../machines/calls.ts";
import type { COMMAND_EVENTS } from "../machines/sysram.machine.ts";
import type { LogDevice, LogRefusal } from "../report/log-report.ts";
import type { Joint, Position } from "./joint.ts";
import type { DriverCall, Sighting } from "./sightings.ts";
import { isCommon, type Role } from "./spoken.ts";
import { isErrorValue, isZero, succeeded } from "./values.ts";

/**
 * Follows the machines of every device through what a log shows.
 *
 * Told apart are devices: a probe begins one, and what else the driver is called for is about one of those that there
 * are. Where the log has arguments, addresses tell which; else every device that accepts it may be meant, and each
 * choice is followed in a world of its own until only one is left. Of two devices that are in the same state and
 * nothing else is known of, it makes no difference which is meant.
 *
 * Not told apart is what two tasks do to one device at one time: the machines know one command at a time. While they
 * overlap, the device may be anywhere.
 */
export interface Tracker {
  /** @returns why no world goes on; undefined where one does */
  sees(sighting: Sighting): NotAccepted | undefined;
  /** The devices that are followed, in the first of the worlds. */
  devices(): readonly LogDevice[];
  /** How often something was not followed: what, and how often. */
  unfollowed(): { readonly overlaps: number; readonly tooMany: number };
}

/** What no machine accepts. */
export type NotAccepted = Pick<LogRefusal, "events" | "device" | "machines" | "accepted" | "because">;

/** What is taken for possible without being in the log. */
export interface TrackerOptions {
  /** The line that is read. */
  line(): number;
  /** Commands that the log does not show, beside hidden calls. */
  readonly hidden: ReadonlySet<string>;
  /** Whether there may be devices from before the log: known not to be, only if it begins with them, or any time. */
  readonly before: "none" | "at the beginning" | "any";
}

interface Life {
  readonly number: number;
  readonly line: number;
  readonly at: Position;
  readonly known: Readonly<Partial<Record<Kept | "device", string>>>;
  /** The activations that are about it and not known to be over. */
  readonly open: readonly number[];
  /** Whether two tasks work on it. */
  readonly isBlurred: boolean;
  /** Whether its release function was called. */
  readonly isReleased: boolean;
  /** Where it was before a word was written to it, until that word is read. */
  readonly unasked: Position | undefined;
}

/** Why a world did not go on. */
interface Death {
  readonly life: Life | undefined;
  readonly events: readonly string[];
  readonly because: string | undefined;
}

interface World {
  readonly lives: readonly Life[];
  /** Which life an activation is about; 0 for nobody's. */
  readonly about: ReadonlyMap<number, number>;
  /** How often two tasks worked on one device at one time. */
  readonly overlaps: number;
}

/** More worlds than this, and the devices are no longer told apart. */
const MOST_WORLDS = 16;

/** More devices than this that nothing distinguishes are no longer counted. */
const MOST_LIVES = 32;

/** So many unseen events lead everywhere. */
const MANY = 1_000;

const ASKED = ["asked online", "asked offline", "asked nonsense"] as const;

const COMMANDS_OF: Readonly<Record<Role, readonly (typeof COMMAND_EVENTS)[number][]>> = {
  probe: ["probe"],
  store: ASKED,
  // What is asked of a device that has no memory changes nothing.
  use: ["asked offline", "asked nonsense"],
  unbind: ["unbind"],
  release: ["release"],
  work: [],
  other: [],
};

/** What the driver is called with first, where that tells the device. */
const ARGUMENT_OF: Readonly<Partial<Record<Role, "device" | "sysram">>> = {
  store: "device",
  release: "device",
  use: "sysram",
  unbind: "sysram",
};

/** The events that a role brings, for who decides which of them a log can show. */
export const commandsOf = (role: Role): readonly string[] => COMMANDS_OF[role];

const NO_LIFE = 0;

/** Whether an overlap begins between two looks at one device, as a number. */
const blurs = (before: Life | undefined, after: Life): number =>
  after.isBlurred && before?.isBlurred !== true ? 1 : 0;

const isLife = (found: Life | readonly string[]): found is Life => "known" in found;

export const tracker = (joint: Joint, { line, hidden, before }: TrackerOptions): Tracker => {
  const resting = joint.atRest(joint.all);
  let worlds: readonly World[] = [{ lives: [], about: new Map(), overlaps: 0 }];
  /** Where devices may be that were not met yet. */
  let strangers = before === "any" ? resting : joint.nothing;
  let isBeginning = before !== "none";
  let met = 0;
  let tooMany = 0;
  const activations = new Map<number, { readonly task: number; readonly role: Role; readonly isEndShown: boolean }>();
  /** What kept each world from going on, in this step: most of the time another one does, and nobody asks. */
  let deaths: Death[] = [];

  const isEmpty = ({ configurations }: Position): boolean => configurations.length === 0;
  const deviceOf = ({ number, line: first, at }: Life): LogDevice => ({
    number,
    line: first,
    states: joint.states(at),
    isAtRest: !isEmpty(joint.atRest(at)),
  });
  const die = (life: Life | undefined, events: readonly string[], because?: string): void => {
    deaths.push({ life, events, because });
  };
  const told = ({ life, events, because }: Death): NotAccepted => ({
    events,
    device: life === undefined ? null : deviceOf(life),
    machines: life === undefined ? [] : joint.refusal(life.at, events),
    accepted: life === undefined ? [] : joint.accepted(life.at),
    because: because ?? null,
  });
  const newcomer = (at: Position): Life => {
    met += 1;
    return {
      number: met,
      line: line(),
      at,
      known: {},
      open: [],
      isBlurred: false,
      isReleased: false,
      unasked: undefined,
    };
  };
  /** Where a device may stand that was not met yet. */
  const unmet = (): Position => (hidden.has("probe") ? joint.either(strangers, joint.initial) : strangers);
  const replaced = (world: World, life: Life): World => {
    const place = world.lives.findIndex(({ number }) => number === life.number);
    if (world.lives[place] === life) return world;
    const lives = world.lives.slice();
    lives[place] = life;
    return { ...world, lives, overlaps: world.overlaps + blurs(world.lives[place], life) };
  };
  const lifeOf = (world: World, number: number | undefined): Life | undefined =>
    number === undefined || number === NO_LIFE ? undefined : world.lives.find((life) => life.number === number);
  const dropOver = (world: World): World => {
    const lives = world.lives.filter(
      ({ at, open, isReleased }) => open.length > 0 || !(joint.hasLife ? joint.isOver(at) : isReleased),
    );
    return lives.length === world.lives.length ? world : { ...world, lives };
  };

  /** The device begins to be worked on by an activation. */
  const opened = (life: Life, activation: number, role: Role): Life => {
    const own = activations.get(activation)!;
    // A work is done for somebody who waits for it: that is one after the other.
    const others = life.open.filter((id) => {
      const other = activations.get(id)!;
      return other.task !== own.task && other.role !== "work";
    });
    if (role === "work" || others.length === 0) return { ...life, open: [...life.open, activation] };
    // Nobody saw the others end: they have, if they can have.
    const rest = joint.atRest(life.at);
    if (others.every((id) => activations.get(id)?.isEndShown !== true) && !isEmpty(rest)) {
      return { ...life, at: rest, open: [activation], isBlurred: false };
    }
    return { ...life, at: joint.unseen(life.at, MANY), open: [...life.open, activation], isBlurred: true };
  };

  /** Whether an argument names this device: undefined where that cannot be told. */
  const names = (life: Life, role: Role, [first]: readonly string[]): boolean | undefined => {
    const key = ARGUMENT_OF[role];
    const known = key === undefined ? undefined : life.known[key];
    return first === undefined || known === undefined ? undefined : known === first;
  };

  /** What is known of a device by what the driver is called with. */
  const named = (known: Life["known"], role: Role, [first]: readonly string[]): Life["known"] => {
    const key = ARGUMENT_OF[role];
    return key === undefined || first === undefined || known[key] === first ? known : { ...known, [key]: first };
  };

  const begins = (
    world: World,
    { activation, role, arguments: values = [] }: Sighting & { kind: "begins" },
  ): readonly World[] => {
    const commands = COMMANDS_OF[role];
    const bind = (from: World, life: Life): World => ({
      lives: [...from.lives.filter(({ number }) => number !== life.number), life],
      about: new Map(from.about).set(activation, life.number),
      overlaps: from.overlaps + blurs(lifeOf(from, life.number), life),
    });
    const goOn = (life: Life): Life | undefined => {
      const begun = opened(life, activation, role);
      const open: Life = {
        ...begun,
        known: named(begun.known, role, values),
        isReleased: life.isReleased || role === "release",
      };
      if (open.isBlurred || commands.length === 0) return open;
      const at = joint.after(open.at, commands);
      if (isEmpty(at)) return undefined;
      // What is asked for is known when the word is read; a driver that reads it in its own way does not show it.
      return role === "store" ? { ...open, at: joint.either(open.at, at), unasked: open.at } : { ...open, at };
    };
    if (role === "other") return [{ ...world, about: new Map(world.about).set(activation, NO_LIFE) }];
    const tidy = dropOver(world);
    if (role === "probe") {
      const life = goOn(newcomer(joint.initial))!;
      return [bind(tidy, life)];
    }
    const candidates = tidy.lives.filter((life) => names(life, role, values) !== false);
    /** Those that go on, each in a world of its own; of several that nothing distinguishes, one. */
    const going = (lives: readonly Life[]): World[] => {
      const keys = (life: Life): string => `${life.at.number} ${life.open} ${JSON.stringify(life.known)}`;
      return [...new Map(lives.map((life) => [keys(life), life])).values()].flatMap((life) => {
        const next = goOn(life);
        if (next === undefined) die(life, commands);
        return next === undefined ? [] : [bind(tidy, next)];
      });
    };
    // An address may be one that a device had before this one: where that does not go on, it is another device.
    const likely = candidates.filter((life) =>
      role === "work" ? life.open.length > 0 : names(life, role, values) === true,
    );
    const found = going(likely);
    if (found.length > 0) return found;
    found.push(...going(candidates.filter((life) => !likely.includes(life))));
    const newcomers = unmet();
    if (!isEmpty(newcomers)) {
      const next = goOn(newcomer(newcomers));
      if (next !== undefined) found.push(bind(tidy, next));
    }
    if (found.length === 0 && role === "work")
      return [{ ...tidy, about: new Map(tidy.about).set(activation, NO_LIFE) }];
    if (found.length === 0 && candidates.length === 0) {
      die(undefined, commands, "no device is there that this could be about");
    }
    return found;
  };

  const ends = (world: World, activation: number, isSeen: boolean): readonly World[] => {
    const life = lifeOf(world, world.about.get(activation));
    const about = new Map(world.about);
    about.delete(activation);
    if (life === undefined) return [{ ...world, about }];
    const left = life.open.filter((id) => id !== activation);
    const isWork = (id: number): boolean => activations.get(id)?.role === "work";
    // A work is a part of something else: when that is done the work is, too, and not the other way round.
    const isDone = left.length < life.open.length && left.every(isWork) && !isWork(activation);
    if (!isDone || !isSeen) return [{ ...replaced(world, { ...life, open: left }), about }];
    for (const id of left) about.delete(id);
    const open: readonly number[] = [];
    const at = joint.atRest(life.at);
    if (isEmpty(at)) {
      die(life, [], "the driver is done, and should not be");
      return [];
    }
    // A probe that was given up before there was a device leaves nothing to follow.
    const isGivenUp = activations.get(activation)?.role === "probe" && joint.isOver(at);
    const next = { ...life, at, open, isBlurred: false, isReleased: life.isReleased || isGivenUp };
    return [dropOver({ ...replaced(world, next), about })];
  };

  const expected = (life: Life, argument: string): string | undefined => life.known[argument as Kept | "device"];

  /** Which of the labels a call can mean for a device, and whether it must mean one. */
  const meant = (
    life: Life,
    { labels, arguments: values, isSure }: DriverCall,
  ): { readonly labels: readonly CallLabel[]; readonly isSure: boolean } => {
    const isOne = isSure && !labels.some(isCommon);
    if (values === undefined) return { labels, isSure: isOne };
    const exact: CallLabel[] = [];
    const possible: CallLabel[] = [];
    for (const label of labels) {
      const spec: { readonly arguments: readonly string[]; readonly tells?: readonly number[] } = CALLS[label];
      const answers = (spec.tells ?? []).map((place) => {
        const [given, known] = [values[place], expected(life, spec.arguments[place]!)];
        return given === undefined || known === undefined ? undefined : given === known;
      });
      if (answers.includes(false)) continue;
      (answers.length > 0 && !answers.includes(undefined) ? exact : possible).push(label);
    }
    if (exact.length === 0) return { labels: possible, isSure: isOne };
    // A reference that is not the last may be dropped at any time.
    return { labels: exact, isSure: isSure && !exact.includes("put_device") };
  };

  /** What a call tells about the device that it is for. */
  const learned = (
    life: Life,
    { labels, arguments: values = [] }: DriverCall,
    result: string | undefined,
  ): Life["known"] => {
    const [label] = labels;
    if (label === undefined) return life.known;
    const spec: (typeof CALLS)[CallLabel] & { readonly keeps?: Kept } = CALLS[label];
    const [first] = values;
    let { known } = life;
    const learn = (name: Kept | "device", value: string): void => {
      if (known[name] !== value) known = { ...known, [name]: value };
    };
    if (spec.keeps !== undefined && succeeded(spec.result, result) === true && result !== undefined)
      learn(spec.keeps, result);
    if (first !== undefined && known.device === undefined && /^device_/.test(label)) learn("device", first);
    if (first !== undefined && label === "remove_resource" && known.resource === undefined) learn("resource", first);
    if (labels.includes("kfree resource") && first !== undefined && first === known.resource) {
      const { resource: _, ...rest } = known;
      known = rest;
    }
    return known;
  };

  const goOn = (life: Life, call: DriverCall, result: string | undefined): Life | readonly string[] => {
    const known = learned(life, call, result);
    const { labels, isSure } = meant(life, call);
    if (life.isBlurred || labels.length === 0) return known === life.known ? life : { ...life, known };
    const events = eventsOf(labels, result);
    const to = joint.after(life.at, events);
    const at = isSure ? to : joint.either(life.at, to);
    return isEmpty(at) ? events : at === life.at && known === life.known ? life : { ...life, at, known };
  };

  const returns = (world: World, call: DriverCall, result: string | undefined): readonly World[] => {
    const events = eventsOf(call.labels, result);
    if (call.activation === undefined) {
      const isOne = call.isSure && !call.labels.some(isCommon);
      return isOne ? orphan(world, (life) => goOn(life, call, result), events) : [perhaps(world, events)];
    }
    const life = lifeOf(world, world.about.get(call.activation));
    if (life === undefined) return [world];
    const back = comeBack(life, call.activation);
    const next = goOn(back, call, result);
    if (!isLife(next)) {
      die(back, next);
      return [];
    }
    return next === life ? [world] : [replaced(world, next)];
  };

  /** An activation that was taken for over, and goes on, has overlapped with what came in between. */
  const comeBack = (life: Life, activation: number): Life => {
    if (life.open.includes(activation)) return life;
    return { ...life, at: joint.unseen(life.at, MANY), open: [...life.open, activation], isBlurred: true };
  };

  /** What may be about something else, in nobody knows what: each device may be the one that it is about, or none. */
  const perhaps = (world: World, events: readonly string[]): World => {
    strangers = joint.either(strangers, joint.after(strangers, events));
    const lives = world.lives.map((life) => ({ ...life, at: joint.either(life.at, joint.after(life.at, events)) }));
    return { ...world, lives };
  };

  /** Nobody saw what this is part of: any device may be meant. */
  const orphan = (
    world: World,
    go: (life: Life) => Life | readonly string[],
    events: readonly string[],
  ): readonly World[] => {
    const tidy = dropOver(world);
    const newcomers = unmet();
    const found: World[] = [];
    for (const life of tidy.lives) {
      const next = go(life);
      if (isLife(next)) found.push(replaced(tidy, next));
      else die(life, events);
    }
    if (!isEmpty(newcomers)) {
      const life = newcomer(newcomers);
      const next = go(life);
      if (isLife(next)) found.push({ ...tidy, lives: [...tidy.lives, next] });
      else if (tidy.lives.length === 0) die(life, events);
    } else if (tidy.lives.length === 0) die(undefined, events, "no device is there that this could be about");
    return found;
  };

  const readsWord = (
    world: World,
    { activation, isSure, result }: Sighting & { kind: "reads a word" },
  ): readonly World[] => {
    const events =
      WORDS[result === undefined ? "any" : isErrorValue(result) ? "nonsense" : isZero(result) ? "offline" : "online"];
    const go = (life: Life): Life | readonly string[] => {
      const at = life.isBlurred ? life.at : joint.after(life.unasked ?? life.at, events);
      return isEmpty(at) ? events : { ...life, at, unasked: undefined };
    };
    if (activation === undefined) return isSure ? orphan(world, go, events) : [perhaps(world, events)];
    const life = lifeOf(world, world.about.get(activation));
    if (life === undefined) return [world];
    const next = go(comeBack(life, activation));
    if (isLife(next)) return [replaced(world, next)];
    die(life, events);
    return [];
  };

  /** A call that has begun: what it will come to must be possible, or it is the call that is refused and not its end. */
  const calls = (world: World, call: DriverCall): readonly World[] => {
    const life = lifeOf(world, world.about.get(call.activation ?? -1));
    if (life === undefined || life.isBlurred || !life.open.includes(call.activation!)) return [world];
    const { labels, isSure } = meant(life, call);
    if (!isSure || labels.length === 0) return [world];
    const events = eventsOf(labels, undefined);
    // Dropping a reference may release the device before the call ends.
    const isRelease = RELEASING.includes(call.function) && !isEmpty(joint.after(life.at, ["release"]));
    if (isRelease || hidden.has("release") || !isEmpty(joint.after(life.at, events))) return [world];
    die(life, events);
    return [];
  };

  const lose = (events: number | undefined): void => {
    const many = Math.min(events ?? MANY, MANY);
    // What was freed meanwhile may have been given to another device: no address tells anything any more.
    strangers = joint.unseen(joint.either(strangers, joint.initial), many);
    worlds = worlds.map(({ lives, overlaps }) => ({
      overlaps,
      lives: lives.map((life) => ({ ...life, at: joint.unseen(life.at, many), known: {}, open: [], isBlurred: false })),
      about: new Map(),
    }));
    activations.clear();
  };

  /** One world for worlds that are alike; and one that knows nothing where there are too many. */
  const merged = (found: readonly World[]): readonly World[] => {
    if (found.length === 1 && found[0]!.lives.length <= MOST_LIVES) return found;
    const distinct = new Map(found.map((world) => [keyOf(world), world]));
    const left = [...distinct.values()];
    if (left.length <= MOST_WORLDS && left.every(({ lives }) => lives.length <= MOST_LIVES)) return left;
    tooMany += 1;
    for (const { lives } of left) {
      for (const { at } of lives) strangers = joint.either(strangers, joint.unseen(at, MANY));
    }
    const nobodys = new Map(left.flatMap(({ about }) => [...about.keys()]).map((activation) => [activation, NO_LIFE]));
    return [{ lives: [], about: nobodys, overlaps: Math.min(...left.map(({ overlaps }) => overlaps)) }];
  };

  const step = (world: World, sighting: Sighting): readonly World[] => {
    switch (sighting.kind) {
      case "begins":
        return begins(world, sighting);
      case "ends":
        return ends(world, sighting.activation, true);
      case "is left":
        return ends(world, sighting.activation, false);
      case "calls":
        return calls(world, sighting);
      case "returns":
        return returns(world, sighting, sighting.result);
      case "reads a word":
        return readsWord(world, sighting);
      case "lost":
        return [world];
    }
  };

  return {
    unfollowed: () => ({ overlaps: Math.min(...worlds.map(({ overlaps }) => overlaps)), tooMany }),
    sees: (sighting) => {
      if (sighting.kind === "lost") {
        lose(sighting.events);
        return undefined;
      }
      // A log that shows nothing of a probe before something else began after the device was there.
      if (isBeginning && !(sighting.kind === "begins" && sighting.role === "other")) {
        isBeginning = false;
        if (!(sighting.kind === "begins" && sighting.role === "probe")) strangers = joint.either(strangers, resting);
      }
      if (sighting.kind === "begins") {
        const { activation, taskNumber: task, role, isEndShown } = sighting;
        activations.set(activation, { task, role, isEndShown });
      }
      deaths = [];
      const [only] = worlds;
      const found = worlds.length === 1 ? step(only!, sighting) : worlds.flatMap((world) => step(world, sighting));
      if (sighting.kind === "ends" || sighting.kind === "is left") activations.delete(sighting.activation);
      if (found.length === 0) return told(deaths.find(({ life }) => life !== undefined) ?? deaths[0]!);
      if (found.length !== 1 || found[0] !== only || worlds.length !== 1) worlds = merged(found);
      return undefined;
    },
    devices: () => worlds[0]!.lives.map(deviceOf),
  };
};

/** Calls in which the release function may run. */
const RELEASING: readonly string[] = ["put_device", "device_unregister"];

const WORDS = {
  any: ASKED,
  nonsense: ["asked nonsense"],
  offline: ["asked offline"],
  online: ["asked online"],
} as const;

const keyOf = ({ lives, about }: World): string => {
  const parts = lives.map(
    ({ number, at, known, open, isBlurred }) => `${number} ${at.number} ${open} ${isBlurred} ${JSON.stringify(known)}`,
  );
  return `${parts.sort().join(";")} | ${[...about].join(";")}`;
};

/** What a call of one label may have come to. */
const OUTCOMES = new Map(
  (Object.keys(CALLS) as CallLabel[]).map((label) => {
    const [ok, failed] = [callEvent(label, true), callEvent(label, false)];
    return [label, { ok: [ok], failed: [failed], either: [ok, failed] }] as const;
  }),
);

const lists = new Map<string, readonly string[]>();

/** What a call may have come to: one list for what is alike, so that answers can be remembered by it. */
const eventsOf = (labels: readonly CallLabel[], result: string | undefined): readonly string[] => {
  const [only] = labels;
  if (only !== undefined && labels.length === 1) return outcomesOf(only, result);
  const outcomes = labels.flatMap((label) => outcomesOf(label, result));
  const key = outcomes.join();
  const same = lists.get(key);
  if (same !== undefined) return same;
  lists.set(key, outcomes);
  return outcomes;
};

const outcomesOf = (label: CallLabel, result: string | undefined): readonly string[] => {
  const isOk = succeeded(CALLS[label].result, result);
  return OUTCOMES.get(label)![isOk === undefined ? "either" : isOk ? "ok" : "failed"];
};
