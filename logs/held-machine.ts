import type { AnyStateMachine } from "xstate";
import { lifeCycleName, MACHINES, type NamedMachine, RULES, tableOf } from "../machines/index.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import type { MachineTable } from "../machines/table.ts";

/** A machine that a log is held against. */
export interface HeldMachine {
  /** For a person: `the life cycle as intended`. */
  readonly title: string;
  readonly table: MachineTable;
  /** Whether it tells when the driver rests, and when a device is over: the life cycle does. */
  readonly isLife: boolean;
  /** Every edge, as the machine is written down; the table has no guards any more. */
  readonly edges: readonly WrittenEdge[];
}

/** An edge as its author wrote it. */
export interface WrittenEdge {
  readonly from: string;
  readonly event: string;
  readonly to: string;
  readonly guard: string | null;
}

/** Whose life cycle a log is held against. */
export type HeldPolicy = Policy | "any";

/** The machines whose events are calls of the driver, so that a log can show them. */
export const HELD: readonly NamedMachine[] = MACHINES.filter(
  ({ name }) => name === "sysram" || RULES.some((rule) => rule.name === name),
);

/**
 * The alternative sets of machines that a log is held against: all of one set must accept, of one set at least.
 *
 * Under one policy the rules stand beside the life cycle. Where any policy will do nobody has said what the driver is
 * meant to do, and the rules speak of what it is meant to do: so they stand aside.
 *
 * @param only - the name of the one machine that is asked for
 */
export const alternativesOf = (policy: HeldPolicy, only?: string): readonly (readonly HeldMachine[])[] => {
  const [life, ...rules] = HELD;
  const rule = rules.find(({ name }) => name === only);
  if (rule !== undefined) return [[heldRule(rule)]];
  if (policy === "any") return POLICIES.map((each) => [heldLife(life!, each)]);
  const beside = only === undefined ? rules.map(heldRule) : [];
  return [[heldLife(life!, policy), ...beside]];
};

const heldLife = (life: NamedMachine, policy: Policy): HeldMachine => ({
  title: lifeCycleName(policy),
  table: tableOf(life, policy),
  isLife: true,
  edges: writtenEdges(life.machine),
});

const heldRule = (rule: NamedMachine): HeldMachine => ({
  title: `the rule of ${rule.title}`,
  table: tableOf(rule),
  isLife: false,
  edges: writtenEdges(rule.machine),
});

type Target = string | { readonly target?: string; readonly guard?: unknown };

const writtenEdges = ({ config }: AnyStateMachine): readonly WrittenEdge[] =>
  Object.entries(config.states ?? {}).flatMap(([from, state]) =>
    Object.entries((state as { readonly on?: Readonly<Record<string, Target | readonly Target[]>> }).on ?? {}).flatMap(
      ([event, targets]) =>
        [targets].flat().map((written): WrittenEdge => {
          const { target = from, guard } =
            typeof written === "string" ? { target: written } : (written as Exclude<Target, string>);
          return { from, event, to: target, guard: typeof guard === "string" ? guard : null };
        }),
    ),
  );
