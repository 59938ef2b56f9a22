/** What a log attested of a round: a state of so many items under one root, and which events an item names. */
import { AttestationError } from "./errors.js";
import { HEX, isText } from "./grammar.js";

export const ATTESTED = "ProjectionAttested.v1";
/** @type {[string, "string" | "number"][]} */
const ATTESTED_BODY = [
  ["version", "number"],
  ["fold", "string"],
  ["rules", "string"],
  ["size", "number"],
  ["root", "string"],
  ["state_root", "string"],
  ["count", "number"],
];

/**
 * What the log attested of a round's version: so many items under one root, folded at that size.
 * @typedef {{round: string, version: number, fold: string, rules: string, size: number, root: string, state_root: string, count: number}} Attestation
 */

/**
 * Read an attestation; throws AttestationError `attestation.not_one`, `attestation.malformed`.
 * @param {import("./statement.js").Statement} statement
 * @returns {Attestation}
 */
export function readAttestation({ type, round, body }) {
  if (type !== ATTESTED || round === null) throw new AttestationError("attestation.not_one", { type });
  for (const [name, kind] of ATTESTED_BODY) {
    if (typeof body[name] !== kind || Object.keys(body).length !== ATTESTED_BODY.length) {
      throw new AttestationError("attestation.malformed", { field: name });
    }
  }
  if (!isText(body.state_root, HEX)) throw new AttestationError("attestation.malformed", { field: "state_root" });
  return /** @type {Attestation} */ ({ round, ...body });
}

/**
 * The key of the item that a statement is about: the cell's, or the total's where it is about the agency as a whole.
 * @param {import("./statement.js").Statement} statement
 */
export function itemKeyOf({ round, agency, criterion }) {
  return `${round}/${agency}/${criterion ?? "total"}`;
}
