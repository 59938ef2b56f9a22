/** A log that continues another one, whose tail was lost: what its genesis says of that one. */
import { readBase64, toHex } from "./bytes.js";
import { parseCheckpoint } from "./checkpoint.js";
import { AuditError, ContinuationError } from "./errors.js";
import { hasFields } from "./grammar.js";
import { unverifiedText } from "./note.js";

/** @type {[string, "string" | "number"][]} */
const CITED = [
  ["origin", "string"],
  ["size", "number"],
  ["root", "string"],
  ["checkpoint", "string"],
  ["missing_from", "number"],
  ["missing_to", "number"],
];

/**
 * Check what the genesis of a log with this origin cites; that the old log signed it is not asked here.
 *
 * 1. The note (in base64) is a checkpoint of the origin, size and root beside it.
 * 2. That is another log than this one.
 * 3. What is missing goes from some position up to its size.
 *
 * Throws ContinuationError `continuation.malformed` with the field.
 * @param {unknown} stated
 * @param {string} origin
 */
export function checkContinuation(stated, origin) {
  if (!hasFields(stated, CITED.map(([name]) => name))) throw malformedContinuation("continues");
  for (const [name, kind] of CITED) if (typeof stated[name] !== kind) throw malformedContinuation(name);
  const head = citedHead(stated.checkpoint);
  if (!head || head.origin !== stated.origin || head.size !== stated.size || toHex(head.root) !== stated.root) { // 1
    throw malformedContinuation("checkpoint");
  }
  if (stated.origin === origin) throw malformedContinuation("origin"); // 2
  const { missing_from: from, missing_to: to, size } = stated;
  if (!(from >= 0 && from < to && to === size)) throw malformedContinuation("missing_to"); // 3
}

/** @param {string} field */
function malformedContinuation(field) {
  return new ContinuationError("continuation.malformed", { field });
}

/** @param {string} encoded */
function citedHead(encoded) {
  try {
    return parseCheckpoint(unverifiedText(readBase64(encoded) ?? new Uint8Array()));
  } catch (wrong) {
    if (wrong instanceof AuditError) return null;
    throw wrong;
  }
}
