import { performance } from "node:perf_hooks";
import { explore } from "../checker/explore.ts";
import type { System } from "../checker/system.ts";
import type { BuildKind } from "../driver/build/build.ts";
import { readReference } from "../driver/reference.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { buildSubject } from "../harness/build-subject.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import { properties } from "../properties/index.ts";

/**
 * How fast the search is: figures to compare within one run, never a test.
 *
 * The counter tells what the search itself costs, the reference driver what a step of real C costs beside it.
 */

/** A system whose steps cost nothing. */
const counter: System<number, number, never> = {
  initial: [0],
  actions: () => [1, 2, 3],
  step: (state, action) => ({ state: (state * 3 + action) % 300_007, events: [] }),
  key: String,
  describe: String,
};

const megabytes = (): number => Math.round(process.memoryUsage().rss / 2 ** 20);

const measure = async (name: string, run: () => Promise<{ states: number; transitions: number }>): Promise<void> => {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { states, transitions } = await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const line = [
    name.padEnd(42),
    `${states} states`,
    `${transitions} transitions`,
    `${Math.round(transitions / seconds)}/s wall`,
    `${Math.round(transitions / ((user + system) / 1e6))}/s cpu`,
    `${seconds.toFixed(1)} s`,
    `${megabytes()} MiB`,
  ].join("  ");
  process.stdout.write(`${line}\n`);
};

const bounds = {};
await measure("the search alone (a counter)", () => explore(counter, { properties: [], faults: 0, bounds }));

// What it costs that every load and store reports itself and is looked up: one search, with and without.
const cpuOf = async (kind: BuildKind): Promise<number> => {
  const built = await buildSubject(readReference(), undefined, kind);
  const cpu = process.cpuUsage();
  await explore(sysramSystem(loadDriver(built), { regions: 1, blocks: 1 }), { properties, faults: "all", bounds });
  return process.cpuUsage(cpu).user;
};
await cpuOf("plain"); // the engine learns the code first
const [plain, checked] = [await cpuOf("plain"), await cpuOf("checked")];
process.stdout.write(`loads and stores checked, against not: ${(checked / plain).toFixed(2)} of the CPU time\n`);

const image = await buildSubject(readReference());
for (const blocks of [1, 2]) {
  await measure(`the reference driver, ${blocks} block${blocks === 1 ? "" : "s"}, all faults`, () =>
    explore(sysramSystem(loadDriver(image), { regions: 1, blocks }), { properties, faults: "all", bounds }),
  );
}
