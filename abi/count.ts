/**
 * A number with its noun, for a sentence: `1 byte`, `16 bytes`.
 *
 * @param one - what stands behind 1: the noun, with its verb where that changes too (`lock is`)
 * @param many - what stands behind any other number
 */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
