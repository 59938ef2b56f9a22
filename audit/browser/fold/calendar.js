/** Days and deadlines: whole days since 1970, and the first moment after one, as entries write moments. */

const DAY = 86_400_000;
const THURSDAY = 4;
const WRITTEN = /^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const OFFSET = /^([+-])([0-9]{2}):([0-9]{2})$/;

/**
 * The number of a day written `2017-01-31`.
 * @param {string} text
 */
export function dayOf(text) {
  const found = new Date(`${text}T00:00:00Z`);
  const exists = WRITTEN.test(text) && !Number.isNaN(found.getTime()) && found.toISOString().startsWith(text);
  if (!exists) throw new RangeError(`not a day: ${String(text).slice(0, 40)}`);
  return found.getTime() / DAY;
}

/**
 * The minutes that a zone such as `+07:00` is ahead of UTC.
 * @param {string} text
 */
export function minutesAhead(text) {
  const found = OFFSET.exec(text);
  if (!found) throw new RangeError(`not an offset: ${String(text).slice(0, 40)}`);
  return (found[1] === "-" ? -1 : 1) * (60 * Number(found[2]) + Number(found[3]));
}

/**
 * The first moment after a day, in UTC with six decimals; moments written so compare as texts.
 * @param {number} day
 * @param {number} ahead minutes
 */
export function momentAfter(day, ahead) {
  return new Date((day + 1) * DAY - ahead * 60_000).toISOString().replace("Z", "000Z");
}

/**
 * The n-th working day after a day: Monday to Friday, and no holiday.
 * @param {number} day
 * @param {number} count
 * @param {Set<number>} holidays
 */
function workingDaysAfter(day, count, holidays) {
  for (let left = count; left > 0; left -= isWorkingDay(day, holidays) ? 1 : 0) day += 1;
  return day;
}

/**
 * @param {number} day
 * @param {Set<number>} holidays
 */
function isWorkingDay(day, holidays) {
  const weekday = (((day + THURSDAY) % 7) + 7) % 7; // from Sunday
  return weekday > 0 && weekday < 6 && !holidays.has(day);
}

/**
 * @typedef {{phase: string, on?: string, after?: string, working_days?: number}} DeadlineRule
 */

/**
 * Phase -> its last day. A rule says a day, or how many working days after the deadline of one before it.
 * @param {DeadlineRule[]} rules
 * @param {Set<number>} holidays
 */
export function lastDays(rules, holidays) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const { phase, on, after, working_days: count } of rules) {
    if (on !== undefined) {
      found.set(phase, dayOf(on));
      continue;
    }
    const start = found.get(after ?? "");
    if (start === undefined || !count) throw new RangeError(`no such deadline: ${phase}`);
    found.set(phase, workingDaysAfter(start, count, holidays));
  }
  return found;
}
