import { beforeAll, describe, expect, it } from "vitest";
import { ERRNO } from "../../abi/errno.ts";
import type { Subject } from "../../driver/patch/subject.ts";
import type { SysramState } from "../../harness/state.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { KERNEL_LOCKS } from "../../models/lock.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { everyCallReturns } from "../../properties/safety.ts";
import { GOES_ON, PIN, PROBE, SIGNAL, UNBIND, UNPIN, WORKER_UNBINDS, write } from "../support/commands.ts";
import { type Edit, referenceSubject, SMALL, systemOf } from "../support/review.ts";

/** The reference driver, but one that takes its memory offline whoever unbinds it. */
const OFFLINES_ANYWHERE: Edit = { replace: "\tif (current_work())\n", with: "\tif (false)\n" };

interface Ran {
  readonly state: SysramState;
  /** What the last command gave; undefined while it is under way. */
  readonly result: number | undefined;
  readonly events: readonly SysramEvent[];
  /** The details of what breaks "every function of the driver comes to its end". */
  readonly endless: readonly string[];
  /** What may happen next. */
  readonly next: readonly string[];
}

/** Takes these actions with nothing going wrong. */
const taken = (system: SysramSystem, ...wanted: readonly string[]): Ran => {
  let state = system.initial[0]!;
  let result: number | undefined;
  const events: SysramEvent[] = [];
  const endless: string[] = [];
  for (const description of wanted) {
    const action = system.actions(state).find((candidate) => system.describe(candidate) === description);
    if (action === undefined) throw new Error(`"${description}" is not possible`);
    result = undefined;
    const before = state;
    const outcome = system.watching({ ends: (value) => (result = value) }, () =>
      system.step(before, action, { choose: (_, answers) => answers[0] }),
    );
    state = outcome.state;
    events.push(...outcome.events);
    const step = { before, after: state, events: outcome.events };
    endless.push(...everyCallReturns.violations(step).map(({ detail }) => detail));
  }
  return { state, result, events, endless, next: system.actions(state).map(system.describe) };
};

const holdsHotplugLock = ({ state }: Ran): boolean =>
  state.kernel.lock.held.some(({ lock }) => lock === KERNEL_LOCKS.device_hotplug_lock);

const blocksOf = ({ state }: Ran): readonly string[] => state.kernel.memoryHotplug.blocks.map((block) => block.state);

const systemOfDriver = (subject: Subject): Promise<SysramSystem> => systemOf(subject, SMALL);

describe("a pinned page", () => {
  let careless: SysramSystem;
  let careful: SysramSystem;
  beforeAll(async () => {
    careless = await systemOfDriver(referenceSubject(OFFLINES_ANYWHERE));
    careful = await systemOfDriver(referenceSubject());
  });

  it("keeps who writes offline waiting under device_hotplug_lock, until a signal makes the write fail with -EINTR", () => {
    const waiting = taken(careless, PROBE, PIN, write("offline"));
    expect(waiting).toMatchObject({ result: undefined, endless: [], next: [UNPIN, "cat /proc/iomem", SIGNAL] });
    expect(holdsHotplugLock(waiting)).toBe(true);

    const ended = taken(careless, PROBE, PIN, write("offline"), SIGNAL);
    expect(ended).toMatchObject({ result: -ERRNO.EINTR, endless: [] });
    expect([blocksOf(ended), ended.state.tasks, ended.state.kernel.lock.held]).toEqual([["online"], [], []]);
    expect(ended.state.kernel.signal.pending).toEqual([]);
  });

  it("keeps a shell that unbinds waiting, until a signal ends the offlining and the driver has to say what it does then", () => {
    expect(taken(careless, PROBE, PIN, UNBIND)).toMatchObject({
      endless: [],
      next: [UNPIN, "cat /proc/iomem", SIGNAL],
    });

    // The driver tries again, and gets no further while the signal is pending; it sleeps with no lock of memory hotplug.
    const again = taken(careless, PROBE, PIN, UNBIND, SIGNAL, UNPIN, GOES_ON);
    expect([blocksOf(again), holdsHotplugLock(again), again.result]).toEqual([["online"], false, undefined]);
    const offline = "the administrator offlines memory block 0 of region0";
    const ended = taken(careless, PROBE, PIN, UNBIND, SIGNAL, UNPIN, offline, GOES_ON);
    expect([blocksOf(ended), ended.result, ended.endless]).toEqual([[], 0, []]);
  });

  it("keeps a kernel worker that unbinds waiting, and nobody but its own user can end that: the unbind never ends", () => {
    const waiting = taken(careless, PROBE, PIN, WORKER_UNBINDS);
    expect(waiting).toMatchObject({ result: undefined, next: [UNPIN, "cat /proc/iomem"] });
    expect(holdsHotplugLock(waiting)).toBe(true);
    expect(waiting.endless).toEqual([expect.stringMatching(/^a kernel worker takes memory offline .* pinned/)]);

    const unpinned = taken(careless, PROBE, PIN, WORKER_UNBINDS, UNPIN, GOES_ON);
    expect([blocksOf(unpinned), unpinned.result]).toEqual([[], 0]);
  });

  it("is no deadlock while somebody waits for it", () => {
    for (const unbind of [UNBIND, WORKER_UNBINDS]) {
      expect(taken(careless, PROBE, PIN, unbind).events.filter(({ kind }) => kind === "died")).toEqual([]);
    }
  });

  it("is waited for by no kernel worker where the driver takes nothing offline there", () => {
    const waiting = taken(careful, PROBE, PIN, WORKER_UNBINDS);
    expect([waiting.result, waiting.endless, holdsHotplugLock(waiting)]).toEqual([undefined, [], false]);
    expect(waiting.next).toContain(GOES_ON);
  });

  it("comes about only in the movable zone, and not while memory is taken offline", () => {
    expect(taken(careful, "probe region0, online_kernel").next).not.toContain(PIN);
    expect(taken(careful, PROBE, PIN, write("offline"), UNPIN).next).not.toContain(PIN);
  });

  it("lets no administrator take its block offline in no time", () => {
    const offline = "the administrator offlines memory block 0 of region0";
    expect(taken(careful, PROBE).next).toContain(offline);
    expect(taken(careful, PROBE, PIN).next).not.toContain(offline);
  });
});
