/**
 * Gives equal plain data one object, and that object a number.
 *
 * A slice of the kernel's state that a step left alone is the same object as before, and one that it changed and
 * changed back is found equal to it; only what is new is written out and compared by content.
 */
export interface Interner {
  /**
   * The one object that is equal to `data`.
   *
   * @param kind - tells apart data of different shapes, whose recent objects are tried before anything is written out
   */
  canonical<Data extends object>(kind: string, data: Data, before: Data): Data;
  /** The number of an object that canonical() gave, or of any equal one. */
  idOf(data: object): number;
}

/** Gives each text a number, in the order in which they are met. */
export const numbering = (): ((text: string) => number) => {
  const numbers = new Map<string, number>();
  return (text) => {
    let number = numbers.get(text);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(text, number);
    }
    return number;
  };
};

/** Gives equal lists of numbers one object, so that many that are equal take the place of one. */
export const sharedLists = (): (<List extends readonly number[] | Uint32Array>(list: List) => List) => {
  const lists = new Map<string, readonly number[] | Uint32Array>();
  return <List extends readonly number[] | Uint32Array>(list: List): List => {
    const content = list.join();
    const known = lists.get(content);
    if (known !== undefined) return known as List;
    lists.set(content, list);
    return list;
  };
};

interface Known {
  readonly data: object;
  readonly id: number;
}

/** Whether two pieces of plain data of one shape are equal. */
const areEqual = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  if (Array.isArray(one)) {
    if (!Array.isArray(other) || one.length !== other.length) return false;
    for (let index = 0; index < one.length; index += 1) if (!areEqual(one[index], other[index])) return false;
    return true;
  }
  let count = 0;
  for (const key in one) {
    if (!areEqual((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])) return false;
    count += 1;
  }
  // A field that only one of them has would else be lost.
  for (const _ in other) count -= 1;
  return count === 0;
};

/** How many objects of one kind are compared before the content is written out. */
const RECENT = 12;

export const interner = (): Interner => {
  const recent = new Map<string, object[]>();
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
    canonical: (kind, data, before) => {
      if (areEqual(data, before)) return before;
      let candidates = recent.get(kind);
      if (candidates === undefined) {
        candidates = [];
        recent.set(kind, candidates);
      }
      for (let index = 0; index < candidates.length; index += 1) {
        const candidate = candidates[index]!;
        if (!areEqual(data, candidate)) continue;
        // What was met last is met again soonest.
        if (index > 0) {
          candidates[index] = candidates[index - 1]!;
          candidates[index - 1] = candidate;
        }
        return candidate as typeof data;
      }
      const found = lookUp(data).data as typeof data;
      if (candidates.length === RECENT) candidates.pop();
      candidates.unshift(found);
      return found;
    },
    idOf: (data) => lookUp(data).id,
  };
};
