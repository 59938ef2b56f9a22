/**
 * What a dossier claims beside its entries: receipts, tokens, attested items, and that nothing is left out.
 *
 * Steps 8 to 12 of docs/formats/dossier.md.
 */
import { ATTESTED, itemKeyOf, readAttestation } from "./attested.js";
import { fromHex, joined, sameBytes, toHex, toUtf8 } from "./bytes.js";
import { parseCheckpoint } from "./checkpoint.js";
import { SUBJECT } from "./dossier_file.js";
import { spellEnvelope } from "./envelope.js";
import { AttestationError, AuditError, ReceiptError } from "./errors.js";
import { LOG_ACTOR } from "./key_events.js";
import { unverifiedText } from "./note.js";
import { parseReceipt, verifyReceipt } from "./receipt.js";
import { sha256 } from "./sha256.js";
import { sameItem, verifyStateProof } from "./state_proof.js";

/** @typedef {import("./dossier_walk.js").Walked} Walk */
/** @typedef {import("./dossier_file.js").Dossier["states"][number]} HeldState */
/** @typedef {import("./state_proof.js").Item} StateItem */

/**
 * All good statements of a whole log -> "round/version" -> the items of the state that the fold published.
 * @typedef {(good: import("./dossier_walk.js").Good[]) => Promise<Map<string, StateItem[]>> | Map<string, StateItem[]>} Refold
 */

/**
 * What of a dossier's claims holds. `recomputed`: how many items a fold came to as well; null where none was asked.
 * @typedef {object} Claims
 * @property {{held: HeldState, stated: import("./attested.js").Attestation}[]} states
 * @property {{key: string, size: number, events: number, withheld: number[], complete: boolean}[]} complete
 * @property {number | null} recomputed
 */

/**
 * Take steps 8 to 12.
 * @param {Walk} walked
 * @param {Refold | null} refold
 * @returns {Promise<Claims>}
 */
export async function checkClaims(walked, refold) {
  await checkReceipts(walked); // 8
  checkTokens(walked); // 9
  const states = goodStates(walked); // 10
  const here = whatIsHere(walked);
  const complete = states.filter(namesItsEvents).map((state) => completeness(walked, here, state)); // 11
  checkWanted(walked);
  const folds = refold !== null && walked.dossier.whole && walked.findings.length === 0;
  const recomputed = folds ? await checkFold(walked, states, /** @type {Refold} */ (refold)) : null; // 12
  return { states, complete, recomputed };
}

// --- 8 and 9 --------------------------------------------------------------------------------------------

/** @param {Walk} walked */
async function checkReceipts(walked) {
  for (const { position, receipt } of walked.dossier.receipts) {
    try {
      await checkReceipt(walked, position, receipt);
    } catch (wrong) {
      walked.raised("receipt", position, wrong);
    }
  }
}

/**
 * @param {Walk} walked
 * @param {number} position
 * @param {Uint8Array} receipt
 */
async function checkReceipt(walked, position, receipt) {
  const good = walked.good.get(position);
  if (!good) throw new ReceiptError("receipt.of_nothing");
  const { arrived_at, received_at, envelope } = good.entry;
  await verifyReceipt(receipt, { envelope: toUtf8(spellEnvelope(envelope)), vkeys: walked.logVkeys() });
  const read = parseReceipt(receipt);
  if (read.index !== position) throw new ReceiptError("receipt.other_index", { index: read.index });
  if (read.arrived_at !== arrived_at || read.received_at !== received_at) {
    throw new ReceiptError("receipt.other_times", { received_at: read.received_at });
  }
  const head = parseCheckpoint(unverifiedText(read.checkpoint));
  const root = walked.root(head.size);
  if (root !== null && !sameBytes(root, head.root)) throw new ReceiptError("receipt.other_root", { size: head.size });
}

/** @param {Walk} walked */
function checkTokens(walked) {
  const sizes = walked.dossier.checkpoints.map(sizeStated);
  for (const { size, authority, response, sha256: kept } of walked.dossier.tokens) {
    const digest = sha256(joined(toUtf8(`${size}\n${authority}\n`), response));
    if (!sizes.includes(size)) walked.found("time", null, "time.no_checkpoint", { size, authority });
    else if (!sameBytes(digest, kept)) walked.found("time", null, "time.other_bytes", { size, authority });
  }
}

/** @param {Uint8Array} note */
function sizeStated(note) {
  try {
    return parseCheckpoint(unverifiedText(note)).size;
  } catch (wrong) {
    if (wrong instanceof AuditError) return null;
    throw wrong;
  }
}

// --- 10 -------------------------------------------------------------------------------------------------

/** @param {Walk} walked */
function goodStates(walked) {
  const good = [];
  for (const held of walked.dossier.states) {
    try {
      good.push({ held, stated: attestationOf(walked, held) });
    } catch (wrong) {
      walked.raised("attestation", held.attestedAt, wrong);
    }
  }
  return good;
}

/**
 * @param {Walk} walked
 * @param {HeldState} held
 */
