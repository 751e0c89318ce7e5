import type { AnyStateMachine } from "xstate";
import { POLICIES, POLICY_FACTS, type Policy } from "./policy.ts";

/**
 * A machine as the JSON that the Stately editor imports: its configuration, with guards and actions by name.
 *
 * Under one policy, the edges that bear the name of another one are left out; without, all are there, and the context is that of the
 * intended policy.
 */
export const xstateJson = (machine: AnyStateMachine, policy?: Policy): unknown => {
  const { context, states, ...config } = machine.config as unknown as Record<string, unknown>;
  const others = policy === undefined ? [] : POLICIES.filter((other) => other !== policy);
  return plain({
    ...config,
    // The context is made from the input by a function, which JSON cannot carry: its first value stands for it.
    ...(typeof context === "function" ? { context: firstContext(context as ContextOf, policy ?? "intended") } : {}),
    states: without(states as States, others),
  });
};

type ContextOf = (from: { readonly input: { readonly policy: Policy } }) => unknown;

const firstContext = (context: ContextOf, policy: Policy): unknown => context({ input: { policy } });

type Edge = string | { readonly guard?: string };

type States = Readonly<Record<string, { readonly on?: Readonly<Record<string, Edge | readonly Edge[]>> }>>;

/** The states without the edges that only these policies take: their guards begin with the policy's name. */
const without = (states: States, policies: readonly Policy[]): States => {
  const isTaken = (edge: Edge): boolean =>
    !policies.some((policy) => typeof edge !== "string" && edge.guard?.startsWith(POLICY_FACTS[policy].name));
  return mapValues(states, ({ on = {}, ...state }) => ({
    ...state,
    on: Object.fromEntries(
      Object.entries(on).flatMap(([event, edges]): [string, Edge | readonly Edge[]][] => {
        const taken = [edges].flat().filter(isTaken);
        if (taken.length === 0) return [];
        return [[event, Array.isArray(edges) ? taken : taken[0]!]];
      }),
    ),
  }));
};

const mapValues = <Value, To>(record: Readonly<Record<string, Value>>, to: (value: Value) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));

/** Only what JSON can carry; a machine here has nothing else. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
