/** Commitments to free text: the log holds a salted digest, the words lie beside it and can be erased. */
import { joined, toHex, toUtf8 } from "./bytes.js";
import { checkText } from "./canonical.js";
import { StatementError } from "./errors.js";
import { SPACES } from "./lines.js";
import { sha256 } from "./sha256.js";

const SALT_SIZE = 32;
const MAX_VALUE = 64 * 1024;
const ONLY_SPACE = new RegExp(`^[${SPACES}]*$`);

/**
 * The words behind a commitment, with the salt that keeps them from being guessed.
 * @typedef {{field: string, salt: Uint8Array, value: string}} Opening
 */

/**
 * SHA-256(salt || log || id || field || value) in hex.
 * @param {{log: string, id: string}} statement
 * @param {Opening} opening
 */
export function commit({ log, id }, { field, salt, value }) {
  if (salt.length !== SALT_SIZE) {
    throw new StatementError("opening.malformed", { field, reason: "salt is not 32 bytes" });
  }
  return toHex(sha256(joined(salt, toUtf8(`${log}${id}${field}${value}`))));
}

/**
 * Throw unless the opening is what the statement committed to.
 *
 * StatementError `opening.unknown_field`, `opening.empty`, `opening.too_long`, `opening.malformed`,
 * `opening.mismatch`; CanonicalError `text.hidden`, `text.not_nfc` (line feeds are fine).
 * @param {import("./statement.js").Statement} statement
 * @param {Opening} opening
 */
export function verifyOpening(statement, opening) {
  const { field, value } = opening;
  if (!(field in statement.commitments)) throw new StatementError("opening.unknown_field", { field: field.slice(0, 40) });
  if (ONLY_SPACE.test(value)) throw new StatementError("opening.empty", { field });
  checkText(value, { lineFeeds: true });
  if (toUtf8(value).length > MAX_VALUE) throw new StatementError("opening.too_long", { field, limit: MAX_VALUE });
  if (commit(statement, opening) !== statement.commitments[field]) {
    throw new StatementError("opening.mismatch", { field });
  }
}
