/** Bodies read strictly, as the domain reads them: no field missing, unknown or of another shape. */
import { readExact, readStated } from "./fractions.js";
import { dayOf } from "./calendar.js";
import { BODY_SHAPES, CHOICE_SHAPES, KIND_SIGNING, RECORD_SHAPES, UNION_SHAPES } from "./shapes_table.js";
import { FoldError } from "./record.js";

/** @typedef {(value: any) => boolean} Fits */

/** @type {Map<string, Fits>} */
const FITTING = new Map([
  ["text", (value) => typeof value === "string"],
  ["integer", (value) => Number.isSafeInteger(value)],
  ["boolean", (value) => typeof value === "boolean"],
  ["day", (value) => typeof value === "string" && isRead(dayOf, value)],
  ["stated", (value) => typeof value === "string" && isRead(readStated, value)],
  ["exact", (value) => typeof value === "string" && isRead(readExact, value)],
]);

/**
 * Refuse a body that is not of its kind's shape: throws FoldError `fold.malformed`.
 * @param {string} kind
 * @param {unknown} body
 * @param {number} position
 */
export function checkBody(kind, body, position) {
  if (Object.hasOwn(BODY_SHAPES, kind) && !fitting(kind)(body)) throw new FoldError("fold.malformed", { position, kind });
}

/**
 * Whether a statement of a kind names its signers, or does not, as kinds signed together, or alone, do.
 * @param {string} kind
 * @param {boolean} several
 */
export function isSignedFitly(kind, several) {
  if (!Object.hasOwn(BODY_SHAPES, kind)) return true;
  const signing = Object.hasOwn(KIND_SIGNING, kind) ? /** @type {any} */ (KIND_SIGNING)[kind] : "alone";
  return signing === "either" || (signing === "together") === several;
}

/**
 * @param {(text: string) => unknown} read
 * @param {string} text
 */
function isRead(read, text) {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * What tells whether a value has these fields, and no other.
 * @param {Record<string, string>} shape field, perhaps with a question mark -> name of its shape
 * @returns {Fits}
 */
function fittingRecord(shape) {
  const known = Object.entries(shape).map(([field, its]) => ({ name: field.replace("?", ""), must: !field.endsWith("?"), its }));
  return (value) => {
    if (!isRecord(value)) return false;
    let found = 0;
    for (const { name, must, its } of known) {
      const there = Object.hasOwn(value, name);
      if (there ? !fitting(its)(value[name]) : must) return false;
      if (there) found += 1;
    }
    return found === Object.keys(value).length;
  };
}

/** @param {unknown} value */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What tells whether a value is of a shape: plain, `[list]`, `{map}`, or one of the tables.
 * @param {string} name
 * @returns {Fits}
 */
function fitting(name) {
  let fits = FITTING.get(name);
  if (!fits) FITTING.set(name, (fits = fittingOf(name)));
  return fits;
}

/**
 * @param {string} name
 * @returns {Fits}
 */
function fittingOf(name) {
  const inner = name.slice(1, -1);
  if (name.startsWith("[")) return (value) => Array.isArray(value) && value.every(fitting(inner));
  if (name.startsWith("{")) return (value) => isRecord(value) && Object.values(value).every(fitting(inner));
  const { choices, record, union } = tablesFor(name);
  if (choices) return (value) => choices.includes(value);
  if (record) return fittingRecord(record);
  return (value) => {
    if (!isRecord(value) || typeof value.kind !== "string" || !Object.hasOwn(union, value.kind)) return false;
    const { kind, ...rest } = value;
    return fitting(union[kind])(rest);
  };
}

/**
 * @param {string} name
 * @returns {{choices?: string[], record?: Record<string, string>, union: Record<string, string>}}
 */
function tablesFor(name) {
  const [choices, record, body, union] = /** @type {any[]} */ ([
    CHOICE_SHAPES,
    RECORD_SHAPES,
    BODY_SHAPES,
    UNION_SHAPES,
  ]).map((table) => table[name]);
  return { choices, record: record ?? body, union };
}
