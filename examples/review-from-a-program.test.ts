/**
 * A review of a patch from a program, with its progress, its findings as they come, and an early end.
 *
 * `{ kind: "patches", patches: ["first-draft.mbox"] }` in the place of the text takes a file. Outside this repository the import
 * is from "sysram-verify".
 */
import { describe, expect, it } from "vitest";
import { type FoundFinding, review, type Source, VerifyError } from "../index.ts";

/** A driver that keeps a name for each region, and frees it behind what holds it. */
const lines = `#include <linux/device.h>
#include <linux/slab.h>
#include <cxl.h>
#include "core.h"

struct note {
	char *name;
};

static void forget_note(void *data)
{
	struct note *note = data;

	kfree(note);
	kfree(note->name);
}

int devm_cxl_add_note(struct cxl_region *cxlr)
{
	struct note *note = kzalloc(sizeof(*note), GFP_KERNEL);

	if (!note)
		return -ENOMEM;
	note->name = kstrdup("a region", GFP_KERNEL);
	if (!note->name) {
		kfree(note);
		return -ENOMEM;
	}
	return devm_add_action_or_reset(&cxlr->dev, forget_note, note);
}`.split("\n");

const patch = `diff --git a/drivers/cxl/core/region_note.c b/drivers/cxl/core/region_note.c
new file mode 100644
--- /dev/null
+++ b/drivers/cxl/core/region_note.c
@@ -0,0 +1,${lines.length} @@
${lines.map((line) => `+${line}`).join("\n")}
`;

const source: Source = {
  kind: "patches",
  patches: [{ name: "note.patch", bytes: new TextEncoder().encode(patch) }],
};

describe("a review from a program", () => {
  it("tells of each finding when the search comes to it, and of all of them in its report", async () => {
    const found: FoundFinding[] = [];
    const progress: number[] = [];
    const { report } = await review(source, {
      ...{ blocks: 1, faults: 0, policy: "none" },
      onProgress: ({ states }) => progress.push(states),
      onFinding: (finding) => found.push(finding),
    });

    expect(report.search.ending).toBe("exhausted");
    expect(progress.every((states) => states <= report.search.states)).toBe(true);
    const titles = (findings: readonly FoundFinding[]) => findings.map(({ title }) => title).toSorted();
    expect(titles(found)).toEqual(titles(report.findings));
    expect(report.findings.map(({ property, title, needs }) => ({ property, title, needs }))).toMatchInlineSnapshot(`
      [
        {
          "needs": "nothing",
          "property": "nothing-is-freed-twice",
          "title": "kfree() was given memory that is not a live allocation",
        },
        {
          "needs": "nothing",
          "property": "the-driver-does-not-crash",
          "title": "forget_note() reads 8 bytes of the 8 that kzalloc() at region_note.c:20 allocated and kfree() freed at region_note.c:14",
        },
        {
          "needs": "nothing",
          "property": "allocations-are-freed",
          "title": "9 bytes from kstrdup() are still allocated, and no device is left that could free them",
        },
      ]
    `);
  });

  it("ends early, with what it has found by then", async () => {
    const interrupt = new AbortController();
    const { report } = await review(source, {
      signal: interrupt.signal,
      onFinding: () => interrupt.abort(),
    });

    // With all that can fail, the search would otherwise take minutes.
    expect(report).toMatchObject({ verdict: "violated", search: { ending: "interrupted" } });
  });

  it("says by a code why it cannot be done", async () => {
    const nowhere: Source = { kind: "patches", patches: ["no/such/file.patch"] };
    const error = await review(nowhere).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(VerifyError);
    expect(error).toMatchObject({ code: "not-found", message: "no/such/file.patch: no such file" });
  });
});
