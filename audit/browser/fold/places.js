/** Places in a block: by what is published, ties by the keys of the criteria set, and then a shared rank. */
import { compareExact, hundredthsOf } from "./fractions.js";

/** @typedef {import("./card.js").Card} Card */
/** @typedef {{rank: number, shared: boolean, card: Card}} Place */

/**
 * Rank the cards of one block, best first; who shares a rank stands by their code.
 * @param {string[]} tieBreak
 * @param {Card[]} cards
 * @returns {Place[]}
 */
export function placesOf(tieBreak, cards) {
  const ordered = cards.map((card) => ({ card, shown: hundredthsOf(card.rankingScore) }));
  ordered.sort((one, other) => comparePlaces(tieBreak, one, other) || (one.card.agency < other.card.agency ? -1 : 1));
  /** @type {Place[]} */
  const places = [];
  for (const [n, { card }] of ordered.entries()) {
    const before = n > 0 && comparePlaces(tieBreak, ordered[n - 1], ordered[n]) === 0;
    const after = n + 1 < ordered.length && comparePlaces(tieBreak, ordered[n], ordered[n + 1]) === 0;
    places.push({ rank: before ? places[n - 1].rank : n + 1, shared: before || after, card });
  }
  return places;
}

/**
 * Below 0 if the first is better, above 0 if the second is, 0 if nothing tells them apart.
 * @param {string[]} tieBreak
 * @param {{card: Card, shown: bigint}} one
 * @param {{card: Card, shown: bigint}} other
 */
function comparePlaces(tieBreak, one, other) {
  if (one.shown !== other.shown) return one.shown > other.shown ? -1 : 1;
  for (const key of tieBreak) {
    const told = byTieKey(key, one.card, other.card);
    if (told !== 0) return told;
  }
  return 0;
}

/**
 * @param {string} key
 * @param {Card} one
 * @param {Card} other
 */
function byTieKey(key, one, other) {
  if (key === "total") return compareExact(other.total, one.total);
  if (key === "fewer_deductions") return compareExact(one.deductions, other.deductions);
  const area = key.slice("area:".length);
  const [its, theirs] = [one.areas.get(area), other.areas.get(area)];
  if (!its || !theirs) throw new RangeError(`no such tie key: ${key.slice(0, 40)}`);
  return compareExact(theirs, its);
}
