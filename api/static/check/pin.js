/**
 * What this browser remembers: of each log its keys, and the newest checkpoint that it verified; and any evidence.
 *
 * Where nothing can be stored (a private window), every visit is a first one, and the page says so.
 */
const PINS = "minhchung.pins/v1";
const EVIDENCE = "minhchung.evidence/v1";

/** The log that was pinned at this address, or nothing. */
export const pinned = () => read(PINS);

/** Remember what was verified just now. Only what holds is remembered: a bad head never takes a good one's place. */
export function remember(pin) {
  const now = new Date().toISOString();
  return write(PINS, { ...pin, since: pin.since ?? now, at: now });
}

/** Forget the log: the next visit is a first one. Evidence stays. */
export const forget = () => write(PINS, null);

/** Keep two checkpoints that contradict each other, the oldest pair of all that were found. */
export function keepEvidence(evidence) {
  if (read(EVIDENCE) === null) write(EVIDENCE, { ...evidence, found_at: new Date().toISOString() });
  return read(EVIDENCE) ?? evidence;
}

/** The evidence that was kept. */
export const evidenceKept = () => read(EVIDENCE);

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
