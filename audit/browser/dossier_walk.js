/**
 * The entries of a dossier, one after the other: steps 4 to 7 of docs/formats/dossier.md.
 *
 * A part of a log is walked as the whole would be, but for what only the whole can say: counters may skip, and
 * statements that others speak of may not be there.
 */
import { sameBytes, toHex } from "./bytes.js";
import { parseCheckpoint } from "./checkpoint.js";
import { verifyOpening } from "./commitment.js";
import { AuditError, KeyringError, MerkleError } from "./errors.js";
import { GENESIS, LOG_ACTOR } from "./key_events.js";
import { Keyring } from "./keyring.js";
import { openNote, unverifiedText, vkeyOf } from "./note.js";
import { ToldTexts, textOf } from "./openings.js";
import { PrunedTree } from "./pruned_tree.js";
import { readAhead } from "./reading.js";
import { verifySignatures } from "./envelope.js";

/**
 * One thing that is wrong: in which layer, at which position (if at one), by which rule.
 * @typedef {{layer: string, position: number | null, rule: string, facts: Record<string, import("./errors.js").Fact>}} Finding
 */

/**
 * A statement with nothing wrong about its bytes, its keys or its signatures.
 * @typedef {{position: number, entry: import("./entry.js").Entry, statement: import("./statement.js").Statement}} Good
 */

/** @typedef {(done: number, total: number) => void} Progress */

/** What a walk leaves behind for the steps after it. */
export class Walked {
  /** @param {import("./dossier_file.js").Dossier} dossier */
  constructor(dossier) {
    this.dossier = dossier;
    /** @type {Finding[]} */
    this.findings = [];
    this.keyring = new Keyring();
    /** @type {Map<number, Good>} */
    this.good = new Map();
    /** @type {PrunedTree | null} */
    this.tree = null;
    /** The checkpoints without a finding, with their notes.
     * @type {{head: import("./checkpoint.js").Checkpoint, note: Uint8Array}[]} */
    this.heads = [];
    this.told = new ToldTexts();
    this.signatures = 0;
    this.openings = 0;
    this.keptByPlatform = 0;
  }

  /**
   * Note a finding.
   * @param {string} layer
   * @param {number | null} position
   * @param {string} rule
   * @param {Record<string, import("./errors.js").Fact>} facts
   */
  found(layer, position, rule, facts = {}) {
    this.findings.push({ layer, position, rule, facts });
  }

  /**
   * Note what a check threw; anything else is thrown on.
   * @param {string} layer
   * @param {number | null} position
   * @param {unknown} wrong
   * @param {Record<string, import("./errors.js").Fact>} facts
   */
  raised(layer, position, wrong, facts = {}) {
    if (!(wrong instanceof AuditError)) throw wrong;
    this.found(layer, position, wrong.rule, { ...wrong.facts, ...facts });
  }

  /**
   * The root at a size, where it can be computed.
   * @param {number | bigint} size
   */
  root(size) {
    return this.tree === null ? null : this.tree.root(size);
  }

  /** The verifier keys that the log has had, oldest first. */
  logVkeys() {
    return this.keyring.logKeys().map(({ key }) => vkeyOf(this.dossier.log, key));
  }
}

/**
 * Take steps 4 to 7.
 * @param {import("./dossier_file.js").Dossier} dossier
 * @param {Progress} progress
 */
export async function walkDossier(dossier, progress) {
  const walked = new Walked(dossier);
  putTogether(walked); // 4
  await walkEntries(walked, progress); // 5
  await checkCheckpoints(walked); // 6
  checkOpenings(walked); // 7
  return walked;
}

/** @param {Walked} walked */
function putTogether(walked) {
  const { size, entries, hashes, sizes } = walked.dossier;
  const leaves = new Map(entries.map(({ position, leaf }) => [position, leaf]));
  try {
    walked.tree = PrunedTree.over(size, leaves, hashes, sizes);
  } catch (wrong) {
    if (!(wrong instanceof MerkleError)) throw wrong;
    walked.raised("tree", null, wrong);
  }
}

