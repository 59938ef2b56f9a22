/**
 * The receipt: a C2SP tlog-proof that a statement is in the log, with the two times the log gave it.
 *
 * Whoever holds the envelope they sent and the receipt rebuilds the leaf themselves and needs nothing else.
 */
import { fromUtf8, readBase64, sameBytes, toBase64, toUtf8, joined } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";
import { encodeEntry } from "./entry.js";
import { parseEnvelope } from "./envelope.js";
import { ReceiptError } from "./errors.js";
import { hasFields, isUtcTime } from "./grammar.js";
import { openHead } from "./head.js";
import { readHash, readNumber } from "./lines.js";
import { leafHash, verifyInclusion } from "./merkle.js";
import { MAX_NOTE } from "./note.js";
import { parseStatement } from "./statement.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_PATH = 63;
const MAX_EXTRA = 256;
const MAX_LOG_PROOF = MAX_NOTE + 8_192;

/**
 * A tlog-proof: where a leaf lies in the tree of a checkpoint (a note, unopened), and extra bytes.
 * @typedef {{index: number | bigint, hashes: Uint8Array[], checkpoint: Uint8Array, extra: Uint8Array}} LogProof
 */

/**
 * The log's answer to a statement it took in; `checkpoint` is the note that covers it.
 * @typedef {{arrived_at: string, received_at: string, index: number | bigint, hashes: Uint8Array[], checkpoint: Uint8Array}} Receipt
 */

/**
 * Write a tlog-proof.
 * @param {LogProof} proof
 */
export function formatLogProof({ index, hashes, checkpoint, extra }) {
  const told = extra.length ? [`extra ${toBase64(extra)}`] : [];
  const lines = [HEADER, ...told, `index ${index}`, ...hashes.map(toBase64), "", ""];
  return joined(toUtf8(lines.join("\n")), checkpoint);
}

/**
 * Read a tlog-proof: read, written back, compared; the checkpoint in it is not opened.
 *
 * Throws ReceiptError `receipt.malformed` with the line that is wrong.
 * @param {Uint8Array} data
 * @returns {LogProof}
 */
export function parseLogProof(data) {
  if (data.length > MAX_LOG_PROOF) throw malformedReceipt("too long");
  const end = data.findIndex((byte, at) => byte === 10 && data[at + 1] === 10);
  const top = end < 0 ? data : data.subarray(0, end);
  const checkpoint = end < 0 ? new Uint8Array() : data.subarray(end + 2);
  const [header, ...lines] = (fromUtf8(top) ?? "").split("\n");
  if (header !== HEADER) throw malformedReceipt("header");
  const extra = lines[0]?.startsWith("extra ") ? extraBytes(/** @type {string} */ (lines.shift())) : new Uint8Array();
  const index = readNumber(lines[0]?.replace(/^index /, "") ?? "");
  if (index === null) throw malformedReceipt("index");
  const found = { index, hashes: pathHashes(lines.slice(1)), checkpoint, extra };
  if (!sameBytes(formatLogProof(found), data)) throw malformedReceipt("another spelling");
  return found;
}

/** @param {string} line */
function malformedReceipt(line) {
  return new ReceiptError("receipt.malformed", { line });
}

/** @param {string} line */
function extraBytes(line) {
  const extra = readBase64(line.slice("extra ".length));
  if (!extra?.length || extra.length > MAX_EXTRA) throw malformedReceipt("extra");
  return extra;
}

/** @param {string[]} lines */
function pathHashes(lines) {
  const hashes = lines.slice(0, MAX_PATH).map(readHash);
  if (lines.length > MAX_PATH || hashes.includes(null)) throw malformedReceipt("hash");
  return /** @type {Uint8Array[]} */ (hashes);
}

/**
 * Read a receipt; nothing in it is verified.
 *
 * Throws ReceiptError `receipt.malformed`, CanonicalError where the extra bytes are not canonical JSON.
 * @param {Uint8Array} data
 * @returns {Receipt}
 */
export function parseReceipt(data) {
  const { index, hashes, checkpoint, extra } = parseLogProof(data);
  const times = decodeCanonical(extra, MAX_EXTRA);
  if (!hasFields(times, ["arrived_at", "received_at"])) throw malformedReceipt("extra");
  const { arrived_at, received_at } = times;
  if (!isUtcTime(arrived_at) || !isUtcTime(received_at)) throw malformedReceipt("times");
  if (arrived_at > received_at) throw malformedReceipt("times");
  return { arrived_at, received_at, index, hashes, checkpoint };
}

/**
 * Throw unless the log with these verifier keys took in this envelope, as the receipt says.
 *
 * 1. The receipt is a tlog-proof in its one spelling, whose extra bytes are two times in order.
 * 2. Its checkpoint is signed by the log and cosigned as the policy says (`openHead`).
 * 3. The envelope is canonical, and its statement is made for that log.
 * 4. Envelope and times make the entry, and the entry the leaf.
 * 5. The leaf is at that index of the checkpoint's tree.
 *
 * Throws ReceiptError `receipt.malformed`, `receipt.other_log`, and what each step throws by itself.
 * @param {Uint8Array} receipt
 * @param {{envelope: Uint8Array, vkeys: string[], policy?: import("./policy.js").Policy}} given
 */
export async function verifyReceipt(receipt, { envelope, vkeys, policy }) {
  const { arrived_at, received_at, index, hashes, checkpoint } = parseReceipt(receipt); // 1
  const { checkpoint: head } = await openHead(checkpoint, { vkeys, policy }); // 2
  const sent = parseEnvelope(envelope); // 3
  const { log } = parseStatement(sent.payload);
  if (log !== head.origin) throw new ReceiptError("receipt.other_log", { stated: log, expected: head.origin });
  const leaf = leafHash(encodeEntry({ arrived_at, envelope: sent, received_at })); // 4
  verifyInclusion({ index, size: head.size, leaf, proof: hashes, root: head.root }); // 5
}
