/** An agency's card in a round: the score of every cell that applies to it, and what they add up to. */
import {
  compareExact,
  dividedBy,
  fractionOf,
  higherOf,
  hundredthsOf,
  lessBy,
  lowerOf,
  NOUGHT,
  sumOf,
  times,
} from "./fractions.js";
import { cameLate, cellOf } from "./record.js";
import { ballotsIn, pointsByBallots, pointsByImprovement, pointsByRule } from "./rules.js";

/** @typedef {import("./fractions.js").Exact} Exact */
/** @typedef {import("./criteria.js").Criterion} Criterion */
/** @typedef {import("./record.js").Cell} Cell */
/** @typedef {import("./record.js").ScoreAct} ScoreAct */
/**
 * A cell that does not count is out of its agency's denominator.
 * @typedef {object} Score
 * @property {Exact} points
 * @property {Exact} maximum
 * @property {string} stage
 * @property {number[]} positions of the acts that made the points
 * @property {string[]} flags
 * @property {boolean} counts
 */
/**
 * @typedef {object} Card
 * @property {string} agency
 * @property {string} block
 * @property {Map<string, Score>} scores
 * @property {Map<string, Exact>} areas
 * @property {Exact} total
 * @property {Exact} bonus
 * @property {Exact} deductions
 * @property {Exact} rankingScore
 * @property {string} rating
 * @property {Map<string, Exact>} results
 */

const HUNDRED = fractionOf(100n);
const SELF_ASSESSMENT = "SELF_ASSESSMENT";

/**
 * Compute a card. With the scores of the last one, only those of the cells named and those that look beyond
 * their own cell are computed anew.
 * @param {import("./record.js").Round} round
 * @param {import("./record.js").Dossier} dossier
 * @param {string} agency
 * @param {{scores: Map<string, Score>, changed: string} | null} known
 * @returns {Card}
 */
export function cardOf(round, dossier, agency, known = null) {
  const block = /** @type {string} */ (round.agencies.get(agency));
  const sections = sectionsOf(round, block);
  const subject = { round, dossier, sections };
  const scores = known ? new Map(known.scores) : new Map();
  const anew = known
    ? new Set([...sections.looking, ...(sections.byCode.has(known.changed) ? [sections.byCode.get(known.changed)] : [])])
    : [...sections.main, ...sections.bonus, ...sections.deduction];
  for (const criterion of anew) {
    if (criterion && criterion.rule.kind !== "improvement") scores.set(criterion.code, scoreOf(subject, criterion));
  }
  return { agency, block, scores, ...totalsOf(subject, scores) };
}

/**
 * @param {import("./record.js").Round} round
 * @param {string} block
 */
function sectionsOf(round, block) {
  return /** @type {NonNullable<ReturnType<typeof round.criteria.blocks.get>>} */ (round.criteria.blocks.get(block));
}

// --- sums -----------------------------------------------------------------------------------------------

/** @typedef {{round: import("./record.js").Round, dossier: import("./record.js").Dossier, sections: ReturnType<typeof sectionsOf>}} Subject */

/**
 * Sum the scores up; the improvement criteria join them, measured on the percentage of all others.
 * @param {Subject} subject
 * @param {Map<string, Score>} scores
 */
function totalsOf(subject, scores) {
  const { round: { criteria }, sections } = subject;
  const others = countedOf(sections.main.filter(({ rule }) => rule.kind !== "improvement"), scores);
  const compared = sections.main.filter(({ rule }) => rule.kind === "improvement");
  const sums = [sharesOf(others)];
  if (compared.length > 0) {
    const now = percentageOf(sums);
    for (const criterion of compared) scores.set(criterion.code, improvementScore(subject, criterion, now));
    sums.push(sharesOf(countedOf(compared, scores)));
  }
  const deductions = cappedSum(sections.deduction, scores, criteria.deductionMax);
  const bonus = cappedSum(sections.bonus, scores, criteria.bonusMax);
  const total = higherOf(lessBy(percentageOf(sums), deductions), NOUGHT);
  return {
    areas: areasOf(criteria.areas, sections.main, scores),
    total,
    bonus,
    deductions,
    rankingScore: criteria.bonusRanks ? sumOf([total, bonus]) : total,
    rating: ratingOf(criteria.classes, total),
    results: resultsOf(criteria.results, scores),
  };
}

/** @typedef {{points: Exact, maximum: Exact}} Sums */

