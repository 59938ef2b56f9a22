/** The witnesses that a log named when it was opened: so many of them are to cosign its checkpoints. */
import { AuditError, KeyringError } from "./errors.js";
import { isObject } from "./grammar.js";
import { COSIGNATURE_V1, SUBTREE_V1 } from "./lines.js";
import { parseVkey } from "./note.js";

/**
 * Check `witness_policy` of a genesis: {witnesses: verifier keys, each of another key, quorum: 0 to as many}.
 *
 * Throws KeyringError `genesis.malformed`.
 * @param {unknown} stated
 */
export async function checkPromise(stated) {
  const witnesses = witnessesIn(stated);
  const keys = new Set();
  for (const line of witnesses) {
    const read = await readWitness(line);
    if (![COSIGNATURE_V1, SUBTREE_V1].includes(read.number)) throw malformedPromise();
    keys.add(String(read.key.raw));
  }
  if (keys.size !== witnesses.length) throw malformedPromise();
}

/**
 * @param {unknown} stated
 * @returns {unknown[]}
 */
function witnessesIn(stated) {
  if (!isObject(stated) || Object.keys(stated).sort().join() !== "quorum,witnesses") throw malformedPromise();
  const { witnesses, quorum } = stated;
  if (!Array.isArray(witnesses) || !Number.isInteger(quorum) || quorum < 0 || quorum > witnesses.length) {
    throw malformedPromise();
  }
  return witnesses;
}

/** @param {unknown} line */
async function readWitness(line) {
  if (typeof line !== "string") throw malformedPromise();
  try {
    return await parseVkey(line);
  } catch (wrong) {
    throw wrong instanceof AuditError ? malformedPromise() : wrong;
  }
}

function malformedPromise() {
  return new KeyringError("genesis.malformed", { field: "witness_policy" });
}
