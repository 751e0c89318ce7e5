import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { allocationsAreFreed } from "../../properties/ownership.ts";
import { commandLine, temporaryFolder } from "../support/cli.ts";
import { widgetText } from "../support/widget.ts";

/** How long after its discovery the first finding may come onto the screen. */
const MOST_MS = 3000;

const FOUND = /^found: .*allocations-are-freed/m;

const folder = temporaryFolder();

/** How often a claim may be judged in between, where the run that shows the finding is taken again. */
const MOST_JUDGED = 10;

/** When something is wrong for the first time in a step that is judged, and how many steps are judged, by then and in all. */
const watchedDiscovery = () => {
  const { violations } = allocationsAreFreed;
  const watched = { atMs: Number.NaN, judgedBefore: 0, judged: 0 };
  vi.spyOn(allocationsAreFreed, "violations").mockImplementation((step) => {
    const found = violations(step);
    watched.judged += 1;
    if (found.length === 0 || watched.judgedBefore > 0) return found;
    watched.atMs = performance.now();
    watched.judgedBefore = watched.judged;
    return found;
  });
  return watched;
};

describe("the first finding of a search", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is on the screen within three seconds of its discovery, while the search goes on", async () => {
    writeFileSync(join(folder, "leaks.c"), widgetText({ body: "\tkzalloc(8, GFP_KERNEL);" }));
    const discovery = watchedDiscovery();
    const printed = { atMs: Number.NaN, judgedBefore: 0 };
    let told = "";
    const options = ["--blocks", "1", "--faults", "0", "--bound-states", "300"];
    const ran = await commandLine(["review", "--source", "leaks.c", ...options], {
      folder,
      onStderr: (text) => {
        told += text;
        if (!FOUND.test(told) || printed.judgedBefore > 0) return;
        printed.atMs = performance.now();
        printed.judgedBefore = discovery.judged;
      },
    });
    expect(ran.exitCode).toBe(1);
    expect(printed.atMs - discovery.atMs).toBeLessThan(MOST_MS);
    expect(printed.judgedBefore - discovery.judgedBefore).toBeLessThan(MOST_JUDGED);
    expect(discovery.judged).toBeGreaterThan(2 * printed.judgedBefore);
  });
});
