/** The two proofs that a log is asked for: that it only grew, and that an entry is in it. */
import { fromHex } from "../../../audit/browser/bytes.js";
import { HEX, isText } from "../../../audit/browser/grammar.js";
import { verifyConsistency } from "../../../audit/browser/merkle.js";
import { Unanswered, askJson } from "./asking.js";

/** Throw unless the log at one size is the beginning of the log at another, by the proof that the service gives. */
export async function checkGrowth(older, newer) {
  const sizes = { size1: older.size, size2: newer.size, root1: older.root, root2: newer.root };
  const same = Number(older.size) === Number(newer.size);
  const proof = same ? [] : hashesOf((await askJson(`/v1/log/consistency?first=${older.size}&second=${newer.size}`)).proof);
  verifyConsistency({ ...sizes, proof });
}

/** The path from a leaf to the root at a size, and which leaf the service says it is. */
export async function askInclusion(position, size) {
  const told = await askJson(`/v1/log/inclusion?position=${position}&size=${size}`);
  return { leaf: hashesOf([told.leaf_hash])[0], proof: hashesOf(told.proof) };
}

function hashesOf(stated) {
  if (!Array.isArray(stated) || !stated.every((one) => isText(one, HEX))) throw new Unanswered("proof", 200);
  return stated.map(fromHex);
}
