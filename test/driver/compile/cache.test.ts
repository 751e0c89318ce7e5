import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { BuildError } from "../../../driver/compile/build-error.ts";
import { cacheFolder } from "../../../driver/compile/cache.ts";
import { buildSubject } from "../../../harness/build-subject.ts";
import { type WidgetParts, widget } from "../../support/widget.ts";

const folder = mkdtempSync(join(tmpdir(), "sysram-verify-cache-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => vi.stubEnv("SYSRAM_VERIFY_CACHE", folder));
afterAll(() => vi.unstubAllEnvs());

/** Builds a widget; what it said that it was doing, and the image. */
const built = async (parts: WidgetParts) => {
  const steps: string[] = [];
  const image = await buildSubject(widget(parts), (step) => steps.push(step));
  return { steps, image };
};

const BUILT = ["compiling the C", "linking it with the modelled kernel"];

describe("the cache of built drivers", () => {
  it("gives the same image without building it again, for as long as the C is the same", async () => {
    const first = await built({ body: "\terr = 1;" });
    const again = await built({ body: "\terr = 1;" });
    const other = await built({ body: "\terr = 2;" });

    expect([first.steps, again.steps, other.steps]).toEqual([BUILT, [], BUILT]);
    expect(again.image).toEqual(first.image);
    expect(other.image.sha256).not.toBe(first.image.sha256);
    expect(readdirSync(folder).sort()).toEqual([first.image.sha256, other.image.sha256].sort());
  });

  it("builds again what is damaged, and is whole afterwards", async () => {
    const { image } = await built({ body: "\terr = 1;" });
    const file = join(folder, image.sha256);
    const whole = readFileSync(file, "utf8");
    const [digest, json] = whole.split("\n") as [string, string];
    for (const damaged of [
      "",
      "{}",
      whole.slice(0, -1),
      `${whole} `,
      `${digest}\n{}`,
      json,
      `${digest}\n${json.replace('"wasm":"', '"wasm":"AA')}`,
    ]) {
      writeFileSync(file, damaged);
      const { steps, image: rebuilt } = await built({ body: "\terr = 1;" });
      expect(steps).toEqual(BUILT);
      expect(rebuilt).toEqual(image);
      expect(readFileSync(file, "utf8")).toBe(whole);
    }
  });

  it("keeps nothing of a driver that cannot be built", async () => {
    const before = readdirSync(folder);
    await expect(built({ body: "\tfrobnicate();" })).rejects.toBeInstanceOf(BuildError);
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe("the folder of the cache", () => {
  afterEach(() => void vi.stubEnv("SYSRAM_VERIFY_CACHE", folder));

  it("is the one that the environment names, else one in the user's own", () => {
    vi.stubEnv("SYSRAM_VERIFY_CACHE", "/elsewhere");
    expect(cacheFolder()).toBe("/elsewhere");
    vi.stubEnv("SYSRAM_VERIFY_CACHE", undefined);
    vi.stubEnv("XDG_CACHE_HOME", "/caches");
    expect(cacheFolder()).toBe("/caches/sysram-verify");
    vi.stubEnv("XDG_CACHE_HOME", undefined);
    expect(cacheFolder()).toMatch(/\/\.cache\/sysram-verify$/);
  });

  it("is never the folder that the command runs in, where a variable is empty", () => {
    vi.stubEnv("SYSRAM_VERIFY_CACHE", "");
    vi.stubEnv("XDG_CACHE_HOME", "/caches");
    expect(cacheFolder()).toBe("/caches/sysram-verify");
    vi.stubEnv("XDG_CACHE_HOME", "");
    expect(cacheFolder()).toMatch(/^\/.*\/\.cache\/sysram-verify$/);
  });
});
