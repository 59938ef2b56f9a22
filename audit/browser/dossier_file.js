/** The dossier's form: one canonical document with a case and all that proves it (docs/formats/dossier.md). */
import { fromHex, readBase64, sha256OfFile, toHex, toUtf8 } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";
import { MAX_ENTRY } from "./entry.js";
import { AuditError, DossierError } from "./errors.js";
import { FIELD, HEX, NAMES, hasFields, isCount, isObject, isText } from "./grammar.js";
import { stateProofFromJson } from "./state_proof.js";

const DOSSIER_V = "minhchung.dossier/v1";
const MAX_DOSSIER = 64 * 1024 * 1024;
const MAX_BRACKETS = 1_000_000;
const MAX_ITEMS = 131_072;
const READERS = ["agency", "council", "auditor"];
/** What a dossier is about -> the field of a header; each only with the one before. */
export const SUBJECT = /** @type {const} */ ({ round: "round", agency: "agency", criterion: "criterion", dispute: "matter" });
const BEFORE = toUtf8('{"dossier":').length;
const BEHIND = toUtf8(`,"sha256":"${"0".repeat(64)}"}`).length;

/** A position with its leaf, and the entry's exact bytes unless they are withheld from the reader.
 * @typedef {{position: number, leaf: Uint8Array, entry: Uint8Array | null}} Held */

/**
 * A dossier as it was read. `digest` is what the file says its digest is, `computed` what it is.
 * @typedef {object} Dossier
 * @property {Record<string, string>} about
 * @property {Uint8Array[]} checkpoints
 * @property {Held[]} entries
 * @property {Uint8Array[]} hashes
 * @property {string} log
 * @property {{position: number, opening: import("./commitment.js").Opening}[]} openings
 * @property {string} reader
 * @property {{position: number, receipt: Uint8Array}[]} receipts
 * @property {number} size
 * @property {number[]} sizes
 * @property {{attestedAt: number, proof: import("./state_proof.js").StateProof}[]} states
 * @property {{size: number, authority: string, response: Uint8Array, sha256: Uint8Array}[]} tokens
 * @property {Record<string, any> | null} trust
 * @property {boolean} whole
 * @property {string} digest
 * @property {string} computed
 */

/**
 * Read a dossier; nothing in it is verified. These are steps 1 to 3 of the format page.
 *
 * Throws DossierError `dossier.too_large`, `dossier.too_many`, `dossier.unreadable`, `dossier.other_version`,
 * `dossier.malformed` (with the field, and a position where one is stated).
 * @param {Uint8Array} data
 * @returns {Promise<Dossier>}
 */
export async function parseDossier(data) {
  if (data.length > MAX_DOSSIER) throw new DossierError("dossier.too_large", { size: data.length, limit: MAX_DOSSIER }); // 1
  if (bracketsIn(data) > MAX_BRACKETS) throw tooMany("brackets", MAX_BRACKETS);
  const { dossier, sha256: digest } = checkedFile(unsealed(data)); // 2, 3
  const read = await readFields(dossier);
  const computed = toHex(await sha256OfFile(data.subarray(BEFORE, data.length - BEHIND)));
  const whole = read.entries.length === read.size && read.entries.every(({ entry }) => entry !== null);
  return { ...read, trust: read.trust ?? null, whole, digest, computed };
}

/** @param {Uint8Array} data */
function bracketsIn(data) {
  let count = 0;
  for (let at = 0; at < data.length; at += 1) if (data[at] === 0x7b || data[at] === 0x5b) count += 1;
  return count;
}

/**
 * @param {string} field
 * @param {number} limit
 */
function tooMany(field, limit) {
  return new DossierError("dossier.too_many", { field, limit });
}

/**
 * @param {string} field
 * @param {unknown} position
 */
function malformedDossier(field, position = null) {
  return new DossierError("dossier.malformed", isCount(position) ? { field, position } : { field });
}

/** @param {Uint8Array} data */
function unsealed(data) {
  try {
    return decodeCanonical(data, MAX_DOSSIER);
  } catch (wrong) {
    throw wrong instanceof AuditError ? new DossierError("dossier.unreadable", { reason: wrong.rule }) : wrong;
  }
}

