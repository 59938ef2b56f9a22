/**
 * Trust: which logs one believes, who must have cosigned, and the newest checkpoint one knows.
 *
 * A trust file is JSON that people write, in which every key and checkpoint is checked as it is read
 * (docs/formats/trust.md). Time authorities are read, certificates and all, and then not asked: nothing here can check
 * a token.
 */
import { checkAuthority } from "./authority.js";
import { readBase64, toHex, toUtf8 } from "./bytes.js";
import { readHandwritten, sortedKeys } from "./canonical.js";
import { TrustError } from "./errors.js";
import { HEX, isObject } from "./grammar.js";
import { openHead } from "./head.js";
import { DEMO_ORIGIN, PublicKey, isDemoKey } from "./keys.js";
import { ED25519, SUBTREE_V1 } from "./lines.js";
import { parseVkey } from "./note.js";
import { checkedPolicy, malformedPolicy } from "./policy.js";

const TRUST_FORMAT = "minhchung.trust/v1";
const MAX_TRUST = 1_000_000;
/** @typedef {Record<string, "string" | "number" | "array">} Fields */
/** @type {Fields} */
const FILE = { format: "string", logs: "array", witnesses: "array", groups: "array", authorities: "array", quorum: "string" };
/** @type {Fields} */
const LOG = { origin: "string", operator: "string", vkeys: "array", newest: "array", certificate_anchors: "array" };
/** @type {Fields} */
const WITNESS = { name: "string", operator: "string", vkey: "string", url: "string" };
/** @type {Fields} */
const AUTHORITY = { name: "string", operator: "string", certificate: "string", url: "string" };
/** @type {Fields} */
const GROUP = { name: "string", threshold: "number", members: "array" };

/**
 * A log: its origin, who runs it, its keys, and the newest checkpoint known.
 * @typedef {{origin: string, operator: string, vkeys: string[], newest: import("./checkpoint.js").Checkpoint | null}} TrustedLog
 */

/**
 * What a verifier believes beforehand.
 * @typedef {{logs: TrustedLog[], policy: import("./policy.js").Policy}} Trust
 */

/**
 * Read a trust file.
 *
 * Throws CanonicalError, TrustError `trust.malformed` (with the field), `trust.not_a_log_key`, `trust.demo_key`,
 * and what is wrong with the keys, checkpoints and policy in it.
 * @param {Uint8Array} data
 * @returns {Promise<Trust>}
 */
export async function parseTrust(data) {
  const stated = checkedObject(readHandwritten(data, MAX_TRUST), "file", FILE, ["witnesses", "groups", "authorities"]);
  if (stated.format !== TRUST_FORMAT) throw malformedTrust("format");
  const logs = [];
  for (const log of stated.logs) logs.push(await trustedLog(log));
  const witnesses = (stated.witnesses ?? []).map(witnessFromJson);
  const groups = (stated.groups ?? []).map(groupFromJson);
  const authorities = [];
  for (const authority of stated.authorities ?? []) authorities.push(await authorityName(authority));
  const policy = await checkedPolicy({ witnesses, groups, quorum: stated.quorum });
  await checkTrust(logs, policy, authorities);
  return { logs, policy };
}

/** @param {string} field */
function malformedTrust(field) {
  return new TrustError("trust.malformed", { field });
}

/**
 * An object that has these fields, of these kinds and not empty text, and no others.
 * @param {unknown} stated
 * @param {string} what
 * @param {Fields} fields
 * @param {string[]} optional
 * @returns {Record<string, any>}
 */
function checkedObject(stated, what, fields, optional = []) {
  if (!isObject(stated)) throw malformedTrust(what);
  const names = sortedKeys({ ...stated, ...fields });
  const astray = names.find((name) => !(name in stated && Object.hasOwn(fields, name)) && !optional.includes(name));
  if (astray !== undefined) throw malformedTrust(astray.slice(0, 40));
  for (const name of sortedKeys(stated)) {
    const value = stated[name];
    if ((Array.isArray(value) ? "array" : typeof value) !== fields[name] || value === "") throw malformedTrust(name);
  }
  return stated;
}

/**
 * @param {Record<string, any>} read
 * @param {string} field
 * @returns {string[]}
 */
