/** The fold: from the statements of a log, in their order, to scores, ranks and what was published. */
import { cardOf } from "./card.js";
import { BLOCKS } from "./criteria.js";
import { followStatement, MOVES_AGENCY, MOVES_NOTHING, PUBLISHES } from "./follow.js";
import { asPublished, compareExact, writeExact } from "./fractions.js";
import { itemLine, stateItems } from "./items.js";
import { placesOf } from "./places.js";
import { entryOf, FoldError, FoldRecord } from "./record.js";

/** @typedef {import("./follow.js").Told} Told */
/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./places.js").Place} Place */
/** @typedef {import("./record.js").Round} Round */
/** @typedef {Place & {since: number}} PlaceSince a place, and the position since which it has been like this */
/** @typedef {{cards: Map<string, Card>, places: Map<string, PlaceSince>}} Board */

const DEMO_LOG = "minhchung.example/da-nang-demo";
const DEMO_LABEL = "Số liệu minh họa, không phải điểm thật · invented data, not real scores";
const TOLD_EVERY = 256;

/** A fold as it goes on: `take` one statement after the other, and ask at any time. */
export class Fold {
  constructor() {
    this.record = new FoldRecord();
    /** How many entries have been taken in: the position of the last one, and one. */
    this.size = 0;
    /** @type {Map<string, Board>} */
    this.boards = new Map();
  }

  /**
   * Take in the next statement; throws FoldError for a kind that is not known.
   * @param {Told} told
   */
  take(told) {
    const moves = followStatement(this.record, told);
    this.size = told.position + 1;
    const round = moves === MOVES_NOTHING ? undefined : this.record.rounds.get(told.statement.round);
    if (!round) return;
    if (moves === PUBLISHES) this.publish(round, told);
    else if (moves === MOVES_AGENCY) this.moveAgency(round, told);
    else this.moveAll(round, told.position);
  }

  /** Every item as it would be published now, of all rounds, as canonical lines by ascending key. */
  lines() {
    const items = [...this.record.rounds.keys()].flatMap((code) => this.items(code));
    return items.sort((one, other) => (one.key < other.key ? -1 : 1)).map(itemLine);
  }

  /**
   * The items of a round as they would be published now, by ascending key.
   * @param {string} code
   */
  items(code) {
    const { places } = entryOf(this.boards, this.round(code).code, emptyBoard);
    return stateItems(code, [...places.values()], this.dossiersOf(code), this.size - 1);
  }

  /**
   * The items of a published version, by ascending key; nothing where there is no such version.
   * @param {string} code
   * @param {number} number
   */
  published(code, number) {
    return this.record.rounds.get(code)?.versions.find((version) => version.number === number)?.items;
  }

  /**
   * A round of the log; throws FoldError where there is none.
   * @param {string} code
   */
  round(code) {
    const found = this.record.rounds.get(code);
    if (!found) throw new FoldError("fold.unknown_round", { round: String(code).slice(0, 80) });
    return found;
  }

  // --- keeping up ---------------------------------------------------------------------------------------

  /** @param {string} code */
  dossiersOf(code) {
    return entryOf(this.record.dossiers, code, () => new Map());
  }

  /**
   * @param {Round} round
   * @param {Told} told
   */
  publish(round, { position, statement }) {
    const number = statement.body.version;
    round.versions.push({ number, position, items: this.items(round.code) });
  }

  /**
   * @param {Round} round
   * @param {number} position
   */
  moveAll(round, position) {
    const board = entryOf(this.boards, round.code, emptyBoard);
    for (const agency of round.agencies.keys()) {
      board.cards.set(agency, cardOf(round, this.record.dossier(round.code, agency), agency));
    }
    for (const block of BLOCKS) rankBlock(round, board, block, position);
  }

  /**
   * @param {Round} round
   * @param {Told} told
   */
  moveAgency(round, { position, statement: { agency, criterion } }) {
    const block = round.agencies.get(agency);
    if (block === undefined) return;
    const board = entryOf(this.boards, round.code, emptyBoard);
    const before = /** @type {Card} */ (board.cards.get(agency));
    const known = criterion === undefined || criterion === null ? null : { scores: before.scores, changed: criterion };
    const card = cardOf(round, this.record.dossier(round.code, agency), agency, known);
    board.cards.set(agency, card);
    const place = board.places.get(agency);
    if (!sameResult(before, card) || !sameAreas(before, card)) rankBlock(round, board, block, position);
    else if (place) place.card = card;
  }
}

