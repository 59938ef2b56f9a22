/**
 * SHA-256 (FIPS 180-4), at once: WebCrypto answers by a promise, which costs more than the hashes of a tree do.
 *
 * What is large and hashed once is left to WebCrypto (`sha256OfFile` in bytes.js).
 */

const BLOCK = 64;
const LENGTH_SIZE = 8;
/** Of the cube roots of the first 64 primes, the first 32 bits behind the point (section 4.2.2). */
const ROUNDS = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);
/** Likewise of the square roots of the first eight (section 5.3.3). */
const FIRST_STATE = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
const STATE = new Int32Array(8);
const SPREAD = new Int32Array(BLOCK);
const LAST = new Uint8Array(2 * BLOCK);

/**
 * @param {Uint8Array} data
 * @returns {Uint8Array}
 */
export function sha256(data) {
  STATE.set(FIRST_STATE);
  const rest = data.length % BLOCK;
  for (let at = 0; at < data.length - rest; at += BLOCK) compress(data, at);
  const end = padded(data, rest);
  for (let at = 0; at < end; at += BLOCK) compress(LAST, at);
  const digest = new Uint8Array(32);
  for (let n = 0; n < 8; n += 1) writeWord(digest, 4 * n, STATE[n]);
  return digest;
}

/**
 * Put the last blocks together: what is left of the data, a bit, and its length in bits (section 5.1.1).
 * @param {Uint8Array} data
 * @param {number} rest
 */
function padded(data, rest) {
  const end = rest + 1 + LENGTH_SIZE > BLOCK ? 2 * BLOCK : BLOCK;
  LAST.fill(0, rest, end);
  for (let at = 0; at < rest; at += 1) LAST[at] = data[data.length - rest + at];
  LAST[rest] = 0x80;
  writeWord(LAST, end - 8, Math.floor(data.length / 2 ** 29));
  writeWord(LAST, end - 4, data.length << 3);
  return end;
}

/**
 * @param {Uint8Array} into
 * @param {number} at
 * @param {number} word
 */
function writeWord(into, at, word) {
  into[at] = word >>> 24;
  into[at + 1] = word >>> 16;
  into[at + 2] = word >>> 8;
  into[at + 3] = word;
}

/**
 * Take in one block (section 6.2.2).
 * @param {Uint8Array} data
 * @param {number} from
 */
function compress(data, from) {
  schedule(data, from);
  let a = STATE[0], b = STATE[1], c = STATE[2], d = STATE[3];
  let e = STATE[4], f = STATE[5], g = STATE[6], h = STATE[7];
  for (let n = 0; n < BLOCK; n += 1) {
    const sum = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const chosen = (h + sum + ((e & f) ^ (~e & g)) + ROUNDS[n] + SPREAD[n]) | 0;
    const other = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const most = (other + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + chosen) | 0;
    d = c;
    c = b;
    b = a;
    a = (chosen + most) | 0;
  }
  STATE[0] += a;
  STATE[1] += b;
  STATE[2] += c;
  STATE[3] += d;
  STATE[4] += e;
  STATE[5] += f;
  STATE[6] += g;
  STATE[7] += h;
}

/**
 * Spread a block over 64 words.
 * @param {Uint8Array} data
 * @param {number} from
 */
function schedule(data, from) {
  for (let n = 0, at = from; n < 16; n += 1, at += 4) {
    SPREAD[n] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
  }
  for (let n = 16; n < BLOCK; n += 1) {
    const early = SPREAD[n - 15];
    const late = SPREAD[n - 2];
    const first = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const second = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    SPREAD[n] = SPREAD[n - 16] + first + SPREAD[n - 7] + second;
  }
}
