import { ExactSet } from "./exact-set.ts";
import { HashedSet } from "./hashed-set.ts";
import type { VisitedSet } from "./visited-set.ts";

/** How states are told apart: by their keys, or by hashes of them. */
export const VISITED = ["exact", "hashed"] as const;

export type Visited = (typeof VISITED)[number];

/** An empty set. */
export const visitedSet = (visited: Visited): VisitedSet => (visited === "exact" ? new ExactSet() : new HashedSet());