/** @returns {Board} */
function emptyBoard() {
  return { cards: new Map(), places: new Map() };
}

/**
 * Rank a block anew; who stands as before keeps since when.
 * @param {Round} round
 * @param {Board} board
 * @param {string} block
 * @param {number} position
 */
function rankBlock(round, board, block, position) {
  const cards = [...board.cards.values()].filter((card) => card.block === block);
  for (const place of placesOf(round.criteria.tieBreak, cards)) {
    const before = board.places.get(place.card.agency);
    const since = before && samePlace(before, place) ? before.since : position;
    board.places.set(place.card.agency, { ...place, since });
  }
}

/**
 * @param {Place} one
 * @param {Place} other
 */
function samePlace(one, other) {
  return one.rank === other.rank && one.shared === other.shared && sameResult(one.card, other.card);
}

/**
 * @param {Card} one
 * @param {Card} other
 */
function sameResult(one, other) {
  if (one === other) return true;
  const same = /** @type {const} */ (["total", "bonus", "deductions"]).every((name) => !compareExact(one[name], other[name]));
  return same && one.rating === other.rating && sameNumbers(one.results, other.results);
}

/**
 * Areas are not shown with a place, but may break a tie.
 * @param {Card} one
 * @param {Card} other
 */
function sameAreas(one, other) {
  return sameNumbers(one.areas, other.areas);
}

/**
 * @param {Map<string, import("./fractions.js").Exact>} one
 * @param {Map<string, import("./fractions.js").Exact>} other
 */
function sameNumbers(one, other) {
  return [...one].every(([name, value]) => compareExact(value, /** @type {typeof value} */ (other.get(name))) === 0);
}

// --- at once --------------------------------------------------------------------------------------------

/**
 * Fold all statements, in the order of their positions.
 * @param {Iterable<Told>} statements
 * @param {(done: number) => void} [onProgress] told every few hundred statements, and at the end
 */
export function foldStatements(statements, onProgress) {
  const fold = new Fold();
  let done = 0;
  for (const told of statements) {
    fold.take(told);
    done += 1;
    if (onProgress && done % TOLD_EVERY === 0) onProgress(done);
  }
  onProgress?.(done);
  return fold;
}

/**
 * The places of a round, block by block: what `minhchung rank --json` answers, field by field in its order.
 * @param {Fold} fold
 * @param {string} code
 */
export function rankings(fold, code) {
  const round = fold.round(code);
  const { places } = entryOf(fold.boards, code, emptyBoard);
  const log = /** @type {NonNullable<typeof fold.record.log>} */ (fold.record.log);
  return {
    log: log.origin,
    clock: log.clock,
    utc_offset: log.utcOffset,
    ...(log.origin === DEMO_LOG ? { label: DEMO_LABEL } : {}),
    size: fold.size,
    round: code,
    evaluated_year: round.evaluatedYear,
    phase: round.phase,
    published_version: round.versions.at(-1)?.number ?? 0,
    blocks: BLOCKS.map((block) => ({
      block,
      places: inOrderOfRank([...places.values()].filter(({ card }) => card.block === block)).map((place) =>
        placeTold(fold, place),
      ),
    })),
  };
}

/** @param {PlaceSince[]} places */
function inOrderOfRank(places) {
  return places.sort((one, other) => one.rank - other.rank || (one.card.agency < other.card.agency ? -1 : 1));
}

/**
 * @param {Fold} fold
 * @param {PlaceSince} place
 */
function placeTold(fold, { rank, shared, card, since }) {
  const agency = fold.record.agencies.get(card.agency);
  const numbers = { total: card.total, bonus: card.bonus, deductions: card.deductions, score: card.rankingScore };
  const told = (/** @type {(value: typeof card.total) => string} */ write) =>
    Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, write(value)]));
  return {
    rank,
    shared,
    agency: card.agency,
    name_vi: agency?.nameVi,
    name_en: agency?.nameEn,
    ...told(asPublished),
    class: card.rating,
    exact: told(writeExact),
    since,
  };
}
