/** The closed kinds of rules: what makes points from quantities, from the log, from ballots, from last year. */
import {
  compareExact,
  dividedBy,
  fractionOf,
  higherOf,
  lessBy,
  lowerOf,
  NOUGHT,
  ONE_WHOLE,
  sumOf,
  times,
} from "./fractions.js";

/** @typedef {import("./fractions.js").Exact} Exact */
/** @typedef {import("./criteria.js").ScoringRule} ScoringRule */
/** @typedef {{count: number, positions: number[]}} Counted */
/** @typedef {(measure: string) => Counted} Measure */
/** @typedef {{points: Exact, positions: number[]}} Made */

/**
 * Points by a rule, and the positions that it looked at beyond the act whose quantities these are.
 * @param {ScoringRule} rule
 * @param {Exact} maximum
 * @param {Map<string, Exact>} quantities
 * @param {Measure} measure
 * @returns {Made}
 */
export function pointsByRule(rule, maximum, quantities, measure) {
  switch (rule.kind) {
    case "ratio":
      return { points: pointsByRatio(rule, maximum, quantities), positions: [] };
    case "bands":
      return { points: pointsByBands(rule, maximum, quantities), positions: [] };
    case "count":
      return { points: lowerOf(times(quantity(quantities, rule.of), rule.each), maximum), positions: [] };
    case "parts":
      return pointsByParts(rule, quantities, measure);
    case "log":
      return pointsFromLog(rule, maximum, measure);
    default:
      throw new RangeError(`no quantities make points by the rule ${String(rule.kind).slice(0, 40)}`);
  }
}

/**
 * @param {Map<string, Exact>} quantities
 * @param {string} name
 */
function quantity(quantities, name) {
  const found = quantities.get(name);
  if (!found) throw new RangeError(`no quantity ${String(name).slice(0, 40)}`);
  return found;
}

/**
 * The ratio of two quantities; nothing where the second is 0.
 * @param {ScoringRule} rule
 * @param {Map<string, Exact>} quantities
 */
function ratioOf(rule, quantities) {
  const [of, to] = [quantity(quantities, rule.of), quantity(quantities, rule.to)];
  return to.above === 0n ? null : dividedBy(of, to);
}

/**
 * @param {ScoringRule} rule
 * @param {Exact} maximum
 * @param {Map<string, Exact>} quantities
 */
function pointsByRatio(rule, maximum, quantities) {
  const ratio = ratioOf(rule, quantities);
  if (ratio === null) return rule.empty === "full" ? maximum : NOUGHT;
  if (rule.floor && compareExact(ratio, rule.floor) < 0) return NOUGHT;
  return times(maximum, lowerOf(ONE_WHOLE, rule.target ? dividedBy(ratio, rule.target) : ratio));
}

/**
 * @param {ScoringRule} rule
 * @param {Exact} maximum
 * @param {Map<string, Exact>} quantities
 */
function pointsByBands(rule, maximum, quantities) {
  const ratio = ratioOf(rule, quantities);
  if (ratio === null) return rule.empty === "full" ? maximum : NOUGHT;
  const reached = rule.bands.find((/** @type {any} */ band) => compareExact(ratio, band.at_least) >= 0);
  return reached ? reached.points : NOUGHT;
}

/**
 * @param {ScoringRule} rule
 * @param {Map<string, Exact>} quantities
 * @param {Measure} measure
 * @returns {Made}
 */
function pointsByParts(rule, quantities, measure) {
  /** @type {Made[]} */
  const made = rule.parts.map((/** @type {any} */ part) => pointsByRule(part.rule, part.maximum, quantities, measure));
  return { points: sumOf(made.map(({ points }) => points)), positions: made.flatMap(({ positions }) => positions) };
}

/**
 * @param {ScoringRule} rule
 * @param {Exact} maximum
 * @param {Measure} measure
 * @returns {Made}
 */
function pointsFromLog(rule, maximum, measure) {
  const { count, positions } = measure(rule.of);
  const counted = fractionOf(BigInt(count));
  if (rule.each) return { points: lowerOf(times(counted, rule.each), maximum), positions };
  const whole = rule.to === undefined ? 1 : measure(rule.to).count;
  if (whole === 0) return { points: NOUGHT, positions };
  return { points: times(maximum, lowerOf(ONE_WHOLE, dividedBy(counted, fractionOf(BigInt(whole))))), positions };
}

/**
 * The maximum times the mean weight of so many ballots, of which there is one at least.
 * @param {Exact} maximum
 * @param {Map<string, Exact>} weights
 * @param {Map<string, number>} answers
 */
export function pointsByBallots(maximum, weights, answers) {
  const ballots = fractionOf(BigInt(ballotsIn(answers)));
  const weighed = [...answers].map(([answer, n]) => times(quantity(weights, answer), fractionOf(BigInt(n))));
  return dividedBy(times(maximum, sumOf(weighed)), ballots);
}

/** @param {Map<string, number>} answers */
export function ballotsIn(answers) {
  return [...answers.values()].reduce((sum, n) => sum + n, 0);
}

/**
 * The share of the maximum by which this year's percentage is better than last year's total.
 * @param {ScoringRule} rule
 * @param {Exact} maximum
 * @param {Exact} now
 * @param {Exact} last
 */
export function pointsByImprovement(rule, maximum, now, last) {
  const gained = sumOf([lessBy(now, last), rule.offset]);
  return times(maximum, lowerOf(higherOf(dividedBy(gained, rule.span), NOUGHT), ONE_WHOLE));
}
