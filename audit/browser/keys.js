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
  await checkPoint(raw);
  const key = new PublicKey(raw, toHex(sha256(raw)));
  LOADED.set(spelled, key);
  return key;
}

/** @param {Uint8Array} raw */
async function checkPoint(raw) {
  if (raw.length !== KEY_SIZE) throw unsafeKey("not 32 bytes");
  const { x, y } = decompressed(raw);
  const u = x === 0n ? 0n : modulo((1n + y) * power(modulo(1n - y), P - 2n)); // RFC 7748 section 4.1
  const kept = await withoutSmallOrder(toLittleEndian(u));
  if (kept === null) throw unsafeKey("low order");
  if (!sameBytes(kept, toLittleEndian(u))) throw unsafeKey("outside the prime-order subgroup");
}

/** @param {string} reason */
function unsafeKey(reason) {
  return new UnsafeKey("key.unsafe", { reason });
}

// --- the curve ------------------------------------------------------------------------------------------

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
  return { x, y };
}

/** @param {bigint} number */
function toLittleEndian(number) {
  return fromHex(number.toString(16).padStart(64, "0")).reverse();
}

/** A private X25519 or Ed25519 key in PKCS #8 (RFC 8410 section 7), up to its 32 bytes. */
const PKCS8 = { X25519: "302e020100300506032b656e04220420", Ed25519: "302e020100300506032b657004220420" };

/**
 * One more or one less than a multiple of the prime order, and a multiple of 8, the order of what is small; of the
 * few that are, the one that X25519 takes as it is (RFC 7748 section 5: from 2^254 up to 2^255).
 */
const NEITHER = [4n, 5n, 6n, 7n]
  .flatMap((times) => [times * L + 1n, times * L - 1n])
  .find((factor) => factor % 8n === 0n && factor >= 2n ** 254n && factor < 2n ** 255n);

/** @type {Promise<CryptoKey> | null} */
let neither = null;

/**
 * A point without its part of small order, the same from left and right: null where nothing else is in it.
 * @param {Uint8Array} u
 */
async function withoutSmallOrder(u) {
  const { subtle } = globalThis.crypto;
  const pkcs8 = PKCS8.X25519 + toHex(toLittleEndian(NEITHER));
  neither ??= subtle.importKey("pkcs8", fromHex(pkcs8), "X25519", false, ["deriveBits"]);
  const point = await subtle.importKey("raw", u, "X25519", false, []);
  try {
    return new Uint8Array(await subtle.deriveBits({ name: "X25519", public: point }, await neither, 256));
  } catch (wrong) {
    if (wrong instanceof DOMException && wrong.name === "OperationError") return null; // section 6.1: all zeros
    throw wrong;
  }
}

// --- keys that everybody can make -----------------------------------------------------------------------

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
  const pkcs8 = fromHex(PKCS8.Ed25519 + toHex(seed));
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
