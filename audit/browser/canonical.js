/**
 * The one spelling of a JSON value: RFC 8785 without floats, NFC, no characters that hide.
 *
 * Reading is strict: a value is accepted only if writing it again gives the same bytes.
 */
import { firstOf, fromUtf8, toUtf8 } from "./bytes.js";
import { CanonicalError } from "./errors.js";
import { NotJson, readJsonText } from "./json.js";
import { UNASSIGNED } from "./unassigned.js";

export const MAX_DEPTH = 16;

// Controls, soft hyphen, combining grapheme joiner, Arabic and Syriac format marks, Hangul and Khmer fillers,
// Mongolian separators, zero-width and bidi controls, line and paragraph separators, invisible operators,
// byte order mark, interlinear marks, surrogates, noncharacters, musical and shorthand format marks, tags.
const HIDDEN_RANGES =
  "\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890-\\u0891\\u08e2\\u115f-\\u1160" +
  "\\u17b4-\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufdd0-\\ufdef" +
  "\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff\\u{110bd}\\u{110cd}\\u{13430}-\\u{1345f}" +
  "\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}" +
  Array.from({ length: 16 }, (_, n) => `\\u{${(n + 1).toString(16)}fffe}\\u{${(n + 1).toString(16)}ffff}`).join("");
const HIDDEN = new RegExp(`[${HIDDEN_RANGES}]`, "u");
const HIDDEN_BUT_LINE_FEED = new RegExp(`(?!\\n)[${HIDDEN_RANGES}]`, "u");
const UNASSIGNED_ONE = new RegExp(
  `[${UNASSIGNED.trim().split(" ").map((each) => each.split("-").map((edge) => `\\u{${edge}}`).join("-")).join("")}]`,
  "u",
);
const MANY_MARKS = /\p{M}{32}/u;
const LONE = /\p{Cs}/u;
const LONG_TEXT = 1 << 16;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const PRINTABLE_ASCII = /^[ -~]*$/;
// Of what Vietnamese and its neighbours write with, each character is assigned, shown and composed, and none combines
// with another: text of these alone has nothing to look for.
const COMMON = " -~\\u00a0-\\u00ac\\u00ae-\\u024f\\u1ea0-\\u1ef9\\u2010-\\u2027\\u2030-\\u205e";
const ONLY_COMMON = new RegExp(`^[${COMMON}]*$`);
const ONLY_COMMON_AND_LINE_FEEDS = new RegExp(`^[\\n${COMMON}]*$`);
/** An escape of anything but a quote or a backslash, or what looks like one. */
const ESCAPE_OF_MORE = /\\[^"\\]/;

/**
 * Refuse text that hides characters (`text.hidden`), has unassigned ones (`text.unassigned`), or is not NFC (`text.not_nfc`).
 * @param {string} text
 * @param {{lineFeeds?: boolean}} allowed
 */
export function checkText(text, { lineFeeds = false } = {}) {
  if ((lineFeeds ? ONLY_COMMON_AND_LINE_FEEDS : ONLY_COMMON).test(text)) return;
  const telling = beyondAscii(text);
  const pattern = lineFeeds ? HIDDEN_BUT_LINE_FEED : HIDDEN;
  const hidden = pattern.test(telling) ? pattern.exec(text) : null;
  if (hidden) {
    throw new CanonicalError("text.hidden", placeOf(hidden, text));
  }
  const unassigned = UNASSIGNED_ONE.test(telling) ? UNASSIGNED_ONE.exec(text) : null;
  if (unassigned) throw new CanonicalError("text.unassigned", placeOf(unassigned, text));
  if (!isComposed(telling)) throw new CanonicalError("text.not_nfc");
}

/**
 * Whether a text is NFC. Marks out of their order cost a normalizer the square of their number: where many follow
 * each other, it is asked pair by pair first, since nothing is NFC that holds two characters which are not.
 * @param {string} text
 */
function isComposed(text) {
  return (!MANY_MARKS.test(text) || isComposedByPairs(text)) && text.normalize("NFC") === text;
}

/** @param {string} text */
function isComposedByPairs(text) {
  let before = "";
  for (const char of text) {
    if ((before + char).normalize("NFC") !== before + char) return false;
    before = char;
  }
  return true;
}

/**
 * Which character was found, and where, counted in characters.
 * @param {RegExpExecArray} found
 * @param {string} text
 */
function placeOf(found, text) {
  const code = /** @type {number} */ (found[0].codePointAt(0)).toString(16).toUpperCase().padStart(4, "0");
  return { code_point: `U+${code}`, offset: Array.from(text.slice(0, found.index)).length };
}

/**
 * The parts of a long text that are not plain ASCII, each up to the quotes around it, with which nothing combines.
 * @param {string} text
 */
function beyondAscii(text) {
  if (text.length < LONG_TEXT) return text;
  return text.split('"').filter((part) => !PRINTABLE_ASCII.test(part)).join('"');
}

// --- writing --------------------------------------------------------------------------------------------

/**
 * Write a value of objects, arrays, strings, integers, booleans and null canonically (RFC 8785 section 3.2).
 *
 * Throws CanonicalError: `number.float`, `number.too_large`, `value.unknown`, `bytes.too_deep`, and for
 * surrogates `text.hidden`; what else text may hold is looked at in reading.
 * @param {unknown} value
 */
export function encodeCanonical(value) {
  const text = spell(value, MAX_DEPTH);
  if (LONE.test(text)) throw new CanonicalError("text.hidden", { code_point: "surrogate" });
  return toUtf8(text);
}

/**
 * @param {unknown} value
 * @param {number} room how much deeper it may be nested
 * @returns {string}
 */
function spell(value, room) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return spellText(value);
  if (typeof value === "number" || typeof value === "bigint") return spellNumber(value);
  if (value instanceof JsonFloat) throw new CanonicalError("number.float", { stated: firstOf(value.text, 40) });
  const kind = Object.prototype.toString.call(value);
  if (typeof value !== "object" || !["[object Object]", "[object Array]"].includes(kind)) {
    throw new CanonicalError("value.unknown", { kind: typeof value });
  }
  if (room === 0) throw new CanonicalError("bytes.too_deep", { limit: MAX_DEPTH });
  if (Array.isArray(value)) return `[${value.map((item) => spell(item, room - 1)).join(",")}]`;
  const its = /** @type {Record<string, unknown>} */ (value);
  return `{${sortedKeys(its).map((key) => `${spellText(key)}:${spell(its[key], room - 1)}`).join(",")}}`;
}

