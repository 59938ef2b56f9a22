/** What key events are spelled like: the fields that each has, the keys that it brings, what genesis says. */
import { readBase64 } from "./bytes.js";
import { REAFFIRMED, REPUDIATED } from "./authorship.js";
import { checkContinuation } from "./continuation.js";
import { ContinuationError, KeyringError } from "./errors.js";
import { HEX, isAscending, isCount, isObject, isText } from "./grammar.js";
import { loadPublicKey, sameKey } from "./keys.js";
import { checkPromise } from "./promise.js";

export const GENESIS = "LogOpened.v1";
export const KEY_ENROLLED = "KeyEnrolled.v1";
export const KEY_ROTATED = "KeyRotated.v1";
export const KEY_REVOKED = "KeyRevoked.v1";
export const LOG_KEY_ROTATED = "LogKeyRotated.v1";
export const KEY_SUSPENDED = "KeySuspended.v1";
export const KEY_REINSTATED = "KeyReinstated.v1";
export const CERTIFICATE_BOUND = "CertificateBound.v1";
export const LOG_ACTOR = "log";
/** @type {Record<string, import("./authorship.js").Authorship>} */
export const MEANINGS = { "StatementReaffirmed.v1": REAFFIRMED, "StatementRepudiated.v1": REPUDIATED };
export const CUSTODIES = ["person", "platform"];

/** @type {Map<string, {required: string[], optional: string[], text?: string}>} */
const BODIES = new Map([
  [KEY_ENROLLED, { required: ["actor", "public_key", "custody"], optional: [] }],
  [KEY_ROTATED, { required: ["actor", "public_key", "custody", "replaces"], optional: [] }],
  [KEY_REVOKED, { required: ["key", "category"], optional: ["compromised_since"] }],
  [LOG_KEY_ROTATED, { required: ["public_key", "replaces"], optional: [] }],
  [KEY_SUSPENDED, { required: ["key", "category"], optional: [] }],
  [KEY_REINSTATED, { required: ["key"], optional: [] }],
  ["StatementReaffirmed.v1", { required: ["key"], optional: ["positions", "first", "last"] }],
  ["StatementRepudiated.v1", { required: ["key"], optional: ["positions", "first", "last"] }],
  [CERTIFICATE_BOUND, { required: ["key", "certificate"], optional: ["possession"], text: "certificates" }],
]);
/** @type {(keyof import("./statement.js").Statement)[]} */
const NOT_OF_KEYS = ["round", "agency", "criterion", "matter", "on_behalf_of", "delegation", "expects"];

/**
 * Whether a statement is about keys.
 * @param {string} type
 */
export function isKeyEvent(type) {
  return BODIES.has(type);
}

/**
 * Refuse what is malformed in a key event, or in genesis.
 * @param {string} field
 */
export function malformedKeyEvent(field) {
  return new KeyringError("key.malformed", { field });
}

/**
 * A key event is about keys and nothing else: its own fields, all sign, and nothing hangs on it.
 * @param {import("./statement.js").Statement} statement
 */
export function checkKeyEventForm(statement) {
  const { required, optional, text } = /** @type {any} */ (BODIES.get(statement.type));
  const strange = NOT_OF_KEYS.find((name) => statement[name] !== null);
  if (strange) throw malformedKeyEvent(strange);
  if (statement.attachments.length) throw malformedKeyEvent("attachments");
  if (Object.keys(statement.commitments).join() !== (text ?? "")) throw malformedKeyEvent("commitments");
  const names = Object.keys(statement.body);
  const allThere = required.every((/** @type {string} */ name) => typeof statement.body[name] === "string");
  if (!allThere || names.some((name) => ![...required, ...optional].includes(name))) throw malformedKeyEvent("body");
  if (!statement.signers || statement.needed !== statement.signers.length) throw malformedKeyEvent("threshold");
}

/**
 * Read of which positions an owner speaks: of some, ascending, or of all from the first to the last.
 * @param {import("./statement.js").Statement} statement
 * @param {number} at
 * @returns {import("./authorship.js").Word}
 */
export function readWord({ body, type, keys }, at) {
  const names = Object.keys(body).sort().join();
  const named = "positions" in body ? body.positions : [body.first, body.last];
  const plain = Array.isArray(named) && named.length > 0 && named.every((position) => isCount(position));
  if (!plain || !["key,positions", "first,key,last"].includes(names)) throw malformedKeyEvent("positions");
  const some = "positions" in body ? named : null;
  if (some ? !isAscending(some) : named[0] > named[1]) throw malformedKeyEvent("positions");
  const [first, last] = [named[0], named[named.length - 1]];
  return { meaning: MEANINGS[type], at, by: keys[0], first, last, positions: some };
}

