/** The entry: an envelope with the two times the log gave it. Its bytes are the leaf of the tree. */
import { toUtf8 } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";
import { envelopeFromJson, spellEnvelope } from "./envelope.js";
import { StatementError } from "./errors.js";
import { hasFields, isUtcTime } from "./grammar.js";

export const MAX_ENTRY = 65_535;

/**
 * `arrived_at`: the first byte came, which decides lateness. `received_at`: admitted, never runs back.
 * @typedef {{arrived_at: string, envelope: import("./envelope.js").Envelope, received_at: string}} Entry
 */

/**
 * The entry's bytes; throws StatementError `entry.too_long` beyond 65,535.
 * @param {Entry} entry
 */
export function encodeEntry({ arrived_at, envelope, received_at }) {
  const spelled = spellEnvelope(envelope);
  const data = toUtf8(`{"arrived_at":"${arrived_at}","envelope":${spelled},"received_at":"${received_at}"}`);
  if (data.length > MAX_ENTRY) throw new StatementError("entry.too_long", { size: data.length, limit: MAX_ENTRY });
  return data;
}

/**
 * Read an entry; throws CanonicalError or StatementError `entry.malformed`, `envelope.not_canonical`.
 * @param {Uint8Array} data
 * @returns {Entry}
 */
export function parseEntry(data) {
  const stated = decodeCanonical(data, MAX_ENTRY);
  if (!hasFields(stated, ["arrived_at", "envelope", "received_at"])) throw malformedEntry("entry");
  const { arrived_at, received_at } = stated;
  if (!isUtcTime(arrived_at)) throw malformedEntry("arrived_at");
  if (!isUtcTime(received_at) || arrived_at > received_at) throw malformedEntry("received_at");
  return { arrived_at, envelope: envelopeFromJson(stated.envelope), received_at };
}

/** @param {string} field */
function malformedEntry(field) {
  return new StatementError("entry.malformed", { field });
}
