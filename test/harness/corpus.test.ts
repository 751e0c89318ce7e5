import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "../../checker/finding.ts";
import { CorpusError, readCorpus, recall, type SavedRun, savedRun, writeCorpus } from "../../harness/corpus.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { exploreAll, SMALL } from "../support/review.ts";
import { mutantSystem, referenceSystem } from "./random/mutants.ts";

const sha256 = `0123456789abcdef${"0".repeat(48)}`;

describe("a corpus", () => {
  let system: SysramSystem;
  let findings: readonly Finding[];
  let runs: readonly SavedRun[];
  let folder: string;
  const folders: string[] = [];

  beforeAll(async () => {
    system = await mutantSystem("never frees the name");
    ({ findings } = await exploreAll(system, { bounds: { maxDepth: 2 } }));
    runs = findings.map((finding) => savedRun(system, finding, sha256, SMALL.configuration));
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sysram-verify-corpus-"));
    folders.push(folder);
  });

  afterAll(() => Promise.all(folders.map((name) => rm(name, { recursive: true }))));

  const damage = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

  it("gives back what was written, in files named after what they hold", async () => {
    await writeCorpus(folder, runs);
    await writeCorpus(folder, runs);
    const { entries, damaged, passedOver } = await readCorpus(folder, sha256);

    expect(await readdir(folder)).toEqual([
      expect.stringMatching(/^01234567-allocations-are-freed-[0-9a-f]{6}\.json$/),
      expect.stringMatching(/^01234567-failed-probe-changes-nothing-[0-9a-f]{6}\.json$/),
    ]);
    expect(entries.map(({ run }) => run)).toMatchObject(runs);
    expect([damaged, passedOver]).toEqual([[], []]);
  });

  it("holds a run in words", async () => {
    await writeCorpus(folder, runs.slice(0, 1));
    const [name] = await readdir(folder);

    expect(await readFile(join(folder, name!), "utf8")).toMatchInlineSnapshot(`
      "{
        "format": "sysram-verify/corpus",
        "version": 1,
        "subject": "01234567",
        "configuration": {
          "regions": 1,
          "blocks": 1,
          "tasks": 1
        },
        "property": "allocations-are-freed",
        "object": "the memory from kasprintf()",
        "detail": "12 bytes from kasprintf() are still allocated, and no device is left that could free them",
        "situation": "a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable",
        "steps": [
          {
            "command": "probe region0, online_movable",
            "answers": [
              {
                "question": "kzalloc",
                "answer": "succeeds"
              },
              {
                "question": "kasprintf",
                "answer": "succeeds"
              },
              {
                "question": "dev_set_name",
                "answer": "succeeds"
              },
              {
                "question": "mt_get_memory_type",
                "answer": "succeeds"
              },
              {
                "question": "memory_group_register_static",
                "answer": "succeeds"
              },
              {
                "question": "device_add",
                "answer": "succeeds"
              },
              {
                "question": "__request_region",
                "answer": "succeeds"
              },
              {
                "question": "__add_memory_driver_managed",
                "answer": "succeeds"
              },
              {
                "question": "memory_block_online",
                "answer": "succeeds"
              },
              {
                "question": "devm_add_action",
                "answer": "succeeds"
              }
            ]
          },
          {
            "command": "unbind the driver of region0",
            "answers": [
              {
                "question": "offline_and_remove_memory",
                "answer": "succeeds"
              },
              {
                "question": "memory_block_offline",
                "answer": "succeeds"
              }
            ]
          }
        ]
      }
      "
    `);
  });

  it("finds the recorded run again", () => {
    expect(runs.map((run) => recall(system, run))).toEqual(
      findings.map(({ counterexample }) => ({ schedule: counterexample, besides: [] })),
    );
  });

  it("finds it in another driver, and says at which step one cannot go there", async () => {
    const reference = await referenceSystem();
    const [run] = runs;
    const impossible = { command: "probe region7", answers: [] };

    expect(recall(reference, run!)).toHaveProperty("schedule");
    expect(recall(reference, { ...run!, steps: [...run!.steps, impossible] })).toEqual({
      reason: `step ${run!.steps.length + 1}: "probe region7" is not possible there`,
    });
    expect(recall(reference, { ...run!, situation: "on the moon" })).toEqual({
      reason: 'there is no initial configuration "on the moon"',
    });
  });

  it("keeps how many tasks a run had, and reads files of former versions, which do not say", async () => {
    const [run] = runs;
    const { tasks: _, ...untold } = run!.configuration;
    const races = { ...run!, configuration: { ...untold, tasks: 2, interruptAt: "accesses" } } as const;
    await writeCorpus(join(folder, "races"), [races]);
    await writeCorpus(join(folder, "old"), [{ ...run!, configuration: untold }]);

    expect((await readCorpus(join(folder, "races"), sha256)).entries[0]!.run).toMatchObject(races);
    expect(recall(system, races)).toEqual({ reason: "it has 2 tasks, and this search has 1 (--tasks 2)" });
    const [old] = (await readCorpus(join(folder, "old"), sha256)).entries;
    expect(old!.run.configuration).toEqual({ regions: 1, blocks: 1 });
    expect(recall(system, old!.run)).toHaveProperty("schedule");
  });

  it("tells of each damaged file, and reads the others", async () => {
    await writeCorpus(folder, runs);
    const [first] = await readdir(folder);
    const whole = JSON.parse(await readFile(join(folder, first!), "utf8")) as object;
    await damage("a.json", '{ "format": ');
    await damage("b.json", "[]");
    await damage("c.json", JSON.stringify({ ...whole, version: "one" }));
    await damage("d.json", JSON.stringify({ ...whole, steps: [{ command: 7 }] }));
    await damage("e.json", JSON.stringify({ ...whole, situation: undefined }));
    await damage("f.json", JSON.stringify({ ...whole, configuration: { regions: 1 } }));
    await damage("g.json", JSON.stringify({ ...whole, configuration: { regions: 0, blocks: 1 } }));
    await damage("h.json", JSON.stringify({ ...whole, steps: [] }));
    await damage("notes.txt", "no saved run, and nobody says that it is one");
    const { entries, damaged } = await readCorpus(folder, sha256);

    expect(entries.map(({ run }) => run)).toMatchObject(runs);
    expect(damaged).toEqual([
      { file: join(folder, "a.json"), reason: "it is no JSON" },
      { file: join(folder, "b.json"), reason: "its format is not sysram-verify/corpus" },
      { file: join(folder, "c.json"), reason: "version is not 1" },
      { file: join(folder, "d.json"), reason: "steps[0] has no answers" },
      { file: join(folder, "e.json"), reason: "it has no situation" },
      { file: join(folder, "f.json"), reason: "configuration has no blocks" },
      { file: join(folder, "g.json"), reason: "configuration.regions is not a number from 1 on" },
      { file: join(folder, "h.json"), reason: "steps is not a list with anything in it" },
    ]);
  });

  it("passes over what is of another version or another subject", async () => {
    await writeCorpus(folder, runs.slice(0, 1));
    const [name] = await readdir(folder);
    const whole = JSON.parse(await readFile(join(folder, name!), "utf8")) as object;
    await damage("later.json", JSON.stringify({ ...whole, version: 2, steps: "a later form" }));
    const { entries, passedOver } = await readCorpus(folder, "f".repeat(64));

    expect(entries).toEqual([]);
    expect(passedOver).toEqual([
      { file: join(folder, name!), reason: "it is of another subject, 01234567" },
      { file: join(folder, "later.json"), reason: "it is of version 2, and this tool reads version 1" },
    ]);
  });

  it("is empty where the folder is not there yet, and refuses what is no folder", async () => {
    await damage("file", "");

    expect(await readCorpus(join(folder, "none"), sha256)).toEqual({ entries: [], damaged: [], passedOver: [] });
    await expect(readCorpus(join(folder, "file"), sha256)).rejects.toThrow(CorpusError);
    await expect(writeCorpus(join(folder, "file", "inside"), runs)).rejects.toThrow(CorpusError);
  });
});
