/** What the checks raise: one base, one class per kind, each with a rule and the facts behind it. */

/** @typedef {string | number | bigint} Fact */

/** The base of everything raised here. `rule` is a stable dotted name, `facts` what was found. */
export class AuditError extends Error {
  /** @type {string} */
  static about = "check failed";

  /**
   * @param {string} rule
   * @param {Record<string, Fact>} facts
   */
  constructor(rule, facts = {}) {
    const found = Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, printable(fact)]));
    const told = Object.entries(found).map(([name, fact]) => `${name} ${fact}`).join(", ");
    super(`${new.target.about}: ${rule}${told ? ` (${told})` : ""}`);
    this.name = new.target.name;
    this.rule = rule;
    /** @type {Record<string, Fact>} */
    this.facts = found;
  }
}

/**
 * Facts quote what came in, and must yet be fit to be signed, stored and shown.
 * @param {Fact} fact
 */
function printable(fact) {
  return typeof fact === "string" ? fact.replace(/(?! )[\p{C}\p{Z}]/gu, "\ufffd") : fact;
}

/** Bytes are not the one canonical spelling of a JSON value. */
export class CanonicalError extends AuditError {
  static about = "not canonical JSON";
}

/** A public key that would accept signatures nobody made. */
export class UnsafeKey extends AuditError {
  static about = "unsafe key";
}

/** A signature is missing, malformed or does not verify. */
export class BadSignature extends AuditError {
  static about = "bad signature";
}

/** A statement, envelope, entry or opening has not the form of its format. */
export class StatementError extends AuditError {
  static about = "malformed statement";
}

/** A proof does not connect a leaf or an older tree with a root. */
export class MerkleError extends AuditError {
  static about = "proof refused";
}

/** A signed note is malformed or carries no signature that counts. */
export class NoteError extends AuditError {
  static about = "note refused";
}

/** The text of a note is not a checkpoint. */
export class CheckpointError extends AuditError {
  static about = "checkpoint refused";
}

/** A key was not allowed to sign this, at this place of the log. */
export class KeyringError extends AuditError {
  static about = "key refused";
}

/** A receipt has not its form, or is one of another log. */
export class ReceiptError extends AuditError {
  static about = "receipt refused";
}

/** A trust file or policy is malformed, or a checkpoint does not satisfy it. */
export class TrustError extends AuditError {
  static about = "not trusted";
}

/** A time token or its authority does not count. */
export class TimeRefused extends AuditError {
  static about = "time refused";
}

/** What a log says of the one that it continues is not so. */
export class ContinuationError extends AuditError {
  static about = "no continuation";
}

/** A state or a proof of one of its items has not its form, or does not say what it is taken for. */
export class StateError extends AuditError {
  static about = "state proof refused";
}

/** A dossier has not its form, or is too large to be read. */
export class DossierError extends AuditError {
  static about = "dossier refused";
}

/** What is called an attested item is not what its log attested. */
export class AttestationError extends AuditError {
  static about = "not attested";
}
