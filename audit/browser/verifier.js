/**
 * The whole log checked from its bytes alone, in numbered steps; findings are values, and nothing stops it.
 *
 * Not checked here, and said so: what certificates bound to keys lead to, and what follows from the statements.
 */
import { sameBytes, toHex } from "./bytes.js";
import { parseCheckpoint } from "./checkpoint.js";
import { verifyOpening } from "./commitment.js";
import { verifySignatures } from "./envelope.js";
import { AuditError } from "./errors.js";
import { GENESIS } from "./key_events.js";
import { Keyring } from "./keyring.js";
import { CompactRange } from "./merkle.js";
import { openNote, vkeyOf } from "./note.js";
import { readAhead } from "./reading.js";
import { streamOf } from "./statement.js";

const LOG_LAYERS = [
  "order", "leaf", "content", "registry", "signature", "counter", "seen", "opening", "tree", "checkpoint",
];

/** A stored event as it lies in the database; `entry` are its exact bytes.
 * @typedef {{position: number, stream: string, version: number, topic: string, entry: Uint8Array}} Row */

/**
 * What is verified: the rows, and everything stored beside them to prove them.
 * @typedef {object} LogCopy
 * @property {Row[]} rows
 * @property {Uint8Array[]} leafHashes
 * @property {{size: number, root: Uint8Array}} head
 * @property {{size: number, note: Uint8Array}[]} checkpoints
 * @property {Map<string, import("./commitment.js").Opening[]>} openings statement id -> the openings beside it
 */

/** @typedef {{layer: string, position: number | null, rule: string, facts: Record<string, import("./errors.js").Fact>}} LogFinding */

/**
 * Verify a log from genesis to head. The steps are those of docs/formats/entry.md.
 *
 * 1. Positions run 0, 1, 2, ... without gap (`order`).
 * 2. The stored leaf hash is the hash of the entry's bytes, parsable or not (`leaf`).
 * 3. The bytes are a canonical entry, envelope and statement of this log, under an id used once (`content`).
 * 4. Stream, version, type in the row are the statement's; `received_at` never runs back (`order`).
 * 5. Its keys may sign at this index (`registry`, `counter`).
 * 6. Its signatures verify (`signature`).
 * 7. What its signer had seen was this log at that size (`seen`).
 * 8. The openings beside it are what it committed to (`opening`).
 * 9. The root over all leaves is the head's (`tree`).
 * 10. Every checkpoint is signed over the root at its size, by the key that the log had then; the last covers all
 *     (`checkpoint`).
 * @param {LogCopy} copy
 * @param {(done: number, total: number) => void} progress
 */
export async function verifyLog(copy, progress = () => {}) {
  const walk = new LogWalk(copy);
  for await (const { first, reads } of readAhead(copy.rows.map(({ entry }) => entry))) {
    progress(first, copy.rows.length);
    for (const [n, read] of reads.entries()) await walk.row(copy.rows[first + n], read);
  }
  const root = walk.checkTree();
  walk.checkSeen();
  await walk.checkCheckpoints();
  const records = [...walk.keyring.records.values()];
  return {
    origin: walk.origin,
    size: walk.tree.size,
    root,
    findings: walk.inOrder(),
    signatures: walk.signatures,
    keys: records.length,
    checkpoints: copy.checkpoints.length,
    openings: walk.openings,
    clock: walk.origin && walk.keyring.opened ? walk.keyring.genesis.clock : "unknown",
    contested: walk.keyring.contested(),
    roots: walk.roots,
  };
}

