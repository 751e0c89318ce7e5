import type { CallLabel } from "./calls.ts";

/** A question that the driver answers out of what it knows, without a call of the kernel. */
export type Question = "does the region fit" | "which node" | "plug in at once" | "is the memory there already";

/**
 * What is done in a state of the life cycle on the way to the next; a state without this is a state of rest.
 *
 * It stands in the state's `meta`, as plain data: the machine itself never acts.
 */
export type Does = Place & ({ readonly calls: CallLabel } | { readonly asks: Question } | object);

/** Where a state stands in the pictures. */
interface Place {
  readonly part: Part;
  /** The state of the overview that it belongs to; one without a stage is passed through on the way from one to another. */
  readonly stage?: string;
}

/** The chapters of the life, by which the picture groups the states. */
export type Part = "setting up" | "plugging in" | "in use" | "plugging out" | "tearing down";
