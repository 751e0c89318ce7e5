import { createHash } from "node:crypto";
import { Refusal } from "../abi/refusal.ts";
import type { Answer, Chooser } from "../checker/chooser.ts";
import { replay, type Schedule } from "../checker/schedule.ts";
import type { Step } from "../checker/walk.ts";
import type { Configuration } from "./configuration.ts";
import { type ExtraInputs, withExtraInputs } from "./extra-inputs/extra-inputs.ts";
import { extraInputsIn, type SystemSchedule } from "./extra-inputs/rebase.ts";
import type { SysramSystem } from "./sysram-system.ts";

/**
 * A run as one word that can be pasted.
 *
 *     sv2-3f2a91bc-r1b2-Xk3a-p9Qz-w2Lm.o7TqEb4x-q7c
 *         subject  size initial    commands, each with its unusual answers; three letters to check the others by
 *
 * The size has `t2` behind it for two tasks, and `a` behind that where they can be interrupted before loads and stores too.
 *
 * Initial configuration, commands, questions and answers stand for what they say, four letters of a hash each, not for
 * places in lists: so a token still means the same run after commands were added to the tool, or the driver was
 * changed. A question is told from its like in one command by its number among them. A command or an initial
 * configuration that carries a drawn value stands there in full, because four letters would not lead back to it.
 *
 * Tokens of the former version, sv1, have nothing to be checked by, and are read as ever.
 */
export const TOKEN_VERSION = "sv2";

/** What a token says before it is held against a driver. */
export interface Token {
  /** The first eight digits of the subject's SHA-256. */
  readonly subject: string;
  readonly configuration: Configuration;
  /** Four letters, or words in full. */
  readonly initialConfiguration: string;
  readonly steps: readonly TokenStep[];
  /** What stands in it in full. */
  readonly extraInputs: ExtraInputs;
}

interface TokenStep {
  /** Four letters, or words in full. */
  readonly command: string;
  /** Each question that was not given its first answer, with the answer. */
  readonly answers: readonly { readonly question: string; readonly answer: string }[];
}

/** A token that cannot be read, or that does not fit. */
export class TokenError extends Refusal {}

const LETTERS = 4;
const SUBJECT_DIGITS = 8;

const CHECK_LETTERS = 3;

const word = (text: string, letters = LETTERS): string =>
  createHash("sha256").update(text).digest("base64url").replace(/[-_]/g, "x").slice(0, letters);

/** Stands before words in full. */
const IN_FULL = "=";

/** Words in full, in letters that no shell and no mail changes. */
const spelled = (words: string): string =>
  IN_FULL + Buffer.from(words, "latin1").toString("base64url").replaceAll("-", "+");

/** The words that are meant: those in full, or the letters as they are. */
const unspelled = (part: string): string =>
  part.startsWith(IN_FULL) ? Buffer.from(part.slice(1).replaceAll("+", "-"), "base64url").toString("latin1") : part;

const questionWord = (question: string, number: number): string => word(`${question} ${number}`);

/** Numbers the questions of one step that are alike. */
export const numbering = (): ((question: string) => number) => {
  const seen = new Map<string, number>();
  return (question) => {
    const number = seen.get(question) ?? 0;
    seen.set(question, number + 1);
    return number;
  };
};

/** The token of a run. */
export const encodeToken = (
  system: SysramSystem,
  schedule: Schedule,
  subject: string,
  { regions, blocks, tasks = 1, interruptAt }: Configuration,
): string => {
  const { steps } = replay(system, schedule);
  const extraInputs = extraInputsIn({ system, schedule });
  const named = (label: string, inFull: readonly string[]): string =>
    inFull.includes(label) ? spelled(label) : word(label);
  const parts = steps.map(({ action, step, asked }) => {
    const numberOf = numbering();
    const answers = asked.map(({ question, answer }, index) => {
      const number = numberOf(question);
      return step.answers[index] === 0 ? "" : `.${questionWord(question, number)}${word(answer.label)}`;
    });
    return `${named(system.describe(action), extraInputs.commands)}${answers.join("")}`;
  });
  const initialConfiguration = named(
    system.initialConfigurations[schedule.initial]!.label,
    extraInputs.initialConfigurations,
  );
  const size = `r${regions}b${blocks}${tasks === 1 ? "" : `t${tasks}`}${interruptAt === "accesses" ? "a" : ""}`;
  const token = [TOKEN_VERSION, subject.slice(0, SUBJECT_DIGITS), size, initialConfiguration, ...parts].join("-");
  return `${token}-${word(token, CHECK_LETTERS)}`;
};

