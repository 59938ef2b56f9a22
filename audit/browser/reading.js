/**
 * Entries read ahead, in slices: parsing and signatures are the cost of verifying, and need no order.
 *
 * WebCrypto checks the signatures of a slice side by side. What a reader finds is what whoever walks the log would
 * have found at its place; only who holds which key, and which counter comes next, is left to the walk. Between
 * slices the page has its turn.
 */
import { parseEntry } from "./entry.js";
import { preAuthentication, verifyStatement } from "./envelope.js";
import { AuditError } from "./errors.js";
import { broughtKeys } from "./key_events.js";
import { leafHash } from "./merkle.js";
import { parseStatement } from "./statement.js";
import { turnOfOthers } from "./turn.js";

export const SLICE = 256;

/** @typedef {import("./keys.js").PublicKey} Key */
/** @typedef {(key: Key, signature: Uint8Array, payload: Uint8Array) => Promise<void>} CheckSignature */
/** @typedef {{entry: import("./entry.js").Entry, statement: import("./statement.js").Statement}} Told */

/**
 * What an entry's bytes say, or why they say nothing. `check` checks a signature of it, or knows already.
 * @typedef {{leaf: Uint8Array, told: Told | null, wrong: AuditError | null, check: CheckSignature}} Read
 */

/**
 * Read entries in their order, slice by slice, always one slice ahead: so its signatures are being checked meanwhile.
 * @param {Uint8Array[]} entries
 * @returns {AsyncGenerator<{first: number, reads: Read[]}>}
 */
export async function* readAhead(entries) {
  /** @type {Map<string, Key>} */
  const keys = new Map();
  let ahead = readSlice(entries.slice(0, SLICE), keys);
  for (let first = 0; first < entries.length; first += SLICE) {
    const reads = await ahead;
    await turnOfOthers();
    ahead = readSlice(entries.slice(first + SLICE, first + 2 * SLICE), keys);
    yield { first, reads };
  }
}

/**
 * @param {Uint8Array[]} entries
 * @param {Map<string, Key>} keys
 */
async function readSlice(entries, keys) {
  const reads = entries.map(readOne);
  await startSignatures(reads, keys);
  return reads;
}

/**
 * @param {Uint8Array} data
 * @returns {Read}
 */
function readOne(data) {
  const leaf = leafHash(data);
  const check = started(new Map());
  try {
    const entry = parseEntry(data);
    return { leaf, told: { entry, statement: parseStatement(entry.envelope.payload) }, wrong: null, check };
  } catch (wrong) {
    if (!(wrong instanceof AuditError)) throw wrong;
    return { leaf, told: null, wrong, check };
  }
}

/**
 * Start to check the signatures whose keys a statement has brought by now: a key's id leaves no choice which key it
 * is, and whether it may sign is not asked here.
 * @param {Read[]} reads
 * @param {Map<string, Key>} keys
 */
async function startSignatures(reads, keys) {
  await takeKeys(reads, keys);
  for (const read of reads) {
    if (!read.told) continue;
    const { payload, signatures } = read.told.entry.envelope;
    const signed = preAuthentication(payload);
    const running = new Map();
    for (const { key: id, signature } of signatures) {
      const key = keys.get(id);
      const ends = key?.verify(signature, signed);
      ends?.catch(() => {}); // whoever walks the log asks for it
      if (ends) running.set(id, ends);
    }
    read.check = started(running);
  }
}

/**
 * @param {Read[]} reads
 * @param {Map<string, Key>} keys
 */
async function takeKeys(reads, keys) {
  const brought = await Promise.all(reads.map(({ told }) => (told ? safeKeys(told.statement) : [])));
  for (const key of brought.flat()) keys.set(key.id, key);
}

/** @param {import("./statement.js").Statement} statement */
async function safeKeys(statement) {
  try {
    return await broughtKeys(statement);
  } catch (wrong) {
    if (!(wrong instanceof AuditError)) throw wrong;
    return []; // the keyring says so in its turn
  }
}

/**
 * A check of one entry's signatures that waits for those that were started.
 * @param {Map<string, Promise<void>>} running
 * @returns {CheckSignature}
 */
function started(running) {
  return (key, signature, payload) => running.get(key.id) ?? verifyStatement(key, signature, payload);
}