// --- 5 --------------------------------------------------------------------------------------------------

/**
 * What a walk remembers from one entry to the next.
 * @typedef {{ids: Set<string>, received: string, words: Map<number, import("./commitment.js").Opening[]>}} Past
 */

/**
 * @param {Walked} walked
 * @param {Progress} progress
 */
async function walkEntries(walked, progress) {
  const { entries, openings } = walked.dossier;
  /** @type {Past} */
  const past = { ids: new Set(), received: "", words: new Map() };
  for (const { position, opening } of openings) {
    const words = past.words.get(position) ?? [];
    past.words.set(position, words);
    words.push(opening);
  }
  const shown = entries.filter(({ entry }) => entry !== null);
  for await (const slice of readAhead(shown.map(({ entry }) => /** @type {Uint8Array} */ (entry)))) {
    progress(slice.first, shown.length);
    for (const [n, read] of slice.reads.entries()) await walkEntry(walked, past, shown[slice.first + n], read);
  }
  progress(shown.length, shown.length);
}

/**
 * @param {Walked} walked
 * @param {Past} past
 * @param {import("./dossier_file.js").Held} held
 * @param {import("./reading.js").Read} read
 */
async function walkEntry(walked, past, { position, leaf }, read) {
  if (!sameBytes(read.leaf, leaf)) walked.found("leaf", position, "leaf.other_bytes"); // 5.1
  if (read.wrong) return walked.raised("content", position, read.wrong); // 5.2
  const { entry, statement } = /** @type {import("./reading.js").Told} */ (read.told);
  checkSubject(walked, past, position, entry, statement);
  try {
    await checkSigned(walked, position, entry, statement, read.check); // 5.4
  } catch (wrong) {
    return walked.raised(layerOf(wrong), position, wrong);
  }
  walked.good.set(position, { position, entry, statement });
  walked.told.observe(position, statement);
  checkSeen(walked, position, statement); // 5.5
  for (const opening of past.words.get(position) ?? []) checkOpening(walked, position, statement, opening); // 5.6
}

/**
 * @param {Walked} walked
 * @param {Past} past
 * @param {number} position
 * @param {import("./entry.js").Entry} entry
 * @param {import("./statement.js").Statement} statement
 */
function checkSubject(walked, past, position, { received_at }, { log, id }) {
  const expected = walked.dossier.log;
  if (log !== expected) walked.found("content", position, "log.other", { stated: log, expected });
  if (past.ids.has(id)) walked.found("content", position, "id.twice", { id });
  past.ids.add(id);
  if (received_at < past.received) walked.found("order", position, "time.runs_back", { received_at }); // 5.3
  else past.received = received_at;
}

/**
 * @param {Walked} walked
 * @param {number} position
 * @param {import("./entry.js").Entry} entry
 * @param {import("./statement.js").Statement} statement
 * @param {import("./reading.js").CheckSignature} check
 */
async function checkSigned(walked, position, { envelope }, statement, check) {
  const { keyring, dossier } = walked;
  await verifySignatures(envelope, statement, await keyring.keysFor(statement), check);
  walked.signatures += envelope.signatures.length;
  if (!dossier.whole) keyring.skipTo(statement);
  try {
    await keyring.check(statement, position);
  } catch (wrong) {
    const beyond = wrong instanceof KeyringError && wrong.rule === "contested.not_contested" && !dossier.whole;
    const counted = wrong instanceof KeyringError && wrong.rule.startsWith("counter.");
    if (beyond || counted) await keyring.follow(statement, position);
    if (beyond) return countKept(walked, envelope);
    throw wrong;
  }
  await keyring.follow(statement, position);
  countKept(walked, envelope);
}

/**
 * @param {Walked} walked
 * @param {import("./envelope.js").Envelope} envelope
 */
function countKept(walked, { signatures }) {
  const records = signatures.map(({ key }) => walked.keyring.record(key));
  if (records.some(({ custody, actor }) => custody === "platform" && actor !== LOG_ACTOR)) walked.keptByPlatform += 1;
}

