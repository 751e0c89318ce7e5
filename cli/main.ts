#!/usr/bin/env node
import { run, told } from "./run.ts";
import { watchOutput } from "./terminal.ts";

watchOutput((error) => {
  process.exitCode = told(error);
});

await run(process.argv.slice(2));
