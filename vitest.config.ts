import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
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
