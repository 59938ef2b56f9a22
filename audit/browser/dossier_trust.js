/** What a trust file says of a dossier, the reader's own or the one inside: step 13 of its format page. */
import { sameBytes, toHex } from "./bytes.js";
import { encodeCanonical } from "./canonical.js";
import { AuditError } from "./errors.js";
import { openHead } from "./head.js";
import { openNote, parseVkey } from "./note.js";
import { COSIGNATURE_V1 } from "./lines.js";
import { isMetBy } from "./policy.js";
import { logOf, parseTrust } from "./trust.js";

/** @typedef {import("./trust.js").Trust} Believed */

/**
 * Whose trust file it was (`nobody`, `reader` or `dossier`), and how far it reaches.
 * @typedef {object} Trusted
 * @property {"nobody" | "reader" | "dossier"} by
 * @property {import("./trust.js").TrustedLog | null} log
 * @property {string} quorum
 * @property {boolean} connected
 * @property {number | bigint} covered
 * @property {import("./head.js").Cosigned[]} witnesses
 */

/**
 * Take step 13.
 * @param {import("./dossier_walk.js").Walked} walked
 * @param {Believed | null} trust the reader's own, if there is one
 * @returns {Promise<Trusted>}
 */
export async function checkDossierTrust(walked, trust) {
  /** @type {Trusted} */
  const found = { by: "nobody", log: null, quorum: "none", connected: false, covered: 0, witnesses: [] };
  if (trust) return checkBy(walked, trust, { ...found, by: "reader" });
  if (walked.dossier.trust === null) return found;
  let stated;
  try {
    stated = await parseTrust(encodeCanonical(walked.dossier.trust));
  } catch (wrong) {
    walked.raised("trust", null, wrong);
    return found;
  }
  return checkBy(walked, stated, { ...found, by: "dossier" });
}

/**
 * @param {import("./dossier_walk.js").Walked} walked
 * @param {Believed} trust
 * @param {Trusted} found
 */
async function checkBy(walked, trust, found) {
  found.quorum = trust.policy.quorum;
  try {
    found.log = logOf(trust, walked.dossier.log); // 1
  } catch (wrong) {
    walked.raised("trust", null, wrong);
    return found;
  }
  const had = walked.logVkeys();
  if (!had.some((vkey) => found.log?.vkeys.includes(vkey))) { // 2
    walked.found("trust", 0, "trust.other_log_key", { log: walked.dossier.log });
  }
  checkKnown(walked, found, found.log); // 3
  await checkWitnesses(walked, trust.policy, found);
  return found;
}

/**
 * @param {import("./dossier_walk.js").Walked} walked
 * @param {Trusted} found
 * @param {import("./trust.js").TrustedLog} log
 */
function checkKnown(walked, found, { newest: known }) {
  const root = known ? walked.root(known.size) : null;
  if (!known || root === null) return;
  found.connected = true;
  if (!sameBytes(root, known.root)) {
    const facts = { size: known.size, known: toHex(known.root), root: toHex(root) };
    walked.found("trust", null, "trust.contradicted", facts);
  }
}

/**
 * @param {import("./dossier_walk.js").Walked} walked
 * @param {import("./policy.js").Policy} stated
 * @param {Trusted} found
 */
async function checkWitnesses(walked, stated, found) {
  const policy = await checkable(stated);
  const sound = [];
  for (const { head, note } of [...walked.heads].reverse()) {
    try {
      await openLines(policy, note); // 4
      sound.push({ head, note });
    } catch (wrong) {
      walked.raised("witness", null, wrong, { size: head.size });
    }
  }
  if (await findCovered(walked, policy, sound, found)) return; // 5
  if (!isMetBy(policy, new Set())) {
    const facts = { size: walked.dossier.size, quorum: found.quorum, cosigned: sound.length };
    walked.found("witness", null, "head.no_quorum", facts);
  }
}

/**
 * A policy without the witnesses that only some verifiers can check: a group that rests on them is harder to meet.
 * @param {import("./policy.js").Policy} policy
 */
async function checkable(policy) {
  const witnesses = [];
  for (const witness of policy.witnesses) {
    if ((await parseVkey(witness.vkey)).number === COSIGNATURE_V1) witnesses.push(witness);
  }
  return { ...policy, witnesses };
}

/**
 * Throw where a line of a trusted witness is bad; a checkpoint that none of them signed is no news.
 * @param {import("./policy.js").Policy} policy
 * @param {Uint8Array} note
 */
async function openLines({ witnesses }, note) {
  try {
    if (witnesses.length) await openNote(note, witnesses.map(({ vkey }) => vkey));
  } catch (wrong) {
    if (!(wrong instanceof AuditError) || wrong.rule !== "note.no_known_signature") throw wrong;
  }
}

/**
 * Find the newest head that the quorum cosigned.
 * @param {import("./dossier_walk.js").Walked} walked
 * @param {import("./policy.js").Policy} policy
 * @param {import("./dossier_walk.js").Walked["heads"]} sound
 * @param {Trusted} found
 */
async function findCovered(walked, policy, sound, found) {
  const vkeys = walked.logVkeys();
  for (const { head, note } of sound) {
    const opened = await openHead(note, { vkeys, policy }).catch(notAudit);
    if (!opened?.cosigned.length) continue;
    Object.assign(found, { covered: head.size, witnesses: opened.cosigned });
    return true;
  }
  return false;
}

/** @param {unknown} wrong */
function notAudit(wrong) {
  if (!(wrong instanceof AuditError)) throw wrong;
  return null;
}
