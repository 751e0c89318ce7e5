/**
 * Gives equal plain data equal numbers.
 *
 * A slice of the kernel's state that a step left alone is the same object as before, so most look-ups are one by
 * identity; only what changed is written out and compared by content.
 */
export interface Interner {
  idOf(data: object): number;
}

export const interner = (): Interner => {
  const byIdentity = new WeakMap<object, number>();
  const byContent = new Map<string, number>();
  return {
    idOf: (data) => {
      const known = byIdentity.get(data);
      if (known !== undefined) return known;
      const content = JSON.stringify(data);
      let id = byContent.get(content);
      if (id === undefined) {
        id = byContent.size;
        byContent.set(content, id);
      }
      byIdentity.set(data, id);
      return id;
    },
  };
};
