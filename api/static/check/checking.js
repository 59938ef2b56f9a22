/** The check of what a page is about: first the log as it is served, then what it proves of the subject. */
import { logOf, parseTrust } from "../../../audit/browser/trust.js";
import { checkDossier } from "./dossier_case.js";
import { checkHead, trustWith } from "./head.js";
import { isBad, fallen, open } from "./lines.js";
import { checkReceipt, looksLikeReceipt } from "./receipt_file.js";
import { checkResult } from "./result.js";
import { checkSingle } from "./single.js";

/**
 * Check by a plan: `{entry?, position?, proofs?, result?}` are addresses, all but the position; `asked` are the
 * answers that are coming already: `{basis, dossier?}`.
 *
 * `files` are what the reader dropped instead, `pin` what this browser remembers of the log, `tell` is told how the
 * work goes. Answers lines, the verdict on a dossier where there is one, and what to pin; throws what no check throws.
 */
export async function check({ plan, pin, files, asked, tell }) {
  let basis;
  try {
    basis = await asked.basis;
  } catch (wrong) {
    return { lines: [fallen(wrong, "unanswered")], verdict: null, known: null, pin: null, evidence: null };
  }
  const found = await checkHead(basis, pin);
  const answer = { log: found.lines, lines: [], verdict: null, known: null, pin: found.pin, evidence: found.evidence, basis: { origin: basis.origin, clock: basis.clock, stated: found.stated } };
  if (found.head === null || isBad(found.lines)) return { ...answer, lines: [open("stopped_there")] };
  const { vkeys } = logOf(await parseTrust(trustWith(found.stated, basis.origin, basis.checkpoint)), basis.origin);
  const by = { head: found.head, vkeys, trust: trustWith(found.stated, basis.origin, basis.checkpoint), position: plan.position ?? null, mayRead: plan.reads, tell };
  return { ...answer, ...(files ? await checkFiles(files, by) : await checkSubject(plan, asked.dossier, by)) };
}

async function checkSubject(plan, coming, by) {
  const lines = [];
  if (plan.position !== null) lines.push(...(await checkSingle(plan, by)));
  if (plan.proofs) lines.push(...(await told(checkResult(plan, by))));
  if (!coming) return { lines };
  try {
    const judged = await checkDossier(coming, by);
    return { ...judged, lines: [...lines, ...judged.lines] };
  } catch (wrong) {
    return { lines: [...lines, fallen(wrong, "dossier_unread")] };
  }
}

/** A receipt, with or without the envelope that it answers; or a dossier. */
async function checkFiles(files, by) {
  const receipt = files.find(looksLikeReceipt) ?? null;
  const other = files.find((data) => data !== receipt) ?? null;
  if (receipt) return { lines: await told(checkReceipt(receipt, other, by)) };
  if (other === null) return { lines: [open("nothing_dropped")] };
  return checkDossier(Promise.resolve(other), { ...by, position: null });
}

async function told(checked) {
  try {
    return await checked;
  } catch (wrong) {
    return [fallen(wrong, "unanswered")];
  }
}