/**
 * The names of an object in the order of its spelling: by UTF-16 units, as JavaScript compares.
 * @param {object} value
 */
export function sortedKeys(value) {
  return Object.keys(value).sort((one, other) => (one < other ? -1 : 1));
}

/**
 * `JSON.stringify` escapes as RFC 8785 does, and lone surrogates, which are brought back to be refused.
 * @param {string} text
 */
function spellText(text) {
  const spelled = JSON.stringify(text);
  return spelled.includes("\\ud") && LONE.test(text) ? `"${text}"` : spelled;
}

/** @param {number | bigint} value */
function spellNumber(value) {
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new CanonicalError("number.float", { stated: String(value) });
  }
  if (value < -Number.MAX_SAFE_INTEGER || value > Number.MAX_SAFE_INTEGER) {
    const bits = BigInt(value).toString(2).replace("-", "").length;
    throw new CanonicalError("number.too_large", { stated: `${bits} bits` });
  }
  return String(value === 0 ? 0 : value);
}

// --- reading --------------------------------------------------------------------------------------------

/**
 * Read canonical bytes, at most `limit` of them.
 *
 * Throws CanonicalError: `bytes.too_long`, `bytes.too_deep`, `bytes.not_canonical` (any other spelling,
 * duplicate or unsorted keys, not JSON, not UTF-8), `number.float`, `number.too_large`, `text.not_nfc`,
 * `text.hidden`, `text.unassigned`.
 * @param {Uint8Array} data
 * @param {number} limit
 * @returns {any}
 */
export function decodeCanonical(data, limit) {
  if (data.length > limit) throw new CanonicalError("bytes.too_long", { size: data.length, limit });
  const text = fromUtf8(data);
  if (text === null) throw notCanonical("not UTF-8");
  const quick = readQuickly(text);
  const value = quick === undefined ? readAtLength(text) : quick;
  // What is hidden stands there literally, or behind an escape: canonical text has those of controls.
  checkText(text);
  if (ESCAPE_OF_MORE.test(text)) checkStrings(value);
  if (quick === undefined && spell(value, MAX_DEPTH) !== text) throw notCanonical("another spelling");
  return value;
}

/** @param {string} text */
function readAtLength(text) {
  checkDepth(text);
  return parsed(text, STRICT);
}

/**
 * What `JSON.parse` makes of a text, where it writes it again the same and loses nothing; undefined where it does
 * not. This only saves time: a text that is refused is read the long way, which says why.
 * @param {string} text
 */
function readQuickly(text) {
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text ? plainCopy(value, MAX_DEPTH) : undefined;
  } catch {
    return undefined; // not JSON, or nested too deep to be written again
  }
}

