/** The fold of a whole dossier: what each version of a round published, for the verdict to compare. */
import { Fold } from "audit/browser/fold/fold.js";

const SLICE = 40;

/** Fold all good statements of a log; a statement that it cannot take leaves nothing to compare. */
export async function refold(goods) {
  const fold = new Fold();
  let since = performance.now();
  for (const { position, entry, statement } of goods) {
    try {
      fold.take({ position, statement, arrived_at: entry.arrived_at });
    } catch {
      return new Map();
    }
    if (performance.now() - since > SLICE) {
      await new Promise((resume) => setTimeout(resume));
      since = performance.now();
    }
  }
  return published(fold);
}

/** Every published version, by round and number. */
function published({ record }) {
  const versions = [...record.rounds].flatMap(([code, round]) => round.versions.map(({ number, items }) => [`${code}/${number}`, items]));
  return new Map(versions.map(([name, items]) => [name, items.map(({ madeBy, ...item }) => ({ ...item, made_by: madeBy }))]));
}
