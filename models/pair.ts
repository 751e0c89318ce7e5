/**
 * Two addresses in one number, for a step of a procedure that has to give both.
 *
 * Addresses lie below 2^26 here (`MEMORY_MAP.pages` pages of 64 KiB), so that both fit exactly.
 */
const HALF = 2 ** 26;

/** Packs two addresses; not zero unless both are. */
export const pair = (first: number, second: number): number => first * HALF + second;

export const firstOf = (packed: number): number => Math.floor(packed / HALF);

export const secondOf = (packed: number): number => packed % HALF;

/** Whether a number may be a pair with something in its first half. */
export const isPair = (packed: number): boolean => packed >= HALF && Number.isSafeInteger(packed);
