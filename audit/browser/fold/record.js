/** What the fold keeps of a log: agencies and rounds, and of each agency in a round its dossier with its cells. */

/** @typedef {import("./fractions.js").Exact} Exact */
/**
 * One act about a cell: points outright, or the quantities that the rule makes points from.
 * @typedef {object} ScoreAct
 * @property {number} position
 * @property {string} arrivedAt
 * @property {Exact | null} points
 * @property {Map<string, Exact>} quantities
 * @property {string} quality
 */
/**
 * @typedef {object} Cell
 * @property {ScoreAct | null} declared
 * @property {ScoreAct | null} verified
 * @property {ScoreAct | null} decided
 * @property {{position: number, answers: Map<string, number>} | null} tally
 * @property {number | null} excluded where a special case took it out
 * @property {boolean} waived
 * @property {boolean} returned whether evidence was handed back
 */
/**
 * @typedef {object} Dossier
 * @property {{since: string | null, position: number | null}} focal since when it has officer and deputy
 * @property {{total: Exact, position: number} | null} previous
 * @property {{position: number, phase: string, arrivedAt: string}[]} reports
 * @property {Map<string, Cell>} cells
 * @property {Map<string, number[]>} about criterion, or nothing for the agency as a whole -> all statements
 */
/**
 * @typedef {object} Agency
 * @property {string} code
 * @property {string} nameVi
 * @property {string} nameEn
 * @property {string} block
 * @property {string} since
 * @property {string | null} until
 */
/**
 * @typedef {object} Round
 * @property {string} code
 * @property {number} evaluatedYear
 * @property {import("./criteria.js").CriteriaSet} criteria
 * @property {Map<string, string>} agencies ranked agency -> its block
 * @property {import("./calendar.js").DeadlineRule[]} deadlines
 * @property {Set<number>} holidays
 * @property {Map<string, string>} due phase -> the first moment that is too late
 * @property {Map<string, string>} opened phase -> when
 * @property {string} phase
 * @property {Published[]} versions
 */
/** @typedef {{number: number, position: number, items: import("./items.js").StateItem[]}} Published */

/** A log that cannot be folded, since it holds what this fold does not know; or a question about what is not there. */
export class FoldError extends Error {
  /**
   * @param {string} rule
   * @param {Record<string, string | number>} facts
   */
  constructor(rule, facts) {
    super(`cannot be folded: ${rule} (${Object.entries(facts).map(([name, fact]) => `${name} ${fact}`).join(", ")})`);
    this.name = "FoldError";
    this.rule = rule;
    this.facts = facts;
  }
}

/** The tables of a fold. */
export class FoldRecord {
  constructor() {
    /** @type {{origin: string, clock: string, utcOffset: string, ahead: number} | null} */
    this.log = null;
    /** @type {Map<string, Agency>} */
    this.agencies = new Map();
    /** @type {Map<string, import("./criteria.js").CriteriaSet>} code and version -> set */
    this.criteriaSets = new Map();
    /** @type {Map<string, Round>} */
    this.rounds = new Map();
    /** @type {Map<string, Map<string, Dossier>>} round -> agency -> dossier */
    this.dossiers = new Map();
  }

  /**
   * @param {string} round
   * @param {string} agency
   */
  dossier(round, agency) {
    const ofRound = entryOf(this.dossiers, round, () => new Map());
    return entryOf(ofRound, agency, emptyDossier);
  }
}

/**
 * What stands under a key, or what is made for it now.
 * @template V
 * @param {Map<string, V>} table
 * @param {string} key
 * @param {() => V} make
 * @returns {V}
 */
export function entryOf(table, key, make) {
  let found = table.get(key);
  if (found === undefined) table.set(key, (found = make()));
  return found;
}

/** @returns {Dossier} */
function emptyDossier() {
  return { focal: { since: null, position: null }, previous: null, reports: [], cells: new Map(), about: new Map() };
}

/**
 * A cell of a dossier, as it is or empty.
 * @param {Dossier} dossier
 * @param {string} criterion
 */
export function cellOf(dossier, criterion) {
  return entryOf(dossier.cells, criterion, emptyCell);
}

/** @returns {Cell} */
function emptyCell() {
  return {
    declared: null,
    verified: null,
    decided: null,
    tally: null,
    excluded: null,
    waived: false,
    returned: false,
  };
}

/**
 * Whether something due in a phase came too late, by the deadlines as they are now.
 * @param {Round} round
 * @param {string} phase
 * @param {string} arrivedAt
 */
export function cameLate(round, phase, arrivedAt) {
  const due = round.due.get(phase);
  return due !== undefined && arrivedAt >= due;
}
