import { createHash } from "node:crypto";

/** Bytes of the hash of a state. */
const HASH_BYTES = 16;

/**
 * The hash of a state of a search: of what it consists of, and of what a run that is there may still do.
 *
 * @param content - all that the state consists of, the same bytes whenever it is met
 * @param left - what is left of the budget of a run: faults, preemptions, steps
 */
export const hashOfState = (content: Uint8Array, left: readonly number[]): Buffer =>
  createHash("sha256")
    .update(`${left.join(" ")}\n`)
    .update(content)
    .digest()
    .subarray(0, HASH_BYTES);

const MODULUS = 1n << 128n;

/** The digest of a set of states, whatever the order in which they are added: the sum of their hashes. */
export class SetDigest {
  #sum = 0n;

  /** @param hash - of a state that was not added before */
  add(hash: Buffer): void {
    this.#sum = (this.#sum + ((hash.readBigUInt64BE(0) << 64n) | hash.readBigUInt64BE(8))) % MODULUS;
  }

  /** The digest of all that was added so far, hexadecimal. */
  get text(): string {
    return this.#sum.toString(16).padStart(2 * HASH_BYTES, "0");
  }
}
