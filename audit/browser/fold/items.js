/** The state: every cell, total and rank under its key, with the positions behind it, as it is attested. */
import { asPublished, writeExact } from "./fractions.js";

/**
 * @typedef {object} StateItem
 * @property {string} key
 * @property {Record<string, string>} value its names stand in ascending order
 * @property {number[]} madeBy
 * @property {number[]} events
 */
/** @typedef {import("./places.js").Place} Place */

/**
 * All items of a result, by ascending key.
 * @param {string} round
 * @param {Place[]} places
 * @param {Map<string, import("./record.js").Dossier>} dossiers
 * @param {number} position where it is, or would be, published
 */
export function stateItems(round, places, dossiers, position) {
  const items = places.flatMap((place) => itemsOfPlace(`${round}/${place.card.agency}`, place, dossiers, position));
  return items.sort((one, other) => (one.key < other.key ? -1 : 1));
}

/**
 * @param {string} stem
 * @param {Place} place
 * @param {Map<string, import("./record.js").Dossier>} dossiers
 * @param {number} position
 * @returns {StateItem[]}
 */
function itemsOfPlace(stem, place, dossiers, position) {
  const { card } = place;
  const about = (/** @type {string} */ criterion) => [...(dossiers.get(card.agency)?.about.get(criterion) ?? [])];
  const cells = [...card.scores].map(([code, score]) => ({
    key: `${stem}/${code}`,
    value: cellValue(score),
    madeBy: ascendingOnce(score.positions),
    events: about(code),
  }));
  const behind = ascendingOnce([...card.scores.values()].flatMap(({ positions }) => positions));
  return [
    ...cells,
    { key: `${stem}/total`, value: totalValue(card), madeBy: behind, events: about("") },
    { key: `${stem}/rank`, value: rankValue(place), madeBy: [position], events: [] },
  ];
}

/** @param {number[]} positions */
function ascendingOnce(positions) {
  return [...new Set(positions)].sort((one, other) => one - other);
}

/** @param {import("./card.js").Score} score */
function cellValue({ counts, flags, maximum, points, stage }) {
  return {
    counts: String(counts),
    flags: flags.join(" "),
    maximum: writeExact(maximum),
    points: writeExact(points),
    stage,
  };
}

/** @param {import("./card.js").Card} card */
function totalValue(card) {
  return {
    bonus: writeExact(card.bonus),
    class: card.rating,
    deductions: writeExact(card.deductions),
    ranking_score: writeExact(card.rankingScore),
    results: [...card.results].map(([code, total]) => `${code}=${writeExact(total)}`).join(" "),
    total: writeExact(card.total),
  };
}

/** @param {Place} place */
function rankValue({ rank, shared, card }) {
  return { block: card.block, rank: String(rank), score: asPublished(card.rankingScore), shared: String(shared) };
}

/**
 * The canonical spelling of an item: what the leaf of the state tree hides.
 * @param {StateItem} item
 */
export function itemLine({ key, value, madeBy, events }) {
  return JSON.stringify({ events, key, made_by: madeBy, value });
}
