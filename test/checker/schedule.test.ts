import { describe, expect, it } from "vitest";
import type { Answer } from "../../checker/chooser.ts";
import { findSchedule } from "../../checker/find-schedule.ts";
import { labelsOf, replay, type Schedule, type ScheduleLabels } from "../../checker/schedule.ts";
import type { System } from "../../checker/system.ts";
import { counter, driver, graph } from "./systems.ts";

const leaky = driver({ isLeaky: true });

/** Binds, unbinds, and leaks. */
const leak: Schedule = {
  initial: 0,
  steps: [
    { action: 0, answers: [0, 0] },
    { action: 0, answers: [] },
    { action: 0, answers: [0, 1] },
  ],
};

const leakInWords: ScheduleLabels = {
  initial: 0,
  steps: [
    {
      action: "probe",
      questions: [
        { question: "kmalloc", answer: "succeeds" },
        { question: "register", answer: "succeeds" },
      ],
    },
    { action: "remove", questions: [] },
    {
      action: "probe",
      questions: [
        { question: "kmalloc", answer: "succeeds" },
        { question: "register", answer: "-EBUSY" },
      ],
    },
  ],
};

describe("the replay of a schedule", () => {
  it("takes each step again, with what was asked and answered", () => {
    const { start, steps } = replay(leaky, leak);

    expect(start).toEqual({ isBound: false, leaked: 0 });
    expect(steps.map(({ transition }) => transition.after)).toEqual([
      { isBound: true, leaked: 0 },
      { isBound: false, leaked: 0 },
      { isBound: false, leaked: 1 },
    ]);
    expect(steps[2]!.asked).toMatchObject([
      { question: "kmalloc", answer: { label: "succeeds" } },
      { question: "register", answer: { label: "-EBUSY", fault: "ordinary" } },
    ]);
    expect(steps.map(({ step }) => step)).toEqual(leak.steps);
  });

  it("reads in words", () => {
    expect(labelsOf(leaky, replay(leaky, leak))).toEqual(leakInWords);
  });

  it("of no steps is the initial state", () => {
    expect(replay(leaky, { initial: 0, steps: [] }).steps).toEqual([]);
  });

  const step = (...answers: readonly number[]) => ({ action: 0, answers });
  const misfits: readonly (readonly [string, Schedule, number, string])[] = [
    ["an initial state that is not there", { initial: 1, steps: [] }, 0, "there is no initial state 1 among 1"],
    [
      "an action that is not enabled",
      { initial: 0, steps: [{ action: 1, answers: [] }] },
      1,
      "there is no action 1 among 1",
    ],
    [
      "a place that is no place",
      { initial: 0, steps: [{ action: -1, answers: [] }] },
      1,
      "there is no action -1 among 1",
    ],
    [
      "an answer that is not offered",
      { initial: 0, steps: [step(0, 3)] },
      1,
      'there is no answer 3 to "register" among 3',
    ],
    [
      "a question without an answer",
      { initial: 0, steps: [step(0, 0), step(), step(0)] },
      3,
      'it has no answer to "register"',
    ],
    [
      "answers that nothing asks for",
      { initial: 0, steps: [step(1, 1), step(0, 0)] },
      1,
      "1 of its answers answers no question",
    ],
    [
      "answers that nothing asks for at the end",
      { initial: 0, steps: [step(0, 0, 0)] },
      1,
      "1 of its answers answers no question",
    ],
  ];
  it.each(misfits)("refuses %s, and says at which step", (_, schedule, at, reason) => {
    const attempt = () => replay(leaky, schedule);

    expect(attempt).toThrow(expect.objectContaining({ code: "schedule-misfit", step: at }));
    expect(attempt).toThrow(reason);
  });

  it("says what to do about a schedule that does not fit", () => {
    expect(() => replay(counter(3), { initial: 0, steps: [{ action: 4, answers: [] }] })).toThrow(
      "the schedule does not fit the system at step 1: there is no action 4 among 1; find it again by its labels, or record it anew",
    );
  });
});

const FINE: Answer = { label: "succeeds" };
const BUSY: Answer = { label: "-EBUSY", fault: "ordinary" };

/** A system of one action, whose step asks these questions and remembers the answers. */
const asking = (
  ...questions: readonly (readonly [question: string, ...answers: [Answer, ...Answer[]]])[]
): System<string, "go", never> => ({
  initial: [""],
  actions: () => ["go"],
  step: (_, __, chooser) => ({
    state: questions.map(([question, ...answers]) => chooser.choose(question, answers).label).join(),
    events: [],
  }),
  key: (state) => state,
  describe: (action) => action,
});

