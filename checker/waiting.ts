/** Entries of one chunk. */
const CHUNK = 1024;

interface Chunk<Value> {
  readonly values: (Value | undefined)[];
  left: number;
}

/** What is kept of numbered things until it is asked for: a list in chunks, of which those that are used up are let go. */
export class Waiting<Value> {
  readonly #chunks: (Chunk<Value> | undefined)[] = [];

  /** Keeps a value under a number, in the place of what may be there. */
  put(number: number, value: Value): void {
    const place = Math.floor(number / CHUNK);
    while (this.#chunks.length <= place) this.#chunks.push(undefined);
    this.#chunks[place] ??= { values: [], left: 0 };
    const { values } = this.#chunks[place];
    const at = number % CHUNK;
    while (values.length <= at) values.push(undefined);
    if (values[at] === undefined) this.#chunks[place].left += 1;
    values[at] = value;
  }

  /** Hands a value over; it was put before. */
  take(number: number): Value {
    const place = Math.floor(number / CHUNK);
    const chunk = this.#chunks[place]!;
    const value = chunk.values[number % CHUNK] as Value;
    chunk.values[number % CHUNK] = undefined;
    chunk.left -= 1;
    if (chunk.left === 0) this.#chunks[place] = undefined;
    return value;
  }
}
