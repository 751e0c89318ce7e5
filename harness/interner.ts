/**
 * Gives equal plain data one object, and that object a number.
 *
 * A slice of the kernel's state that a step left alone is the same object as before, and one that it changed and
 * changed back is found equal to it; only what is new is written out and compared by content.
 */
export interface Interner {
  /** The one object that is equal to `data`; `before` is tried first. */
  canonical<Data extends object>(data: Data, before: Data | undefined): Data;
  /** The number of an object that canonical() gave, or of any equal one. */
  idOf(data: object): number;
}

interface Known {
  readonly data: object;
  readonly id: number;
}

/** Whether two pieces of plain data of one shape are equal. */
const areEqual = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    for (let index = 0; index < one.length; index += 1) if (!areEqual(one[index], other[index])) return false;
    return true;
  }
  for (const key in one) {
    if (!areEqual((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])) return false;
  }
  return true;
};

export const interner = (): Interner => {
  const byIdentity = new WeakMap<object, Known>();
  const byContent = new Map<string, Known>();

  const lookUp = (data: object): Known => {
    const seen = byIdentity.get(data);
    if (seen !== undefined) return seen;
    const content = JSON.stringify(data);
    let known = byContent.get(content);
    if (known === undefined) {
      known = { data, id: byContent.size };
      byContent.set(content, known);
    }
    byIdentity.set(data, known);
    return known;
  };

  return {
    canonical: (data, before) => {
      if (before !== undefined && areEqual(data, before)) return before;
      return lookUp(data).data as typeof data;
    },
    idOf: (data) => lookUp(data).id,
  };
};
