import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { packageRoot } from "./package-root.ts";

/** Says of a value what is wrong with it, in one clause (`space.states is not a whole number`); undefined where nothing is. */
export type Form = (value: unknown) => string | undefined;

/**
 * The form that a JSON Schema of this package asks for.
 *
 * The validator is loaded when the first value is checked: most commands check none, and it takes a while.
 *
 * @param path - the schema's file, from the root of the package
 */
export const formOf = (path: string): Form => {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= compiled(path);
    return validate(value) ? undefined : complaint(validate.errors ?? []);
  };
};

const load = createRequire(import.meta.url);

const compiled = (path: string): ValidateFunction => {
  const { Ajv2020 } = load("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
  const schema = JSON.parse(readFileSync(join(packageRoot, path), "utf8")) as object;
  return new Ajv2020({ verbose: true, strictTuples: false }).compile(schema);
};

/** Keywords that a branch of a choice fails by being the wrong branch, and not by being damaged. */
const CHOOSES: ReadonlySet<string> = new Set(["type", "const", "enum"]);

const isChoice = ({ keyword }: ErrorObject): boolean => keyword === "anyOf" || keyword === "oneOf";

/** What the validator says of the first thing that is wrong; of a choice, what is wrong with the branch that was meant. */
const complaint = (errors: readonly ErrorObject[]): string => {
  const choice = errors.findLast(isChoice);
  const depth = choice?.instancePath.length ?? 0;
  const meant = errors.find(
    (error) => error !== choice && (error.instancePath.length > depth || !CHOOSES.has(error.keyword)),
  );
  const error = (choice === undefined ? errors[0] : meant) ?? choice;
  return error === undefined ? "it is not as its schema has it" : sentence(error);
};

const TYPES: Readonly<Record<string, string>> = {
  integer: "a whole number",
  string: "a text",
  object: "an object",
  array: "a list",
  boolean: "true or false",
};

const sentence = ({ instancePath, keyword, params, parentSchema }: ErrorObject): string => {
  const at = placeOf(instancePath);
  switch (keyword) {
    case "required":
      return `${at} has no ${params["missingProperty"]}`;
    case "additionalProperties":
      return `${at} has a field ${shortened(params["additionalProperty"])} that means nothing`;
    default:
      return `${at} is not ${wanted(keyword, params, parentSchema)}`;
  }
};

const wanted = (keyword: string, params: ErrorObject["params"], schema: ErrorObject["parentSchema"] = {}): string => {
  const { title, minimum, maximum } = schema as Readonly<Record<string, unknown>>;
  if (typeof title === "string") return title;
  if (minimum !== undefined && maximum !== undefined) return `a whole number from ${minimum} to ${maximum}`;
  switch (keyword) {
    case "type":
      return [params["type"]]
        .flat()
        .map((type: string) => TYPES[type] ?? type)
        .join(" or ");
    case "minimum":
      return params["limit"] === 0 ? "a whole number" : `a whole number from ${params["limit"]} on`;
    case "enum":
      return `one of ${params["allowedValues"].join(", ")}`;
    case "const":
      return JSON.stringify(params["allowedValue"]);
    case "minItems":
      return "a list with anything in it";
    default:
      return "of a form that it may have";
  }
};

/** `/properties/0/verdict` as a programmer writes it. */
const placeOf = (pointer: string): string => {
  const names = pointer
    .split("/")
    .slice(1)
    .map((name) => shortened(name.replaceAll("~1", "/").replaceAll("~0", "~")));
  const [first, ...others] = names;
  if (first === undefined) return "it";
  return others.reduce((path, name) => (/^\d+$/.test(name) ? `${path}[${name}]` : `${path}.${name}`), first);
};

const shortened = (name: string): string => (name.length > 60 ? `${name.slice(0, 57)}...` : name);
