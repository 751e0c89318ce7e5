/** Reads back the words of commands and initial configurations that carry a value. */
import { ONLINE_WORDS, type OnlineType } from "../../abi/mmop.ts";
import type { DriverFacts } from "../../driver/compile/image.ts";
import { initialKernelState } from "../../models/index.ts";
import type { Command } from "../command.ts";
import { claimCommand, type Part, writeCommand } from "../commands.ts";
import type { Configuration } from "../configuration.ts";
import {
  FIRST_REGION,
  type InitialConfiguration,
  type InitialFacts,
  initialConfigurationOf,
  NODES,
  type Range,
  REGION_DISTANCE,
} from "../initial-configuration.ts";
import { textOfFormat } from "./printf.ts";

const WRITE = /^printf '(.*)' > sysram_region(\d)\/(\S+)$/;
const CLAIM = /^another owner claims 0x([0-9a-f]{1,12}) bytes of region(\d) at its 0x([0-9a-f]{1,12})$/;

const fromHex = (digits: string): number => Number.parseInt(digits, 16);

/** The text that such a command writes, and where to; undefined for words of another kind. */
export const textInWords = (
  words: string,
): { readonly region: number; readonly attribute: string; readonly text: string } | undefined => {
  const [, format, region, attribute] = WRITE.exec(words) ?? [];
  const text = format === undefined ? undefined : textOfFormat(format);
  return text === undefined ? undefined : { region: Number(region), attribute: attribute!, text };
};

/** The part of a region that such a command claims; undefined for words of another kind. */
export const partInWords = (words: string): { readonly region: number; readonly part: Part } | undefined => {
  const [, size, region, offset] = CLAIM.exec(words) ?? [];
  if (size === undefined || fromHex(size) === 0) return undefined;
  return { region: Number(region), part: { offset: fromHex(offset!), size: fromHex(size) } };
};

const commandOf = (words: string, attributes: readonly string[], regions: number): Command | undefined => {
  const write = textInWords(words);
  if (write !== undefined) {
    const { region, attribute, text } = write;
    return region < regions && attributes.includes(attribute) ? writeCommand(region, attribute, text) : undefined;
  }
  const claim = partInWords(words);
  return claim === undefined || claim.region >= regions ? undefined : claimCommand(claim.region, claim.part);
};

/** The command with a value that these words stand for; undefined where they stand for none. */
export const readCommand = (
  words: string,
  { attributes }: Pick<DriverFacts, "attributes">,
  { regions }: Configuration,
): Command | undefined => {
  const command = commandOf(words, attributes, regions);
  // Words that mean the same and are written otherwise would give one command two names.
  return command?.label === words ? command : undefined;
};

const INITIAL_CONFIGURATION =
  /^a (static RAM|dynamic capacity) region, (?:(aligned to memory blocks)|(not aligned)|(smaller than a block)|at \[mem 0x([0-9a-f]{1,12})-0x([0-9a-f]{1,12})\]), on (?:node (\d{1,2})|(no node that firmware names)|no node at all), auto_online_blocks=(\w+)$/;

/** Whether regions can lie there, and no more memory blocks fit into one than the environment has commands for. */
export const isRoomFor = ({ start, size }: Range, { blocks }: Configuration): boolean => {
  const { blockSize } = initialKernelState.memoryHotplug;
  const end = start + size;
  if (start < FIRST_REGION || size <= 0 || end > FIRST_REGION + REGION_DISTANCE) return false;
  return Math.floor(end / blockSize) - Math.ceil(start / blockSize) <= blocks;
};

/** The initial configuration that these words stand for, of the table or not; undefined where they stand for none. */
export const readInitialConfiguration = (
  words: string,
  configuration: Configuration,
): InitialConfiguration | undefined => {
  const match = INITIAL_CONFIGURATION.exec(words);
  if (match === null) return undefined;
  const [, kind, aligned, unaligned, , first, last, node, unknown, type] = match;
  const range = first === undefined ? undefined : { start: fromHex(first), size: fromHex(last!) - fromHex(first) + 1 };
  const place = range ?? (aligned !== undefined ? "aligned" : unaligned !== undefined ? "unaligned" : "too small");
  const onlineType = ONLINE_WORDS.indexOf(type as (typeof ONLINE_WORDS)[number]);
  if (onlineType === -1 || (node !== undefined && Number(node) >= NODES)) return undefined;
  if (range !== undefined && !isRoomFor(range, configuration)) return undefined;
  const facts: InitialFacts = {
    isStaticRam: kind === "static RAM",
    place,
    node: node !== undefined ? Number(node) : unknown !== undefined ? "unknown" : "none",
    defaultOnlineType: onlineType as OnlineType,
  };
  const initialConfiguration = initialConfigurationOf(facts);
  return initialConfiguration.label === words ? initialConfiguration : undefined;
};
