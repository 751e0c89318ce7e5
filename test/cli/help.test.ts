import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addCertify } from "../../cli/certify.ts";
import { addCheck } from "../../cli/check.ts";
import { addCompare } from "../../cli/compare.ts";
import { addExplain } from "../../cli/explain.ts";
import { addMachine } from "../../cli/machine.ts";
import { addReplay } from "../../cli/replay.ts";
import { addReview } from "../../cli/review.ts";
import { addTrace } from "../../cli/trace.ts";
import { addVectors } from "../../cli/vectors.ts";
import { addVerify } from "../../cli/verify.ts";

const program = new Command();
for (const add of [addCertify, addCheck, addCompare, addExplain, addMachine]) add(program);
for (const add of [addReplay, addReview, addTrace, addVectors, addVerify]) add(program);

describe("--help", () => {
  it.each(program.commands.map((command) => [command.name(), command] as const))(
    "speaks of no option that %s lacks",
    (_, command) => {
      const known = new Set(["--help", ...command.options.map(({ long }) => long)]);
      const spoken = command.options.flatMap(({ description }) => description.match(/--[a-z][a-z-]*/g) ?? []);
      expect(spoken.filter((option) => !known.has(option))).toEqual([]);
    },
  );
});