const recorded = (...questions: readonly (readonly [question: string, answer: string])[]): ScheduleLabels => ({
  initial: 0,
  steps: [{ action: "go", questions: questions.map(([question, answer]) => ({ question, answer })) }],
});

describe("a schedule found again by its words", () => {
  it("is the one recorded where nothing changed", () => {
    expect(findSchedule(leaky, leakInWords)).toEqual({ kind: "found", schedule: leak, differences: [] });
  });

  it("is found where actions and answers changed places", () => {
    const changed: System<Parameters<typeof leaky.key>[0], "probe" | "remove" | "rest", never> = {
      ...leaky,
      actions: (state) => ["rest", ...leaky.actions(state)],
      step: (state, action, chooser) => {
        if (action === "rest") return { state, events: [] };
        return leaky.step(state, action, {
          choose: (question, answers) => {
            const [first, ...others] = answers;
            return chooser.choose(question, [first, ...others.reverse()]);
          },
        });
      },
      describe: (action) => action,
    };
    const found = findSchedule(changed, leakInWords);

    expect(found).toMatchObject({ kind: "found", differences: [] });
    if (found.kind === "lost") return;
    expect(found.schedule.steps[2]).toEqual({ action: 1, answers: [0, 2] });
    expect(replay(changed, found.schedule).steps.at(-1)!.transition.after).toEqual({ isBound: false, leaked: 1 });
  });

  it("gives a new question its harmless answer, and says so", () => {
    const system = asking(["new", FINE, BUSY], ["old", FINE, BUSY]);

    expect(findSchedule(system, recorded(["old", "-EBUSY"]))).toEqual({
      kind: "found",
      schedule: { initial: 0, steps: [{ action: 0, answers: [0, 1] }] },
      differences: ['step 1 also asks "new"'],
    });
  });

  it("passes over a question that is gone, and says so", () => {
    const system = asking(["kept", FINE, BUSY]);

    expect(findSchedule(system, recorded(["gone", "-EBUSY"], ["kept", "-EBUSY"], ["also gone", "succeeds"]))).toEqual({
      kind: "found",
      schedule: { initial: 0, steps: [{ action: 0, answers: [1] }] },
      differences: ['step 1 no longer asks "gone"', 'step 1 no longer asks "also gone"'],
    });
  });

  it("gives the harmless answer where the recorded one is gone, and says so", () => {
    expect(findSchedule(asking(["a", FINE]), recorded(["a", "-EBUSY"]))).toMatchObject({
      kind: "found",
      differences: ['step 1 no longer offers "-EBUSY" to "a"'],
    });
  });

  it("keeps questions of one name in their order", () => {
    const system = asking(["kmalloc", FINE, BUSY], ["kmalloc", FINE, BUSY], ["kmalloc", FINE, BUSY]);
    const labels = recorded(["kmalloc", "succeeds"], ["kmalloc", "-EBUSY"], ["kmalloc", "succeeds"]);

    expect(findSchedule(system, labels)).toMatchObject({
      schedule: { steps: [{ answers: [0, 1, 0] }] },
      differences: [],
    });
  });

  it("tries each action that reads alike", () => {
    const twins = { ...graph("a b", "a c d"), describe: (to: string) => (to === "d" ? "finish" : "go") };

    expect(
      findSchedule(twins, { initial: 0, steps: ["go", "finish"].map((action) => ({ action, questions: [] })) }),
    ).toEqual({
      kind: "found",
      schedule: {
        initial: 0,
        steps: [
          { action: 1, answers: [] },
          { action: 0, answers: [] },
        ],
      },
      differences: [],
    });
  });

  it("is lost at the furthest step that any way leads to", () => {
    const system = { ...graph("a b d", "a c"), describe: (to: string) => (to === "d" ? "on" : "go") };
    const labels = { initial: 0, steps: ["go", "on", "on"].map((action) => ({ action, questions: [] })) };

    expect(findSchedule(system, labels)).toMatchObject({ kind: "lost", step: 3 });
  });

  it("is lost at the first step that no way leads to", () => {
    expect(
      findSchedule(counter(1), { initial: 0, steps: ["up", "up"].map((action) => ({ action, questions: [] })) }),
    ).toEqual({
      kind: "lost",
      step: 2,
      reason: '"up" is not possible there',
    });
    expect(findSchedule(counter(1), { initial: 3, steps: [] })).toEqual({
      kind: "lost",
      step: 0,
      reason: "there is no initial state 3 among 1",
    });
  });
});
