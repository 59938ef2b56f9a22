/** One entry: its bytes are the leaf at its position, where they may be read; else that there is such a leaf. */
import { sameBytes } from "../../../audit/browser/bytes.js";
import { parseEntry } from "../../../audit/browser/entry.js";
import { leafHash, verifyInclusion } from "../../../audit/browser/merkle.js";
import { parseStatement } from "../../../audit/browser/statement.js";
import { askBytes } from "./asking.js";
import { askInclusion } from "./growth.js";
import { bad, fallen, good, open } from "./lines.js";

/** Check an entry at a position; `entry` is where its bytes are, if the reader may have them. */
export async function checkSingle({ position, entry }, { head }) {
  try {
    const [{ leaf, proof }, data] = await Promise.all([askInclusion(position, head.size), entry ? askBytes(entry) : null]);
    verifyInclusion({ index: position, size: head.size, leaf, proof, root: head.root });
    if (data === null) return [good("leaf_in", { position, size: head.size }), open("bytes_withheld")];
    if (!sameBytes(leafHash(data), leaf)) return [bad("other_bytes", { position }, "leaf.other_bytes", position)];
    const { received_at, envelope } = parseEntry(data);
    const { type, log } = parseStatement(envelope.payload);
    return [good("entry_in", { position, size: head.size, type, log, received_at })];
  } catch (wrong) {
    return [fallen(wrong, "entry_wrong", position)];
  }
}
