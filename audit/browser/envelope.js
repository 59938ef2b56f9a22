/** The envelope: a statement's bytes and their signatures, DSSE v1.0.2 in its one canonical form. */
import { joined, readBase64, toBase64, toUtf8 } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";
import { BadSignature, KeyringError, StatementError } from "./errors.js";
import { HEX, hasFields, isAscending, isText } from "./grammar.js";

export const PAYLOAD_TYPE = "application/vnd.minhchung.statement+json";
export const MAX_ENVELOPE = 64 * 1024;

/**
 * A payload and its signatures, by ascending key id.
 * @typedef {{payload: Uint8Array, signatures: {key: string, signature: Uint8Array}[]}} Envelope
 */

/**
 * Read an envelope; throws CanonicalError or StatementError `envelope.not_canonical`.
 * @param {Uint8Array} data
 */
export function parseEnvelope(data) {
  return envelopeFromJson(decodeCanonical(data, MAX_ENVELOPE));
}

/**
 * Read an envelope that was decoded already, as it lies in an entry.
 * @param {unknown} stated
 * @returns {Envelope}
 */
export function envelopeFromJson(stated) {
  if (!hasFields(stated, ["payload", "payloadType", "signatures"])) throw notTheOneForm("fields");
  if (stated.payloadType !== PAYLOAD_TYPE) throw notTheOneForm("payloadType");
  if (!Array.isArray(stated.signatures) || stated.signatures.length === 0) throw notTheOneForm("no signature");
  const signatures = stated.signatures.map(envelopeSignature);
  if (!isAscending(signatures.map(({ key }) => key))) throw notTheOneForm("signatures not in ascending order");
  return { payload: base64Bytes(stated.payload), signatures };
}

/** @param {string} reason */
function notTheOneForm(reason) {
  return new StatementError("envelope.not_canonical", { reason });
}

/** @param {unknown} stated */
function envelopeSignature(stated) {
  if (!hasFields(stated, ["keyid", "sig"]) || !isText(stated.keyid, HEX)) throw notTheOneForm("signature");
  return { key: stated.keyid, signature: base64Bytes(stated.sig) };
}

/** @param {unknown} stated */
function base64Bytes(stated) {
  const data = typeof stated === "string" ? readBase64(stated) : null;
  if (data === null) throw notTheOneForm("base64");
  return data;
}

/**
 * The one spelling of an envelope as text: hex and base64 need no escapes.
 * @param {Envelope} envelope
 */
export function spellEnvelope({ payload, signatures }) {
  const signed = signatures.map(({ key, signature }) => `{"keyid":"${key}","sig":"${toBase64(signature)}"}`);
  return `{"payload":"${toBase64(payload)}","payloadType":"${PAYLOAD_TYPE}","signatures":[${signed.join(",")}]}`;
}

/**
 * The pre-authentication encoding: what is really signed (DSSE protocol.md).
 * @param {Uint8Array} payload
 * @param {string} payloadType
 */
export function preAuthentication(payload, payloadType = PAYLOAD_TYPE) {
  const typed = payloadType === PAYLOAD_TYPE ? TYPED : typedBy(payloadType);
  return joined(typed, toUtf8(`${payload.length} `), payload);
}

/** @param {string} payloadType */
function typedBy(payloadType) {
  return toUtf8(`DSSEv1 ${toUtf8(payloadType).length} ${payloadType} `);
}

const TYPED = typedBy(PAYLOAD_TYPE);

/**
 * Check every signature of an envelope.
 *
 * Throws BadSignature `signature.stranger` (by a key the statement does not name), `signature.missing`,
 * `signature.too_few`, `signature.bad`, and KeyringError `key.unknown`.
 * @param {Envelope} envelope
 * @param {import("./statement.js").Statement} statement
 * @param {Map<string, import("./keys.js").PublicKey>} keys
 * @param {(key: import("./keys.js").PublicKey, signature: Uint8Array, payload: Uint8Array) => Promise<void>} check
 */
export async function verifySignatures(envelope, statement, keys, check = verifyStatement) {
  checkWhoSigned(envelope, statement);
  for (const { key, signature } of envelope.signatures) {
    const known = keys.get(key);
    if (!known) throw new KeyringError("key.unknown", { key });
    await check(known, signature, envelope.payload);
  }
}

/**
 * Check one signature over a statement; rejects with BadSignature `signature.bad`.
 * @param {import("./keys.js").PublicKey} key
 * @param {Uint8Array} signature
 * @param {Uint8Array} payload
 */
export function verifyStatement(key, signature, payload) {
  return key.verify(signature, preAuthentication(payload));
}

/**
 * @param {Envelope} envelope
 * @param {import("./statement.js").Statement} statement
 */
function checkWhoSigned({ signatures }, { keys, signers, needed }) {
  const stranger = signatures.find(({ key }) => !keys.includes(key));
  if (stranger) throw new BadSignature("signature.stranger", { key: stranger.key });
  if (signatures.length < needed) {
    const rule = signers ? "signature.too_few" : "signature.missing";
    throw new BadSignature(rule, { signed: signatures.length, needed });
  }
}
