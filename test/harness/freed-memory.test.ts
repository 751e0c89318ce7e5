import { beforeAll, describe, expect, it } from "vitest";
import { HOLD, UNBIND } from "../support/commands.ts";
import { agreedOn, type Programmed, programmed } from "./programmed-driver.ts";

let driver: Programmed;
beforeAll(async () => {
  driver = await programmed();
});

const CRASHES = "the-driver-does-not-crash";
const UNORDERED = "accesses-are-ordered";

/** Takes the lock, and makes the object where there is none. */
const MAKES = "LBU";

describe("a search that interrupts tasks only where others could notice", { tags: ["long"] }, () => {
  it.each([
    { name: "a reference that was put, a call before", mode: 10 },
    { name: "one that was put under a lock that is free again, under another lock", mode: 11 },
    { name: "one that was put under the lock of the structure itself, which is unlocked then", mode: 12 },
    { name: "one that was put under the lock that is still held", mode: 13 },
    { name: "one that was put right before, in the name beside it", mode: 14 },
  ])("finds the use of memory behind $name", async ({ mode }) => {
    expect(await agreedOn(driver, { mode, commands: [HOLD, UNBIND] })).toContain(CRASHES);
  });

  it.each([
    { name: "its lock is held", mode: 15 },
    { name: "another lock is held, which says nothing", mode: 16 },
  ])("finds nothing where the reference is put last, and $name", async ({ mode }) => {
    expect(await agreedOn(driver, { mode, commands: [HOLD, UNBIND] })).toEqual([]);
  });

  it.each([
    { name: "is freed under a lock, and read without", programs: [MAKES, "LFU", "b.g"], isRace: true },
    { name: "was found under the lock, and is used behind it", programs: [MAKES, "LFU", "LbU.g"], isRace: false },
    { name: "is used under another lock than it was found", programs: [MAKES, "LFU", "LbUM.gN"], isRace: false },
    {
      name: "is freed behind the lock that it was taken away under",
      programs: [MAKES, "LfU.k", "LbUM.gN"],
      isRace: false,
    },
    { name: "is freed under another lock", programs: [MAKES, "MFN", "Lb.gU"], isRace: true },
    { name: "is freed by whoever finds a lock taken", programs: [MAKES, "bL.gU", "JF"], isRace: true },
    {
      name: "is found under a lock, and used under one whose holder makes another task free it",
      programs: ["MBN", "MbNL.gU", "MbNJMFN"],
      isRace: false,
    },
  ])("finds the use of an object that $name", async ({ programs, isRace }) => {
    const found = await agreedOn(driver, { programs });
    expect(found).toContain(CRASHES);
    expect(found.includes(UNORDERED)).toBe(isRace);
  });

  it.each([
    { name: "is found, used and freed under one lock", programs: [MAKES, "LFU", "Lb.g.U"] },
    { name: "is taken away under the lock and freed behind it", programs: [MAKES, "LfU.k", "Lb.gU"] },
  ])("finds no use of an object too late that $name", async ({ programs }) => {
    expect(await agreedOn(driver, { programs })).not.toContain(CRASHES);
  });

  it("finds the holder of a lock that another task tries to take", async () => {
    expect(await agreedOn(driver, { programs: ["L.U", "J+!"] })).toContain(CRASHES);
  });

  // Behind the taking of a lock there is no scheduling point, so nobody who only tries to take it ever finds it taken.
  it("finds the holder of a lock that does nothing else while another task tries to take it", async () => {
    expect(await agreedOn(driver, { mode: 17, commands: [HOLD], programs: ["J+!"] })).toContain(CRASHES);
  });

  it.each([
    { name: "in front of a lock that is held for nothing", programs: ["LU", "IU"] },
    { name: "behind the reading of what the holder changes", programs: ["L1.U", "rI.U"] },
    { name: "of another task that does the same", programs: ["I.U", "IU"] },
  ])("finds where a signal ends the wait $name", async ({ programs }) => {
    expect(await agreedOn(driver, { programs })).toContain(CRASHES);
  });

  it("finds the double free of two tasks that found one object", async () => {
    expect(await agreedOn(driver, { programs: [MAKES, "LfU.k", "LbU.k"] })).toContain("nothing-is-freed-twice");
  });
});

describe("a search that interrupts tasks at loads and stores, where others could notice", { tags: ["long"] }, () => {
  let finely: Programmed;
  beforeAll(async () => {
    finely = await programmed("accesses");
  });

  it.each([10, 12])("finds the use of memory behind a put: variant %i", async (mode) => {
    expect(await agreedOn(finely, { mode, commands: [HOLD, UNBIND] })).toContain(CRASHES);
  });

  it.each([
    { programs: [MAKES, "LFU", "bg"] },
    { programs: [MAKES, "LFU", "LbUg"] },
    { programs: [MAKES, "LfUk", "LbUMgN"] },
  ])("finds an object that is used too late: $programs", { tags: ["long"] }, async ({ programs }) => {
    expect(await agreedOn(finely, { programs })).toContain(CRASHES);
  });
});
