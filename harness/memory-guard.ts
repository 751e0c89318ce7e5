import { count } from "../abi/count.ts";
import { isOfTask } from "../abi/memory-map.ts";
import type { Driver, MemoryWatch } from "../driver/run/driver.ts";
import type { Misuse } from "../models/kernel.ts";
import type { AccessKind, MemoryFault, MemoryMisuse, ShadowMemory } from "../models/shadow-memory.ts";
import type { SlabState } from "../models/slab.ts";
import type { UbsanMisuse } from "../models/ubsan.ts";
import { subjectSites } from "./subject-sites.ts";

/** Where the guard records what it sees, and what it sees it by. */
export interface Guarded {
  readonly shadow: ShadowMemory;
  slab(): SlabState;
  /** The task whose C runs. */
  task(): number;
  /** Whether memory that is written there by mistake is brought back before the next step. */
  isRestored(at: number): boolean;
  /** Records once in a step what happens many times there; wherever, if `isAnywhere`. */
  report(misuse: Omit<Misuse, "kind" | "detail">, detail: () => string, isAnywhere?: boolean): void;
}

/**
 * Looks at each load and store of a driver's C before it happens, and has what is wrong recorded.
 *
 * A local variable is gone when its function has returned, which the stack pointer tells. Not seen is one whose function the
 * compiler made part of its caller, one on the stack of another task, and one that only the kernel still uses.
 */
export const memoryGuard = (driver: Driver, { shadow, slab, task, isRestored, report }: Guarded): MemoryWatch => {
  const { accesses, enumLoads, sites } = driver.facts;
  const { ofAccess } = subjectSites(driver);
  const masks = Uint32Array.from(accesses, ({ alignment }) => alignment - 1);
  const kinds = accesses.map(
    ({ kind, isBitField }): AccessKind => (isBitField ? "touch" : kind === "read" ? kind : "write"),
  );
  const isUpdate = accesses.map(({ kind }) => kind === "update");

  const noteFault = (fault: MemoryFault, length: number, verb: string, access: number): void => {
    const site = ofAccess(accesses[access]!.site);
    const { rule, object, what, isFatal } = fault;
    report(
      { rule, function: "", object, site, isFatal },
      () => `${sites[site]!.function}() ${verb} ${count(length, "byte")} ${what}`,
    );
  };

  const fault = (at: number, length: number, kind: AccessKind, access: number): boolean => {
    const found = shadow.faultOf(slab(), at, length, kind);
    noteFault(found, length, kind === "write" ? "writes" : "reads", access);
    return !found.isEnd && (kind !== "write" || (isRestored(at) && isRestored(at + length - 1)));
  };

  /** A pointer to a variable has outlived the function that has it. */
  const isLeftBehind = (at: number): boolean => isOfTask(at, task()) && at < driver.stackNow();

  const leftBehind = (length: number, verb: string, access: number): void => {
    const site = ofAccess(accesses[access]!.site);
    const rule: MemoryMisuse = "use-after-free";
    report(
      { rule, function: "", object: "a local variable", site, isFatal: true },
      () =>
        `${sites[site]!.function}() ${verb} ${count(length, "byte")} of a local variable of a function that has returned`,
    );
  };

  const misaligned = (at: number, access: number): void => {
    const { site, alignment } = accesses[access]!;
    const place = ofAccess(site);
    const rule: UbsanMisuse = "misaligned-access";
    report(
      { rule, function: "", object: "a misaligned pointer", site: place, isFatal: false },
      () =>
        `${sites[place]!.function}() uses an address that is ${count(at % alignment, "byte")} off the alignment of ${alignment} bytes that its type has`,
    );
  };

  return {
    access: (at, length, access) => {
      const kind = kinds[access]!;
      if (isUpdate[access]! && !shadow.mayAccess(at, length, "read") && !fault(at, length, "read", access))
        return false;
      if (!shadow.mayAccess(at, length, kind)) return fault(at, length, kind, access);
      if (isLeftBehind(at)) leftBehind(length, kind === "write" ? "writes" : "reads", access);
      if ((at & masks[access]!) !== 0) misaligned(at, access);
      return true;
    },
    copy: (to, from, length, read) => {
      if (length === 0) return true;
      if (!shadow.mayAccess(from, length, "touch") && !fault(from, length, "touch", read)) return false;
      if (!shadow.mayAccess(to, length, "write") && !fault(to, length, "write", read + 1)) return false;
      if (isLeftBehind(from)) leftBehind(length, "reads", read);
      if (isLeftBehind(to)) leftBehind(length, "writes", read + 1);
      shadow.copy(to, from, length);
      return true;
    },
    enumLoad: (value, load) => {
      const { site, type, least, most } = enumLoads[load]!;
      const number = least < 0 ? value : value >>> 0;
      if (number >= least && number <= most) return;
      const rule: UbsanMisuse = "invalid-load";
      // Where a wrong value is read first tells enough of it.
      report(
        { rule, function: "", object: `a value of ${type}`, site: ofAccess(site), isFatal: false },
        () => `load of value ${number} is not a valid value for type '${type}'`,
        true,
      );
    },
  };
};
