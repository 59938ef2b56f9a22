/**
 * Proofs of single items of an attested state, or of their absence: read in one spelling only, and checked.
 *
 * The state is an RFC 6962 tree over items in ascending order of their keys, each blinded
 * (docs/formats/attestation.md).
 */
import { fromHex, joined, sameBytes, toHex } from "./bytes.js";
import { decodeCanonical, encodeCanonical, sortedKeys } from "./canonical.js";
import { StateError } from "./errors.js";
import { HEX, hasFields, isAscending, isCount, isObject, isText } from "./grammar.js";
import { EMPTY_ROOT_HEX, leafHash, verifyInclusion } from "./merkle.js";

const STATE_PROOF_V = "minhchung.state-proof/v1";
const MAX_STATE_PROOF = 256 * 1024;
const MAX_STATE_HASHES = 63;
/** round/agency/criterion, round/agency/rank or round/agency/total. */
export const STATE_KEY = /^[0-9A-Za-z-]{1,16}\/[0-9A-Za-z-]{1,16}\/(?:[0-9A-Z.]{1,16}|rank|total)$/;

/** @typedef {{key: string, value: Record<string, string>, made_by: number[], events: number[]}} Item */
/** @typedef {{item: Item, blinding: Uint8Array, index: number, hashes: Uint8Array[]}} Shown */

/**
 * One item shown; or `absent`, a key that lies between the neighbours that are shown. `key` is what it is about.
 * @typedef {{count: number, shown: Shown[], absent: string | null, key: string}} StateProof
 */

/**
 * Read a state proof; nothing in it is verified.
 *
 * Throws CanonicalError for any but the one spelling, StateError `state.malformed` with the field.
 * @param {Uint8Array} data
 */
export function parseStateProof(data) {
  return stateProofFromJson(decodeCanonical(data, MAX_STATE_PROOF));
}

/**
 * Read a state proof that was decoded already; throws StateError `state.malformed` with the field.
 * @param {unknown} stated
 * @returns {StateProof}
 */
export function stateProofFromJson(stated) {
  const saysNone = isObject(stated) && "absent" in stated;
  if (!hasFields(stated, ["count", "shown", "v", ...(saysNone ? ["absent"] : [])])) throw malformedState("proof");
  if (stated.v !== STATE_PROOF_V) throw malformedState("v");
  if (saysNone && !isText(stated.absent, STATE_KEY)) throw malformedState("absent");
  const { shown, count, absent = null } = stated;
  if (!Array.isArray(shown) || (saysNone ? shown.length > 2 : shown.length !== 1)) throw malformedState("shown");
  if (!isCount(count)) throw malformedState("count");
  const read = shown.map(shownFromJson);
  return { count, shown: read, absent, key: absent ?? read[0].item.key };
}

/** @param {string} field */
function malformedState(field) {
  return new StateError("state.malformed", { field });
}

/**
 * @param {unknown} stated
 * @returns {Shown}
 */
function shownFromJson(stated) {
  if (!hasFields(stated, ["blinding", "events", "hashes", "index", "key", "made_by", "value"])) {
    throw malformedState("shown");
  }
  const { hashes, index } = stated;
  if (!Array.isArray(hashes) || hashes.length > MAX_STATE_HASHES) throw malformedState("hashes");
  const item = itemFromJson(stated);
  const blinding = stateHash(stated.blinding, "blinding");
  if (!isCount(index)) throw malformedState("index");
  return { item, blinding, index, hashes: hashes.map((one) => stateHash(one, "hashes")) };
}

/**
 * @param {Record<string, unknown>} stated
 * @returns {Item}
 */
function itemFromJson({ key, value, made_by, events }) {
  if (!isText(key, STATE_KEY)) throw malformedState("key");
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === "string")) throw malformedState("value");
  return { key, value, made_by: statePositions(made_by, "made_by"), events: statePositions(events, "events") };
}

/**
 * Positions in ascending order, none twice.
 * @param {unknown} stated
 * @param {string} field
 */
function statePositions(stated, field) {
  const good = Array.isArray(stated) && stated.every((one) => isCount(one)) && isAscending(stated);
  if (!good) throw malformedState(field);
  return /** @type {number[]} */ (stated);
}

/**
 * @param {unknown} stated
 * @param {string} field
 */
function stateHash(stated, field) {
  if (!isText(stated, HEX)) throw malformedState(field);
  return fromHex(stated);
}

// --- checking -------------------------------------------------------------------------------------------

/**
 * Throw unless a state of `count` items with this root has the item of a key, or has none, as it says.
 *
 * 1. The proof is about that key, and about a state of so many items.
 * 2. Every leaf that it shows is at its index of the tree with that root.
 * 3. If it shows the item itself, that is all.
 * 4. If it says that there is none: of two neighbours the one is right behind the other and the key lies between
 *    them; a single one is the first of all and behind the key, or the last of all and before it; none at all
 *    means that the state is empty.
 *
 * Throws StateError `state.other_key`, `state.other_count`, `state.not_neighbours`, `state.not_between`,
 * `state.not_the_edge`, `state.not_empty`; MerkleError.
 * @param {StateProof} proof
 * @param {{key: string, count: number, root: Uint8Array}} expected
 */
export function verifyStateProof(proof, { key, count, root }) {
  if (proof.key !== key) throw new StateError("state.other_key", { stated: proof.key, expected: key }); // 1
  if (proof.count !== count) throw new StateError("state.other_count", { stated: proof.count, expected: count });
  for (const { item, blinding, index, hashes } of proof.shown) { // 2
    const leaf = leafHash(joined(blinding, encodeCanonical(item)));
    verifyInclusion({ index, size: count, leaf, proof: hashes, root });
  }
  if (proof.absent !== null) verifyAbsence(proof, key, root); // 3, 4
}

/**
 * @param {StateProof} proof
 * @param {string} key
 * @param {Uint8Array} root
 */
function verifyAbsence({ shown, count }, key, root) {
  if (shown.length === 0) {
    if (count !== 0 || toHex(root) !== EMPTY_ROOT_HEX) throw new StateError("state.not_empty", { count });
  } else if (shown.length === 1) {
    checkEdge(shown[0], count, key);
  } else {
    checkNeighbours(shown[0], shown[1], key);
  }
}

/**
 * @param {Shown} only
 * @param {number} count
 * @param {string} key
 */
function checkEdge({ index, item }, count, key) {
  const isFirst = index === 0 && key < item.key;
  const isLast = index === count - 1 && item.key < key;
  if (!isFirst && !isLast) throw new StateError("state.not_the_edge", { index, count });
}

/**
 * @param {Shown} left
 * @param {Shown} right
 * @param {string} key
 */
function checkNeighbours(left, right, key) {
  if (left.index + 1 !== right.index) {
    throw new StateError("state.not_neighbours", { left: left.index, right: right.index });
  }
  if (!(left.item.key < key && key < right.item.key)) {
    throw new StateError("state.not_between", { left: left.item.key, right: right.item.key });
  }
}

/**
 * Whether two items say the same and rest on the same events.
 * @param {Item} one
 * @param {Item} other
 */
export function sameItem(one, other) {
  const plain = ({ key, value, made_by, events }) => ({ key, value: { ...value }, made_by: [...made_by], events: [...events] });
  return sameBytes(encodeCanonical(plain(one)), encodeCanonical(plain(other)));
}
