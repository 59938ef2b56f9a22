/** Bytes: UTF-8, hex and base64, each read in its one spelling; and SHA-256 of a file. */

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SEXTETS = new Int8Array(128).fill(-1);
for (let n = 0; n < ALPHABET.length; n += 1) SEXTETS[ALPHABET.charCodeAt(n)] = n;
const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const NIBBLES = new Uint8Array(128);
for (let n = 0; n < 16; n += 1) NIBBLES[n.toString(16).charCodeAt(0)] = n;

/**
 * Write text as UTF-8.
 * @param {string} text
 */
export function toUtf8(text) {
  return ENCODER.encode(text);
}

/**
 * Read UTF-8 strictly; nothing where it is something else.
 * @param {Uint8Array} data
 * @returns {string | null}
 */
export function fromUtf8(data) {
  try {
    return DECODER.decode(data);
  } catch {
    return null;
  }
}

/**
 * Write bytes in lower-case hex.
 * @param {Uint8Array} data
 */
export function toHex(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 1) text += HEX_PAIRS[data[at]];
  return text;
}

/**
 * Read hex that was found well-formed.
 * @param {string} text
 */
export function fromHex(text) {
  const data = new Uint8Array(text.length / 2);
  for (let at = 0; at < data.length; at += 1) {
    data[at] = (NIBBLES[text.charCodeAt(2 * at)] << 4) | NIBBLES[text.charCodeAt(2 * at + 1)];
  }
  return data;
}

/**
 * Write standard base64 with padding (RFC 4648 section 4).
 * @param {Uint8Array} data
 */
export function toBase64(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const bits = (data[at] << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    text += ALPHABET[bits >> 18] + ALPHABET[(bits >> 12) & 63];
    text += at + 1 < data.length ? ALPHABET[(bits >> 6) & 63] : "=";
    text += at + 2 < data.length ? ALPHABET[bits & 63] : "=";
  }
  return text;
}

/**
 * Read standard base64 with padding, in its one spelling: bits that are left over are zero.
 * @param {string} text
 * @returns {Uint8Array | null} nothing where it is anything else
 */
export function readBase64(text) {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const data = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  for (let at = 0, end = 0; at < text.length; at += 4, end += 3) {
    bits = 0;
    for (let n = at; n < at + 4; n += 1) {
      const sextet = n < text.length - padding ? sextetOf(text, n) : 0;
      if (sextet < 0) return null;
      bits = (bits << 6) | sextet;
    }
    data[end] = bits >> 16; // what lies beyond the last byte is dropped
    data[end + 1] = bits >> 8;
    data[end + 2] = bits;
  }
  const leftOver = padding === 2 ? bits & 0xffff : padding === 1 ? bits & 0xff : 0;
  return leftOver === 0 ? data : null;
}

/**
 * @param {string} text
 * @param {number} at
 */
function sextetOf(text, at) {
  const code = text.charCodeAt(at);
  return code < 128 ? SEXTETS[code] : -1;
}

/**
 * Whether two pieces of bytes are the same.
 * @param {Uint8Array | null | undefined} one
 * @param {Uint8Array | null | undefined} other
 */
export function sameBytes(one, other) {
  if (!one || !other || one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}

/**
 * Put pieces of bytes together.
 * @param {...Uint8Array} pieces
 */
export function joined(...pieces) {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * SHA-256 by WebCrypto: beside whatever else is going on, and so the way for what is large.
 * @param {Uint8Array} data
 * @returns {Promise<Uint8Array>}
 */
export async function sha256OfFile(data) {
  return new Uint8Array(await globalThis.crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (data)));
}

/**
 * The first characters of a text, counted as Unicode does and not in halves of them.
 * @param {string} text
 * @param {number} count
 */
export function firstOf(text, count) {
  return Array.from(text.slice(0, 2 * count)).slice(0, count).join("");
}
