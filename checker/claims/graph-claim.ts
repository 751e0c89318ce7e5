/**
 * A claim that no single transition can break: it speaks of what stays possible.
 *
 * "From every state that can be reached, a good one can be reached" (AG EF good) is judged on the whole graph of states
 * that a search has met, or from where runs end. Only steps in which nothing goes wrong count as ways to the good states: no fault,
 * no interruption, and nothing that the environment does only to be in the way.
 */
import type { Replay } from "../schedule.ts";
import type { Claim, ClaimContext, Evidence, Shown } from "./claim.ts";
import { EndJudge } from "./end-judge.ts";
import { GraphJudge } from "./graph-judge.ts";
import { allGoals, type GraphRule, reachedGoals } from "./graph-rule.ts";
import { endOf, type Lost, lostFrom } from "./lost.ts";
import { PlainGraphJudge } from "./plain-graph-judge.ts";
import { type Leading, livelockWords } from "./way-back.ts";

const NO_WAYS = "nothing is known of who may be counted on to bring this system back";

const isLeading = <State, Action, Event>(
  context: ClaimContext<State, Action, Event>,
): context is Leading<State, Action, Event> => context.ways !== undefined;

const shownAt = (step: number, { object, site, detail, livelock }: Lost): Shown => ({
  step,
  violation: { object, site, detail },
  notes: [livelockWords(livelock)],
  onward: livelock.round.length === 0 ? undefined : { stem: livelock.stem, round: livelock.round },
});

/** The claim that there always is a way back. */
export const graphClaim = <State, Event>(rule: GraphRule<State>): Claim<State, unknown, Event> => {
  const lost = (run: Replay<State, unknown, Event>, context: ClaimContext<State, unknown, Event>) =>
    isLeading(context) ? lostFrom(rule, endOf(run), context) : ({ kind: "unknown", because: NO_WAYS } as const);
  return {
    ...rule,
    violations: () => [],
    judge: <Origin>(context: ClaimContext<State, unknown, Event>, way: "space" | "runs") => {
      if (!isLeading(context)) return NO_WAYS;
      return way === "space"
        ? new GraphJudge<State, unknown, Event, Origin>(rule, context)
        : new EndJudge<State, unknown, Event, Origin>(rule);
    },
    searchBehind: () => undefined,
    isTestedBy: (run) => reachedGoals(rule, endOf(run)) !== allGoals(rule),
    shownIn: (run, context) => {
      const found = lost(run, context);
      return "livelock" in found ? [shownAt(run.steps.length, found)] : [];
    },
    partsIn: () => [],
    evidence: (run, { object }, context): Evidence => {
      const found = lost(run, context);
      if (!("livelock" in found)) {
        return found.kind === "unknown"
          ? found
          : { kind: "not shown", because: `the run of ${rule.id} does not end in a livelock when it is replayed` };
      }
      if (found.object !== object) return { kind: "not shown", because: `there is a way to ${object} from there` };
      return { kind: "shown", ...shownAt(run.steps.length, found) };
    },
    plainly: (context) => (isLeading(context) ? new PlainGraphJudge(rule, context) : NO_WAYS),
  };
};
