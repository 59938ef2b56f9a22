/** Which texts a log committed to, and which of them a statement erased since. */
import { isObject } from "./grammar.js";

const TOMBSTONE = "OpeningsErased.v1";

/**
 * The name of a text: the statement that committed to it, and its field.
 * @param {string} statement
 * @param {string} field
 */
export function textOf(statement, field) {
  return `${statement}/${field}`;
}

/** What good statements committed to and erased, each text with the position of the first that did. */
export class ToldTexts {
  constructor() {
    /** @type {Map<string, number>} */
    this.committed = new Map();
    /** @type {Map<string, number>} */
    this.erased = new Map();
  }

  /**
   * Take in the next good statement.
   * @param {number} position
   * @param {import("./statement.js").Statement} statement
   */
  observe(position, statement) {
    for (const field of Object.keys(statement.commitments)) this.committed.set(textOf(statement.id, field), position);
    for (const text of erasedIn(statement)) if (!this.erased.has(text)) this.erased.set(text, position);
  }
}

/**
 * The texts that a tombstone names; of any other statement, or a malformed one, none.
 * @param {import("./statement.js").Statement} statement
 */
function erasedIn({ type, body }) {
  const named = type === TOMBSTONE && Array.isArray(body.erased) ? body.erased : [];
  const listed = named.filter((texts) => isObject(texts) && Array.isArray(texts.fields));
  return listed.flatMap(({ statement, fields }) => fields.map((/** @type {unknown} */ field) => textOf(String(statement), String(field))));
}