/** @param {unknown} stated */
function checkedFile(stated) {
  const outer = hasFields(stated, ["dossier", "sha256"]) && isObject(stated.dossier) && isText(stated.sha256, HEX);
  if (!outer) throw malformedDossier("file");
  const { dossier } = stated;
  if (dossier.v !== DOSSIER_V) {
    throw new DossierError("dossier.other_version", { stated: String(JSON.stringify(dossier.v)).slice(0, 40) });
  }
  const optional = "trust" in dossier ? ["trust"] : [];
  if (!hasFields(dossier, ["v", ...REQUIRED, ...optional])) throw malformedDossier("fields");
  return stated;
}

/**
 * Read the fields in the order of their names, so that two verifiers stumble over the same one first. What stands
 * after `entries` bounds them, and what stands after `size`.
 * @param {Record<string, unknown>} stated
 */
async function readFields(stated) {
  /** @type {any} */
  const read = {};
  for (const [name, reader] of READING) {
    if (name in stated) read[name] = reader(stated[name]);
    await null;
  }
  const beyond = read.entries.find((/** @type {Held} */ { position }) => position >= read.size);
  if (beyond) throw malformedDossier("entries", beyond.position);
  if (read.sizes.some((/** @type {number} */ size) => size <= 0 || size >= read.size)) throw malformedDossier("sizes");
  return read;
}

/** An item of a list has not its form. */
class MalformedItem extends Error {}

/**
 * Read a list whose items ascend in an order, none twice; `place` is the field that says where an item belongs.
 * @template T
 * @param {string} name
 * @param {unknown} stated
 * @param {(item: any) => T} read
 * @param {((one: T, other: T) => boolean) | null} before
 * @param {string} place
 */
function readItems(name, stated, read, before = null, place = "") {
  if (!Array.isArray(stated)) throw malformedDossier(name);
  if (stated.length > MAX_ITEMS) throw tooMany(name, MAX_ITEMS);
  /** @type {T[]} */
  const found = [];
  for (const item of stated) {
    const made = itemOf(item, read);
    const last = found[found.length - 1];
    if (made === null || (before && found.length && !before(last, made))) {
      throw malformedDossier(name, isObject(item) ? item[place] : null);
    }
    found.push(made);
  }
  return found;
}

/**
 * @template T
 * @param {unknown} item
 * @param {(item: any) => T} read
 * @returns {T | null}
 */
function itemOf(item, read) {
  try {
    return read(item);
  } catch (wrong) {
    if (wrong instanceof MalformedItem || wrong instanceof AuditError) return null;
    throw wrong;
  }
}

/** @param {boolean} good */
function mustBe(good) {
  if (!good) throw new MalformedItem();
}

/** @param {unknown} stated */
function heldHash(stated) {
  mustBe(isText(stated, HEX));
  return fromHex(/** @type {string} */ (stated));
}

/** @param {unknown} stated */
function linesOf(stated) {
  mustBe(Array.isArray(stated) && stated.length > 0 && stated.every((line) => typeof line === "string"));
  return /** @type {string[]} */ (stated);
}

/** @param {unknown} stated */
function textOfLines(stated) {
  return toUtf8(linesOf(stated).map((line) => `${line}\n`).join(""));
}

/** @param {unknown} item */
function heldOf(item) {
  const shown = isObject(item) && "entry" in item;
  mustBe(hasFields(item, shown ? ["entry", "leaf", "position"] : ["leaf", "position"]));
  const { entry, leaf, position } = /** @type {any} */ (item);
  mustBe(isCount(position) && (!shown || isText(entry, /^[\x00-\x7f]*$/)) && (!shown || entry.length <= MAX_ENTRY));
  return { position, leaf: heldHash(leaf), entry: shown ? toUtf8(entry) : null };
}

/** @param {any} item */
function heldOpening(item) {
  mustBe(hasFields(item, ["field", "lines", "position", "salt"]) && isText(item.field, FIELD) && isCount(item.position));
  const opening = { field: item.field, salt: heldHash(item.salt), value: linesOf(item.lines).join("\n") };
  return { position: item.position, opening };
}

