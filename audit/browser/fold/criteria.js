/** A criteria set as the fold uses it: numbers read once, and for each block what applies to it. */
import { readExact } from "./fractions.js";

/** @typedef {import("./fractions.js").Exact} Exact */
/**
 * A rule as it is stated, but with its numbers read.
 * @typedef {Record<string, any>} ScoringRule
 */
/**
 * @typedef {object} Criterion
 * @property {string} code
 * @property {string} section
 * @property {string} area
 * @property {Exact} maximum
 * @property {ScoringRule} rule
 * @property {boolean} declared whether something can be declared for it; agencies do so in the main section
 * @property {boolean} computed whether the log alone makes its points, without any act
 * @property {boolean} looksAround whether its rule looks beyond its own cell
 */
/** @typedef {ReturnType<typeof readCriteriaSet>} CriteriaSet */

export const BLOCKS = ["DEPARTMENT", "DISTRICT", "CENTRAL"];
const RULE_NUMBERS = ["floor", "target", "each", "offset", "span", "at_least", "points", "max_points"];

/**
 * Read the body's `criteria_set`.
 * @param {any} stated
 */
export function readCriteriaSet(stated) {
  const criteria = stated.criteria.map(readCriterion);
  return {
    code: String(stated.code),
    version: String(stated.version),
    /** @type {string[]} */
    areas: stated.areas.map((/** @type {any} */ area) => area.code),
    /** @type {{code: string, atLeast: Exact}[]} */
    classes: stated.classes.map((/** @type {any} */ one) => ({ code: one.code, atLeast: readExact(one.at_least) })),
    /** @type {Map<string, Exact>} */
    weights: new Map(stated.levels.map((/** @type {any} */ level) => [level.code, readExact(level.weight)])),
    /** @type {Map<string, Map<string, Exact>>} */
    results: new Map((stated.results ?? []).map((/** @type {any} */ one) => [one.code, readNumbers(one.weights)])),
    minBallots: Number(stated.min_ballots),
    bonusMax: readExact(stated.bonus_max),
    deductionMax: readExact(stated.deduction_max),
    bonusRanks: stated.bonus_ranks ?? true,
    /** @type {string[]} */
    tieBreak: stated.tie_break,
    blocks: new Map(BLOCKS.map((block) => [block, sectionsFor(block, stated, criteria)])),
  };
}

/**
 * @param {string} block
 * @param {any} stated
 * @param {Criterion[]} criteria
 */
function sectionsFor(block, stated, criteria) {
  const applying = criteria.filter((_, n) => stated.criteria[n].applies_to.includes(block));
  const main = applying.filter(({ section }) => section === "main");
  return {
    main,
    bonus: applying.filter(({ section }) => section === "bonus"),
    deduction: applying.filter(({ section }) => section === "deduction"),
    declared: main.filter(({ declared }) => declared),
    looking: applying.filter(({ looksAround }) => looksAround),
    byCode: new Map(applying.map((criterion) => [criterion.code, criterion])),
  };
}

/**
 * @param {any} stated
 * @returns {Criterion}
 */
function readCriterion(stated) {
  const section = stated.section ?? "main";
  const rule = readRule(stated.rule);
  const needs = takesQuantities(rule);
  return {
    code: stated.code,
    section,
    area: stated.area ?? "",
    maximum: readExact(stated.max_points),
    rule,
    declared: rule.kind === "stated" || needs,
    computed: readsLog(rule) && !needs,
    looksAround: readsLog(rule),
  };
}

/**
 * Read the numbers of a rule, of its parts and bands.
 * @param {any} stated
 * @returns {ScoringRule}
 */
export function readRule(stated) {
  const rule = { ...stated };
  for (const name of RULE_NUMBERS) if (Object.hasOwn(rule, name)) rule[name] = readExact(rule[name]);
  if (rule.kind === "bands") rule.bands = rule.bands.map(readRule);
  if (rule.kind === "parts") {
    rule.parts = rule.parts.map((/** @type {any} */ part) => ({
      maximum: readExact(part.max_points),
      rule: readRule(part.rule),
    }));
  }
  return rule;
}

/**
 * Names -> numbers.
 * @param {Record<string, string>} stated
 */
export function readNumbers(stated) {
  return new Map(Object.entries(stated).map(([name, text]) => [name, readExact(text)]));
}

/** @param {ScoringRule} rule */
function takesQuantities(rule) {
  if (rule.kind === "parts") return rule.parts.some((/** @type {any} */ part) => takesQuantities(part.rule));
  return ["ratio", "bands", "count"].includes(rule.kind);
}

/** @param {ScoringRule} rule */
function readsLog(rule) {
  if (rule.kind === "parts") return rule.parts.some((/** @type {any} */ part) => readsLog(part.rule));
  return rule.kind === "log";
}
