import { spawnSync } from "node:child_process";
import { explore } from "../checker/explore.ts";
import type { System } from "../checker/system.ts";
import { VISITED, visitedSet } from "../checker/visited.ts";
import type { BuildKind } from "../driver/compile/build.ts";
import { readReference } from "../driver/reference.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { type Blueprint, systemFrom } from "../harness/blueprint.ts";
import { buildSubject } from "../harness/build-subject.ts";
import { exploreReduced } from "../harness/explore-reduced.ts";
import { offersOf } from "../harness/offers.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import { claims } from "../properties/index.ts";
import { measureLogs } from "./logs.ts";
import { columnsOf, costOf, keptBy, keptText, print, whole } from "./measure.ts";

/**
 * How fast the search is: figures to compare within one run on a machine that does nothing else, never a test.
 *
 * The counter tells what the search itself costs, the life cycle what the modelled kernel costs beside it, and the
 * reference driver what a step of real C costs beside both.
 */

/** A system whose steps cost nothing. */
const counter: System<number, number, never> = {
  initial: [0],
  actions: () => [1, 2, 3],
  step: (state, action) => ({ state: (state * 3 + action) % 300_007, events: [] }),
  key: String,
  describe: String,
};

const ALL = { faults: "all", bounds: {} } as const;
const image = await buildSubject(readReference());
const machineLayer: Blueprint = {
  driver: { kind: "machine", policy: "intended" },
  configuration: { regions: 1, blocks: 1 },
};
const codeLayer: Blueprint = {
  driver: { kind: "image", image, policy: "intended" },
  configuration: { regions: 1, blocks: 2 },
};

for (const form of VISITED) {
  const visited = () => visitedSet(form);
  const run = () => explore(counter, { ...ALL, claims: [], visited });
  print(`the search alone (a counter), ${form}`, ...columnsOf(await costOf(run)));
}
for (const [name, blueprint] of [
  ["machine layer (the intended life, 1 block)", machineLayer],
  ["code layer (the reference driver, 2 blocks)", codeLayer],
] as const) {
  for (const form of VISITED) {
    const visited = () => visitedSet(form);
    const { system } = systemFrom(blueprint);
    const cost = await costOf(() => explore(system, { ...ALL, claims, visited }));
    const kept = await keptBy((onProgress) => explore(system, { ...ALL, claims, visited, onProgress }));
    print(`${name}, ${form}`, ...columnsOf(cost), keptText(kept));
  }
}
print("peak memory so far", `${whole(process.resourceUsage().maxRSS / 1024)} MiB`);

// What two threads bring to a command as a whole: the command line that the script has bundled runs as it is shipped.
const [, , main] = process.argv;
if (main === undefined) throw new Error("the benchmark needs the bundled command line: start it with npm run bench");
const reviewWith = (workers: number): number => {
  const asked = ["review", "--quiet", "--workers", String(workers), "--json", "-"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...asked], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`review exited ${status}: ${stderr}`);
  return (JSON.parse(stdout) as { readonly search: { readonly elapsedMs: number } }).search.elapsedMs / 1000;
};
const [alone, two] = [reviewWith(1), reviewWith(2)];
print(
  "the code layer in one thread, and in two",
  `${alone.toFixed(1)} s, ${two.toFixed(1)} s: ${(alone / two).toFixed(2)} times as fast`,
);

// What the reduction brings: the same commands, interrupted everywhere and only where others could notice.
const COMMANDS = /^(probe region0, offline|echo online_movable |unbind )/;
const twoTasks = (isReduced: boolean, built = image, isCached = true) => {
  const interruptAt = built.suspendsAtAccesses ? "accesses" : "calls";
  const system = sysramSystem(
    loadDriver(built),
    { regions: 1, blocks: 1, tasks: 2, interruptAt },
    { isReduced, isCached },
  );
  const actions: typeof system.actions = (state) =>
    system
      .actions(state)
      .filter((action) => action.kind !== "start" || COMMANDS.test(system.commands[action.command]!.label));
  return {
    ...system,
    actions,
    initial: system.initial.slice(0, 1),
    initialConfigurations: system.initialConfigurations.slice(0, 1),
  };
};
const several = { claims, faults: 0, preemptions: "all", bounds: {} } as const;
const everyStep = twoTasks(false);
const everywhere = await costOf(() => explore(everyStep, { ...several, offers: offersOf(everyStep) }));
const reduced = await costOf(() => exploreReduced(twoTasks(true), several));
print("two tasks, interrupted everywhere", ...columnsOf(everywhere));
print("two tasks, where others could notice", ...columnsOf(reduced));
print(
  "the reduction brings",
  `${(everywhere.exploration.states / reduced.exploration.states).toFixed(1)} times fewer states`,
  `${(everywhere.cpu / reduced.cpu).toFixed(1)} times less CPU time, with what is spent to learn where`,
);

// What it brings that a step which looks at the same as another one is not run again.
const allFaults = { ...several, faults: "all", preemptions: 1 } as const;
const [run, known] = [
  await costOf(() => exploreReduced(twoTasks(true, image, false), allFaults)),
  await costOf(() => exploreReduced(twoTasks(true), allFaults)),
];
print("two tasks, all faults, each step run", ...columnsOf(run));
print("the same, known steps not run again", ...columnsOf(known));
print("that brings", `${(run.cpu / known.cpu).toFixed(1)} times less CPU time`);

// What states take of which many wait: a search that is cut short, with every command.
const wide = sysramSystem(loadDriver(image), { regions: 1, blocks: 1, tasks: 2 });
const cutShort = { ...several, preemptions: 1, bounds: { maxStates: 30_000 } } as const;
await exploreReduced(wide, cutShort);
for (const form of VISITED) {
  const visited = () => visitedSet(form);
  const kept = await keptBy((onProgress) => exploreReduced(wide, { ...cutShort, visited, onProgress }));
  print(`30,000 states of two tasks, ${form}`, keptText(kept));
}

// What it costs to interrupt tasks before each load and store too.
const interruptible = await buildSubject(readReference(), undefined, "interruptible");
print(
  "the same, before loads and stores too",
  ...columnsOf(await costOf(() => exploreReduced(twoTasks(true, interruptible), several))),
);

// What it costs that every load and store reports itself and is looked up: one search, with and without.
const instrumented = async (kind: BuildKind): Promise<number> => {
  const built = await buildSubject(readReference(), undefined, kind);
  const small = sysramSystem(loadDriver(built), { regions: 1, blocks: 1 });
  return (await costOf(() => explore(small, { ...ALL, claims }))).cpu;
};
await instrumented("plain"); // the engine learns the code first
const [plain, checked] = [await instrumented("plain"), await instrumented("checked")];
print("loads and stores checked, against not", `${(checked / plain).toFixed(2)} of the CPU time`);

await measureLogs(sysramSystem(loadDriver(image), { regions: 1, blocks: 1 }));