/** @param {any} item */
function heldReceipt(item) {
  mustBe(hasFields(item, ["lines", "position"]) && isCount(item.position));
  return { position: item.position, receipt: textOfLines(item.lines) };
}

/** @param {any} item */
function heldState(item) {
  mustBe(hasFields(item, ["attested_at", "proof"]) && isCount(item.attested_at));
  return { attestedAt: item.attested_at, proof: stateProofFromJson(item.proof) };
}

/** @param {any} item */
function heldToken(item) {
  mustBe(hasFields(item, ["authority", "response", "sha256", "size"]));
  const { authority, response, sha256: digest, size } = item;
  mustBe(isCount(size) && typeof authority === "string" && typeof response === "string");
  const data = readBase64(response);
  mustBe(data !== null && data.length > 0);
  return { size, authority, response: /** @type {Uint8Array} */ (data), sha256: heldHash(digest) };
}

/** @param {unknown} item */
function heldSize(item) {
  mustBe(isCount(item));
  return /** @type {number} */ (item);
}

/** @param {any} stated */
function heldAbout(stated) {
  const names = Object.keys(SUBJECT);
  const count = isObject(stated) ? Object.keys(stated).length : 0;
  const grammars = new Map(NAMES);
  const good = (/** @type {string} */ name) =>
    isText(stated[name], /** @type {RegExp} */ (grammars.get(SUBJECT[/** @type {keyof SUBJECT} */ (name)])));
  if (count === 0 || !hasFields(stated, names.slice(0, count)) || !names.slice(0, count).every(good)) {
    throw malformedDossier("about");
  }
  return stated;
}

/**
 * @param {string} name
 * @param {(stated: any) => boolean} good
 */
function plainField(name, good) {
  return (/** @type {any} */ stated) => {
    if (!good(stated)) throw malformedDossier(name);
    return stated;
  };
}

/** @param {unknown} stated */
function heldEntries(stated) {
  const found = readItems("entries", stated, heldOf, (one, other) => one.position < other.position, "position");
  if (found[0]?.position !== 0) throw malformedDossier("entries");
  return found;
}

/** @param {unknown} stated */
function heldCheckpoints(stated) {
  const found = readItems("checkpoints", stated, textOfLines);
  if (found.length === 0) throw malformedDossier("checkpoints");
  return found;
}

/** @param {unknown} stated */
function heldOpenings(stated) {
  const before = (/** @type {any} */ one, /** @type {any} */ other) =>
    one.position < other.position || (one.position === other.position && one.opening.field < other.opening.field);
  return readItems("openings", stated, heldOpening, before, "position");
}

/** @param {unknown} stated */
function heldStates(stated) {
  const before = (/** @type {any} */ one, /** @type {any} */ other) =>
    one.attestedAt < other.attestedAt || (one.attestedAt === other.attestedAt && one.proof.key < other.proof.key);
  return readItems("states", stated, heldState, before, "attested_at");
}

/** @param {unknown} stated */
function heldTokens(stated) {
  const before = (/** @type {any} */ one, /** @type {any} */ other) =>
    one.size < other.size || (one.size === other.size && one.authority < other.authority);
  return readItems("tokens", stated, heldToken, before);
}

/** How each field is read, in the order of their names.
 * @type {[string, (stated: any) => unknown][]} */
const READING = [
  ["about", heldAbout],
  ["checkpoints", heldCheckpoints],
  ["entries", heldEntries],
  ["hashes", (stated) => readItems("hashes", stated, heldHash)],
  ["log", plainField("log", (log) => isText(log, /** @type {RegExp} */ (new Map(NAMES).get("log"))))],
  ["openings", heldOpenings],
  ["reader", plainField("reader", (reader) => READERS.includes(reader))],
  ["receipts", (stated) => readItems("receipts", stated, heldReceipt, (one, other) => one.position < other.position, "position")],
  ["size", plainField("size", (size) => isCount(size, 1))],
  ["sizes", (stated) => readItems("sizes", stated, heldSize, (one, other) => one < other)],
  ["states", heldStates],
  ["tokens", heldTokens],
  ["trust", plainField("trust", isObject)],
];
const REQUIRED = READING.map(([name]) => name).filter((name) => name !== "trust");
