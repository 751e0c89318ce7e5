import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Murmur } from "../../checker/murmur.ts";

const SEED = 20261122;

const BLOCK = 16;
const LANES = [
  { before: 0x239b961bn, by: 15n, after: 0xab0e9789n, turn: 19n, add: 0x561ccd1bn },
  { before: 0xab0e9789n, by: 16n, after: 0x38b34ae5n, turn: 17n, add: 0x0bcaa747n },
  { before: 0x38b34ae5n, by: 17n, after: 0xa1e38b93n, turn: 15n, add: 0x96cd1c35n },
  { before: 0xa1e38b93n, by: 18n, after: 0x239b961bn, turn: 13n, add: 0x32ac3b17n },
] as const;

const low32 = (value: bigint): bigint => value & 0xffff_ffffn;
const turned = (value: bigint, by: bigint): bigint => low32(value << by) | (value >> (32n - by));
const finished = (value: bigint): bigint => {
  const once = low32((value ^ (value >> 16n)) * 0x85ebca6bn);
  const twice = low32((once ^ (once >> 13n)) * 0xc2b2ae35n);
  return twice ^ (twice >> 16n);
};

/** The hash as its definition says, byte by byte: in 32 hexadecimal digits. */
const murmurOf = (bytes: Uint8Array, seed: number): string => {
  const hashes = [0, 1, 2, 3].map(() => BigInt(seed));
  const mix = (lane: number, word: bigint): bigint => {
    const { before, by, after } = LANES[lane]!;
    return low32(turned(low32(word * before), by) * after);
  };
  const wordOf = (from: number): bigint => {
    let word = 0n;
    for (let at = 0; at < 4; at += 1) word |= BigInt(bytes[from + at] ?? 0) << BigInt(8 * at);
    return word;
  };
  const whole = bytes.length - (bytes.length % BLOCK);
  for (let block = 0; block < whole; block += BLOCK) {
    for (const [lane, { turn, add }] of LANES.entries()) {
      const mixed = turned(hashes[lane]! ^ mix(lane, wordOf(block + 4 * lane)), turn) + hashes[(lane + 1) % 4]!;
      hashes[lane] = low32(low32(mixed) * 5n + add);
    }
  }
  for (const lane of LANES.keys()) hashes[lane]! ^= mix(lane, wordOf(whole + 4 * lane));
  for (const lane of LANES.keys()) hashes[lane]! ^= BigInt(bytes.length);
  const add = (): void => {
    hashes[0] = low32(hashes.reduce((sum, hash) => sum + hash));
    for (const lane of [1, 2, 3]) hashes[lane] = low32(hashes[lane]! + hashes[0]);
  };
  add();
  for (const lane of LANES.keys()) hashes[lane] = finished(hashes[lane]!);
  add();
  return hashes.map((hash) => hash.toString(16).padStart(8, "0")).join("");
};

describe("the hash of a key", () => {
  it("is MurmurHash3_x86_128, of which others know these values", () => {
    const known = (text: string): string => murmurOf(Buffer.from(text), 0);

    expect(known("")).toBe("00000000000000000000000000000000");
    expect(known("I will not buy this tobacconist's, it is scratched.")).toBe("9b5b7ba2ef3f7866889adeaf00f3f98e");
    expect(known("The quick brown fox jumps over the lazy dog")).toBe("2f1583c3ecee2c675d7bf66ce5e91d2c");
  });

  it(`is that of its bytes, for any text and any seed (seed ${SEED})`, () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 });
    fc.assert(
      fc.property(units, fc.nat(2 ** 32 - 1), (codes, seed) => {
        const murmur = new Murmur(seed);
        murmur.hash(String.fromCharCode(...codes));
        const hex = [murmur.low, murmur.high].map((half) => half.toString(16).padStart(8, "0")).join("");

        expect(hex).toBe(murmurOf(new Uint8Array(Uint16Array.from(codes).buffer), seed).slice(0, 16));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
