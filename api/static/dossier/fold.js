/** The fold of a whole dossier: what each version of a round published, for the verdict to compare. */
import { Fold } from "audit/browser/fold/fold.js";

/** Fold all good statements of a log; a statement that it cannot take leaves nothing to compare. */
export async function refold(goods) {
  const fold = new Fold();
  let since = performance.now();
  for (const { position, entry, statement } of goods) {
    try {
      fold.take({ position, statement, arrived_at: entry.arrived_at });
    } catch {
      return () => undefined;
    }
    if (performance.now() - since > 40) {
      await new Promise((resume) => setTimeout(resume));
      since = performance.now();
    }
  }
  return (round, version) => fold.published(round, version);
}
