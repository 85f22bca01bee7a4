/**
 * The source of randomness of one sequence: the state of xoshiro128**, plain data that its owner keeps.
 * Generator: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2018), xoshiro128starstar.c.
 */
export type Coin = Uint32Array; // [4], not all zero

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** A 32-bit finalizer (Steele, Lea and Flood's SplitMix as MurmurHash3's fmix32): spreads a counter's bits. */
function mix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A coin whose throws are decided by `seed`, an integer from 0 to 2^53 - 1. */
export function createCoin(seed: number): Coin {
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  const coin = new Uint32Array(4);
  let counter = low ^ mix32(high + 0x9e3779b9);
  for (let i = 0; i < 4; i++) {
    counter = (counter + 0x9e3779b9) >>> 0;
    coin[i] = mix32(counter) ^ (i & 1 ? high : 0);
  }
  if (coin.every((word) => word === 0)) coin[0] = 1;
  return coin;
}

/** The next 32 random bits; advances the coin. */
function next32(coin: Coin): number {
  const s1 = coin[1]!;
  const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
  const s2 = coin[2]! ^ coin[0]!;
  const s3 = coin[3]! ^ s1;
  coin[1] = s1 ^ s2;
  coin[0] = coin[0]! ^ s3;
  coin[2] = s2 ^ (s1 << 9);
  coin[3] = rotateLeft(s3, 11);
  return result;
}

/** Uniform in [0, 1) with 53 bits; advances the coin. */
export function flip(coin: Coin): number {
  const high = next32(coin) >>> 5; // 27 bits
  const low = next32(coin) >>> 6; // 26 bits
  return (high * 2 ** 26 + low) / 2 ** 53;
}

/** A seed nobody has asked for: 53 random bits from the platform's generator. */
export function freshSeed(): number {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return (words[0]! >>> 11) * 2 ** 32 + words[1]!;
}