/**
 * What cells that count add up to.
 * @param {Sums[]} cells
 * @returns {Sums}
 */
function sharesOf(cells) {
  return { points: sumOf(cells.map(({ points }) => points)), maximum: sumOf(cells.map(({ maximum }) => maximum)) };
}

/**
 * 100 x points / maximum; 0 where nothing counts.
 * @param {Sums[]} sums
 */
function percentageOf(sums) {
  const { points, maximum } = sharesOf(sums);
  return maximum.above === 0n ? NOUGHT : dividedBy(times(HUNDRED, points), maximum);
}

/**
 * @param {Criterion[]} criteria
 * @param {Map<string, Score>} scores
 */
function countedOf(criteria, scores) {
  const found = criteria.map(({ code }) => /** @type {Score} */ (scores.get(code)));
  return found.filter(({ counts }) => counts);
}

/**
 * @param {string[]} areas
 * @param {Criterion[]} criteria
 * @param {Map<string, Score>} scores
 */
function areasOf(areas, criteria, scores) {
  /** @type {Map<string, Criterion[]>} */
  const found = new Map(areas.map((area) => [area, []]));
  for (const criterion of criteria) found.get(criterion.area)?.push(criterion);
  return new Map([...found].map(([area, its]) => [area, sumOf(countedOf(its, scores).map(({ points }) => points))]));
}

/**
 * @param {Criterion[]} criteria
 * @param {Map<string, Score>} scores
 * @param {Exact} cap
 */
function cappedSum(criteria, scores, cap) {
  return lowerOf(sumOf(criteria.map(({ code }) => /** @type {Score} */ (scores.get(code)).points)), cap);
}

/**
 * The class comes from the total alone, as it is published.
 * @param {{code: string, atLeast: Exact}[]} classes
 * @param {Exact} total
 */
function ratingOf(classes, total) {
  const shown = fractionOf(hundredthsOf(total), 100n);
  const reached = classes.find(({ atLeast }) => compareExact(shown, atLeast) >= 0);
  return (reached ?? classes[classes.length - 1]).code;
}

/**
 * The further results: the same cells, each by its weight.
 * @param {Map<string, Map<string, Exact>>} results
 * @param {Map<string, Score>} scores
 * @returns {Map<string, Exact>}
 */
function resultsOf(results, scores) {
  const found = new Map();
  for (const [code, weights] of results) {
    /** @type {Sums[]} */
    const weighed = [];
    for (const [criterion, weight] of weights) {
      const score = scores.get(criterion);
      if (!score?.counts) continue;
      weighed.push({ points: times(weight, score.points), maximum: times(weight, score.maximum) });
    }
    found.set(code, percentageOf(weighed));
  }
  return found;
}

// --- one cell -------------------------------------------------------------------------------------------

/**
 * The newest act of the highest stage makes the score: decided over verified over declared.
 * @param {Subject} subject
 * @param {Criterion} criterion
 * @returns {Score}
 */
function scoreOf(subject, criterion) {
  const cell = cellOf(subject.dossier, criterion.code);
  if (cell.excluded !== null) return outOf(criterion, "DECIDED", [cell.excluded], "SPECIAL_CASE");
  if (cell.decided) return scoreByAct(subject, criterion, cell, cell.decided, "DECIDED");
  if (criterion.section === "bonus") return madeOf(criterion, "MISSING", NOUGHT);
  if (criterion.rule.kind === "survey") return surveyScore(subject, criterion, cell);
  if (cell.verified) return scoreByAct(subject, criterion, cell, cell.verified, "VERIFIED");
  if (cell.declared) return scoreByAct(subject, criterion, cell, cell.declared, "DECLARED");
  if (!criterion.computed) return madeOf(criterion, "MISSING", NOUGHT);
  const { points, positions } = pointsByRule(criterion.rule, criterion.maximum, new Map(), measureFor(subject));
  return madeOf(criterion, "COMPUTED", points, positions);
}

/**
 * @param {Criterion} criterion
 * @param {string} stage
 * @param {Exact} points
 * @param {number[]} positions
 * @param {string[]} flags
 * @returns {Score}
 */
function madeOf({ maximum }, stage, points, positions = [], flags = []) {
  return { points, maximum, stage, positions, flags, counts: true };
}

/**
 * A score that is out of the denominator, and why.
 * @param {Criterion} criterion
 * @param {string} stage
 * @param {number[]} positions
 * @param {string} flag
 * @returns {Score}
 */