/** One pass over a copy, collecting findings. */
class LogWalk {
  /** @param {LogCopy} copy */
  constructor(copy) {
    this.copy = copy;
    this.keyring = new Keyring();
    this.tree = new CompactRange();
    /** The tree of the stored leaves: from the first that is another one on, it is another tree. */
    this.stored = this.tree;
    /** @type {Map<number, Uint8Array>} */
    this.roots = new Map();
    /** @type {Map<number, Uint8Array>} */
    this.storedRoots = this.roots;
    this.wanted = new Set(copy.checkpoints.map(({ size }) => size));
    /** @type {LogFinding[]} */
    this.findings = [];
    /** @type {Map<string, number>} */
    this.versions = new Map();
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {{position: number, size: number, root: string}[]} */
    this.seen = [];
    this.origin = "";
    this.received = "";
    this.signatures = 0;
    this.openings = 0;
  }

  /**
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
   * @param {Row} row
   * @param {import("./reading.js").Read} read
   */
  async row(row, read) {
    const expected = this.tree.size;
    if (row.position !== expected) this.found("order", row.position, "position.not_contiguous", { expected }); // 1
    this.leaf(row, expected, read.leaf);
    if (!read.told) {
      this.raised("content", row.position, read.wrong); // 3
      this.versions.set(row.stream, row.version); // the row is all there is left to count by
      return;
    }
    const { entry, statement } = read.told;
    this.subject(row, statement, entry.received_at);
    if (await this.signed(row.position, entry, statement, read.check)) this.beside(row.position, statement);
  }

  /**
   * @param {Row} row
   * @param {number} position
   * @param {Uint8Array} leaf
   */
  leaf({ position: stated }, position, leaf) {
    const kept = this.copy.leafHashes[position]; // 2
    if (!kept) this.found("leaf", stated, "leaf.not_stored");
    else if (!sameBytes(kept, leaf)) this.otherLeaf(stated);
    this.tree.append(leaf);
    if (this.stored !== this.tree) this.stored.append(kept ?? leaf);
    if (!this.wanted.has(this.tree.size)) return;
    this.roots.set(this.tree.size, this.tree.root());
    this.storedRoots.set(this.tree.size, this.stored.root());
  }

  /** @param {number} position */
  otherLeaf(position) {
    this.found("leaf", position, "leaf.other_bytes");
    if (this.stored !== this.tree) return;
    this.stored = new CompactRange(this.tree.size, this.tree.subtrees);
    this.storedRoots = new Map(this.roots);
  }

  /**
   * @param {Row} row
   * @param {import("./statement.js").Statement} statement
   * @param {string} receivedAt
   */
  subject(row, statement, receivedAt) {
    this.origin ||= statement.log;
    if (statement.log !== this.origin) {
      this.found("content", row.position, "log.other", { stated: statement.log, expected: this.origin }); // 3
    }
    if (this.ids.has(statement.id)) this.found("content", row.position, "id.twice", { id: statement.id });
    this.ids.add(statement.id);
    this.columns(row, statement);
    if (receivedAt < this.received) this.found("order", row.position, "time.runs_back", { received_at: receivedAt });
    else this.received = receivedAt;
  }

  /**
   * @param {Row} row
   * @param {import("./statement.js").Statement} statement
   */
  columns({ position, stream: stated, version, topic }, statement) {
    const stream = streamOf(statement);
    const expected = (this.versions.get(stream) ?? 0) + 1; // 4
    this.versions.set(stream, expected);
    if (stated === stream && version === expected && topic === statement.type) return;
    const facts = { stated: `${stated} ${version} ${topic}`, expected: `${stream} ${expected} ${statement.type}` };
    this.found("order", position, "row.other_subject", facts);
  }

  /**
   * Steps 5 and 6: whether a statement is good.
   * @param {number} position
   * @param {import("./entry.js").Entry} entry
   * @param {import("./statement.js").Statement} statement
   * @param {import("./reading.js").CheckSignature} check
   */
  async signed(position, { envelope }, statement, check) {
    try {
      await verifySignatures(envelope, statement, await this.keyring.keysFor(statement), check); // 6
      this.signatures += envelope.signatures.length;
      await this.keyring.check(statement, position); // 5
    } catch (wrong) {
      const rule = wrong instanceof AuditError ? wrong.rule : "";
      if (rule.startsWith("counter.")) await this.keyring.follow(statement, position);
      const layer = rule.startsWith("signature.") ? "signature" : rule.startsWith("counter.") ? "counter" : "registry";
      this.raised(layer, position, wrong);
      return false;
    }
    await this.keyring.follow(statement, position);
    return true;
  }

