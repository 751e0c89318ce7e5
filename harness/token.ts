import { createHash } from "node:crypto";
import type { Answer, Chooser } from "../checker/chooser.ts";
import { replay, type Schedule, type Step } from "../checker/schedule.ts";
import type { Configuration } from "./configuration.ts";
import type { SysramSystem } from "./sysram-system.ts";

/**
 * A run as one word that can be pasted.
 *
 *     sv1-3f2a91bc-r1b2-Xk3a-p9Qz-w2Lm.o7TqEb4x
 *         subject  size situation  commands, each with its unusual answers
 *
 * Situation, commands, questions and answers stand for what they say, four letters of a hash each, not for places in
 * lists: so a token still means the same run after commands were added to the tool, or the driver was changed. A
 * question is told from its like in one command by its number among them.
 */
export const TOKEN_VERSION = "sv1";

/** What a token says before it is held against a driver. */
export interface Token {
  /** The first eight digits of the subject's SHA-256. */
  readonly subject: string;
  readonly configuration: Configuration;
  readonly situation: string;
  readonly steps: readonly TokenStep[];
}

interface TokenStep {
  readonly command: string;
  /** Each question that was not given its first answer, with the answer. */
  readonly answers: readonly { readonly question: string; readonly answer: string }[];
}

/** A token that cannot be read, or that does not fit. */
export class TokenError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "TokenError";
    this.hint = hint;
  }
}

const LETTERS = 4;
const SUBJECT_DIGITS = 8;

const word = (text: string): string =>
  createHash("sha256").update(text).digest("base64url").replace(/[-_]/g, "x").slice(0, LETTERS);

const questionWord = (question: string, number: number): string => word(`${question} ${number}`);

/** Numbers the questions of one step that are alike. */
const numbering = (): ((question: string) => number) => {
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
  { regions, blocks }: Configuration,
): string => {
  const { steps } = replay(system, schedule);
  const parts = steps.map(({ action, step, asked }) => {
    const numberOf = numbering();
    const answers = asked.map(({ question, answer }, index) => {
      const number = numberOf(question);
      return step.answers[index] === 0 ? "" : `.${questionWord(question, number)}${word(answer.label)}`;
    });
    return `${word(system.describe(action))}${answers.join("")}`;
  });
  const situation = word(system.situations[schedule.initial]!.label);
  return [TOKEN_VERSION, subject.slice(0, SUBJECT_DIGITS), `r${regions}b${blocks}`, situation, ...parts].join("-");
};

const FORM = /^sv1-([0-9a-f]{8})-r([1-9])b([1-9])-(\w{4})((?:-\w{4}(?:\.\w{8})*)*)$/;

/**
 * Reads a token.
 *
 * @throws TokenError when it is none, or one of another version
 */
export const parseToken = (text: string): Token => {
  const match = FORM.exec(text.trim());
  if (match === null) {
    const version = /^sv(\d+)-/.exec(text.trim())?.[1];
    if (version !== undefined && version !== "1") {
      throw new TokenError(
        `the token is of version ${version}, and this tool reads version 1`,
        "run the review again with this version, and take the token that it prints",
      );
    }
    throw new TokenError(
      "this is no replay token",
      `a token begins with ${TOKEN_VERSION}- and is printed beneath each finding`,
    );
  }
  const [, subject, regions, blocks, situation, rest] = match;
  return {
    subject: subject!,
    configuration: { regions: Number(regions), blocks: Number(blocks) },
    situation: situation!,
    steps: rest!
      .split("-")
      .slice(1)
      .map((part) => {
        const [command, ...answers] = part.split(".");
        return {
          command: command!,
          answers: answers.map((pair) => ({ question: pair.slice(0, LETTERS), answer: pair.slice(LETTERS) })),
        };
      }),
  };
};

/**
 * Finds the run that a token stands for.
 *
 * @throws TokenError at the first step that this driver does not allow
 */
export const findRun = (system: SysramSystem, token: Token): Schedule => {
  const initial = system.situations.findIndex(({ label }) => word(label) === token.situation);
  if (initial === -1) {
    throw new TokenError(
      "the token begins in a situation that this version does not know",
      "take a token of this version",
    );
  }
  let state = system.initial[initial]!;
  const steps: Step[] = [];
  for (const [index, wanted] of token.steps.entries()) {
    const actions = system.actions(state);
    const action = actions.findIndex((candidate) => word(system.describe(candidate)) === wanted.command);
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
  return { initial, steps };
};
