/** A receipt that somebody kept: the log signed it, and still holds the entry at the place that it names. */
import { sameBytes, toUtf8 } from "../../../audit/browser/bytes.js";
import { encodeEntry, parseEntry } from "../../../audit/browser/entry.js";
import { parseEnvelope, spellEnvelope } from "../../../audit/browser/envelope.js";
import { openHead } from "../../../audit/browser/head.js";
import { leafHash, verifyInclusion } from "../../../audit/browser/merkle.js";
import { parseReceipt, verifyReceipt } from "../../../audit/browser/receipt.js";
import { askBytes } from "./asking.js";
import { askInclusion, checkGrowth } from "./growth.js";
import { bad, fallen, good, open } from "./lines.js";

const HEADER = toUtf8("c2sp.org/tlog-proof@v1\n");

/** Whether a file begins as a receipt does. */
export const looksLikeReceipt = (data) => sameBytes(data.subarray(0, HEADER.length), HEADER);

/**
 * Check a receipt. With the envelope that was sent (dropped beside it) nothing else is needed; without it the entry's
 * leaf is asked of the log, and its bytes where the reader may have them.
 */
export async function checkReceipt(receipt, envelope, { head, vkeys, mayRead }) {
  let index = null;
  try {
    const read = parseReceipt(receipt);
    index = Number(read.index);
    const lines = [];
    const { checkpoint } = await openHead(read.checkpoint, { vkeys });
    lines.push(good("receipt_signed", { size: checkpoint.size, position: index, received_at: read.received_at }));
    if (checkpoint.size > head.size) return [...lines, bad("receipt_ahead", { size: checkpoint.size, newest: head.size }, "receipt.ahead", index)];
    await checkGrowth(checkpoint, head);
    lines.push(good("receipt_grown", { size: checkpoint.size, newest: head.size }));
    const leaf = envelope === null ? await leafOf(index, head) : ownLeaf(read, envelope);
    verifyInclusion({ index, size: checkpoint.size, leaf, proof: read.hashes, root: checkpoint.root });
    if (envelope !== null) {
      await verifyReceipt(receipt, { envelope, vkeys });
      return [...lines, good("receipt_of_envelope", { position: index })];
    }
    lines.push(good("receipt_leaf", { position: index }));
    return [...lines, mayRead ? await itsEntry(read, index, leaf) : open("receipt_no_envelope")];
  } catch (wrong) {
    return [fallen(wrong, "receipt_wrong", index)];
  }
}

async function leafOf(index, head) {
  const { leaf, proof } = await askInclusion(index, head.size);
  verifyInclusion({ index, size: head.size, leaf, proof, root: head.root });
  return leaf;
}

const ownLeaf = ({ arrived_at, received_at }, envelope) => leafHash(encodeEntry({ arrived_at, envelope: parseEnvelope(envelope), received_at }));

/** The entry as the log holds it now has the two times of the receipt. */
async function itsEntry({ arrived_at, received_at }, position, leaf) {
  const data = await askBytes(`/v1/entries/${position}`);
  if (!sameBytes(leafHash(data), leaf)) return bad("other_bytes", { position }, "leaf.other_bytes", position);
  const entry = parseEntry(data);
  const same = sameBytes(encodeEntry({ arrived_at, envelope: parseEnvelope(toUtf8(spellEnvelope(entry.envelope))), received_at }), data);
  return same ? good("receipt_entry", { position }) : bad("other_bytes", { position }, "receipt.other_times", position);
}
