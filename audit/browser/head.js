/** A head that counts: a checkpoint that its log signed and enough witnesses cosigned. */
import { parseCheckpoint } from "./checkpoint.js";
import { TrustError } from "./errors.js";
import { openNote } from "./note.js";
import { NO_WITNESSES, isMetBy } from "./policy.js";

/**
 * A witness that cosigned, and when it says it did (POSIX seconds).
 * @typedef {{witness: import("./policy.js").Witness, time: number | bigint}} Cosigned
 */

/**
 * A checkpoint with the signatures that count.
 * @typedef {{checkpoint: import("./checkpoint.js").Checkpoint, note: import("./note.js").Note, cosigned: Cosigned[]}} Head
 */

/**
 * Open a note as a head of the log that has these verifier keys, cosigned as the policy says.
 *
 * 1. No signature of a trusted key is bad, and one at least is there.
 * 2. The text is a checkpoint, whose origin is the name of the log's keys.
 * 3. The log signed it.
 * 4. The witnesses that cosigned are a quorum.
 *
 * Throws what `openNote` and `parseCheckpoint` throw, and TrustError `head.other_log`, `head.not_signed`,
 * `head.no_quorum`.
 * @param {Uint8Array} note
 * @param {{vkeys: string[], policy?: import("./policy.js").Policy}} trusted
 * @returns {Promise<Head>}
 */
export async function openHead(note, { vkeys, policy = NO_WITNESSES }) {
  const opened = await openNote(note, [...vkeys, ...policy.witnesses.map(({ vkey }) => vkey)]); // 1
  const checkpoint = parseCheckpoint(opened.text); // 2
  checkSignedByLog(checkpoint, opened.signatures.filter((signed) => vkeys.includes(signed.vkey))); // 3
  const cosigned = cosignedBy(opened, policy);
  if (!isMetBy(policy, new Set(cosigned.map(({ witness }) => witness.vkey)))) { // 4
    const facts = { size: checkpoint.size, quorum: policy.quorum, cosigned: cosigned.length };
    throw new TrustError("head.no_quorum", facts);
  }
  return { checkpoint, note: opened, cosigned };
}

/**
 * @param {import("./checkpoint.js").Checkpoint} checkpoint
 * @param {import("./note.js").Signed[]} own
 */
function checkSignedByLog(checkpoint, own) {
  for (const { name } of own) {
    if (name !== checkpoint.origin) {
      throw new TrustError("head.other_log", { stated: checkpoint.origin, expected: name });
    }
  }
  if (own.length === 0) throw new TrustError("head.not_signed", { size: checkpoint.size });
}

/**
 * @param {import("./note.js").Note} note
 * @param {import("./policy.js").Policy} policy
 */
function cosignedBy(note, policy) {
  /** @type {Cosigned[]} */
  const found = [];
  for (const witness of policy.witnesses) {
    const time = note.signatures.find((signed) => signed.vkey === witness.vkey)?.time;
    if (time !== undefined && time !== null) found.push({ witness, time });
  }
  return found;
}
