/** A dossier verified from its bytes alone: the steps of docs/formats/dossier.md, one after the other. */
import { checkClaims } from "./dossier_claims.js";
import { parseDossier } from "./dossier_file.js";
import { checkDossierTrust } from "./dossier_trust.js";
import { verdictOf, verdictOfNothing } from "./dossier_verdict.js";
import { walkDossier } from "./dossier_walk.js";
import { DossierError } from "./errors.js";

/**
 * Verify a dossier by the reader's trust (`parseTrust`), or the one inside; answer with the verdict.
 *
 * `progress` is told how many of how many entries are done. `refold`, where given, recomputes what is whole.
 * @param {Uint8Array} data
 * @param {import("./trust.js").Trust | null} trust
 * @param {import("./dossier_walk.js").Progress} progress
 * @param {import("./dossier_claims.js").Refold | null} refold
 */
export async function verifyDossier(data, trust = null, progress = () => {}, refold = null) {
  let dossier;
  try {
    dossier = await parseDossier(data); // 1 to 3
  } catch (wrong) {
    return verdictOfUnread(wrong);
  }
  return (await judgeDossier(dossier, trust, progress, refold)).verdict;
}

/**
 * The verdict on a dossier that could not be read; what is no fault of it is thrown on.
 * @param {unknown} wrong
 */
export function verdictOfUnread(wrong) {
  if (!(wrong instanceof DossierError)) throw wrong;
  const { position = null, ...facts } = wrong.facts;
  return verdictOfNothing({ layer: "form", position: /** @type {number | null} */ (position), rule: wrong.rule, facts });
}

/**
 * Verify a dossier that was read: its verdict, and the good statements that it rests on.
 * @param {import("./dossier_file.js").Dossier} dossier
 * @param {import("./trust.js").Trust | null} trust
 * @param {import("./dossier_walk.js").Progress} progress
 * @param {import("./dossier_claims.js").Refold | null} refold
 */
export async function judgeDossier(dossier, trust, progress, refold) {
  const walked = await walkDossier(dossier, progress); // 4 to 7
  const claims = await checkClaims(walked, refold); // 8 to 12
  const trusted = await checkDossierTrust(walked, trust); // 13
  const { digest: stated, computed } = dossier;
  if (stated !== computed) walked.found("seal", null, "dossier.other_digest", { stated, computed }); // 14
  return { verdict: verdictOf({ dossier, walked, claims, trusted }), good: walked.good };
}
