import { Refusal } from "../abi/refusal.ts";
import type { DriverFacts, DriverFunction } from "../driver/compile/image.ts";

/**
 * What the driver offers to the rest of the kernel, recognised by prototypes, never by the driver's private names.
 */
export interface DriverInterface {
  /** What a region driver's probe calls: `int devm_cxl_add_*(struct cxl_region *, ...)`. */
  readonly entry: DriverFunction;
  /** The entry's parameter that takes the online type; undefined where it takes none. */
  readonly onlineTypeParameter: number | undefined;
  /** Gives the driver's object of a region, with a reference: `struct X *f(struct cxl_region *)`. */
  readonly find: DriverFunction | undefined;
  /** Functions that others call with a reference: `int f(struct X *)`. */
  readonly uses: readonly DriverFunction[];
  /** Functions that give whoever has a reference a part of the object: `struct device *f(struct X *)`. */
  readonly accessors: readonly DriverFunction[];
  /** The structure around the driver's device, and where in it the `struct device` lies; undefined if it is not known. */
  readonly object: { readonly structure: string; readonly deviceOffset: number } | undefined;
}

const REGION = "struct cxl_region *";

/** A driver without the entry that makes it one. */
export class NoEntryError extends Refusal {}

export const interfaceOf = (facts: DriverFacts): DriverInterface => {
  const { functions, structures } = facts;
  const entries = functions.filter(
    ({ name, result, parameters }) => /^devm_cxl_add_\w+$/.test(name) && result === "int" && parameters[0] === REGION,
  );
  const entry = entries.find(({ name }) => name.includes("sysram")) ?? entries[0];
  if (entry === undefined) {
    const what = "no function `int devm_cxl_add_*(struct cxl_region *, ...)`";
    throw new NoEntryError(what, "name the patch that adds the driver");
  }

  const deviceOffset = (type: string): number | undefined => {
    const fields = structures[structureName(type)]?.fields ?? {};
    return Object.values(fields).find((field) => field.type === "struct device")?.offset;
  };
  const isObject = (type: string): boolean =>
    /^struct \w+ \*$/.test(type) && type !== REGION && deviceOffset(type) !== undefined;
  const find = functions.find(
    ({ result, parameters }) => parameters.length === 1 && parameters[0] === REGION && isObject(result),
  );
  const object =
    find?.result ??
    functions.find(({ parameters }) => parameters.length === 1 && isObject(parameters[0]!))?.parameters[0];
  const ofObject = functions.filter(({ parameters }) => parameters.length === 1 && parameters[0] === object);
  return {
    entry,
    onlineTypeParameter: onlineTypeParameter(entry),
    find,
    uses: ofObject.filter(({ result }) => result === "int"),
    accessors: ofObject.filter(({ result }) => result.endsWith("*")),
    object:
      object === undefined ? undefined : { structure: structureName(object), deviceOffset: deviceOffset(object)! },
  };
};

/** By its type where the type says so, else the first whole number behind the region. */
const onlineTypeParameter = ({ parameters }: DriverFunction): number | undefined => {
  return ["enum mmop", "int", "unsigned int"].map((type) => parameters.indexOf(type)).find((at) => at > 0);
};

const structureName = (type: string): string => /^struct (\w+)/.exec(type)?.[1] ?? "";
