/** Exact numbers: reduced fractions of two BigInts. Rounding happens once, when a number is published. */

/** A reduced fraction; the denominator is positive. */
class Fraction {
  /**
   * @param {bigint} above
   * @param {bigint} below
   */
  constructor(above, below) {
    this.above = above;
    this.below = below;
    /** Of stated numbers that are small: how many ten-thousandths. Most numbers are, and add up faster so. */
    this.units = NaN;
  }
}

/** @typedef {Fraction} Exact */

const STATED_UNIT = 10n ** 4n;
const SMALL = 10n ** 9n;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
export const NOUGHT = ofUnits(0n);
export const ONE_WHOLE = ofUnits(STATED_UNIT);
const READ = /^(0|[1-9][0-9]{0,14})(?:\.([0-9]{0,3}[1-9]))?$|^(0|[1-9][0-9]{0,999})\/([1-9][0-9]{0,999})$/;
/** @type {Map<string, Fraction>} */
const READ_BEFORE = new Map();

/**
 * The fraction of two integers, the second of which is not 0.
 * @param {bigint} above
 * @param {bigint} below
 */
export function fractionOf(above, below = 1n) {
  if (below < 0n) return fractionOf(-above, -below);
  if (below === 1n) return new Fraction(above, below);
  const shared = commonDivisor(above < 0n ? -above : above, below);
  return shared === 1n ? new Fraction(above, below) : new Fraction(above / shared, below / shared);
}

/**
 * @param {bigint} one
 * @param {bigint} other
 */
function commonDivisor(one, other) {
  while (other > SAFE || one > SAFE) {
    if (other === 0n) return one;
    [one, other] = [other, one % other];
  }
  let [large, small] = [Number(one), Number(other)]; // from here on, in a fraction of the time
  while (small) [large, small] = [small, large % small];
  return BigInt(large);
}

/**
 * A number of ten-thousandths; of those below SMALL, millions add up without loss.
 * @param {bigint} units
 */
function ofUnits(units) {
  const value = fractionOf(units, STATED_UNIT);
  if (units < SMALL) value.units = Number(units);
  return value;
}

/**
 * Read a stated number (`12.5`) or an exact one (`10/3`); throws RangeError for any other text.
 * @param {string} text
 */
export function readExact(text) {
  const known = READ_BEFORE.get(text);
  if (known) return known;
  const found = typeof text === "string" && READ.exec(text);
  if (!found) throw new RangeError(`not an exact number: ${String(text).slice(0, 40)}`);
  const value = found[4]
    ? fractionOf(BigInt(found[3]), BigInt(found[4]))
    : ofUnits(BigInt(found[1] + (found[2] ?? "").padEnd(4, "0")));
  if (writeExact(value) !== text) throw new RangeError(`not as numbers are written: ${text.slice(0, 40)}`);
  if (READ_BEFORE.size < 4096) READ_BEFORE.set(text, value);
  return value;
}

/**
 * Read a stated number alone; throws RangeError for any other text.
 * @param {string} text
 */
export function readStated(text) {
  const value = readExact(text);
  if (text.includes("/")) throw new RangeError(`not a stated number: ${text.slice(0, 40)}`);
  return value;
}

/**
 * Write a number with up to four decimals where these say all of it, else as `n/d`.
 * @param {Exact} value
 */
export function writeExact({ above, below }) {
  if (STATED_UNIT % below) return `${above}/${below}`;
  return withDecimals(above * (STATED_UNIT / below), 4).replace(/\.?0+$/, "");
}

/**
 * @param {bigint} units
 * @param {number} decimals
 */
function withDecimals(units, decimals) {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/**
 * Hundredths, half up: the one rounding there is.
 * @param {Exact} value
 */
export function hundredthsOf({ above, below }) {
  const [up, down] = [200n * above + below, 2n * below];
  const towardsZero = up / down;
  return up < 0n && towardsZero * down !== up ? towardsZero - 1n : towardsZero;
}

/**
 * Write a number as it is published: with two decimals.
 * @param {Exact} value
 */
export function asPublished(value) {
  return withDecimals(hundredthsOf(value), 2);
}

/**
 * The sum of many numbers, over one denominator that is reduced once.
 * @param {Iterable<Exact>} values
 */
export function sumOf(values) {
  let [total, under, units] = [0n, STATED_UNIT, 0];
  for (const { above, below, units: its } of values) {
    if (!Number.isNaN(its)) {
      units += its;
      continue;
    }
    if (under % below) {
      const wider = (under / commonDivisor(under, below)) * below;
      total *= wider / under;
      under = wider;
    }
    total += above * (under / below);
  }
  return total === 0n ? ofUnits(BigInt(units)) : fractionOf(total + BigInt(units) * (under / STATED_UNIT), under);
}

/**
 * @param {Exact} one
 * @param {Exact} other
 */
export function times(one, other) {
  return fractionOf(one.above * other.above, one.below * other.below);
}

/**
 * @param {Exact} one
 * @param {Exact} other what is not 0
 */
export function dividedBy(one, other) {
  return fractionOf(one.above * other.below, one.below * other.above);
}

/**
 * @param {Exact} one
 * @param {Exact} other
 */
export function lessBy(one, other) {
  return fractionOf(one.above * other.below - other.above * one.below, one.below * other.below);
}

/**
 * Below 0, 0 or above it, as the first is below, equal to or above the second.
 * @param {Exact} one
 * @param {Exact} other
 */
export function compareExact(one, other) {
  const [left, right] = [one.above * other.below, other.above * one.below];
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * @param {Exact} one
 * @param {Exact} other
 */
export function lowerOf(one, other) {
  return compareExact(one, other) <= 0 ? one : other;
}

/**
 * @param {Exact} one
 * @param {Exact} other
 */
export function higherOf(one, other) {
  return compareExact(one, other) >= 0 ? one : other;
}
