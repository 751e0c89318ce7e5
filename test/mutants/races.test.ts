import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { PROBE, PROBE_OFFLINE } from "../support/commands.ts";
import { GOES_ON, INTERRUPTED, OFFLINE, ONLINE, raceCases, searchEdited, searchSubject } from "./races.ts";

describe("the reference driver under two tasks", { tags: ["mutant"] }, () => {
  it("keeps every property, whatever is interrupted twice", async () => {
    const { found } = await searchEdited([], [PROBE, ONLINE, OFFLINE]);
    expect(found).toMatchObject({ findings: [], ending: "exhausted", states: 756, transitions: 3_441 });
    const tested = found.properties.filter(({ property }) => property === "accesses-are-ordered");
    expect(tested).toMatchObject([{ verdict: "holds" }]);
  });
});

/** How many of the table `npm test` looks at. */
const FIRST = 3;

describe.each([
  ["a driver that", ["mutant"], raceCases.slice(0, FIRST)],
  ["another driver that", ["mutant", "long"], raceCases.slice(FIRST)],
] as const)("%s", (_title, tags, some) => {
  it.each(some.map((each) => [each.name, each] as const))(
    "%s is found out, with the fewest interruptions",
    { tags: [...tags] },
    async (_, { edits, commands, property, run }) => {
      const { found, short } = await searchEdited(edits, commands);
      expect(found.ending).toBe("exhausted");
      expect(short.find((finding) => finding.property === property)?.run).toEqual(run);
    },
  );
});

describe("interrupting tasks only where others could notice", { tags: ["mutant"] }, () => {
  it.each(raceCases.slice(1, 3).map((each) => [each.name, each] as const))(
    "finds all that interrupting them everywhere finds in a driver that %s, in fewer states",
    async (_, { edits, commands }) => {
      const reduced = await searchEdited(edits, commands);
      const full = await searchEdited(edits, commands, { isReduced: false });
      const names = ({ short }: typeof full): readonly string[] =>
        short.map(({ property, object, blamed, run }) => [property, object, blamed, ...run].join("; ")).sort();
      expect(names(reduced)).toEqual(names(full));
      expect(reduced.found.states).toBeLessThan(full.found.states);
    },
  );
});

const POSTED = join(packageRoot, "../shared/inputs/v4-24of27.mbox");

describe.skipIf(!existsSync(POSTED))(
  "the posted driver (skipped where its mail is missing)",
  { tags: ["mutant"] },
  () => {
    it("loses its record of the memory to two writers who both ask for it", async () => {
      const { short } = await searchSubject(await readInputs([POSTED]), [PROBE_OFFLINE, ONLINE]);
      const lost = short.find(({ property }) => property === "records-agree-with-the-kernel");
      expect(lost?.run).toEqual([PROBE_OFFLINE, ONLINE, INTERRUPTED, ONLINE, INTERRUPTED, GOES_ON, "task 2 goes on"]);
      expect(short.map(({ property, object }) => [property, object])).toContainEqual([
        "accesses-are-ordered",
        "res of struct cxl_sysram",
      ]);
    });
  },
);
