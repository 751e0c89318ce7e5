import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withExtraInputs } from "../../../harness/extra-inputs/extra-inputs.ts";
import { MAX_TEXT, printfFormat, textOfFormat } from "../../../harness/extra-inputs/printf.ts";
import { readCommand, readInitialConfiguration } from "../../../harness/extra-inputs/read.ts";
import { INITIAL_CONFIGURATIONS } from "../../../harness/initial-configuration.ts";
import { drawnInputs } from "../../../harness/random/draw-inputs.ts";
import { referenceSystem } from "../random/mutants.ts";

describe("a text as the format of printf (seed 1)", { tags: ["random"] }, () => {
  it.each([
    ["offline", "offline"],
    ["offline\n", "offline\\n"],
    ["off\0line", "off\\000line"],
    [`${" ".repeat(4000)}it's 5%`, "%4000sit\\047s 5%%"],
    ["-1\r\t\\", "\\0551\\015\\t\\\\"],
  ])("writes %j as %s", (text, format) => {
    expect(printfFormat(text)).toBe(format);
    expect(textOfFormat(format)).toBe(text);
  });

  it("leads back to the text, whatever bytes it has", () => {
    const bytes = fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(bytes, fc.nat(20), (text, blanks) => {
        const padded = text + " ".repeat(blanks);
        expect(textOfFormat(printfFormat(padded))).toBe(padded);
        expect(printfFormat(padded)).toMatch(/^[ -~]*$/);
      }),
      { seed: 1 },
    );
  });

  it.each(["%s", "%7s", "100%", "\\x41", "'", "\\", "caf\u00e9", "\\101", `%${MAX_TEXT + 1}s`])(
    "does not read %s",
    (format) => {
      expect(textOfFormat(format)).toBeUndefined();
    },
  );
});

describe("words with values (seed 1)", { tags: ["random"] }, async () => {
  const system = await referenceSystem();
  const { configuration, driver } = system;

  it("are drawn only where they can be read back", () => {
    fc.assert(
      fc.property(drawnInputs(system), ({ initialConfigurations, commands }) => {
        for (const label of initialConfigurations)
          expect(readInitialConfiguration(label, configuration)).toHaveProperty("label", label);
        const drawn = commands.filter((label) => label !== "");
        for (const label of drawn) {
          expect(readCommand(label, driver.facts, configuration)).toHaveProperty("label", label);
        }
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it("name each initial configuration of the table as it is", () => {
    for (const initialConfiguration of INITIAL_CONFIGURATIONS)
      expect(readInitialConfiguration(initialConfiguration.label, configuration)).toBe(initialConfiguration);
  });

  it.each([
    "a static RAM region, at [mem 0x1000000000-0x13ffffffff], on node 1, auto_online_blocks=online",
    "a static RAM region, at [mem 0x0-0x7ffffff], on node 1, auto_online_blocks=online",
    "a static RAM region, not aligned, on node 64, auto_online_blocks=online",
    "a static RAM region, not aligned, on node 1, auto_online_blocks=maybe",
    "a static RAM region, not aligned, on node 01, auto_online_blocks=online",
  ])("do not name what cannot be set up: %s", (label) => {
    expect(readInitialConfiguration(label, configuration)).toBeUndefined();
  });

  it("are behind all that the table has, so that its schedules stay what they are", () => {
    const write = "printf 'offline' > sysram_region0/hotplug";
    const wider = withExtraInputs(system, {
      initialConfigurations: [INITIAL_CONFIGURATIONS[0]!.label, INITIAL_CONFIGURATIONS[5]!.label],
      commands: [write, write],
    });
    const kind = { choose: <A>(_: string, [first]: readonly [A, ...A[]]): A => first };
    const bound = system.step(system.initial[0]!, system.actions(system.initial[0]!)[0]!, kind).state;

    expect(wider.initial.slice(0, system.initial.length)).toEqual(system.initial);
    expect(wider.initialConfigurations.map(({ label }) => label)).toEqual([
      ...system.initialConfigurations.map(({ label }) => label),
      INITIAL_CONFIGURATIONS[5]!.label,
    ]);
    expect(wider.actions(bound).map(wider.describe)).toEqual([...system.actions(bound).map(system.describe), write]);
    expect(withExtraInputs(wider, { initialConfigurations: [], commands: [write] }).actions(bound)).toEqual(
      wider.actions(bound),
    );
    expect(withExtraInputs(system, { initialConfigurations: ["on the moon"], commands: ["reboot"] })).toBe(system);
  });
});
