/** C2SP signed-note: a text with signature lines, opened against the verifier keys one trusts. */
import { fromUtf8, toHex, toUtf8 } from "./bytes.js";
import { ALGORITHMS } from "./cosignature.js";
import { NoteError } from "./errors.js";
import { ED25519, KEY_ID_SIZE, keyIdOf, readSignatureLine, readVkeyLine, vkeyLine } from "./lines.js";

export const MAX_NOTE = 1_000_000;
const MAX_SIGNATURES = 100;
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/;

/**
 * A signature that verified: under which verifier key, and at what time if it tells one.
 * @typedef {{vkey: string, name: string, algorithm: number, time: number | bigint | null}} Signed
 */

/**
 * An opened note: its text (with the final newline) and what verified.
 * @typedef {{text: Uint8Array, signatures: Signed[]}} Note
 */

/**
 * A verifier key that was read: `line` is its spelling, `number` the byte of its algorithm, `id` is in hex.
 * @typedef {{line: string, name: string, number: number, id: string, key: any}} VerifierKey
 */

/** @type {Map<string, VerifierKey>} */
const VKEYS = new Map();

/**
 * Read a verifier key; throws NoteError `vkey.malformed`, `vkey.unknown_algorithm`, and UnsafeKey.
 * @param {string} text
 * @returns {Promise<VerifierKey>}
 */
export async function parseVkey(text) {
  const known = VKEYS.get(text);
  if (known) return known;
  const read = readVkeyLine(text);
  if (!read) throw new NoteError("vkey.malformed", { stated: Array.from(text).slice(0, 80).join("") });
  const algorithm = ALGORITHMS.get(read.algorithm);
  if (!algorithm) throw new NoteError("vkey.unknown_algorithm", { algorithm: read.algorithm });
  const key = await algorithm.load(read.key);
  if (text !== vkeyLine(read.name, read.algorithm, read.key)) {
    throw new NoteError("vkey.malformed", { stated: Array.from(text).slice(0, 80).join("") });
  }
  const id = keyIdOf(read.name, read.algorithm, read.key);
  const found = { line: text, name: read.name, number: read.algorithm, id, key };
  VKEYS.set(text, found);
  return found;
}

/**
 * Write the verifier key of an Ed25519 key: name+hash+base64(0x01 || key).
 * @param {string} name
 * @param {import("./keys.js").PublicKey} key
 */
export function vkeyOf(name, key) {
  return vkeyLine(name, ED25519, key.raw);
}

/**
 * Open a note: at least one trusted signature verifies, and none of a trusted key is bad.
 *
 * Signatures of unknown keys are passed over, as the format demands, and those of ML-DSA-44, which are not
 * checked. Throws NoteError `note.malformed`, `note.too_long`, `note.no_known_signature`,
 * `note.signature_twice`, `vkey.*`; BadSignature `signature.bad`; UnsafeKey.
 * @param {Uint8Array} note
 * @param {Iterable<string>} vkeys
 * @returns {Promise<Note>}
 */
export async function openNote(note, vkeys) {
  const verifiers = [];
  for (const stated of vkeys) verifiers.push(await parseVkey(stated));
  const { text, signatures } = splitNote(note);
  /** @type {Map<string, Signed>} */
  const verified = new Map();
  for (const { name, raw } of signatures) {
    const id = toHex(raw.subarray(0, KEY_ID_SIZE));
    const known = verifiers.find((verifier) => verifier.name === name && verifier.id === id);
    const verify = known && ALGORITHMS.get(known.number)?.verify;
    if (!known || !verify) continue;
    if (verified.has(known.line)) throw new NoteError("note.signature_twice", { name });
    const time = await verify(known.key, raw.subarray(KEY_ID_SIZE), text);
    verified.set(known.line, { vkey: known.line, name, algorithm: known.number, time });
  }
  if (verified.size === 0) throw new NoteError("note.no_known_signature", { signatures: signatures.length });
  return { text, signatures: [...verified.values()] };
}

/**
 * The text of a note nobody has checked: to see which keys it must be opened with.
 * @param {Uint8Array} note
 */
export function unverifiedText(note) {
  return splitNote(note).text;
}

/** @param {Uint8Array} note */
function splitNote(note) {
  if (note.length > MAX_NOTE) throw new NoteError("note.too_long", { size: note.length, limit: MAX_NOTE });
  const decoded = fromUtf8(note);
  if (decoded === null) throw malformedNote("not UTF-8");
  const blank = decoded.lastIndexOf("\n\n");
  const tail = decoded.slice(blank + 2);
  if (blank < 0 || !tail.endsWith("\n")) throw malformedNote("no signature block");
  const lines = tail.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw malformedNote("too many signatures");
  if (CONTROL.test(decoded)) throw malformedNote("text");
  return { text: toUtf8(`${decoded.slice(0, blank)}\n`), signatures: lines.map(noteSignature) };
}

/** @param {string} line */
function noteSignature(line) {
  const read = readSignatureLine(line);
  if (!read) throw malformedNote("signature line");
  return read;
}

/** @param {string} reason */
function malformedNote(reason) {
  return new NoteError("note.malformed", { reason });
}