/**
 * The layer of what the keyring or a signature threw.
 * @param {unknown} wrong
 */
export function layerOf(wrong) {
  const rule = wrong instanceof AuditError ? wrong.rule : "";
  if (rule.startsWith("signature.")) return "signature";
  return rule.startsWith("counter.") ? "counter" : "registry";
}

/**
 * @param {Walked} walked
 * @param {number} position
 * @param {import("./statement.js").Statement} statement
 */
function checkSeen(walked, position, { seen, type }) {
  if (!seen) {
    if (type !== GENESIS) walked.found("seen", position, "seen.missing");
    return;
  }
  const root = walked.root(seen.size);
  if (seen.size > position) walked.found("seen", position, "seen.false", seen);
  else if (walked.tree === null) return;
  else if (root === null) walked.found("seen", position, "seen.not_shown", { size: seen.size });
  else if (toHex(root) !== seen.root) walked.found("seen", position, "seen.false", seen);
}

/**
 * @param {Walked} walked
 * @param {number} position
 * @param {import("./statement.js").Statement} statement
 * @param {import("./commitment.js").Opening} opening
 */
function checkOpening(walked, position, statement, opening) {
  try {
    verifyOpening(statement, opening);
    walked.openings += 1;
  } catch (wrong) {
    walked.raised("opening", position, wrong);
  }
}

// --- 6 and 7 --------------------------------------------------------------------------------------------

/** @param {Walked} walked */
async function checkCheckpoints(walked) {
  const { checkpoints, size } = walked.dossier;
  if (walked.keyring.logKeys().length === 0) return walked.found("checkpoint", null, "genesis.missing");
  /** @type {number | bigint} */
  let last = 0;
  for (const note of checkpoints) last = await checkCheckpoint(walked, note);
  if (last !== size) walked.found("checkpoint", null, "checkpoint.does_not_cover", { last, entries: size });
}

/**
 * Check one, and return the size that it states.
 * @param {Walked} walked
 * @param {Uint8Array} note
 */
async function checkCheckpoint(walked, note) {
  let head;
  try {
    head = parseCheckpoint(unverifiedText(note));
  } catch (wrong) {
    walked.raised("checkpoint", null, wrong);
    return 0;
  }
  try {
    await openNote(note, signingAt(walked, head.size));
  } catch (wrong) {
    walked.raised("checkpoint", null, wrong, { size: head.size });
    return head.size;
  }
  compareHead(walked, head, note);
  return head.size;
}

/**
 * The verifier key that the log had at a size, if it had one.
 * @param {Walked} walked
 * @param {number | bigint} size
 */
function signingAt(walked, size) {
  const held = walked.keyring.logKeys().filter(({ since }) => since <= size).slice(-1);
  return held.map(({ key }) => vkeyOf(walked.dossier.log, key));
}

/**
 * @param {Walked} walked
 * @param {import("./checkpoint.js").Checkpoint} head
 * @param {Uint8Array} note
 */
function compareHead(walked, head, note) {
  const { origin, size, root } = head;
  if (origin !== walked.dossier.log) {
    walked.found("checkpoint", null, "checkpoint.other_log", { stated: origin, size });
  } else if (walked.tree !== null && !sameBytes(walked.root(size), root)) {
    walked.found("checkpoint", null, "checkpoint.other_root", { size });
  } else {
    walked.heads.push({ head, note });
  }
}

/** @param {Walked} walked */
function checkOpenings(walked) {
  const shown = new Set(walked.dossier.entries.filter(({ entry }) => entry !== null).map(({ position }) => position));
  for (const { position, opening: { field } } of walked.dossier.openings) {
    const good = walked.good.get(position);
    const since = good && walked.told.erased.get(textOf(good.statement.id, field));
    if (!shown.has(position)) walked.found("opening", position, "opening.of_nothing", { field });
    else if (since !== undefined) walked.found("opening", position, "opening.not_erased", { field, since });
  }
}
