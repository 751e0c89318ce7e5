import { beforeAll, describe, expect, it } from "vitest";
import { coverageOfDriver, type DriverCoverage } from "../../harness/coverage.ts";
import { exploreAll, SMALL, systemOf } from "../support/review.ts";
import { widget, widgetText } from "../support/widget.ts";

const parts = {
  includes: "#include <linux/string.h>",
  top: `static int wide(int n)
{
	return n ? n * 2 : 1; /* choice */
}

static int inner(void)
{
	return wide(0); /* inner */
}

static int outer(void)
{
	return inner(); /* outer */
}

int widget_for_others(void);
int widget_for_others(void)
{
	return 4; /* others */
}
`,
  body: `	char *name = kasprintf(GFP_KERNEL, "%d", cxlr->id);
	int count = strlen("four");

	if (!name) /* name */
		return -ENOMEM; /* no memory */
	if (count < 0 || count > 4) /* either */
		err = outer(); /* far */
	switch (count) { /* switch */
	case 4:
		err = 0; /* four */
		break;
	case 5:
		err = -EINVAL; /* five */
		break;
	}
	if (kstrtoint("1", 10, &count) < 0) /* number */
		err = -ERANGE; /* no number */
	for (count = 0; count < 3; count++) /* loop */
		err += wide(count) < 0; /* body */
	kfree(name);`,
};

const lines = widgetText(parts).split("\n");
const lineOf = (mark: string): number => {
  const at = lines.findIndex((line) => line.endsWith(`/* ${mark} */`));
  if (at === -1) throw new Error(`no line is marked ${mark}`);
  return at + 1;
};

let coverage: DriverCoverage;
beforeAll(async () => {
  const system = await systemOf(widget(parts), SMALL);
  await exploreAll(system, { bounds: { maxStates: 40 } });
  coverage = coverageOfDriver(system);
});

const told = (mark: string) => {
  const found = coverage.lines.find(({ line }) => line === lineOf(mark));
  return { isRun: found !== undefined && found.hits > 0, because: found?.because };
};
const waysAt = (mark: string) =>
  coverage.ways.filter(({ line }) => line === lineOf(mark)).map(({ way, hits, because }) => [way, hits > 0, because]);

describe("what a search has run of a driver", () => {
  it("is each line of it, with the reason where it is not", () => {
    expect(told("no memory")).toEqual({ isRun: true, because: "" });
    expect(told("four")).toEqual({ isRun: true, because: "" });
    expect(told("others")).toEqual({
      isRun: false,
      because: "nothing that the environment does calls widget_for_others()",
    });
    const strlen = lines.findIndex((text) => text.includes("strlen(")) + 1;
    expect(told("far")).toEqual({
      isRun: false,
      because: `strlen() at line ${strlen} never returned a negative value; the condition at line ${lineOf("either")} was never true`,
    });
    expect(told("inner")).toEqual({
      isRun: false,
      because: `inner() is called only at line ${lineOf("outer")}, which no run reached`,
    });
    expect(told("five")).toEqual({ isRun: false, because: `the value at line ${lineOf("switch")} was never 5` });
    expect(told("no number")).toEqual({
      isRun: false,
      because: `kstrtoint() at line ${lineOf("number")} never returned a negative value`,
    });
  });

  it("is each way of its branches, also of those that lead to where others meet", () => {
    expect(waysAt("name")).toEqual([
      ["true", true, ""],
      ["false", true, ""],
    ]);
    expect(waysAt("either").map(([way, isTaken]) => [way, isTaken])).toEqual([
      ["true", false],
      ["false", true],
      ["true", false],
      ["false", true],
    ]);
    expect(waysAt("loop").map(([way, isTaken]) => [way, isTaken])).toEqual([
      ["true", true],
      ["false", true],
    ]);
    expect(waysAt("choice").map(([way, isTaken]) => [way, isTaken])).toEqual([
      ["true", true],
      ["false", true],
    ]);
    expect(waysAt("switch").map(([way, isTaken]) => [way, isTaken])).toContainEqual(["5", false]);
  });

  it("is what each call was answered", () => {
    const name = coverage.outcomes.filter(({ question }) => question === "kasprintf");
    expect(name.map(({ label, isFault, given }) => [label, isFault, given > 0])).toEqual([
      ["succeeds", false, true],
      ["-ENOMEM", true, true],
    ]);
    expect(name[0]!.line).toBe(lines.findIndex((text) => text.includes("kasprintf(")) + 1);
  });
});