function outOf({ maximum }, stage, positions, flag) {
  return { points: NOUGHT, maximum, stage, positions, flags: [flag], counts: false };
}

/**
 * @param {Subject} subject
 * @param {Criterion} criterion
 * @param {Cell} cell
 * @param {ScoreAct} act
 * @param {string} stage
 */
function scoreByAct(subject, criterion, cell, act, stage) {
  const flags = flagsOf(subject, cell);
  if (act.points) return madeOf(criterion, stage, act.points, [act.position], flags);
  const made = pointsByRule(criterion.rule, criterion.maximum, act.quantities, measureFor(subject));
  return madeOf(criterion, stage, made.points, [act.position, ...made.positions], flags);
}

/**
 * @param {Subject} subject
 * @param {Cell} cell
 */
function flagsOf({ round }, cell) {
  const flags = [];
  if (cell.declared && cameLate(round, SELF_ASSESSMENT, cell.declared.arrivedAt)) flags.push("LATE");
  if (cell.verified && cell.verified.quality !== "SOUND") flags.push(cell.verified.quality);
  if (cell.waived) flags.push("WAIVED");
  return flags;
}

/**
 * @param {Subject} subject
 * @param {Criterion} criterion
 * @param {Cell} cell
 */
function surveyScore({ round: { criteria } }, criterion, { tally }) {
  if (!tally) return madeOf(criterion, "MISSING", NOUGHT);
  const { position, answers } = tally;
  if (ballotsIn(answers) < criteria.minBallots) return outOf(criterion, "TALLIED", [position], "TOO_FEW_BALLOTS");
  return madeOf(criterion, "TALLIED", pointsByBallots(criterion.maximum, criteria.weights, answers), [position]);
}

/**
 * @param {Subject} subject
 * @param {Criterion} criterion
 * @param {Exact} now the percentage without any improvement
 */
function improvementScore(subject, criterion, now) {
  const { excluded, decided } = cellOf(subject.dossier, criterion.code);
  if (excluded !== null || decided) return scoreOf(subject, criterion);
  const last = subject.dossier.previous;
  if (!last) return outOf(criterion, "COMPUTED", [], "NO_PREVIOUS_RESULT");
  const points = pointsByImprovement(criterion.rule, criterion.maximum, now, last.total);
  return madeOf(criterion, "COMPUTED", points, [last.position]);
}

// --- what the log itself tells --------------------------------------------------------------------------

/**
 * @param {Subject} subject
 * @returns {import("./rules.js").Measure}
 */
function measureFor(subject) {
  return (measure) => {
    switch (measure) {
      case "focal_officer":
        return focalOfficer(subject);
      case "late_reports":
        return lateReports(subject);
      case "required_entries":
        return { count: dueCells(subject).length, positions: [] };
      case "on_time_entries":
        return { count: dueCells(subject).filter((cell) => inTime(subject, cell)).length, positions: [] };
      case "flawed_evidence":
        return flawedEvidence(subject);
      default:
        throw new RangeError(`no such measure: ${String(measure).slice(0, 40)}`);
    }
  };
}

/** @param {Subject} subject */
function focalOfficer({ round, dossier: { focal } }) {
  const begun = round.opened.get(SELF_ASSESSMENT);
  const named = focal.since !== null && (begun === undefined || focal.since <= begun);
  return { count: named ? 1 : 0, positions: focal.position === null ? [] : [focal.position] };
}

/** @param {Subject} subject */
function lateReports({ round, dossier }) {
  const late = dossier.reports.filter(({ phase, arrivedAt }) => cameLate(round, phase, arrivedAt));
  return { count: late.length, positions: late.map(({ position }) => position) };
}

/**
 * The cells that the agency has to declare, without those that a special case took out.
 * @param {Subject} subject
 */
function dueCells({ dossier, sections }) {
  return sections.declared.map(({ code }) => cellOf(dossier, code)).filter(({ excluded }) => excluded === null);
}

/**
 * @param {Subject} subject
 * @param {Cell} cell
 */
function inTime({ round }, { declared }) {
  return declared !== null && !cameLate(round, SELF_ASSESSMENT, declared.arrivedAt);
}

/** @param {Subject} subject */
function flawedEvidence(subject) {
  const positions = [];
  for (const { returned, verified } of dueCells(subject)) {
    if (returned && verified && verified.quality !== "SOUND") positions.push(verified.position);
  }
  return { count: positions.length, positions };
}