function textsIn(read, field) {
  if (!read[field].every((/** @type {unknown} */ item) => typeof item === "string")) throw malformedTrust(field);
  return read[field];
}

/**
 * @param {unknown} stated
 * @returns {Promise<TrustedLog>}
 */
async function trustedLog(stated) {
  const read = checkedObject(stated, "logs", LOG, ["newest", "certificate_anchors"]);
  const anchors = "certificate_anchors" in read ? textsIn(read, "certificate_anchors") : [];
  const vkeys = textsIn(read, "vkeys");
  // A note stands in JSON as its lines, so that no line feed hides in a string.
  const note = "newest" in read ? toUtf8(textsIn(read, "newest").map((line) => `${line}\n`).join("")) : null;
  if (!anchors.every((anchor) => HEX.test(anchor))) throw malformedTrust("certificate_anchors");
  for (const vkey of vkeys) await checkLogKey(vkey, read.origin);
  const newest = note ? (await openHead(note, { vkeys })).checkpoint : null;
  return { origin: read.origin, operator: read.operator, vkeys, newest };
}

/**
 * Throw unless a verifier key can be a log's: under its origin, by Ed25519 or, for record, ML-DSA-44.
 * @param {string} vkey
 * @param {string} origin
 */
async function checkLogKey(vkey, origin) {
  const { name, number } = await parseVkey(vkey);
  if (name !== origin || (number !== ED25519 && number !== SUBTREE_V1)) {
    throw new TrustError("trust.not_a_log_key", { name, origin });
  }
}

/** @param {unknown} stated */
function witnessFromJson(stated) {
  const { name, vkey, operator, url = null } = checkedObject(stated, "witnesses", WITNESS, ["url"]);
  return { name, vkey, operator, url };
}

/** @param {unknown} stated */
function groupFromJson(stated) {
  const read = checkedObject(stated, "groups", GROUP);
  return { name: read.name, threshold: read.threshold, members: textsIn(read, "members") };
}

/**
 * The name of a time authority, whose certificate is one.
 * @param {unknown} stated
 * @returns {Promise<string>}
 */
async function authorityName(stated) {
  const { name, certificate } = checkedObject(stated, "authorities", AUTHORITY, ["url"]);
  const der = readBase64(certificate);
  if (der === null) throw malformedTrust("certificate");
  await checkAuthority(der);
  return name;
}

/**
 * No authority and no origin stands twice, no log is a witness of itself, and no key is everybody's, but of the demo.
 * @param {TrustedLog[]} logs
 * @param {import("./policy.js").Policy} policy
 * @param {string[]} authorities
 */
async function checkTrust(logs, policy, authorities) {
  if (new Set(authorities).size < authorities.length) throw malformedTrust("authorities");
  if (new Set(logs.map(({ origin }) => origin)).size < logs.length) throw malformedTrust("origin");
  const raws = new Set();
  for (const { vkeys } of logs) for (const vkey of vkeys) raws.add(toHex((await parseVkey(vkey)).key.raw));
  for (const { name, vkey } of policy.witnesses) {
    if (raws.has(toHex((await parseVkey(vkey)).key.raw))) throw malformedPolicy(name, "key twice");
  }
  await refuseDemoKeys(logs, policy);
}

/**
 * @param {TrustedLog[]} logs
 * @param {import("./policy.js").Policy} policy
 */
async function refuseDemoKeys(logs, policy) {
  const real = logs.filter(({ origin }) => origin !== DEMO_ORIGIN);
  if (real.length === 0) return;
  for (const vkey of [...policy.witnesses.map((witness) => witness.vkey), ...real.flatMap(({ vkeys }) => vkeys)]) {
    const { key, name } = await parseVkey(vkey);
    if (key instanceof PublicKey && (await isDemoKey(key))) throw new TrustError("trust.demo_key", { name });
  }
}

/**
 * The log of an origin; throws TrustError `trust.unknown_log`.
 * @param {Trust} trust
 * @param {string} origin
 */
export function logOf(trust, origin) {
  const found = trust.logs.find((log) => log.origin === origin);
  if (!found) throw new TrustError("trust.unknown_log", { origin });
  return found;
}
