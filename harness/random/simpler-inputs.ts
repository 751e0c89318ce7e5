/**
 * From a drawn value to simpler ones, for a shrinker to try: shorter texts, rounder ranges, plainer initial
 * configurations.
 */
import { initialKernelState } from "../../models/index.ts";
import { claimCommand, type Part, writeCommand } from "../commands.ts";
import { isRoomFor, partInWords, readInitialConfiguration, textInWords } from "../extra-inputs/read.ts";
import {
  INITIAL_CONFIGURATIONS,
  type InitialConfiguration,
  type InitialFacts,
  initialConfigurationOf,
  rangeOf,
} from "../initial-configuration.ts";
import type { SysramSystem } from "../sysram-system.ts";

/** Digits of a number that are not 0: how round it is. */
const digitsOf = (value: number): number => value.toString(16).replaceAll("0", "").length;

const [PLAIN] = INITIAL_CONFIGURATIONS as readonly [InitialConfiguration, ...InitialConfiguration[]];

/** One fact that is not plain weighs more than any text. */
const FACT_SIZE = 10_000;

const factsOf = ({ isStaticRam, place, node, defaultOnlineType }: InitialConfiguration): InitialFacts => ({
  isStaticRam,
  place,
  node,
  defaultOnlineType,
});

const differing = (initialConfiguration: InitialConfiguration): readonly (keyof InitialFacts)[] =>
  (["isStaticRam", "place", "node", "defaultOnlineType"] as const).filter(
    (fact) => initialConfiguration[fact] !== PLAIN[fact],
  );

const sizeOfPlace = ({ place }: InitialConfiguration): number =>
  typeof place === "string" ? 0 : FACT_SIZE + digitsOf(place.start) + digitsOf(place.size);

/** How far an initial configuration is from the table: 0 for one of it, more for each fact that is not plain. */
export const sizeOfInitialConfiguration = ({ configuration }: SysramSystem, label: string): number => {
  const initialConfiguration = readInitialConfiguration(label, configuration);
  if (initialConfiguration === undefined || INITIAL_CONFIGURATIONS.includes(initialConfiguration)) return 0;
  const node = typeof initialConfiguration.node === "number" ? initialConfiguration.node : 0;
  return FACT_SIZE * differing(initialConfiguration).length + sizeOfPlace(initialConfiguration) + node;
};

/**
 * The initial configurations that are plainer than this one: those before it in the table, or with one fact made
 * plainer.
 */
export function* simplerInitialConfigurations(
  { configuration, initialConfigurations }: SysramSystem,
  label: string,
): Generator<string, void, undefined> {
  for (const initialConfiguration of initialConfigurations) {
    if (initialConfiguration.label === label) break;
    yield initialConfiguration.label;
  }
  const initialConfiguration = readInitialConfiguration(label, configuration);
  if (initialConfiguration === undefined || INITIAL_CONFIGURATIONS.includes(initialConfiguration)) return;
  for (const fact of differing(initialConfiguration))
    yield initialConfigurationOf({ ...factsOf(initialConfiguration), [fact]: PLAIN[fact] }).label;
  if (typeof initialConfiguration.node === "number")
    yield initialConfigurationOf({ ...factsOf(initialConfiguration), node: 0 }).label;
  for (const place of simplerPlaces(initialConfiguration, configuration))
    yield initialConfigurationOf({ ...factsOf(initialConfiguration), place }).label;
}

function* simplerPlaces(
  { place }: InitialConfiguration,
  configuration: SysramSystem["configuration"],
): Generator<InitialFacts["place"]> {
  if (typeof place === "string") return;
  yield "unaligned";
  yield "too small";
  const { blockSize } = initialKernelState.memoryHotplug;
  const plain = rangeOf("aligned", configuration, blockSize);
  const { start, size } = place;
  const rounded = (value: number): readonly number[] => [
    Math.floor(value / blockSize) * blockSize,
    Math.ceil(value / blockSize) * blockSize,
    Math.floor(value / (blockSize / 2)) * (blockSize / 2),
    Math.floor(value / (blockSize / 16)) * (blockSize / 16),
  ];
  for (const range of [
    ...[plain.start, ...rounded(start)].map((other) => ({ start: other, size })),
    ...[plain.size, ...rounded(size)].map((other) => ({ start, size: other })),
  ]) {
    if (isRoomFor(range, configuration)) yield range;
  }
}

/** Words of commands with a simpler value of the same kind. */
export function* simplerCommands({ configuration }: SysramSystem, words: string): Generator<string, void, undefined> {
  const write = textInWords(words);
  if (write !== undefined) {
    for (const text of simplerTexts(write.text)) {
      const command = writeCommand(write.region, write.attribute, text);
      if (command !== undefined) yield command.label;
    }
  }
  const claim = partInWords(words);
  if (claim === undefined) return;
  const { size } = rangeOf("aligned", configuration, initialKernelState.memoryHotplug.blockSize);
  for (const part of simplerParts(claim.part, size)) yield claimCommand(claim.region, part).label;
}

/** A text without a part of it: half, a quarter, and so on down to single characters. */
function* simplerTexts(text: string): Generator<string> {
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < text.length; at += size) yield text.slice(0, at) + text.slice(at + size);
  }
}

function* simplerParts({ offset, size }: Part, whole: number): Generator<Part> {
  for (const other of [0, Math.floor(offset / (whole / 16)) * (whole / 16)]) yield { offset: other, size };
  for (const other of [whole, whole / 2, Math.ceil(size / (whole / 16)) * (whole / 16)]) yield { offset, size: other };
}
