/** What the fields of a statement are spelled like (docs/formats/statement.md). */

export const HEX = /^[0-9a-f]{64}$/;
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const FIELD = /^[a-z][a-z0-9_]{0,39}$/;
export const MEDIA_TYPE = /^[a-z0-9.+-]{1,64}\/[a-z0-9.+-]{1,64}$/;
const TIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,6})?(?:Z|[+-]([0-9]{2}):[0-5][0-9])$/;
const UTC_TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$/;
export const ACTOR = /^[0-9a-z-]{1,32}$/;

/** The grammar of every field that is text, in the order in which they are looked at. */
export const NAMES = Object.entries({
  log: /^[A-Za-z0-9.:/_-]{1,128}$/,
  round: /^[0-9A-Za-z-]{1,16}$/,
  agency: /^[0-9A-Za-z-]{1,16}$/,
  criterion: /^[0-9A-Z.]{1,16}$/,
  matter: /^(?:meeting|dispute)-[1-9][0-9]{0,4}$/,
  actor: ACTOR,
  on_behalf_of: ACTOR,
  delegation: UUID7,
  id: UUID7,
  type: /^[A-Z][A-Za-z0-9]{0,63}\.v[1-9][0-9]{0,2}$/,
  key: HEX,
});

/**
 * Whether a value is text of a grammar.
 * @param {unknown} stated
 * @param {RegExp} grammar
 * @returns {stated is string}
 */
export function isText(stated, grammar) {
  return typeof stated === "string" && grammar.test(stated);
}

/**
 * Whether a value is an integer of at least so much.
 * @param {unknown} stated
 * @param {number} least
 * @returns {stated is number}
 */
export function isCount(stated, least = 0) {
  return typeof stated === "number" && Number.isSafeInteger(stated) && stated >= least;
}

/**
 * Whether a value is an object, and no list.
 * @param {unknown} stated
 * @returns {stated is Record<string, any>}
 */
export function isObject(stated) {
  return typeof stated === "object" && stated !== null && !Array.isArray(stated);
}

/**
 * Whether a value is an object with these fields and no others.
 * @param {unknown} stated
 * @param {string[]} fields
 * @returns {stated is Record<string, any>}
 */
export function hasFields(stated, fields) {
  return isObject(stated) && Object.keys(stated).length === fields.length && fields.every((name) => name in stated);
}

/**
 * Whether the items of a list stand in strictly ascending order.
 * @param {(string | number)[]} items
 */
export function isAscending(items) {
  return items.every((item, n) => n === 0 || items[n - 1] < item);
}

/**
 * Whether text is an RFC 3339 time with a zone (section 5.6), of a day that there was, without leap seconds.
 * @param {unknown} stated
 */
export function isTime(stated) {
  const found = typeof stated === "string" ? TIME.exec(stated) : null;
  if (!found) return false;
  const [year, month, day, hour, minute, second, zone] = found.slice(1).map((part) => Number(part ?? 0));
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false;
  return hour < 24 && minute < 60 && second < 60 && zone < 24;
}

/**
 * @param {number} year
 * @param {number} month
 */
function daysOf(year, month) {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/**
 * Whether text is a time as entries carry it: UTC, six decimals, Z.
 * @param {unknown} stated
 * @returns {stated is string}
 */
export function isUtcTime(stated) {
  return isText(stated, UTC_TIME) && isTime(stated);
}
