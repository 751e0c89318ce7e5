import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { address } from "../../abi/address.ts";
import { classStart, HEAP_END, MEMORY_MAP } from "../../abi/memory-map.ts";
import { shadowMemory } from "../../models/shadow-memory.ts";
import { type Allocation, emptySlab, type SlabState } from "../../models/slab.ts";
import { bareShadow } from "./bare-shadow.ts";

const HEAP = classStart(2);

const allocation = (at: number, size: number, unwritten?: Allocation["unwritten"]): Allocation => ({
  at: address(at),
  size,
  function: "kmalloc",
  site: 7,
  owner: "driver",
  ...(unwritten === undefined ? {} : { unwritten }),
});

const slab = (...live: readonly Allocation[]): SlabState => ({ ...emptySlab, live });

describe("the shadow memory", () => {
  it("allows what is allocated, to the byte", () => {
    const shadow = bareShadow();
    shadow.restore(slab(allocation(HEAP, 10)));
    const allowed = (at: number, length: number) => shadow.mayAccess(at, length, "read");
    expect([allowed(HEAP, 8), allowed(HEAP + 8, 2), allowed(HEAP + 9, 1)]).toEqual([true, true, true]);
    expect([allowed(HEAP + 8, 4), allowed(HEAP + 10, 1), allowed(HEAP - 1, 1)]).toEqual([false, false, false]);
    shadow.takeBack(address(HEAP), 10);
    expect(allowed(HEAP, 1)).toBe(false);
  });

  it("forgets a state when it is brought to another", () => {
    const shadow = bareShadow();
    const one = slab(allocation(HEAP, 8, [[0, 8]]));
    const other = slab(allocation(HEAP + 128, 8));
    for (const [state, at, isReadable] of [
      [one, HEAP, false],
      [other, HEAP + 128, true],
      [one, HEAP, false],
    ] as const) {
      shadow.restore(state);
      expect(shadow.mayAccess(at, 8, "read")).toBe(isReadable);
      expect(shadow.mayAccess(at === HEAP ? HEAP + 128 : HEAP, 8, "touch")).toBe(false);
      shadow.mayAccess(at, 8, "write");
    }
  });

  it("tells what was never written, and lets a copy carry that along", () => {
    const shadow = bareShadow();
    const [from, to] = [allocation(HEAP, 16), allocation(HEAP + 128, 16)];
    shadow.handOut(from.at, 16, false);
    shadow.handOut(to.at, 16, true);
    shadow.mayAccess(HEAP + 4, 4, "write");
    expect(shadow.unwritten(from)).toEqual([
      [0, 4],
      [8, 16],
    ]);
    shadow.copy(to.at, from.at, 8);
    expect(shadow.unwritten(to)).toEqual([[0, 4]]);
    expect([shadow.mayAccess(to.at, 4, "touch"), shadow.mayAccess(to.at, 4, "read")]).toEqual([true, false]);
    shadow.resize(to.at, 16, 20, false);
    expect(shadow.unwritten({ ...to, size: 20 })).toEqual([
      [0, 4],
      [16, 20],
    ]);
    shadow.resize(to.at, 20, 2, false);
    expect(shadow.mayAccess(to.at + 2, 1, "touch")).toBe(false);
  });

  it("reads constants, and writes none", () => {
    const at = MEMORY_MAP.dataStart;
    const shadow = shadowMemory(
      [
        { name: "table", at, size: 8, isConstant: true },
        { name: "count", at: at + 24, size: 4, isConstant: false },
      ],
      () => "",
    );
    expect([shadow.mayAccess(at, 8, "read"), shadow.mayAccess(at, 1, "write")]).toEqual([true, false]);
    expect([shadow.mayAccess(at + 24, 4, "write"), shadow.mayAccess(at + 8, 1, "read")]).toEqual([true, false]);
    expect(shadow.faultOf(emptySlab, at + 4, 1, "write")).toMatchObject({ rule: "write-to-constant", object: "table" });
    expect(shadow.faultOf(emptySlab, at + 28, 4, "read")).toMatchObject({
      rule: "out-of-bounds",
      what: "at offset 4 of count, which has 4 bytes",
    });
  });

  it("says of an address that nobody can reach what it is", () => {
    const shadow = bareShadow();
    const told = (at: number) => {
      const { rule, object, isEnd } = shadow.faultOf(emptySlab, at, 4, "read");
      return { rule, object, isEnd };
    };
    const wild = (object: string) => ({ rule: "wild-pointer", object, isEnd: true });
    expect(told(16)).toEqual(wild("a NULL pointer"));
    expect(told(2 ** 32 - 12)).toEqual(wild("an error pointer"));
    expect(told(HEAP_END)).toEqual(wild("a stray pointer"));
    expect(told(HEAP)).toEqual({ rule: "use-after-free", object: "the heap", isEnd: false });
  });

  it("agrees with a list of bytes, whatever is done to it (seed 20261123)", { tags: ["random"] }, () => {
    const SLOT = 64;
    const act = fc.oneof(
      fc.record({
        kind: fc.constant("hand out" as const),
        slot: fc.nat(3),
        size: fc.integer({ min: 1, max: 32 }),
        isWritten: fc.boolean(),
      }),
      fc.record({ kind: fc.constant("take back" as const), slot: fc.nat(3) }),
      fc.record({
        kind: fc.constantFrom(...(["write", "read", "touch"] as const)),
        at: fc.nat(4 * SLOT),
        size: fc.constantFrom(1, 2, 4, 8),
      }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const shadow = bareShadow();
        const bytes = new Map<number, "written" | "unwritten">();
        const sizes = new Map<number, number>();
        for (const step of acts) {
          if (step.kind === "hand out") {
            if (sizes.has(step.slot)) continue;
            sizes.set(step.slot, step.size);
            shadow.handOut(address(HEAP + step.slot * SLOT), step.size, step.isWritten);
            for (let at = 0; at < step.size; at += 1)
              bytes.set(step.slot * SLOT + at, step.isWritten ? "written" : "unwritten");
          } else if (step.kind === "take back") {
            const size = sizes.get(step.slot);
            if (size === undefined) continue;
            sizes.delete(step.slot);
            shadow.takeBack(address(HEAP + step.slot * SLOT), size);
            for (let at = 0; at < size; at += 1) bytes.delete(step.slot * SLOT + at);
          } else {
            const touched = Array.from({ length: step.size }, (_, index) => step.at + index);
            const expected = touched.every((at) =>
              step.kind === "read" ? bytes.get(at) === "written" : bytes.get(at) !== undefined,
            );
            expect(shadow.mayAccess(HEAP + step.at, step.size, step.kind)).toBe(expected);
            if (expected && step.kind === "write") for (const at of touched) bytes.set(at, "written");
          }
        }
      }),
      { seed: 20_261_123, numRuns: 200 },
    );
  });
});
