/** A reader of JSON (RFC 8259) that keeps what `JSON.parse` loses: a key twice, floats, numbers of any size. */

/** Text is not JSON. */
export class NotJson extends Error {}

/**
 * What a reader does with numbers and with the pairs of an object, in the order in which they stand.
 * @typedef {object} JsonHooks
 * @property {(text: string) => unknown} integer
 * @property {(text: string) => unknown} float also given `NaN`, `Infinity` and `-Infinity`
 * @property {(keys: string[]) => void} keys
 */

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const CONSTANT = /NaN|-?Infinity/y;
const WORD = /null|true|false/y;
const SPACE = /[ \t\n\r]*/y;
const LITERAL = /[^"\\\u0000-\u001f]*/y;
const ESCAPED = /\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))/y;
/** @type {Record<string, null | boolean>} */
const WORDS = { null: null, true: true, false: false };
/** @type {Record<string, string>} */
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Read a text as one value. Its depth is bounded by whoever calls; objects have no prototype.
 * @param {string} text
 * @param {JsonHooks} hooks
 * @returns {any}
 */
export function readJsonText(text, hooks) {
  const reader = new JsonReader(text, hooks);
  const value = reader.value();
  if (reader.at !== text.length) throw new NotJson();
  return value;
}

class JsonReader {
  /**
   * @param {string} text
   * @param {JsonHooks} hooks
   */
  constructor(text, hooks) {
    this.text = text;
    this.hooks = hooks;
    this.at = 0;
  }

  /** One value with the space around it. */
  value() {
    this.take(SPACE);
    const value = this.bare();
    this.take(SPACE);
    return value;
  }

  /** @returns {unknown} */
  bare() {
    if (this.skip("{")) return this.object();
    if (this.skip("[")) return this.array();
    if (this.skip('"')) return this.string();
    const word = this.take(WORD);
    if (word) return WORDS[word[0]];
    const constant = this.take(CONSTANT);
    if (constant) return this.hooks.float(constant[0]);
    const number = this.take(NUMBER);
    if (!number) throw new NotJson();
    const isFloat = number[1] !== undefined || number[2] !== undefined;
    return isFloat ? this.hooks.float(number[0]) : this.hooks.integer(number[0]);
  }

  object() {
    /** @type {Record<string, unknown>} */
    const found = Object.create(null);
    /** @type {string[]} */
    const keys = [];
    this.take(SPACE);
    if (!this.skip("}")) {
      do {
        this.take(SPACE);
        this.expect('"');
        const key = this.string();
        this.take(SPACE);
        this.expect(":");
        keys.push(key);
        found[key] = this.value();
      } while (this.skip(","));
      this.expect("}");
    }
    this.hooks.keys(keys);
    return found;
  }

  array() {
    /** @type {unknown[]} */
    const found = [];
    this.take(SPACE);
    if (this.skip("]")) return found;
    do found.push(this.value());
    while (this.skip(","));
    this.expect("]");
    return found;
  }

  string() {
    let found = "";
    for (;;) {
      found += this.take(LITERAL)?.[0] ?? "";
      if (this.skip('"')) return found;
      const escaped = this.take(ESCAPED);
      if (!escaped) throw new NotJson();
      found += escaped[1] ? ESCAPES[escaped[1]] : String.fromCharCode(Number.parseInt(escaped[2], 16));
    }
  }

  /** @param {RegExp} pattern one that is sticky */
  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  /** @param {string} char */
  skip(char) {
    const there = this.text[this.at] === char;
    if (there) this.at += 1;
    return there;
  }

  /** @param {string} char */
  expect(char) {
    if (!this.skip(char)) throw new NotJson();
  }
}
