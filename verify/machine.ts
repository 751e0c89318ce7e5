import { tableOf } from "../machines/index.ts";
import { listing } from "../machines/listing.ts";
import { dot, drawnOf, mermaid, mermaidOverview } from "../machines/picture.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import { xstateJson } from "../machines/xstate-json.ts";
import { machineOfName } from "./verify.ts";

/** In which form a machine is drawn, and which life cycle of it. */
export interface MachineOptions {
  /** "overview" and "mermaid" for Mermaid, "dot" for Graphviz, "xstate" for the Stately editor, or "text". */
  readonly format: "overview" | "mermaid" | "dot" | "xstate" | "text";
  /** One life cycle, or both with their differences marked. */
  readonly policy?: Policy | "all" | undefined;
}

/**
 * Draws a machine.
 *
 * @throws VerifyError `not-found` where no machine has that name
 */
export const machine = (name: string, { format, policy = "all" }: MachineOptions): string => {
  const drawn = machineOfName(name);
  const policies = policy === "all" ? POLICIES : [policy];
  switch (format) {
    case "overview":
      // A rule that is no life cycle is its own overview.
      return drawn.policies.length === 0
        ? mermaid(drawnOf(drawn, policies))
        : mermaidOverview(drawnOf(drawn, policies));
    case "mermaid":
      return mermaid(drawnOf(drawn, policies));
    case "dot":
      return dot(drawnOf(drawn, policies));
    case "xstate":
      return `${JSON.stringify(xstateJson(drawn.machine, policy === "all" ? undefined : policy), null, 2)}\n`;
    case "text": {
      const shown = drawn.policies.length === 0 ? [undefined] : policies;
      return shown
        .map((own) => {
          const heading = own === undefined ? "" : `# ${own}\n`;
          return `${heading}${listing(tableOf(drawn, own)).join("\n")}\n`;
        })
        .join("\n");
    }
  }
};
