import { describeResult } from "../abi/errno.ts";
import { ONLINE_WORDS } from "../abi/mmop.ts";
import type { Answered, GrantRule } from "../checker/claims/grant-claim.ts";
import type { CommandReturned, SysramEvent } from "../models/observation.ts";
import { type Observed, returned, type Step, type SysramWords } from "./sysram-property.ts";

/** The attribute whose words plug memory in and out (Documentation/ABI: hotplug). */
const HOTPLUG = "hotplug";

const because = (errors: readonly number[]): string =>
  errors.length === 0
    ? "and no call of the kernel failed"
    : `and its calls failed with ${errors.map(describeResult).join(", ")}, though nothing was made to fail`;

const probed = ({ result, errors, before }: CommandReturned): readonly Answered[] => {
  // A range that another owner has a part of is refused rightly.
  if (result < 0 && before.kernel.environment.claims.length > 0) return [];
  const detail = `every probe is refused, whatever the region: here with ${describeResult(result)}, ${because(errors)}`;
  return [{ what: "a probe", answer: result < 0 ? "refused" : "granted", isInOrder: true, detail }];
};

const WORDS: ReadonlySet<string> = new Set(ONLINE_WORDS);

const written = ({ result, errors }: CommandReturned, attribute: string, text: string): readonly Answered[] => {
  const word = text.replace(/\n$/, "");
  if (!WORDS.has(word)) return [];
  const what = `a word in ${attribute}`;
  const isInOrder = attribute === HOTPLUG;
  const detail = `no word of the kernel's is taken as echo writes it, with a newline behind it: "echo ${word} > ${attribute}" gives ${describeResult(result)}, ${because(errors)}`;
  // Whoever takes a word as printf writes it has to take it from echo too.
  if (word === text) return result < 0 ? [] : [{ what, answer: "in order", isInOrder: true, detail }];
  const answer = result >= 0 ? "granted" : errors.length > 0 ? "excused" : "refused";
  return [{ what, answer, isInOrder, detail }];
};

const answered = (step: Step): readonly Answered[] =>
  returned(step).flatMap((event) => {
    const { command, hadFault, isDisturbed } = event;
    if (hadFault || isDisturbed) return [];
    return command.kind === "probe" ? probed(event) : written(event, command.attribute, command.text);
  });

/**
 * To fail for no reason is the one thing that no other claim sees: who does nothing breaks nothing.
 *
 * What is valid is no opinion of ours. A region that the machine may have is valid input for a probe, if not each of them: some one
 * is taken. A word is valid where the documents name it (the attribute `hotplug`) or the driver itself takes it without a
 * newline; single words, unknown words, and words that are refused in one state and taken in another are the driver's affair.
 */
export const whatIsValidIsAccepted: GrantRule<Observed, SysramEvent> & SysramWords = {
  id: "what-is-valid-is-accepted",
  group: "agreement",
  severity: "medium",
  claim: "what is valid is accepted: some probe, and some word as echo writes it",
  why: "A driver that refuses everything does nothing wrong, and nothing at all.",
  source:
    "Documentation/driver-api/driver-model/driver.rst, probe(); Documentation/admin-guide/mm/memory-hotplug.rst for the words; lib/string_helpers.c sysfs_streq() for the newline",
  check:
    "in the whole explored space one probe at least succeeds in which nothing is made to fail; and one write, with its newline, of a word of the kernel's to an attribute that is documented to take them (hotplug) or takes them without a newline, unless such writes fail because a call of the kernel does",
  assumptions: [
    "harness/initial-configuration.ts: among the regions there are aligned ones of static RAM on a node, which nobody else uses",
  ],
  answered,
};
