import type { CallLabel } from "./calls.ts";

/** A question that the driver answers out of what it knows, without a call of the kernel. */
export type Question = "does the region fit" | "which node" | "plug in at once" | "is the memory there already";

/**
 * What is done in a state of the life cycle on the way to the next; a state without this is a state of rest.
 *
 * It stands in the state's `meta`, as plain data: the machine itself never acts.
 */
export type Does =
  | { readonly calls: CallLabel; readonly part: Part }
  | { readonly asks: Question; readonly part: Part }
  | { readonly part: Part };

/** The chapters of the life, by which the picture groups the states. */
export type Part = "setting up" | "plugging in" | "in use" | "plugging out" | "tearing down";
