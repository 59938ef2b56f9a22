/**
 * Ed25519 keys: public keys that are safe to believe.
 *
 * WebCrypto accepts signatures under keys of low order and in second spellings, with which one signature fits
 * any message; such keys are refused here before it is given them (RFC 8032 section 5.1).
 */
import { fromHex, readBase64, sameBytes, toHex, toUtf8 } from "./bytes.js";
import { DEMO_BEGINNINGS } from "./demo_keys.js";
import { BadSignature, UnsafeKey } from "./errors.js";
import { sha256 } from "./sha256.js";

export const KEY_SIZE = 32;
export const SIGNATURE_SIZE = 64;
export const DEMO_ORIGIN = "minhchung.example/da-nang-demo";
const DEMO_NUMBERS = new Map(DEMO_BEGINNINGS.trim().split(" ").map((beginning, number) => [beginning, number]));
const BEGINNING = 8;

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = modulo(-121665n * power(121666n, P - 2n));
const SQRT_M1 = power(2n, (P - 1n) / 4n);

/** A public key that passed `loadPublicKey`. `id` is the SHA-256 of its 32 bytes, in hex. */
export class PublicKey {
  /**
   * @param {Uint8Array} raw
   * @param {string} id
   */
  constructor(raw, id) {
    this.raw = raw;
    this.id = id;
    /** @type {Promise<CryptoKey> | null} */
    this.imported = null;
  }

  /**
   * Throw BadSignature unless `signature` is this key's over `data`.
   * @param {Uint8Array} signature
   * @param {Uint8Array} data
   */
  async verify(signature, data) {
    const { subtle } = globalThis.crypto;
    this.imported ??= subtle.importKey("raw", this.raw, "Ed25519", false, ["verify"]);
    const key = await this.imported;
    if (signature.length !== SIGNATURE_SIZE || !(await subtle.verify("Ed25519", key, signature, data))) {
      throw new BadSignature("signature.bad", { key: this.id });
    }
  }
}

/** @type {Map<string, PublicKey>} */
const LOADED = new Map();

/**
 * Read 32 bytes as a public key: canonical, on the curve, of prime order.
 *
 * Throws UnsafeKey `key.unsafe` with the reason.
 * @param {Uint8Array} raw
 */
export async function loadPublicKey(raw) {
  const spelled = toHex(raw);
  const known = LOADED.get(spelled);
  if (known) return known;
  checkPoint(raw);
  const key = new PublicKey(raw, toHex(sha256(raw)));
  LOADED.set(spelled, key);
  return key;
}

/** @param {Uint8Array} raw */
function checkPoint(raw) {
  if (raw.length !== KEY_SIZE) throw unsafeKey("not 32 bytes");
  const point = decompressed(raw);
  if (isNeutral(multiplied(point, 8n))) throw unsafeKey("low order");
  if (!isNeutral(multiplied(point, L))) throw unsafeKey("outside the prime-order subgroup");
}

/** @param {string} reason */
function unsafeKey(reason) {
  return new UnsafeKey("key.unsafe", { reason });
}

// --- the curve ------------------------------------------------------------------------------------------

/** @typedef {[bigint, bigint, bigint, bigint]} Point X, Y, Z, T of RFC 8032 section 5.1.4 */

/** @param {bigint} number */
function modulo(number) {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let [found, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) found = (found * square) % P;
    square = (square * square) % P;
  }
  return found;
}

/**
 * RFC 8032 section 5.1.3, without its leniency for a second spelling of the same point.
 * @param {Uint8Array} raw
 * @returns {Point}
 */
function decompressed(raw) {
  const encoded = BigInt(`0x${toHex(Uint8Array.from(raw).reverse())}`);
  const [sign, y] = [encoded >> 255n, encoded & (2n ** 255n - 1n)];
  if (y >= P) throw unsafeKey("y is not canonical");
  const [u, v] = [modulo(y * y - 1n), modulo(D * y * y + 1n)];
  let x = modulo(u * power(v, 3n) * power(modulo(u * power(v, 7n)), (P - 5n) / 8n));
  if (modulo(v * x * x) === modulo(-u)) x = modulo(x * SQRT_M1);
  if (modulo(v * x * x) !== u) throw unsafeKey("not on the curve");
  if (x === 0n && sign === 1n) throw unsafeKey("sign of zero");
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, modulo(x * y)];
}

/**
 * @param {Point} one
 * @param {Point} other
 * @returns {Point}
 */
function added([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = ((y1 - x1) * (y2 - x2)) % P;
  const b = ((y1 + x1) * (y2 + x2)) % P;
  const c = (((2n * t1 * t2) % P) * D) % P;
  const d = (2n * z1 * z2) % P;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

/**
 * @param {Point} point
 * @returns {Point}
 */
function doubled([x, y, z]) {
  const [a, b] = [(x * x) % P, (y * y) % P];
  const h = a + b;
  const e = h - (((x + y) * (x + y)) % P);
  const g = a - b;
  const f = ((2n * z * z) % P) + g;
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

/**
 * @param {Point} point
 * @param {bigint} factor
 */
function multiplied(point, factor) {
  /** @type {Point} */
  let found = [0n, 1n, 1n, 0n];
  for (const bit of factor.toString(2)) {
    found = doubled(found);
    if (bit === "1") found = added(found, point);
  }
  return found;
}

/** @param {Point} point */
function isNeutral([x, y, z]) {
  return modulo(x) === 0n && modulo(y - z) === 0n;
}

// --- keys that everybody can make -----------------------------------------------------------------------

/** A private Ed25519 key in PKCS #8 (RFC 8410 section 7), up to its 32 bytes of seed. */
const PKCS8 = "302e020100300506032b657004220420";

/**
 * Whether a key is one of the thousand that everybody can make: they count at no origin but the demo's.
 * @param {PublicKey} key
 */
export async function isDemoKey(key) {
  const spelled = toHex(key.raw);
  const number = DEMO_NUMBERS.get(spelled.slice(0, BEGINNING));
  return number !== undefined && (await demoKey(number)) === spelled;
}

/**
 * The public half of a demo key, in hex: WebCrypto makes it as it reads the private one.
 * @param {number} number
 */
async function demoKey(number) {
  const { subtle } = globalThis.crypto;
  const seed = sha256(toUtf8(`minhchung demo key ${number}`));
  const pkcs8 = fromHex(PKCS8 + toHex(seed));
  const { x } = await subtle.exportKey("jwk", await subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]));
  const padded = `${String(x).replaceAll("-", "+").replaceAll("_", "/")}=`;
  return toHex(/** @type {Uint8Array} */ (readBase64(padded)));
}

/**
 * Whether two keys are the same.
 * @param {PublicKey} one
 * @param {PublicKey} other
 */
export function sameKey(one, other) {
  return sameBytes(one.raw, other.raw);
}
