import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { replay } from "../../checker/schedule.ts";
import { exitCodeOf } from "../../cli/exit.ts";
import { arbitraryRun } from "../../harness/random/arbitrary-run.ts";
import { encodeToken } from "../../harness/token.ts";
import { FORMAT_NAMES } from "../../logs/event.ts";
import type { RecordedEvent } from "../../logs/record.ts";
import { openLog } from "../../logs/source.ts";
import { writeLog } from "../../logs/write.ts";
import { renderError } from "../../report/error-text.ts";
import { logText } from "../../report/log-text.ts";
import { VerifyError } from "../../verify/error.ts";
import { trace } from "../../verify/trace.ts";
import { commandLine, temporaryFolder } from "../support/cli.ts";
import { referenceSubject, SMALL, systemOf } from "../support/review.ts";
import { eventsOf } from "./support.ts";

const folder = temporaryFolder();

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** What the user is told where a log cannot be read. */
const complaint = async (log: string | Readable): Promise<string> => {
  try {
    await trace(log);
    return "";
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error;
    expect(exitCodeOf(error.code)).toBe(2);
    const text = renderError(error);
    expect(text.split("\n")).toHaveLength(3); // the line, the hint, and the end
    return text.replaceAll(`${folder}/`, "");
  }
};

const schemaOf = (path: string) => {
  const ajv = new Ajv2020({ allErrors: true });
  const validate = ajv.compile(JSON.parse(readFileSync(join(packageRoot, path), "utf8")) as object);
  return (value: unknown): readonly string[] => {
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
};

let events: readonly RecordedEvent[];
/** The run that they are of. */
let token: string;
beforeAll(async () => {
  const system = await systemOf(referenceSubject(), SMALL);
  const [run] = fc.sample(arbitraryRun(system, { maxCommands: 30, faults: 0 }), { numRuns: 1, seed: 3 });
  events = eventsOf(run!.system, run!.schedule);
  expect(replay(run!.system, run!.schedule).steps.length).toBeGreaterThan(5);
  token = encodeToken(run!.system, run!.schedule, referenceSubject().sha256.slice(0, 8), SMALL.configuration);
});

const SEED = 1_009;

describe("what is no log", () => {
  it.each([
    ["a file that is not there", () => "missing", /^sysram-verify: cannot read missing: there is no such file\n/],
    [
      "a folder",
      () => mkdirSync(join(folder, "dir"), { recursive: true }) ?? "dir",
      /^sysram-verify: cannot read dir: it is a folder\n/,
    ],
    ["an empty file", () => file("empty", ""), /^sysram-verify: empty is empty\n/],
    ["an empty gzip", () => file("empty.gz", gzipSync("")), /^sysram-verify: empty\.gz is empty\n/],
    [
      "random bytes",
      () => file("random", Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251))),
      /^sysram-verify: random is no text: line 1 has a zero byte\n/,
    ],
    [
      "text of another kind",
      () => file("text", "one\ntwo\n"),
      /^sysram-verify: no line of text has the shape of a log\n/,
    ],
    [
      "a line that does not end",
      () => file("endless", "a".repeat(300_000)),
      /^sysram-verify: line 1 of endless is longer than 65536 bytes\n/,
    ],
    [
      "an endless line further on",
      () => file("late", `  a-1 [000] 1.0: f <-g\n${"a".repeat(300_000)}\n`),
      /^sysram-verify: line 2 of late is longer than 65536 bytes\n/,
    ],
    [
      "a gzip that breaks off",
      () => file("cut.gz", gzipSync("line\n".repeat(5000)).subarray(0, -12)),
      /^sysram-verify: cut\.gz breaks off in the middle of its gzip\n/,
    ],
    [
      "a gzip that is damaged",
      () => file("bad.gz", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255])),
      /^sysram-verify: bad\.gz is damaged gzip: .*\n/,
    ],
    [
      "a recording of trace-cmd",
      () => file("trace.dat", Buffer.from("\x17\x08Dtracing6", "latin1")),
      /^sysram-verify: trace\.dat is a recording of trace-cmd\nhint: give what/,
    ],
    [
      "what xz has packed",
      () => file("log.xz", Buffer.from("\xfd7zXZ\0", "latin1")),
      /^sysram-verify: log\.xz is compressed with xz\n/,
    ],
    [
      "mostly something else",
      () => file("mixed", `  a-1 [000] 1.0: f <-g\n${"hello\n".repeat(9)}`),
      /^sysram-verify: mixed is not text of the function tracer: 9 of 10 lines have another shape, line 2 first\n/,
    ],
  ])("is told in one line: %s", async (_, make, told) => {
    const path = make();
    expect(await complaint(path.startsWith("/") ? path : join(folder, path))).toMatch(told);
  });

  it("is told in one line: standard input without anything, or with garbage", async () => {
    expect(await complaint(Readable.from([]))).toMatch(/^sysram-verify: standard input is empty\n/);
    expect(await complaint(Readable.from([Buffer.from([0, 1, 2])]))).toMatch(
      /^sysram-verify: standard input is no text/,
    );
  });

  it("is told before an input without an end has been kept", async () => {
    const endless = (piece: string): Readable =>
      Readable.from(
        (function* () {
          for (;;) yield Buffer.from(piece);
        })(),
      );
    expect(await complaint(endless("a".repeat(1000)))).toMatch(/line 1 of standard input is longer than 65536 bytes/);
    expect(await complaint(endless("line\n\0"))).toMatch(/standard input is no text: line 2 has a zero byte/);
  });

  it("is told soon, also where its lines are made to be looked at for long", async () => {
    const traps = [
      " ".repeat(60_000),
      "a-1 ".repeat(15_000),
      "a-1 1: ".repeat(9_000),
      "0) ".repeat(20_000),
      "(".repeat(60_000),
    ];
    for (const format of FORMAT_NAMES) {
      const path = file("traps", `${traps.join("x\n")}x\n`);
      await expect(trace(path, { format })).rejects.toThrow("have another shape");
      const short = traps.map((trap) => trap.slice(0, 4_000));
      await expect(trace(file("traps", `${short.join("x\n")}x\n`), { format })).rejects.toThrow();
    }
    await expect(trace(file("traps", `${traps.join("x\n")}x\n`))).rejects.toThrow("no line");
  });

  it(`never ends in anything but an answer or one line (seed ${SEED})`, async () => {
    const texts = writeLog(events, "function_graph", { hasValues: true }).split("\n");
    const piece = fc.oneof(
      fc.constantFrom(...texts),
      fc.string({ unit: "binary" }),
      fc.constantFrom("\n", "}", "|", "  } /* x */", "CPU:0 [LOST 99999999999999999999 EVENTS]"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.constantFrom(...FORMAT_NAMES, "auto" as const),
        async (pieces, format) => {
          try {
            const report = await trace(file("fuzz", pieces.join("\n")), { format });
            expect(["accepted", "refused", "inconclusive"]).toContain(report.verdict);
          } catch (error) {
            expect(error).toBeInstanceOf(VerifyError);
          }
        },
      ),
      { seed: SEED, numRuns: 150 },
    );
  });
});

