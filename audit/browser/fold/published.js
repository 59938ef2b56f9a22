/** What a log published, folded from its statements: for a dossier that holds the whole log. */
import { turnOfOthers } from "../turn.js";
import { cardOf } from "./card.js";
import { BLOCKS } from "./criteria.js";
import { followStatement, PUBLISHES } from "./follow.js";
import { stateItems } from "./items.js";
import { placesOf } from "./places.js";
import { FoldRecord } from "./record.js";
import { isSignedFitly } from "./shapes.js";

const TURN = 30;

/**
 * Round and version, as `2016/1` -> the items of that publication, as they are attested. Cards are computed when there
 * is something to publish, and not, as by `Fold`, at every step. Goes on in short turns, so that a page stays usable.
 * Where a statement cannot be read there is nothing to compare, and nothing is answered.
 * @param {Iterable<{position: number, entry: {arrived_at: string}, statement: any}>} statements
 */
export async function publishedStates(statements) {
  const record = new FoldRecord();
  let since = performance.now();
  for (const { position, entry, statement } of statements) {
    if (!isSignedFitly(statement.type, Boolean(statement.signers))) return new Map();
    try {
      const moves = followStatement(record, { position, statement, arrived_at: entry.arrived_at });
      if (moves === PUBLISHES) publishNow(record, statement, position);
    } catch {
      return new Map();
    }
    if (performance.now() - since < TURN) continue;
    await turnOfOthers();
    since = performance.now();
  }
  return statesIn(record);
}

/**
 * Keep the items of a round as they are published at a position.
 * @param {FoldRecord} record
 * @param {any} statement
 * @param {number} position
 */
function publishNow(record, { round: code, body }, position) {
  const round = /** @type {import("./record.js").Round} */ (record.rounds.get(code));
  const cards = [...round.agencies.keys()].map((agency) => cardOf(round, record.dossier(code, agency), agency));
  const inBlock = (/** @type {string} */ block) => placesOf(round.criteria.tieBreak, cards.filter((card) => card.block === block));
  const dossiers = record.dossiers.get(code) ?? new Map();
  round.versions.push({ number: body.version, position, items: stateItems(code, BLOCKS.flatMap(inBlock), dossiers, position) });
}

/** @param {FoldRecord} record */
function statesIn({ rounds }) {
  /** @type {Map<string, {key: string, value: Record<string, string>, made_by: number[], events: number[]}[]>} */
  const states = new Map();
  for (const { code, versions } of rounds.values()) {
    for (const { number, items } of versions) {
      states.set(`${code}/${number}`, items.map(({ key, value, madeBy, events }) => ({ key, value, made_by: madeBy, events })));
    }
  }
  return states;
}
