import type { DriverFacts } from "../driver/compile/image.ts";
import type { KernelFunction, KernelFunctions } from "../models/kernel.ts";

/** The kernel functions that a driver calls, each at the place of its number in the image. */
export const calledFunctions = ({ kernelFunctions }: DriverFacts, models: KernelFunctions): readonly KernelFunction[] =>
  kernelFunctions.map(({ name }) => {
    const found = models[name];
    if (found === undefined) throw new Error(`the image calls ${name}(), which has no model: build it again`);
    return found;
  });
