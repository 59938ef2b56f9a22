/**
 * The lines that the C2SP text formats are made of: numbers, hashes, signatures, verifier keys.
 *
 * Each is read strictly: it counts only if writing what was read gives the same text again. What is not a line
 * of its kind reads as nothing, and its format says what is wrong.
 */
import { joined, readBase64, toBase64, toHex, toUtf8 } from "./bytes.js";
import { HASH_SIZE, MAX_SIZE } from "./merkle.js";
import { sha256 } from "./sha256.js";

export const ED25519 = 0x01;
export const COSIGNATURE_V1 = 0x04;
export const SUBTREE_V1 = 0x06;
export const KEY_ID_SIZE = 4;
const DASH = "\u2014 ";
/** What counts as space, as ranges of a regular expression: JavaScript and others differ on some of them. */
export const SPACES =
  "\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
export const LINE_NAME = new RegExp(`^[^${SPACES}+]{1,255}$`, "u");

/**
 * Read a hash of 32 bytes.
 * @param {string} text
 */
export function readHash(text) {
  const raw = readBase64(text);
  return raw?.length === HASH_SIZE ? raw : null;
}

/**
 * Read a size or an index: plain digits, no leading zeros, at most 2^63 - 1.
 * @param {string} text
 * @returns {number | bigint | null} a BigInt only where a number would not be exact
 */
export function readNumber(text) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) > MAX_SIZE) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/**
 * First four bytes of SHA-256(name || 0x0A || algorithm || key), in hex (signed-note, "Signatures").
 * @param {string} name
 * @param {number} algorithm
 * @param {Uint8Array} raw
 */
export function keyIdOf(name, algorithm, raw) {
  const hash = sha256(joined(toUtf8(`${name}\n`), Uint8Array.of(algorithm), raw));
  return toHex(hash.subarray(0, KEY_ID_SIZE));
}

/**
 * Read a signature line without its line feed as its name and key id || signature.
 * @param {string} line
 */
export function readSignatureLine(line) {
  const [name, encoded] = cut(line.slice(DASH.length), " ");
  const raw = readBase64(encoded);
  if (!line.startsWith(DASH) || !LINE_NAME.test(name) || !raw || raw.length <= KEY_ID_SIZE) return null;
  return { name, raw };
}

/**
 * Write a verifier key: name+hash+base64(algorithm || key) (signed-note, "Verifier keys").
 * @param {string} name
 * @param {number} algorithm
 * @param {Uint8Array} raw
 */
export function vkeyLine(name, algorithm, raw) {
  const id = keyIdOf(name, algorithm, raw);
  return `${name}+${id}+${toBase64(joined(Uint8Array.of(algorithm), raw))}`;
}

/**
 * Read a verifier key as its name, algorithm and key; its hash is not looked at yet.
 * @param {string} text
 */
export function readVkeyLine(text) {
  const [name, rest] = cut(text, "+");
  const raw = readBase64(cut(rest, "+")[1]);
  if (!LINE_NAME.test(name) || !raw?.length) return null;
  return { name, algorithm: raw[0], key: raw.subarray(1) };
}

/**
 * What stands before and after the first separator; nothing after it where there is none.
 * @param {string} text
 * @param {string} separator
 */
function cut(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
