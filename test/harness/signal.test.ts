import { describe, expect, it } from "vitest";
import { ERRNO } from "../../abi/errno.ts";
import { explore } from "../../checker/explore.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import type { SysramState } from "../../harness/state.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { PROBE, write } from "../support/commands.ts";
import { doing, referenceSubject } from "../support/review.ts";

const isListening = ({ tasks, kernel }: SysramState): boolean =>
  tasks.some(({ wait }) => wait !== undefined && wait.listensTo !== "none" && !wait.isReady(kernel));

describe("a signal", () => {
  it("ends the wait of a task that listens to it, and of no other one", async () => {
    const configuration = { regions: 1, blocks: 1, tasks: 2 };
    const whole = sysramSystem(loadDriver(await buildSubject(referenceSubject())), configuration, { isReduced: false });
    const small = doing(whole, (label) => [PROBE, write("offline"), write("online_movable")].includes(label));
    const states: SysramState[] = [];
    await explore(small, {
      ...{ claims: [], faults: 0, preemptions: 1, bounds: {} },
      onTransition: ({ transition: { after } }) => states.push(after),
    });

    const signals = states.map((state) => whole.actions(state).filter(({ kind }) => kind === "signal"));
    expect(signals.map(({ length }) => length > 0)).toEqual(states.map(isListening));
    const at = signals.findIndex(({ length }) => length > 0);
    const [signal] = signals[at]!;
    expect(whole.describe(signal!)).toBe("a signal ends the wait of task 2");

    const results: number[] = [];
    const { state } = whole.watching({ ends: (result) => results.push(result) }, () =>
      whole.step(states[at]!, signal!, { choose: (_, answers) => answers[0] }),
    );
    expect(results).toEqual([-ERRNO.EINTR]);
    expect(state.tasks.map(({ id }) => id)).toEqual([0]);
    expect(state.kernel.signal.pending).toEqual([]);
  });
});
