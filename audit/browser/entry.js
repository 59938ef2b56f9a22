/** The entry: an envelope with the two times the log gave it. Its bytes are the leaf of the tree. */
import { fromUtf8, toUtf8 } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";
import { envelopeFromJson, spellEnvelope } from "./envelope.js";
import { StatementError } from "./errors.js";
import { hasFields, isUtcTime } from "./grammar.js";

export const MAX_ENTRY = 65_535;

/** Most entries: signed once, and nothing in them that JSON would escape. What it fits is canonical. */
const SIGNED_ONCE = new RegExp(
  '^\\{"arrived_at":"([0-9T:.Z-]+)","envelope":\\{"payload":"([0-9A-Za-z+/=]+)","payloadType":"([a-z./+]+)",' +
    '"signatures":\\[\\{"keyid":"([0-9a-f]+)","sig":"([0-9A-Za-z+/=]+)"\\}\\]\\},"received_at":"([0-9T:.Z-]+)"\\}$',
);

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
  const stated = readSignedOnce(data) ?? decodeCanonical(data, MAX_ENTRY);
  if (!hasFields(stated, ["arrived_at", "envelope", "received_at"])) throw malformedEntry("entry");
  const { arrived_at, received_at } = stated;
  if (!isUtcTime(arrived_at)) throw malformedEntry("arrived_at");
  if (!isUtcTime(received_at) || arrived_at > received_at) throw malformedEntry("received_at");
  return { arrived_at, envelope: envelopeFromJson(stated.envelope), received_at };
}

/**
 * What the long way decodes, for most entries in a fraction of the time; null for all others.
 * @param {Uint8Array} data
 */
function readSignedOnce(data) {
  const found = data.length <= MAX_ENTRY ? SIGNED_ONCE.exec(fromUtf8(data) ?? "") : null;
  if (!found) return null;
  const [, arrived_at, payload, payloadType, keyid, sig, received_at] = found;
  return { arrived_at, envelope: { payload, payloadType, signatures: [{ keyid, sig }] }, received_at };
}

/** @param {string} field */
function malformedEntry(field) {
  return new StatementError("entry.malformed", { field });
}
