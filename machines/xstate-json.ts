import type { AnyStateMachine } from "xstate";

/** A machine as the JSON that the Stately editor imports: its configuration, with guards and actions by name. */
export const xstateJson = (machine: AnyStateMachine): unknown => {
  const { context, ...config } = machine.config as unknown as Record<string, unknown>;
  return plain({
    ...config,
    // The context is made from the input by a function, which JSON cannot carry: its first value stands for it.
    ...(typeof context === "function" ? { context: firstContext(context as ContextOf) } : {}),
  });
};

type ContextOf = (from: { readonly input: { readonly policy: string } }) => unknown;

const firstContext = (context: ContextOf): unknown => context({ input: { policy: "intended" } });

/** Only what JSON can carry; a machine here has nothing else. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
