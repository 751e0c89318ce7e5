import type { Finding } from "./finding.ts";
import { type Hashed, MAX_CHANCE, oddsText } from "./odds.ts";
import type { Schedule } from "./schedule.ts";

/** Why a search stopped. Only `"exhausted"` supports a universal claim. */
export type Ending =
  | "exhausted"
  | "sampled"
  | "state limit"
  | "depth limit"
  | "time limit"
  | "memory limit"
  | "interrupted";

/** What the checker may say of one property, and nothing stronger. */
export type Verdict = "holds" | "violated" | "unreached" | "inconclusive";

/** What was seen of one property. */
export interface PropertyCounts {
  /** Transitions that put it to the test. */
  readonly concerned: number;
  /** Transitions that broke it. */
  readonly violated: number;
  /** The cheapest run that puts it to the test. */
  readonly witness: Schedule | undefined;
}

/** What the checker says of one property, and what it rests on. */
export interface PropertyVerdict extends PropertyCounts {
  /** The `id` of the property. */
  readonly property: string;
  readonly verdict: Verdict;
  /** One sentence for a person, without the full stop. */
  readonly because: string;
  /** How far the search got that judged it, where it was one of its own. */
  readonly reach?: Reach;
  /** What was asked for, where it is claimed to be granted. */
  readonly asked?: readonly Asked[];
}

/** One thing that was asked for, and what came of it along a whole search. */
export interface Asked {
  readonly what: string;
  readonly isGranted: boolean;
  /** Whether it was refused because something does not work there. */
  readonly isExcused: boolean;
  /** Whether whoever asks for it may expect it. */
  readonly isInOrder: boolean;
  /** The cheapest run in which it is refused though nothing went wrong. */
  readonly refusal?: Finding;
}

/** How far a search got. */
export interface Reach {
  readonly ending: Ending;
  readonly states: number;
  readonly transitions: number;
  /** States that were met and not expanded. */
  readonly frontier: number;
  /** Transitions behind which the search did not look, because they only repeat a violation. */
  readonly cut: number;
  /** How states were told apart, where that was not by all that they are. */
  readonly hashed?: Hashed;
}

/** `3 transitions`, `1 transition`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

const stopReason = ({ ending, states, frontier }: Reach): string | undefined => {
  const unexpanded = `with ${count(frontier, "state")} not expanded`;
  switch (ending) {
    case "exhausted":
      return undefined;
    case "sampled":
      return "runs were only sampled";
    case "state limit":
      return `the search was to meet no more than ${count(states, "state")}`;
    case "depth limit":
    case "time limit":
    case "memory limit":
      return `the search stopped at its ${ending}, ${unexpanded}`;
    case "interrupted":
      return `the search was interrupted, ${unexpanded}`;
  }
};

const cutReason = ({ cut }: Reach): string | undefined =>
  cut === 0 ? undefined : `${count(cut, "transition")} that only repeat a violation ended their runs`;

/** Why a search says nothing of the whole space that may well have taken a state for another one. */
const hashReason = ({ hashed }: Reach): string | undefined =>
  hashed === undefined || hashed.chance <= MAX_CHANCE
    ? undefined
    : `states were told apart by ${hashed.bits}-bit hashes, with odds of up to ${oddsText(hashed.chance)} that one was taken for another`;

/** What else is to be said of a whole space, where it is whole but for next to nothing. */
const hashRemark = ({ hashed }: Reach): string =>
  hashed === undefined
    ? ""
    : `, told apart by ${hashed.bits}-bit hashes: the odds that one was missed are at most ${oddsText(hashed.chance)}`;

const conclude = (
  { concerned, violated }: PropertyCounts,
  reach: Reach,
): Pick<PropertyVerdict, "verdict" | "because"> => {
  const tests = count(concerned, "transition");
  if (violated > 0)
    return { verdict: "violated", because: `broken by ${violated} of the ${tests} that put it to the test` };

  const doubts = [stopReason(reach), cutReason(reach), hashReason(reach)].filter((reason) => reason !== undefined);
  if (doubts.length > 0) {
    const soFar = concerned === 0 ? "never put to the test" : `kept by the ${tests} that put it to the test`;
    return { verdict: "inconclusive", because: `${soFar}, but ${doubts.join(", and ")}` };
  }
  const whole = `the whole space of ${count(reach.states, "state")} and ${count(reach.transitions, "transition")}${hashRemark(reach)}`;
  if (concerned === 0) return { verdict: "unreached", because: `nothing puts it to the test in ${whole}` };
  return { verdict: "holds", because: `kept by the ${tests} that put it to the test in ${whole}` };
};

/**
 * The verdict on one property.
 *
 * It holds only where the space is exhausted, nothing was cut, and something put it to the test; where states were told
 * apart by hashes, only as long as it is next to certain that none was lost. A fatal violation of
 * another property takes nothing away from that: a machine that crashed has no future to look into.
 */
export const verdictOn = (property: string, counts: PropertyCounts, reach: Reach): PropertyVerdict => ({
  property,
  ...conclude(counts, reach),
  ...counts,
});