/**
 * A value without prototypes, if its numbers are whole, the keys of its objects ascend, and it is nested at most so
 * deep; undefined if not.
 * @param {any} value
 * @param {number} room
 * @returns {any}
 */
function plainCopy(value, room) {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "object" || value === null) return value;
  if (room === 0) return undefined;
  if (Array.isArray(value)) {
    const items = value.map((item) => plainCopy(item, room - 1));
    return items.includes(undefined) ? undefined : items;
  }
  const copy = Object.create(null);
  let before = null;
  for (const key of Object.keys(value)) {
    copy[key] = plainCopy(value[key], room - 1);
    if (copy[key] === undefined || (before !== null && before >= key)) return undefined;
    before = key;
  }
  return copy;
}

/**
 * @param {string} reason
 * @param {Record<string, string>} more
 */
function notCanonical(reason, more = {}) {
  return new CanonicalError("bytes.not_canonical", { reason, ...more });
}

/**
 * @param {string} text
 * @param {import("./json.js").JsonHooks} hooks
 */
function parsed(text, hooks) {
  try {
    return readJsonText(text, hooks);
  } catch (wrong) {
    throw wrong instanceof NotJson ? notCanonical("not JSON") : wrong;
  }
}

/** Numbers within what JSON allows everywhere, keys in strictly ascending order: no room for duplicates. */
const STRICT = {
  /** @param {string} text */
  integer(text) {
    if (text.length > 17 || Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER) {
      throw new CanonicalError("number.too_large", { stated: firstOf(text, 40) });
    }
    return Number(text);
  },
  /** @param {string} text */
  float(text) {
    throw new CanonicalError("number.float", { stated: firstOf(text, 40) });
  },
  /** @param {string[]} keys */
  keys(keys) {
    const astray = keys.find((key, n) => n > 0 && keys[n - 1] >= key);
    if (astray !== undefined) throw notCanonical("keys not in ascending order", { key: firstOf(astray, 40) });
  },
};

/**
 * Bound the nesting before parsing.
 * @param {string} text
 */
function checkDepth(text) {
  let depth = 0;
  for (let at = 0, quoted = false; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted && code === BACKSLASH) at += 1;
    else if (code === QUOTE) quoted = !quoted;
    else if (quoted) continue;
    else if (code === 0x5b || code === 0x7b) depth += 1; // [ {
    else if (code === 0x5d || code === 0x7d) depth -= 1; // ] }
    if (depth > MAX_DEPTH) throw new CanonicalError("bytes.too_deep", { limit: MAX_DEPTH });
  }
}

/** @param {any} value */
function checkStrings(value) {
  if (typeof value === "string") return checkText(value);
  if (Array.isArray(value)) return value.forEach(checkStrings);
  if (value === null || typeof value !== "object") return;
  for (const key of sortedKeys(value)) {
    checkText(key);
    checkStrings(value[key]);
  }
}

// --- what people write ----------------------------------------------------------------------------------

/** A float as it was written: read, so that it is refused in its turn. */
class JsonFloat {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** Any layout and order of keys; numbers as they come. */
const LENIENT = {
  /** @param {string} text */
  integer(text) {
    if (text.replace("-", "").length > 4300) throw new NotJson();
    return BigInt(text);
  },
  /** @param {string} text */
  float(text) {
    if (/[NI]/.test(text)) throw new CanonicalError("number.float", { stated: text });
    return new JsonFloat(text);
  },
  /** @param {string[]} keys */
  keys(keys) {
    if (new Set(keys).size < keys.length) throw notCanonical("a key twice");
  },
};
const NESTED_BY_HAND = 900;

/**
 * Read JSON that people write: in any layout and order of keys, and in all else as strict as canonical JSON.
 *
 * Throws CanonicalError: `bytes.too_long`, `bytes.not_canonical` (not JSON, a key twice), and for numbers, texts
 * and depth what `decodeCanonical` throws.
 * @param {Uint8Array} data
 * @param {number} limit
 * @returns {any}
 */
export function readHandwritten(data, limit) {
  if (data.length > limit) throw new CanonicalError("bytes.too_long", { size: data.length, limit });
  const text = fromUtf8(data);
  if (text === null || nesting(text) > NESTED_BY_HAND) throw notCanonical("not JSON");
  return decodeCanonical(encodeCanonical(parsed(text, LENIENT)), 2 * limit);
}

/**
 * An upper bound of how deep a text is nested, so that reading it needs little stack.
 * @param {string} text
 */
function nesting(text) {
  let [depth, deepest] = [0, 0];
  for (const char of text) {
    if (char === "[" || char === "{") deepest = Math.max(deepest, (depth += 1));
    if (char === "]" || char === "}") depth -= 1;
  }
  return deepest;
}
