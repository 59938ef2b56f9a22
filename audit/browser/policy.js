/**
 * Who must have cosigned: witnesses, groups of them with a threshold, and the quorum (C2SP tlog-policy).
 *
 * A witness is told by its verifier key, never by its name alone, and says who runs it: one that is run by the
 * operator of the log keeps nobody honest, and every verdict says so.
 */
import { toHex } from "./bytes.js";
import { TrustError } from "./errors.js";
import { COSIGNATURE_V1, SUBTREE_V1 } from "./lines.js";
import { parseVkey } from "./note.js";

const NOBODY = "none";

/** @typedef {{name: string, vkey: string, operator: string, url: string | null}} Witness */
/** @typedef {{name: string, threshold: number, members: string[]}} Group */

/**
 * Witnesses, groups in the order in which they build on each other, and the name that must be met; the quorum
 * `none` asks for no cosignature.
 * @typedef {{witnesses: Witness[], groups: Group[], quorum: string}} Policy
 */

/** @type {Policy} */
export const NO_WITNESSES = { witnesses: [], groups: [], quorum: NOBODY };

/**
 * Return a policy that makes sense; throws TrustError `policy.malformed` with the name and the reason.
 * @param {Policy} policy
 * @returns {Promise<Policy>}
 */
export async function checkedPolicy(policy) {
  const known = [NOBODY];
  /** @type {Set<string>} */
  const keys = new Set();
  for (const witness of policy.witnesses) {
    addName(known, witness.name);
    await addWitnessKey(keys, witness);
  }
  /** @type {Set<string>} */
  const used = new Set();
  for (const group of policy.groups) {
    checkGroup(group, known.slice(1), used);
    addName(known, group.name);
  }
  if (!known.includes(policy.quorum)) throw malformedPolicy(policy.quorum, "unknown name");
  return policy;
}

/**
 * Whether cosignatures under these verifier keys are a quorum.
 * @param {Policy} policy
 * @param {Set<string>} vkeys
 */
export function isMetBy(policy, vkeys) {
  const met = new Set([NOBODY]);
  for (const witness of policy.witnesses) if (vkeys.has(witness.vkey)) met.add(witness.name);
  for (const group of policy.groups) {
    if (group.members.filter((member) => met.has(member)).length >= group.threshold) met.add(group.name);
  }
  return met.has(policy.quorum);
}

/**
 * @param {string} name
 * @param {string} reason
 */
export function malformedPolicy(name, reason) {
  return new TrustError("policy.malformed", { name, reason });
}

/**
 * @param {string[]} known
 * @param {string} name
 */
function addName(known, name) {
  if (known.includes(name)) throw malformedPolicy(name, "name twice");
  known.push(name);
}

/**
 * Two verifier keys that wrap the same public key are one witness (tlog-policy).
 * @param {Set<string>} keys
 * @param {Witness} witness
 */
async function addWitnessKey(keys, witness) {
  const read = await parseVkey(witness.vkey);
  if (read.number !== COSIGNATURE_V1 && read.number !== SUBTREE_V1) {
    throw malformedPolicy(witness.name, "not a cosigner's key");
  }
  const raw = toHex(read.key.raw);
  if (keys.has(raw)) throw malformedPolicy(witness.name, "key twice");
  keys.add(raw);
}

/**
 * A member is known already and stands in one group only: a witness counts in one way.
 * @param {Group} group
 * @param {string[]} known
 * @param {Set<string>} used
 */
function checkGroup(group, known, used) {
  for (const member of group.members) {
    if (!known.includes(member)) throw malformedPolicy(member, "unknown name");
    if (used.has(member)) throw malformedPolicy(member, "member twice");
    used.add(member);
  }
  if (!(group.threshold >= 1 && group.threshold <= group.members.length)) {
    throw malformedPolicy(group.name, "threshold");
  }
}