/**
 * Read a public key from standard base64.
 * @param {unknown} text
 */
export async function readKey(text) {
  const raw = typeof text === "string" ? readBase64(text) : null;
  if (raw === null) throw malformedKeyEvent("public_key");
  return loadPublicKey(raw);
}

/**
 * The keys that a statement introduces in its own body.
 * @param {import("./statement.js").Statement} statement
 */
export async function broughtKeys({ type, body }) {
  const found = [];
  if (type === GENESIS) {
    found.push(await broughtKey(body, "log_key"));
    for (const registrar of registrarsIn(body)) found.push(await broughtKey(registrar, "public_key"));
  } else if ([KEY_ENROLLED, KEY_ROTATED, LOG_KEY_ROTATED].includes(type)) {
    found.push(await broughtKey(body, "public_key"));
  }
  return found;
}

/**
 * @param {unknown} body
 * @param {string} name
 */
function broughtKey(body, name) {
  if (!isObject(body) || !(name in body)) throw malformedKeyEvent("public_key");
  return readKey(body[name]);
}

/**
 * The registrars as they are listed; of an empty text or object there are none.
 * @param {Record<string, any>} body
 * @returns {unknown[]}
 */
function registrarsIn({ registrars }) {
  if (Array.isArray(registrars)) return registrars;
  if (typeof registrars === "string" || isObject(registrars)) return Object.keys(registrars);
  throw malformedKeyEvent("public_key");
}

/**
 * What the log was opened with, as far as keys go; `registrars` are named with their keys.
 * @typedef {{origin: string, logKey: import("./keys.js").PublicKey, registrars: {actor: string, key: import("./keys.js").PublicKey, custody: string}[], quorum: number, clock: any}} Genesis
 */

/**
 * Read genesis; throws KeyringError `genesis.malformed` with the field.
 * @param {import("./statement.js").Statement} statement
 * @returns {Promise<Genesis>}
 */
export async function readGenesis({ log, body }) {
  const registrars = [];
  for (const stated of registrarsIn(body)) registrars.push(await registrarOf(stated));
  if (!("quorum" in body) || !("clock" in body)) throw malformedGenesis("body");
  const opened = { origin: log, logKey: await readKey(body.log_key), registrars, quorum: body.quorum, clock: body.clock };
  if ("continues" in body) checkCited(body.continues, log);
  checkAnchors(body.certificate_anchors ?? []);
  if ("certificate_anchors" in body && body.certificate_anchors === null) throw malformedGenesis("certificate_anchors");
  if (!("witness_policy" in body)) throw malformedGenesis("body");
  await checkPromise(body.witness_policy);
  checkRegistrars(opened);
  return opened;
}

/** @param {string} field */
export function malformedGenesis(field) {
  return new KeyringError("genesis.malformed", { field });
}

/** @param {unknown} stated */
async function registrarOf(stated) {
  if (!isObject(stated) || !["actor", "custody"].every((name) => isHashable(stated, name))) throw malformedGenesis("body");
  return { actor: stated.actor, key: await readKey(stated.public_key), custody: stated.custody };
}

/**
 * @param {Record<string, any>} stated
 * @param {string} name
 */
function isHashable(stated, name) {
  return name in stated && (typeof stated[name] !== "object" || stated[name] === null);
}

/** @param {Genesis} opened */
function checkRegistrars({ logKey, registrars, quorum }) {
  if (!registrars.every(({ custody }) => CUSTODIES.includes(custody))) throw malformedGenesis("custody");
  const actors = new Set(registrars.map(({ actor }) => actor));
  const keys = new Set(registrars.map(({ key }) => key.id));
  const distinct = actors.size === registrars.length && keys.size === registrars.length;
  // The log registers nobody.
  const apart = !actors.has(LOG_ACTOR) && registrars.every(({ key }) => !sameKey(key, logKey));
  if (!distinct || !apart || !isCount(quorum, 1) || quorum > registrars.length) throw malformedGenesis("registrars");
}

/**
 * @param {unknown} stated
 * @param {string} origin
 */
function checkCited(stated, origin) {
  try {
    checkContinuation(stated, origin);
  } catch (wrong) {
    throw wrong instanceof ContinuationError ? malformedGenesis(`continues.${wrong.facts.field}`) : wrong;
  }
}

/**
 * Digests of certificates: in ascending order, none twice.
 * @param {unknown} stated
 */
function checkAnchors(stated) {
  const good = Array.isArray(stated) && stated.every((anchor) => isText(anchor, HEX)) && isAscending(stated);
  if (!good) throw malformedGenesis("certificate_anchors");
}
