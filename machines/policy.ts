/** The two ways in which the life of a device is led: what the posted patch does, and what our own driver does. */
export const POLICIES = ["as-posted", "intended"] as const;

/** Whose life cycle it is: that of the posted patch, or that of our own driver. */
export type Policy = (typeof POLICIES)[number];

/** What the policies differ in beside the edges of the machine that bear their names. */
export interface PolicyFacts {
  /** For a person. */
  readonly name: string;
  /** What the driver makes of a probe that asks for no online type that there is. */
  readonly unknownOnlineType: "passes it on" | "takes the default";
  /** When the driver notes a command as its last one. */
  readonly notesCommand: "when the probe has plugged in" | "when it begins";
  /** What the driver looks at before it allocates anything. */
  readonly looksFirstAt: "the range" | "the range and the node";
}

export const POLICY_FACTS: Readonly<Record<Policy, PolicyFacts>> = {
  "as-posted": {
    name: "as posted",
    unknownOnlineType: "passes it on",
    notesCommand: "when the probe has plugged in",
    looksFirstAt: "the range",
  },
  intended: {
    name: "intended",
    unknownOnlineType: "takes the default",
    notesCommand: "when it begins",
    looksFirstAt: "the range and the node",
  },
};
