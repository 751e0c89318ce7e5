import { machineSubject } from "../harness/machine-driver/subject.ts";
import { MACHINES, RULES, tableOf } from "../machines/index.ts";
import { edgesOf, nodesOf } from "../machines/listing.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import { keptBy, type RuleOutcome } from "../machines/rule-check.ts";
import { checkEngine } from "./check-options.ts";
import type { EngineOptions } from "./engine.ts";
import { VerifyError } from "./error.ts";
import { guarded } from "./guarded.ts";
import { asSubject } from "./machine-subject.ts";
import { type Review, reviewOf, type SizeOptions, sizeOf } from "./review.ts";
import type { Watching } from "./watching.ts";

/** What to verify, and how; regions have 1 memory block where nobody says otherwise. */
export interface VerifyOptions extends EngineOptions, SizeOptions, Watching {
  /** Which life cycle; both where it is left out. */
  readonly policy?: Policy | "all" | undefined;
  /** A folder: the counterexamples that are saved there are taken first, and what is found is saved there. */
  readonly corpus?: string | undefined;
  /** Is told what came of a life cycle before the next one is searched. */
  readonly onReview?: ((review: Review) => void | Promise<void>) | undefined;
}

/**
 * Verifies the life cycle as a machine in a driver's place, by the properties that drivers are held to.
 *
 * @returns what came of each policy; where one was interrupted, of those before it and of that
 * @throws VerifyError by its code
 */
export const verify = guarded(async (options: VerifyOptions = {}): Promise<readonly Review[]> => {
  checkEngine(options);
  const { policy: asked = "all", onReview } = options;
  const reviews: Review[] = [];
  for (const policy of asked === "all" ? POLICIES : [asked]) {
    // A damaged file belongs to no policy: one warning is enough.
    const { onWarning, ...quiet } = options;
    const done = await verifyPolicy(policy, reviews.length === 0 ? options : quiet);
    reviews.push(done);
    await onReview?.(done);
    if (done.exploration.ending === "interrupted") break;
  }
  return reviews;
});

const verifyPolicy = (policy: Policy, options: VerifyOptions): Promise<Review> => {
  // One block shows all that the policies differ in, and takes a third of the time of two.
  const configuration = sizeOf({ ...options, blocks: options.blocks ?? 1 });
  return reviewOf(
    { subject: asSubject(machineSubject(policy)), blueprint: { driver: { kind: "machine", policy }, configuration } },
    options,
  );
};

/** A rule, and whether the life cycles keep it; report/rule.schema.json describes it. */
export interface VerifiedRule {
  readonly format: "sysram-verify/rule";
  readonly version: 1;
  readonly machine: string;
  readonly states: number;
  readonly transitions: number;
  /** Empty where no call of a driver is a step of the rule: it is the environment's. */
  readonly outcomes: readonly (RuleOutcome & { readonly policy: Policy })[];
}

/**
 * Holds a rule of the kernel's against the life cycles, as machines alone.
 *
 * @throws VerifyError `not-found` where no machine has that name
 */
export const verifyRule = (name: string, policy: Policy | "all" = "all"): VerifiedRule => {
  const rule = machineOfName(name);
  const table = tableOf(rule);
  const policies = policy === "all" ? POLICIES : [policy];
  return {
    format: "sysram-verify/rule",
    version: 1,
    machine: rule.name,
    states: nodesOf(table).length,
    transitions: edgesOf(table).length,
    // A rule is held against the life cycles as far as it speaks of their calls; one that does not is only described.
    outcomes: RULES.includes(rule) ? policies.map((own) => ({ policy: own, ...keptBy(own, table) })) : [],
  };
};

/**
 * The machine of a name.
 *
 * @throws VerifyError `not-found` where there is none
 */
export const machineOfName = (name: string): (typeof MACHINES)[number] => {
  const machine = MACHINES.find((candidate) => candidate.name === name);
  if (machine !== undefined) return machine;
  const names = MACHINES.map((known) => known.name).join(", ");
  throw new VerifyError("not-found", `there is no machine called ${JSON.stringify(name)}`, `it is one of ${names}`);
};
