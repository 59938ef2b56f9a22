/** A dossier fetched or dropped: judged as the offline page judges it, by the trust that this browser pinned. */
import { fromHex } from "../../../audit/browser/bytes.js";
import { Judge } from "../dossier/judge.js";
import { checkGrowth } from "./growth.js";
import { attested, bad, fallen, good, open } from "./lines.js";

/** The newest of what was attested is told first; of a whole round only how many items there are. */
const MOST_STATES = 12;

/**
 * Judge a dossier, and tell what it proves of the subject; `tell` is told how far the work has come.
 * @param {Promise<Uint8Array>} coming
 */
export async function checkDossier(coming, { head, trust, position = null, tell }) {
  const judge = new Judge(await coming);
  const began = performance.now();
  const { verdict, found } = await judge.by(trust, (done, total) => tell(done < total ? "checking" : "refolding", done, total));
  const took = performance.now() - began;
  const lines = [...(await connected(verdict, head)), ...(verdict.ok ? states(verdict) : []), ...ofEntry(judge, verdict, position)];
  return { lines, verdict, known: found && { offset: found.offset, agencies: found.agencies }, took };
}

/** The dossier's log is the log whose head was verified: the same root, or one that grew into it. */
async function connected({ size, root, ok }, head) {
  if (!ok || head === null) return [];
  const [older, newer] = [{ size, root: fromHex(root) }, head].sort((one, other) => Number(one.size) - Number(other.size));
  try {
    await checkGrowth(older, newer);
  } catch (wrong) {
    return [fallen(wrong, "other_log_than_head")];
  }
  return [good("same_log", { size })];
}

function states({ states: all }) {
  const newest = Math.max(0, ...all.map(({ version }) => version));
  const its = all.filter(({ version, absent }) => version === newest && !absent);
  const told = its.length > MOST_STATES ? [] : its;
  return told.map(({ key, value, version, recomputed }) => {
    const [, agency, of] = key.split("/");
    const word = of === "rank" || of === "total" ? `${of}_stands` : "cell_stands";
    return (recomputed ? good : attested)(word, { ...value, agency, criterion: of, version, places: undefined });
  });
}

/** Of the entry that was asked about: it is here in full, its place alone is, or it is not in this dossier. */
function ofEntry({ dossier }, { findings }, position) {
  if (position === null || dossier === null) return [];
  const held = dossier.entries.find((one) => one.position === position);
  if (!held) return [open("entry_elsewhere", { position })];
  if (held.entry === null) return [open("entry_held_back", { position })];
  return findings.some((one) => one.position === position) ? [bad("entry_wrong", { position }, null, position)] : [good("entry_judged", { position })];
}
