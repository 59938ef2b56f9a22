/** The verdict on a dossier in its one JSON shape (docs/formats/verdict.md). */
import { PLAIN } from "./authorship.js";
import { toHex } from "./bytes.js";

const VERDICT_V = "minhchung.verdict/v1";
export const LAYERS = [
  "form", "order", "leaf", "content", "registry", "signature", "counter", "seen", "opening", "tree", "checkpoint",
  "receipt", "time", "attestation", "completeness", "projection", "trust", "witness", "seal",
];
const COUNTS = [
  "entries", "withheld", "signatures", "keys", "keys_kept_by_the_platform", "statements_under_platform_keys",
  "checkpoints", "openings", "openings_erased", "attachments", "receipts", "time_tokens", "states", "recomputed",
];
const NOTHING_KNOWN = {
  about: null, reader: null, log: null, log_key: null, clock: "unknown", size: null, root: null, whole: false,
  trust: "consistent with itself", trust_by: "nobody", known: null, witnessed: null, ranks: "not checked",
};

/** @typedef {import("./dossier_walk.js").Finding} Found */

/**
 * What was found of a dossier that could be read.
 * @typedef {object} Examined
 * @property {import("./dossier_file.js").Dossier} dossier
 * @property {import("./dossier_walk.js").Walked} walked
 * @property {import("./dossier_claims.js").Claims} claims
 * @property {import("./dossier_trust.js").Trusted} trusted
 */

/**
 * Answer that a dossier could not be read.
 * @param {Found} finding
 */
export function verdictOfNothing(finding) {
  const layers = Object.fromEntries(LAYERS.map((layer) => [layer, layer === "form" ? "failed" : "not checked"]));
  const checked = Object.fromEntries(COUNTS.map((name) => [name, 0]));
  const empty = { states: [], completeness: [], contested: [], assumed: [] };
  return { v: VERDICT_V, ok: false, ...NOTHING_KNOWN, layers, checked, ...empty, findings: [told(finding)] };
}

/**
 * Answer what was found of a dossier.
 * @param {Examined} examined
 */
export function verdictOf({ dossier, walked, claims, trusted }) {
  const findings = inOrder(walked.findings);
  return {
    v: VERDICT_V,
    ok: findings.length === 0,
    ...ofTheLog(dossier, walked),
    ...ofTheTrust(dossier, trusted, findings),
    ranks: ofTheRanks(dossier, claims),
    layers: ofTheLayers(findings, claims, trusted),
    checked: counted(dossier, walked, claims),
    states: claims.states.map((state) => ofTheState(state, claims)),
    completeness: claims.complete,
    contested: walked.keyring.contested().filter(({ position, authorship }) => walked.good.has(position) && authorship !== PLAIN),
    assumed: assumedOf(dossier, walked),
    findings: findings.map(told),
  };
}

/**
 * By position, findings about the whole last; the cause before its consequences; else as they were found.
 * @param {Found[]} findings
 */
export function inOrder(findings) {
  const place = (/** @type {Found} */ { position }) => position ?? Number.POSITIVE_INFINITY;
  const by = (/** @type {Found} */ one, /** @type {Found} */ other) =>
    place(one) === place(other) ? LAYERS.indexOf(one.layer) - LAYERS.indexOf(other.layer) : place(one) - place(other);
  return [...findings].sort(by);
}

/** @param {Found} finding */
function told({ layer, position, rule, facts }) {
  const texts = Object.entries(facts).map(([name, fact]) => [name, String(fact)]);
  return { layer, position, rule, facts: Object.fromEntries(texts) };
}

/**
 * @param {import("./dossier_file.js").Dossier} dossier
 * @param {import("./dossier_walk.js").Walked} walked
 */
function ofTheLog({ about, reader, log, size, whole }, walked) {
  const [log_key = null] = walked.logVkeys();
  const root = walked.root(size);
  const clock = log_key === null ? "unknown" : walked.keyring.genesis.clock;
  return { about, reader, log, log_key, clock, size, root: root && toHex(root), whole };
}

/**
 * @param {import("./dossier_file.js").Dossier} dossier
 * @param {import("./dossier_trust.js").Trusted} trusted
 * @param {Found[]} findings
 */
function ofTheTrust({ size }, trusted, findings) {
  const { by, log, connected } = trusted;
  const words = { nobody: "consistent with itself", dossier: "as the dossier names", reader: "as trusted" }[by];
  const bad = by !== "nobody" && findings.some(({ layer }) => layer === "trust" || layer === "witness");
  return {
    trust: bad ? `not ${words}` : words,
    trust_by: by,
    known: log?.newest ? { size: log.newest.size, connected } : null,
    witnessed: log && witnessedBy(size, trusted, log.operator),
  };
}

