/**
 * What the environment is and does in one run beyond its table: texts, parts of a range, and the facts of an initial
 * configuration, as fast-check draws them.
 *
 * All of it is turned into words at once, which a run then consists of: so tokens, saved runs and traces need nothing
 * else, and a value that cannot be read back cannot be drawn.
 */
import fc from "fast-check";
import { address } from "../../abi/address.ts";
import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { MMOP, ONLINE_WORDS } from "../../abi/mmop.ts";
import { initialKernelState } from "../../models/index.ts";
import { claimCommand, type Part, writeCommand } from "../commands.ts";
import type { ExtraInputs } from "../extra-inputs/extra-inputs.ts";
import { MAX_TEXT } from "../extra-inputs/printf.ts";
import { isRoomFor } from "../extra-inputs/read.ts";
import {
  FIRST_REGION,
  type InitialFacts,
  initialConfigurationOf,
  NODES,
  type Range,
  rangeOf,
} from "../initial-configuration.ts";
import type { SysramSystem } from "../sysram-system.ts";

/** The grid that ranges lie on, in bytes: much finer than a block. */
const GRAIN = 2 * 2 ** 20;

const MAX_CONSTANTS = 64;

/** The words among a driver's own constants, which it may compare a text with. */
export const wordsInDriver = ({ memory, dataEnd }: SysramSystem["driver"]): readonly string[] => {
  const words = new Set<string>();
  for (let at: number = MEMORY_MAP.dataStart; at < dataEnd && words.size < MAX_CONSTANTS; ) {
    const text = memory.string(address(at));
    if (/^[a-z][\w-]{1,30}$/.test(text)) words.add(text);
    at += text.length + 1;
  }
  return [...words];
};

/** A word, and what people, scripts and fuzzers make of one. */
const disfigured = (word: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(
      ...[word, `${word}\n\n`, `${word} \n`, `${word}\r\n`, ` ${word}\n`, `\n${word}`, `\t${word}\n`, `${word}\0`],
      ...[word.toUpperCase(), `${word[0]!.toUpperCase()}${word.slice(1)}\n`, `${word}${word}\n`, `${word},${word}\n`],
    ),
    // The kernel compares up to a NUL; what stands behind it was written, and is not read.
    fc.string({ minLength: 1, maxLength: 6 }).map((rest) => `${word}\0${rest}`),
    fc.nat(word.length - 1).map((at) => `${word.slice(0, at)}\0${word.slice(at)}\n`),
    fc.nat(word.length - 1).map((length) => `${word.slice(0, length)}\n`),
    fc.integer({ min: 8, max: MAX_TEXT - word.length }).map((blanks) => word + " ".repeat(blanks)),
    fc.integer({ min: 8, max: MAX_TEXT - word.length }).map((blanks) => " ".repeat(blanks) + word),
  );

const BYTE = fc.nat(255).map((code) => String.fromCharCode(code));

const texts = (words: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...ONLINE_WORDS).chain(disfigured) },
    { weight: 2, arbitrary: fc.constantFrom(...words).chain(disfigured) },
    { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: BYTE, minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.integer().map((number) => `${number}\n`) },
  );

const parts = (size: number): fc.Arbitrary<Part> =>
  fc
    .tuple(fc.nat(size / GRAIN - 1), fc.nat(size / GRAIN - 1))
    .map(([one, other]) => ({ offset: Math.min(one, other) * GRAIN, size: (Math.abs(one - other) + 1) * GRAIN }));

const ranges = (system: SysramSystem): fc.Arbitrary<Range> => {
  const { blockSize } = initialKernelState.memoryHotplug;
  const { configuration } = system;
  const start = fc.oneof(
    { weight: 2, arbitrary: fc.nat(blockSize / GRAIN).map((grains) => grains * GRAIN) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, -1).map((grains) => blockSize + grains * GRAIN) },
  );
  const size = fc.oneof(
    { weight: 2, arbitrary: fc.integer({ min: 1, max: ((configuration.blocks + 1) * blockSize) / GRAIN }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: configuration.blocks + 1 }), fc.constantFrom(-1, 0, 1))
        .map(([blocks, grains]) => (blocks * blockSize) / GRAIN + grains),
    },
  );
  return fc
    .tuple(start, size)
    .map(([offset, grains]) => ({ start: FIRST_REGION + offset, size: grains * GRAIN }))
    .filter((range) => isRoomFor(range, configuration));
};

const initialConfigurations = (system: SysramSystem): fc.Arbitrary<InitialFacts> =>
  fc.record({
    isStaticRam: fc.boolean(),
    place: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom("aligned", "unaligned", "too small") },
      { weight: 2, arbitrary: ranges(system) },
    ),
    node: fc.oneof(fc.constantFrom(1, 0, "unknown" as const, "none" as const), fc.nat(NODES - 1)),
    defaultOnlineType: fc.constantFrom(MMOP.ONLINE_MOVABLE, MMOP.ONLINE_KERNEL, MMOP.ONLINE, MMOP.OFFLINE),
  });

const commands = (system: SysramSystem): fc.Arbitrary<string> => {
  const { configuration, driver } = system;
  const { attributes } = driver.facts;
  const regions = fc.nat(configuration.regions - 1);
  const { size } = rangeOf("aligned", configuration, initialKernelState.memoryHotplug.blockSize);
  const claims = fc.tuple(regions, parts(size)).map(([id, part]) => claimCommand(id, part).label);
  if (attributes.length === 0) return claims;
  const words = texts([...new Set([...ONLINE_WORDS, ...wordsInDriver(driver)])]);
  const writes = fc
    .tuple(regions, fc.constantFrom(...attributes), words)
    .map(([id, attribute, text]) => writeCommand(id, attribute, text)?.label ?? "");
  return fc.oneof({ weight: 1, arbitrary: writes }, { weight: 1, arbitrary: claims });
};

/** How many runs are drawn for each that begins in an initial configuration that the table does not have. */
const RUNS_PER_INITIAL_CONFIGURATION = 5;

/**
 * The most commands of one run that carry a value, for each region: what is possible is drawn evenly, and they are not to
 * fill the run.
 */
const MAX_COMMANDS = 2;

/** What one run may meet with beyond the table. */
export const drawnInputs = (system: SysramSystem): fc.Arbitrary<ExtraInputs> =>
  fc.record({
    initialConfigurations: fc.oneof(
      { weight: RUNS_PER_INITIAL_CONFIGURATION - 1, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: initialConfigurations(system).map((facts) => [initialConfigurationOf(facts).label]) },
    ),
    commands: fc.array(commands(system), { maxLength: MAX_COMMANDS * system.configuration.regions }),
  });
