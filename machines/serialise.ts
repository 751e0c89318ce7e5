/**
 * Plain data as a string, two different values never as one.
 *
 * `@xstate/graph` keys states by `JSON.stringify`, which merges what it cannot write (a Set, a Map, a function,
 * undefined, NaN) and tells apart what is equal (the order of an object's keys). Here keys stand in order, and what
 * JSON cannot carry is refused.
 */
export const serialise = (value: unknown): string => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value) || Object.is(value, -0)) break;
      return String(value);
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(serialise).join(",")}]`;
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) break;
      const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
      return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${serialise(field)}`).join(",")}}`;
    }
  }
  throw new TypeError(`a machine's state holds ${String(value)}, which is no plain data`);
};
