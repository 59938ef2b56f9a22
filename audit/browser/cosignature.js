/**
 * C2SP tlog-cosignature: a cosigner says when it saw a checkpoint as the newest consistent head of a log.
 *
 * cosignature/v1 by Ed25519 is checked here. subtree/v1 by ML-DSA-44 is not: WebCrypto has no ML-DSA, and a line
 * of such a key counts neither for nor against anybody.
 */
import { joined, toUtf8 } from "./bytes.js";
import { BadSignature, UnsafeKey } from "./errors.js";
import { loadPublicKey } from "./keys.js";
import { COSIGNATURE_V1, ED25519, SUBTREE_V1 } from "./lines.js";
import { MAX_SIZE } from "./merkle.js";

const TIME_SIZE = 8;
const MLDSA_KEY_SIZE = 1312;

/** A key of ML-DSA-44 (FIPS 204): told apart by its bytes, and not checked. */
class UncheckedKey {
  /** @param {Uint8Array} raw */
  constructor(raw) {
    if (raw.length !== MLDSA_KEY_SIZE) throw new UnsafeKey("key.unsafe", { reason: "not 1312 bytes" });
    this.raw = raw;
  }
}

/**
 * Every kind of verifier key that may stand in a trust file, by its byte (signed-note, "Signature types"): how
 * its key is read, and how a signature is checked. `verify` returns a time, where the algorithm has one.
 * @type {Map<number, {load: (raw: Uint8Array) => any, verify: ((key: any, signature: Uint8Array, text: Uint8Array) => Promise<number | bigint | null>) | null}>}
 */
export const ALGORITHMS = new Map([
  [ED25519, { load: loadPublicKey, verify: verifyNoteSignature }],
  [COSIGNATURE_V1, { load: loadPublicKey, verify: verifyCosignature }],
  [SUBTREE_V1, { load: (/** @type {Uint8Array} */ raw) => new UncheckedKey(raw), verify: null }],
]);

/**
 * A plain note signature is over the text as it is.
 * @param {import("./keys.js").PublicKey} key
 * @param {Uint8Array} signature
 * @param {Uint8Array} text
 */
async function verifyNoteSignature(key, signature, text) {
  await key.verify(signature, text);
  return null;
}

/**
 * Two lines stand before the text (tlog-cosignature, "Ed25519 signed message"); eight bytes of time before the
 * signature.
 * @param {import("./keys.js").PublicKey} key
 * @param {Uint8Array} signature
 * @param {Uint8Array} text
 */
async function verifyCosignature(key, signature, text) {
  const time = signature.subarray(0, TIME_SIZE).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  if (time > MAX_SIZE) throw new BadSignature("signature.bad", { key: key.id });
  await key.verify(signature.subarray(TIME_SIZE), joined(toUtf8(`cosignature/v1\ntime ${time}\n`), text));
  return time <= Number.MAX_SAFE_INTEGER ? Number(time) : time;
}