describe("a log", () => {
  it("is the same as a file, in gzip under any name, from standard input, with the line ends of others", async () => {
    const text = writeLog(events, "function", { isTold: true });
    const plain = await trace(file("plain", text));
    expect(plain.verdict).toBe("accepted");
    const { log: _, ...same } = plain;
    const packed = file("packed.txt", gzipSync(text));
    const input = Readable.from([gzipSync(text)]);
    for (const report of [
      await trace(packed),
      await trace(input),
      await trace(file("crlf", text.replaceAll("\n", "\r\n"))),
      await trace(file("unended", text.slice(0, -1))),
    ]) {
      expect(report).toMatchObject(same);
    }
  });

  it("is read as often as is needed, its lines whole however they lie in it", async () => {
    const lines = Array.from({ length: 40_000 }, (_, at) => `line ${at} ${"x".repeat(at % 40)}`);
    const log = await openLog(file("long", lines.join("\n")), Readable.from([]));
    for (let times = 0; times < 2; times += 1) {
      const seen: string[] = [];
      await log.lines((line) => seen.push(line) > 0);
      expect(seen).toEqual(lines);
    }
    await log.close();
  });

  it("has the shape of its schema, where it is of JSON lines", () => {
    const complaints = schemaOf("logs/log-lines.schema.json");
    const text = writeLog(events, "json", { hasValues: true, isTold: true, holes: [{ at: 3, events: 2 }] });
    for (const line of text.trimEnd().split("\n")) expect(complaints(JSON.parse(line))).toEqual([]);
  });
});