/**
 * @param {number} size
 * @param {import("./dossier_trust.js").Trusted} trusted
 * @param {string} operator
 */
function witnessedBy(size, { covered, quorum, witnesses }, operator) {
  const by = witnesses.map(({ witness, time }) => ({
    witness: witness.name,
    operator: witness.operator,
    at: secondsAt(Number(time)),
    of_the_operator: witness.operator === operator,
  }));
  return { covered, beyond: size - Number(covered), quorum, by };
}

/**
 * POSIX seconds as RFC 3339 in UTC; what is beyond any calendar stays a number.
 * @param {number} seconds
 */
function secondsAt(seconds) {
  const moment = new Date(seconds * 1000);
  const year = moment.getUTCFullYear();
  return year <= 9999 ? `${moment.toISOString().slice(0, 19)}Z` : String(seconds);
}

/**
 * @param {import("./dossier_file.js").Dossier} dossier
 * @param {import("./dossier_claims.js").Claims} claims
 */
function ofTheRanks({ states }, { states: good, recomputed }) {
  const isRank = (/** @type {string} */ key) => key.endsWith("/rank");
  const ranks = good.filter(({ held }) => isRank(held.proof.key)).length;
  if (ranks < states.filter(({ proof }) => isRank(proof.key)).length) return "not checked";
  if (ranks === 0) return "not attested";
  return recomputed === good.length ? "recomputed" : "attested";
}

/**
 * @param {Found[]} findings
 * @param {import("./dossier_claims.js").Claims} claims
 * @param {import("./dossier_trust.js").Trusted} trusted
 */
function ofTheLayers(findings, { recomputed }, { by, log }) {
  const failed = new Set(findings.map(({ layer }) => layer));
  const unasked = new Set(recomputed === null ? ["projection"] : []);
  if (by === "nobody") unasked.add("trust");
  if (by === "nobody" || log === null) unasked.add("witness");
  const said = (/** @type {string} */ layer) => (failed.has(layer) ? "failed" : unasked.has(layer) ? "not checked" : "ok");
  return Object.fromEntries(LAYERS.map((layer) => [layer, said(layer)]));
}

/**
 * @param {import("./dossier_file.js").Dossier} dossier
 * @param {import("./dossier_walk.js").Walked} walked
 * @param {import("./dossier_claims.js").Claims} claims
 */
function counted(dossier, walked, claims) {
  const records = [...walked.keyring.records.values()];
  const attached = [...walked.good.values()].flatMap(({ statement }) => statement.attachments.map((file) => file.sha256));
  const shown = dossier.entries.filter(({ entry }) => entry !== null).length;
  const { committed, erased } = walked.told;
  return {
    entries: shown,
    withheld: dossier.entries.length - shown,
    signatures: walked.signatures,
    keys: records.length,
    keys_kept_by_the_platform: records.filter(({ custody }) => custody === "platform").length,
    statements_under_platform_keys: walked.keptByPlatform,
    checkpoints: dossier.checkpoints.length,
    openings: walked.openings,
    openings_erased: [...erased.keys()].filter((text) => committed.has(text)).length,
    attachments: new Set(attached).size,
    receipts: dossier.receipts.length,
    time_tokens: dossier.tokens.length,
    states: claims.states.length,
    recomputed: claims.recomputed ?? 0,
  };
}

/**
 * @param {import("./dossier_claims.js").Claims["states"][number]} state
 * @param {import("./dossier_claims.js").Claims} claims
 */
function ofTheState({ held: { attestedAt, proof }, stated: { version, size } }, claims) {
  const absent = proof.absent !== null;
  const recomputed = claims.recomputed === claims.states.length;
  const said = absent ? {} : { value: proof.shown[0].item.value, made_by: proof.shown[0].item.made_by };
  return { key: proof.key, version, attested_at: attestedAt, size, absent, recomputed, ...said };
}

/**
 * @param {import("./dossier_file.js").Dossier} dossier
 * @param {import("./dossier_walk.js").Walked} walked
 */
function assumedOf({ whole, tokens }, { keyring }) {
  const bound = [...keyring.records.values()].some(({ certificates }) => certificates.length > 0);
  const part = whole ? [] : ["KEY_EVENTS", "COUNTERS"];
  return [...part, "RULES", ...(bound ? ["CERTIFICATES"] : []), ...(tokens.length ? ["TIME_TOKENS"] : [])];
}
