/**
 * The signed statement: canonical JSON, exactly as its author signed it.
 *
 * Nothing here knows what a statement means: only its form and the stream it belongs to
 * (docs/formats/statement.md).
 */
import { decodeCanonical, sortedKeys } from "./canonical.js";
import { StatementError } from "./errors.js";
import { ACTOR, FIELD, HEX, MEDIA_TYPE, NAMES, hasFields, isAscending, isCount, isObject, isText, isTime } from "./grammar.js";

export const MAX_STATEMENT = 40 * 1024;
const REGISTRY_STREAM = "registry";

/**
 * What one person states (`actor`, `key`, `counter`) or several do (`signers`, `actors`, `threshold`). Fields are
 * named as they are signed; those that are not stated are null.
 * @typedef {object} Statement
 * @property {string} log
 * @property {string} id
 * @property {string} type
 * @property {Record<string, any>} body
 * @property {string} occurred_at
 * @property {{sha256: string, size: number, media_type: string}[]} attachments
 * @property {Record<string, string>} commitments
 * @property {string | null} round
 * @property {string | null} agency
 * @property {string | null} criterion
 * @property {string | null} matter
 * @property {string | null} on_behalf_of
 * @property {string | null} delegation
 * @property {number | null} expects
 * @property {{size: number, root: string} | null} seen
 * @property {string | null} key
 * @property {number | null} counter
 * @property {string[] | null} signers the keys of several
 * @property {number} needed how many of the named keys have to sign
 * @property {string[]} keys the ids of the keys that sign, in the order of `actors`
 * @property {string[]} actors whose keys those are, as stated
 */

const ALWAYS = ["v", "log", "id", "type", "body", "occurred_at", "attachments", "commitments"];
const ALONE = ["actor", "key", "counter"];
const TOGETHER = ["signers", "actors", "threshold"];
const MAY = ["round", "agency", "criterion", "matter", "on_behalf_of", "delegation", "expects", "seen"];
const KNOWN = new Set([...ALWAYS, ...ALONE, ...TOGETHER, ...MAY]);
const REQUIRED_ALONE = [...ALWAYS, ...ALONE].sort();
const REQUIRED_TOGETHER = [...ALWAYS, ...TOGETHER].sort();

/**
 * Read signed bytes as a statement.
 *
 * Throws CanonicalError for bytes in any but the one spelling, StatementError `statement.unknown_field`,
 * `statement.missing_field`, `statement.malformed` (with the field).
 * @param {Uint8Array} payload
 * @returns {Statement}
 */
export function parseStatement(payload) {
  const stated = decodeCanonical(payload, MAX_STATEMENT);
  if (!isObject(stated)) throw malformedStatement("statement");
  checkFields(stated);
  for (const [name, grammar] of NAMES) {
    if (name in stated && !isText(stated[name], grammar)) throw malformedStatement(name);
  }
  checkNumbers(stated);
  if (!isObject(stated.body)) throw malformedStatement("body");
  checkSeenForm(stated);
  checkAttachments(stated.attachments);
  checkCommitments(stated.commitments);
  if (!isTime(stated.occurred_at)) throw malformedStatement("occurred_at");
  if ("signers" in stated) checkSigners(stated);
  return statementOf(stated);
}

/**
 * @param {Record<string, any>} stated
 * @returns {Statement}
 */
function statementOf(stated) {
  return {
    log: stated.log,
    id: stated.id,
    type: stated.type,
    body: stated.body,
    occurred_at: stated.occurred_at,
    attachments: stated.attachments,
    commitments: stated.commitments,
    round: stated.round ?? null,
    agency: stated.agency ?? null,
    criterion: stated.criterion ?? null,
    matter: stated.matter ?? null,
    on_behalf_of: stated.on_behalf_of ?? null,
    delegation: stated.delegation ?? null,
    expects: stated.expects ?? null,
    seen: stated.seen ?? null,
    key: stated.key ?? null,
    counter: stated.counter ?? null,
    signers: stated.signers ?? null,
    needed: stated.threshold ?? 1,
    keys: stated.signers ?? [stated.key],
    actors: stated.actors ?? [stated.actor],
  };
}

/** @param {string} field */
function malformedStatement(field) {
  return new StatementError("statement.malformed", { field });
}

/** @param {Record<string, any>} stated */
function checkFields(stated) {
  const names = sortedKeys(stated);
  const [required, other] = "signers" in stated ? [REQUIRED_TOGETHER, ALONE] : [REQUIRED_ALONE, TOGETHER];
  const strange = names.find((name) => !KNOWN.has(name));
  if (strange !== undefined) throw unknownField(strange);
  const extra = names.find((name) => other.includes(name));
  if (extra !== undefined) throw unknownField(extra);
  const missing = required.find((name) => !(name in stated));
  if (missing !== undefined) throw new StatementError("statement.missing_field", { field: missing });
  if (stated.v !== 1) throw malformedStatement("v");
}

/** @param {string} name */
function unknownField(name) {
  return new StatementError("statement.unknown_field", { field: name.slice(0, 40) });
}

/** @param {Record<string, any>} stated */
function checkNumbers(stated) {
  for (const [name, least] of /** @type {[string, number][]} */ ([["counter", 1], ["threshold", 1], ["expects", 0]])) {
    if (name in stated && !isCount(stated[name], least)) throw malformedStatement(name);
  }
}

/**
 * Key ids in ascending order, none twice; one actor for each; the threshold within reach.
 * @param {Record<string, any>} stated
 */
function checkSigners({ signers, actors, threshold }) {
  const good = Array.isArray(signers) && signers.length > 0 && signers.every((key) => isText(key, HEX));
  if (!good || !isAscending(signers)) throw malformedStatement("signers");
  if (!Array.isArray(actors) || !actors.every((actor) => isText(actor, ACTOR))) throw malformedStatement("actors");
  if (actors.length !== signers.length) throw malformedStatement("actors");
  if (threshold > signers.length) throw malformedStatement("threshold");
}

/** @param {Record<string, any>} stated */
function checkSeenForm(stated) {
  if (!("seen" in stated)) return;
  const { seen } = stated;
  const good = hasFields(seen, ["size", "root"]) && isCount(seen.size, 1) && isText(seen.root, HEX);
  if (!good) throw malformedStatement("seen");
}

/** @param {unknown} stated */
function checkAttachments(stated) {
  if (!Array.isArray(stated) || !stated.every(isAttachment)) throw malformedStatement("attachments");
}

/** @param {unknown} stated */
function isAttachment(stated) {
  if (!hasFields(stated, ["sha256", "size", "media_type"])) return false;
  return isText(stated.sha256, HEX) && isText(stated.media_type, MEDIA_TYPE) && isCount(stated.size);
}

/** @param {unknown} stated */
function checkCommitments(stated) {
  const good = (/** @type {[string, unknown]} */ [name, digest]) => FIELD.test(name) && isText(digest, HEX);
  if (!isObject(stated) || !Object.entries(stated).every(good)) throw malformedStatement("commitments");
}

/**
 * The stream whose next version a statement is: round/matter, or round/agency/criterion as far as stated.
 * @param {Statement} statement
 */
export function streamOf({ round, agency, criterion, matter }) {
  const subject = matter ? [matter] : [agency, criterion];
  return [round, ...subject].filter(Boolean).join("/") || REGISTRY_STREAM;
}