describe("the answer", () => {
  const complaints = schemaOf("report/log.schema.json");
  const look = { width: 100, isColour: false };

  it("keeps to its schema, and says in words what it says in JSON", async () => {
    const text = writeLog(events, "function_graph", { isTold: true });
    const untold = writeLog(events, "function_graph", {}).replaceAll(/^.*memory_group_unregister.*\n/gm, "");
    const doctored = text.replace(/^.*kasprintf.*\n/m, "");
    const holed = text.replace(/^.*kasprintf.*$/m, "CPU:0 [LOST EVENTS]");
    const verdicts: string[] = [];
    for (const log of [text, untold, doctored, holed, `# tracer: function\n  a-1 [000] 1.0: f <-g\n`]) {
      const report = await trace(file("answer", log));
      expect(complaints(report)).toEqual([]);
      const words = logText(report, look);
      expect(words.startsWith(`${report.verdict}  `)).toBe(true);
      if (report.refusal !== null) expect(words).toContain(`line ${report.refusal.line}`);
      for (const { why } of report.holes.first) expect(words).toContain(why);
      verdicts.push(report.verdict);
    }
    expect(verdicts).toEqual(["accepted", "inconclusive", "refused", "accepted", "inconclusive"]);
  });

  it("is the same for the log that replay writes of the run", async () => {
    const replayed = await commandLine(["replay", token, "-q", "--log", "function_graph"]);
    expect({ exitCode: replayed.exitCode, stderr: replayed.stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(replayed.stdout).toBe(writeLog(events, "function_graph", { hasValues: true, isTold: true }));
    const report = await trace(Readable.from([Buffer.from(replayed.stdout)]));
    expect(report.verdict).toBe("accepted");
  });

  it("takes what the tracer was set to from a file", async () => {
    const untold = writeLog(events, "function_graph", {}).replaceAll(/^.*memory_group_unregister.*\n/gm, "");
    const log = file("untold", untold);
    const all = file("filter", "#### all functions enabled ####\n");
    const known = { devicesBefore: 0 };
    expect((await trace(log, { ...known, traced: all })).verdict).toBe("refused");
    const names = [...new Set([...untold.matchAll(/ (\w+)\(/g)].map(([, name]) => name))];
    const some = file("filter", names.map((name) => `${name} [cxl_core]\n`).join(""));
    expect((await trace(log, { ...known, traced: some })).verdict).toBe("accepted");
    const none = trace(log, { ...known, traced: file("filter", "\n") });
    await expect(none).rejects.toThrow("names no function");
    await expect(trace(log, { ...known, driver: "(" })).rejects.toThrow("no regular expression");
  });

  it("comes with an exit code, on the command line", async () => {
    const text = writeLog(events, "function_graph", { isTold: true });
    const refused = file("refused.txt", text.replace(/^.*kasprintf.*\n/m, ""));
    const first = await commandLine(["trace", "-", "--json", "-"], { input: gzipSync(text) });
    const second = await commandLine(["trace", refused, "--require", "accepted"], { folder });
    const third = await commandLine(["trace", "nowhere"], { folder });
    expect({ exitCode: first.exitCode, stderr: first.stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(first.stdout)).toMatchObject({ verdict: "accepted", log: { name: "standard input" } });
    expect(second.exitCode).toBe(1);
    expect(second.stdout).toMatch(/^refused {2}.*: line \d+ is refused: what no machine accepts there\n/);
    expect({ exitCode: third.exitCode, stdout: third.stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(third.stderr).toMatch(/^sysram-verify: cannot read nowhere: there is no such file\nhint: .*\n$/);
  });
});
