import { describeAction } from "./action.ts";
import type { Sight, Vector, VectorStep } from "./vector.ts";

/** One state of a trace: what was done, what it gave, and what is seen then. */
interface ItfState {
  readonly action: string;
  readonly returned: string;
  readonly ended: string;
  readonly sees: Sight;
}

const NOTHING: Sight = { device: false, bound: false, blocks: ["absent", "absent"], iomem: [] };

const statesOf = (step: VectorStep): readonly ItfState[] => {
  switch (step.kind) {
    case "action":
      return [
        {
          action: describeAction(step.action),
          returned: step.returns ?? "waits",
          ended: step.ended ?? "",
          sees: step.sees,
        },
      ];
    case "allocations fail":
      return step.outcomes.flatMap(({ returns, sees, undo }) => [
        {
          action: `${describeAction(step.action)}, an allocation fails or none`,
          returned: returns ?? "waits",
          ended: "",
          sees,
        },
        ...undo.flatMap(statesOf),
      ]);
    case "stress":
      return [];
  }
};

const VARIABLES = {
  device: "Bool",
  bound: "Str",
  firstBlock: "Str",
  otherBlocks: "Str",
  iomem: "Seq(Str)",
  returned: "Str",
  ended: "Str",
  "mbt::actionTaken": "Str",
} as const;

/**
 * A vector in the Informal Trace Format of Apalache (ADR 015).
 *
 * The first state is the machine before anything was done. Where allocations fail in turn, each end is followed by its
 * way back, one after the other. A stress vector is no trace and has none.
 */
export const itfOf = (vector: Vector): object | undefined => {
  if (vector.kind === "stress") return undefined;
  const first: ItfState = { action: "init", returned: "", ended: "", sees: NOTHING };
  return {
    "#meta": {
      format: "ITF",
      "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
      source: "sysram-verify vectors",
      description: `${vector.title}, with auto_online_blocks=${vector.autoOnlineBlocks}`,
      varTypes: VARIABLES,
    },
    vars: Object.keys(VARIABLES),
    states: [first, ...vector.steps.flatMap(statesOf)].map(({ action, returned, ended, sees }, index) => ({
      "#meta": { index },
      device: sees.device,
      bound: sees.bound === null ? "any" : sees.bound ? "yes" : "no",
      firstBlock: sees.blocks[0],
      otherBlocks: sees.blocks[1],
      iomem: sees.iomem,
      returned,
      ended,
      "mbt::actionTaken": action,
    })),
  };
};
