/** What a log published, folded from its statements: for a dossier that holds the whole log. */
import { Fold } from "./fold.js";
import { isSignedFitly } from "./shapes.js";

const TURN = 30;

/**
 * Round and version, as `2016/1` -> the items of that publication, as they are attested. Goes on in short turns, so
 * that a page stays usable. Where a statement cannot be read there is nothing to compare, and nothing is answered.
 * @param {Iterable<{position: number, entry: {arrived_at: string}, statement: any}>} statements
 */
export async function publishedStates(statements) {
  const fold = new Fold();
  /** @type {Map<string, {key: string, value: Record<string, string>, made_by: number[], events: number[]}[]>} */
  const states = new Map();
  let since = performance.now();
  for (const { position, entry, statement } of statements) {
    if (!isSignedFitly(statement.type, Boolean(statement.signers))) return states;
    try {
      fold.take({ position, statement, arrived_at: entry.arrived_at });
    } catch {
      return states;
    }
    if (performance.now() - since < TURN) continue;
    await new Promise((resume) => setTimeout(resume));
    since = performance.now();
  }
  for (const { code, versions } of fold.record.rounds.values()) {
    for (const { number, items } of versions) {
      states.set(
        `${code}/${number}`,
        items.map(({ key, value, madeBy, events }) => ({ key, value, made_by: madeBy, events })),
      );
    }
  }
  return states;
}
