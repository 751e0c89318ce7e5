import { describe, expect, it } from "vitest";
import { commands } from "../support/dry-run.ts";

describe("--help", () => {
  it.each(commands().map((command) => [command.name(), command] as const))(
    "speaks of no option that %s lacks",
    (_, command) => {
      const known = new Set(["--help", ...command.options.map(({ long }) => long)]);
      const spoken = command.options.flatMap(({ description }) => description.match(/--[a-z][a-z-]*/g) ?? []);
      expect(spoken.filter((option) => !known.has(option))).toEqual([]);
    },
  );
});