const FORM =
  /^sv[12]-([0-9a-f]{8})-r([1-9])b([1-9])(?:t([2-4])(a)?)?-(\w{4}|=[\w+]+)((?:-(?:\w{4}|=[\w+]+)(?:\.\w{8})*)*)$/;

/** A token without the letters that it is checked by. */
const checked = (token: string): string => {
  const rest = token.slice(0, -CHECK_LETTERS - 1);
  if (token === `${rest}-${word(rest, CHECK_LETTERS)}`) return rest;
  throw new TokenError("a letter of this token is wrong, or not all of it is there", "copy it again, from its report");
};

/**
 * Reads a token.
 *
 * @throws TokenError when it is none, or one of another version
 */
export const parseToken = (text: string): Token => {
  const token = text.trim();
  const version = /^sv(\d+)-/.exec(token)?.[1];
  if (version !== undefined && version !== "1" && version !== "2") {
    throw new TokenError(
      `the token is of version ${version}, and this tool reads versions 1 and 2`,
      "run the review again with this version, and take the token that it prints",
    );
  }
  const match = FORM.exec(version === "2" ? checked(token) : token);
  if (match === null) {
    throw new TokenError(
      "this is no replay token",
      `a token begins with ${TOKEN_VERSION}- and is printed beneath each finding`,
    );
  }
  const [, subject, regions, blocks, tasks = "1", atAccesses, initialConfiguration, rest] = match;
  const parts = rest!.split("-").slice(1);
  const inFull = (part: string): readonly string[] => (part.startsWith(IN_FULL) ? [unspelled(part)] : []);
  return {
    subject: subject!,
    configuration: {
      regions: Number(regions),
      blocks: Number(blocks),
      tasks: Number(tasks),
      ...(atAccesses === undefined ? {} : { interruptAt: "accesses" }),
    },
    initialConfiguration: unspelled(initialConfiguration!),
    steps: parts.map((part) => {
      const [command, ...answers] = part.split(".");
      return {
        command: unspelled(command!),
        answers: answers.map((pair) => ({ question: pair.slice(0, LETTERS), answer: pair.slice(LETTERS) })),
      };
    }),
    extraInputs: {
      initialConfigurations: inFull(initialConfiguration!),
      commands: parts.flatMap((part) => inFull(part.split(".")[0]!)),
    },
  };
};

/** Whether a part of a token means this label. */
const means = (part: string, label: string): boolean => part === label || part === word(label);

/**
 * Finds the run that a token stands for, in the system with the token's extra inputs.
 *
 * @throws TokenError at the first step that this driver does not allow
 */
export const findRun = (tableSystem: SysramSystem, token: Token): SystemSchedule => {
  const system = withExtraInputs(tableSystem, token.extraInputs);
  const initial = system.initialConfigurations.findIndex(({ label }) => means(token.initialConfiguration, label));
  if (initial === -1) {
    throw new TokenError(
      "the token begins in an initial configuration that this version does not know",
      "take a token of this version",
    );
  }
  let state = system.initial[initial]!;
  const steps: Step[] = [];
  for (const [index, wanted] of token.steps.entries()) {
    const actions = system.actions(state);
    const action = actions.findIndex((candidate) => means(wanted.command, system.describe(candidate)));
    if (action === -1) {
      throw new TokenError(
        `step ${index + 1} of the run is not possible with this driver`,
        "the token belongs to another version of the driver; run the review to see what it does",
      );
    }
    const left = [...wanted.answers];
    const answers: number[] = [];
    const numberOf = numbering();
    const chooser: Chooser = {
      choose: <A extends Answer>(question: string, offered: readonly [A, ...A[]]): A => {
        const asked = questionWord(question, numberOf(question));
        const at = left.findIndex((candidate) => candidate.question === asked);
        const found = at === -1 ? -1 : offered.findIndex(({ label }) => word(label) === left[at]!.answer);
        // An answer that is not offered stays among those left over, which refuses the token.
        if (found !== -1) left.splice(at, 1);
        const pick = Math.max(found, 0);
        answers.push(pick);
        return offered[pick]!;
      },
    };
    const outcome = system.step(state, actions[action]!, chooser);
    if (left.length > 0) {
      throw new TokenError(
        `in step ${index + 1} of the run this driver does not make a call, or does not let it end, as it did when it was recorded`,
        "the token belongs to another version of the driver; run the review to see what it does",
      );
    }
    steps.push({ action, answers });
    state = outcome.state;
  }
  return { system, schedule: { initial, steps } };
};