function attestationOf(walked, { attestedAt, proof }) {
  const good = walked.good.get(attestedAt);
  if (!good) throw new AttestationError("attestation.not_shown");
  const stated = readAttestation(good.statement);
  checkAttested(walked, attestedAt, good.statement.key, stated);
  if (proof.key.split("/")[0] !== stated.round) {
    throw new AttestationError("attestation.other_round", { stated: proof.key, expected: stated.round });
  }
  verifyStateProof(proof, { key: proof.key, count: stated.count, root: fromHex(stated.state_root) });
  return stated;
}

/**
 * @param {Walk} walked
 * @param {number} position
 * @param {string | null} key
 * @param {import("./attested.js").Attestation} stated
 */
function checkAttested(walked, position, key, { size, root }) {
  if (walked.keyring.records.get(key ?? "")?.actor !== LOG_ACTOR) {
    throw new AttestationError("attestation.not_by_the_log", { key: String(key) });
  }
  if (position < size) throw new AttestationError("attestation.too_early", { index: position, size });
  const computed = walked.root(size);
  if (walked.tree !== null && (computed === null || toHex(computed) !== root)) {
    throw new AttestationError("attestation.other_root", { size, stated: root });
  }
}

// --- 11 -------------------------------------------------------------------------------------------------

/** @param {Claims["states"][number]} state */
function namesItsEvents({ held: { proof } }) {
  return proof.absent === null && !proof.key.endsWith("/rank");
}

/**
 * Which positions are here, shown or withheld, and where the good statements about each item are.
 * @typedef {{shown: Map<number, boolean>, about: Map<string, number[]>}} Here
 */

/**
 * @param {Walk} walked
 * @returns {Here}
 */
function whatIsHere({ dossier, good }) {
  const shown = new Map(dossier.entries.map(({ position, entry }) => [position, entry !== null]));
  /** @type {Map<string, number[]>} */
  const about = new Map();
  for (const { position, statement } of good.values()) {
    const positions = about.get(itemKeyOf(statement)) ?? [];
    about.set(itemKeyOf(statement), positions);
    positions.push(position);
  }
  return { shown, about };
}

/**
 * Whether the entries at hand are all that the log has about an item, no more and no fewer.
 * @param {Walk} walked
 * @param {Here} here
 * @param {Claims["states"][number]} state
 */
function completeness(walked, { shown, about }, { held, stated: { size } }) {
  const { key, events } = held.proof.shown[0].item;
  const named = new Set(events);
  const missing = events.filter((position) => !shown.has(position));
  const foreign = (about.get(key) ?? []).filter((position) => position < size && !named.has(position));
  foundIncomplete(walked, key, "state.events_missing", missing);
  foundIncomplete(walked, key, "state.events_foreign", foreign);
  const withheld = events.filter((position) => shown.get(position) === false);
  return { key, size, events: events.length, withheld, complete: missing.length + foreign.length === 0 };
}

/**
 * @param {Walk} walked
 * @param {string} key
 * @param {string} rule
 * @param {number[]} positions
 */
function foundIncomplete(walked, key, rule, positions) {
  if (positions.length) walked.found("completeness", null, rule, { key, positions: positions.join(", ") });
}

/**
 * The newest attestation of the round has to say whether all is here, and something has to be about the subject.
 * @param {Walk} walked
 */
function checkWanted(walked) {
  const { about, states } = walked.dossier;
  const good = [...walked.good.values()];
  const attested = good.filter(({ statement }) => statement.type === ATTESTED && statement.round === about.round);
  const newest = attested.map(({ position }) => position).reduce((one, other) => Math.max(one, other), -1);
  const wanted = "agency" in about ? `${about.round}/${about.agency}/${about.criterion ?? "total"}` : null;
  const isThere = states.some(({ attestedAt, proof }) => attestedAt === newest && proof.key === wanted);
  if (states.length && wanted && !isThere) walked.found("completeness", null, "state.not_shown", { key: wanted });
  if (!isThere && !good.some(({ statement }) => isAboutSubject(statement, about))) {
    walked.found("content", null, "dossier.about_nothing");
  }
}

/**
 * @param {import("./statement.js").Statement} statement
 * @param {Record<string, string>} about
 */
function isAboutSubject(statement, about) {
  return Object.entries(SUBJECT).every(([name, field]) => !(name in about) || statement[field] === about[name]);
}

// --- 12 -------------------------------------------------------------------------------------------------

/**
 * Compare what is attested with what a fold comes to; return how many items are the same.
 * @param {Walk} walked
 * @param {Claims["states"]} states
 * @param {Refold} refold
 */
async function checkFold(walked, states, refold) {
  const good = [...walked.good.values()].sort((one, other) => one.position - other.position);
  const folded = await refold(good);
  /** @type {Map<string, Map<string, StateItem>>} */
  const items = new Map();
  for (const [version, made] of folded) items.set(version, new Map(made.map((item) => [item.key, item])));
  let recomputed = 0;
  for (const { held: { proof }, stated: { round, version } } of states) {
    const state = items.get(`${round}/${version}`);
    if (state && isSameState(proof, state.get(proof.key))) recomputed += 1;
    else walked.found("projection", null, "state.other_than_folded", { key: proof.key, version });
  }
  return recomputed;
}

/**
 * @param {import("./state_proof.js").StateProof} proof
 * @param {StateItem | undefined} made
 */
function isSameState(proof, made) {
  if (!made || proof.absent !== null) return !made && proof.absent !== null;
  return sameItem(proof.shown[0].item, made);
}
