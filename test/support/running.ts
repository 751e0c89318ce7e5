import { type Address, address, NULL } from "../../abi/address.ts";
import type { CallSite } from "../../driver/compile/image.ts";
import { type Driver, type Exit, emptyStack } from "../../driver/run/driver.ts";

/** One call of the kernel, as a driver made it. */
export interface Called {
  readonly name: string;
  /** Where argument `index` lies. */
  readonly at: (index: number) => Address;
  /** The places that are open, innermost first. */
  readonly from: readonly CallSite[];
}

const SLOT = 8;

/** Runs a function of a driver with a kernel of the test's own; gives what it returns, or how it crashed. */
export const runDriver = (
  driver: Driver,
  name: string,
  values: readonly number[],
  answer: (call: Called) => number,
): Exit => runTask(driver, () => driver.call(bottom, name, values), answer);

/** Runs a function of a driver by its address, as a callback of two pointers at most. */
export const runPointer = (
  driver: Driver,
  shape: "v_p" | "i_p" | "i_pp",
  target: Address,
  values: readonly number[],
  answer: (call: Called) => number,
): Exit => runTask(driver, () => driver.callPointer(bottom, shape, target, values), answer);

const bottom = { task: 0, level: 0, stack: emptyStack(0), frame: NULL };

const runTask = (driver: Driver, begin: () => Exit, answer: (call: Called) => number): Exit => {
  const { facts } = driver;
  let exit = begin();
  while (exit.kind === "called") {
    const { activation } = exit;
    const call: Called = {
      name: facts.kernelFunctions[activation.function]!.name,
      at: (index) => address(activation.arguments + (index + 1) * SLOT),
      from: driver.backtrace(activation.frame).map((site) => facts.sites[site]!),
    };
    exit = driver.resume(activation, answer(call));
  }
  return exit;
};