  /**
   * Steps 7 and 8.
   * @param {number} position
   * @param {import("./statement.js").Statement} statement
   */
  beside(position, statement) {
    if (statement.seen) this.seen.push({ position, ...statement.seen });
    else if (statement.type !== GENESIS) this.found("seen", position, "seen.missing");
    for (const opening of this.copy.openings.get(statement.id) ?? []) { // 8
      try {
        verifyOpening(statement, opening);
        this.openings += 1;
      } catch (wrong) {
        this.raised("opening", position, wrong);
      }
    }
  }

  /** Step 9. Where the stored leaves still make the head's root, damage to an entry ends with it. */
  checkTree() {
    const { size, root } = this.copy.head;
    if (!sameBytes(this.tree.root(), root) && sameBytes(this.stored.root(), root)) {
      [this.tree, this.roots] = [this.stored, this.storedRoots];
    }
    const [entries, leaves] = [this.tree.size, this.copy.leafHashes.length];
    if (size !== entries || leaves !== entries) this.found("tree", null, "head.other_size", { head: size, entries, leaves });
    const computed = this.tree.root();
    if (!sameBytes(computed, root)) {
      this.found("tree", null, "head.other_root", { head: toHex(root), computed: toHex(computed) });
    }
    return computed;
  }

  /** Step 7, once it is clear which tree is the log's. */
  checkSeen() {
    for (const { position, size, root } of this.seen) {
      const known = this.roots.get(size);
      if (size > position || !known || toHex(known) !== root) this.found("seen", position, "seen.false", { size, root });
    }
  }

  /** Step 10. */
  async checkCheckpoints() {
    if (!this.origin || this.keyring.records.size === 0) {
      this.found("checkpoint", null, "genesis.missing");
      this.origin = "";
      return;
    }
    for (const { size, note } of this.copy.checkpoints) await this.checkpoint(size, note);
    const last = Math.max(0, ...this.wanted);
    const entries = this.tree.size;
    if (last !== entries) this.found("checkpoint", null, "checkpoint.does_not_cover", { last, entries });
  }

  /**
   * @param {number} size
   * @param {Uint8Array} note
   */
  async checkpoint(size, note) {
    let stated;
    try {
      stated = parseCheckpoint((await openNote(note, this.signingAt(size))).text);
    } catch (wrong) {
      return this.raised("checkpoint", null, wrong, { size });
    }
    if (stated.origin !== this.origin || stated.size !== size) {
      this.found("checkpoint", null, "checkpoint.other_log", { size, stated: stated.size });
    } else if (!sameBytes(this.roots.get(size), stated.root)) {
      this.found("checkpoint", null, "checkpoint.other_root", { size });
    }
  }

  /**
   * The verifier key of the log at a size; the first one from the beginning.
   * @param {number} size
   */
  signingAt(size) {
    const held = this.keyring.logKeys().filter(({ since }, n) => n === 0 || since <= size).slice(-1);
    return held.map(({ key }) => vkeyOf(this.origin, key));
  }

  /** Findings by position, those about the whole log last; the cause before its consequences. */
  inOrder() {
    const place = (/** @type {LogFinding} */ { position }) => position ?? Number.POSITIVE_INFINITY;
    const by = (/** @type {LogFinding} */ one, /** @type {LogFinding} */ other) =>
      place(one) === place(other)
        ? LOG_LAYERS.indexOf(one.layer) - LOG_LAYERS.indexOf(other.layer)
        : place(one) - place(other);
    return [...this.findings].sort(by);
  }
}
