/**
 * The log as it is served now: signed by the key that this browser pinned, and grown from what it saw last time.
 *
 * A log that is shorter than it was, or another one at the same size, contradicts what it signed itself: both of its
 * checkpoints are kept, and each by itself proves it to anybody.
 */
import { toHex, toUtf8 } from "../../../audit/browser/bytes.js";
import { AuditError } from "../../../audit/browser/errors.js";
import { openHead } from "../../../audit/browser/head.js";
import { logOf, parseTrust } from "../../../audit/browser/trust.js";
import { checkGrowth } from "./growth.js";
import { bad, fallen, good, isBad, open } from "./lines.js";

/**
 * Check the head that is served (`/check.json`) by what was pinned, or begin to pin.
 *
 * Answers the lines, the head (null where none holds), the trust to check everything else by, what to pin from now on,
 * and the evidence where the log contradicts itself.
 */
export async function checkHead(basis, pin) {
  const stated = pin?.trust ?? basis.trust;
  const found = { lines: [], head: null, stated, pin: null, evidence: null };
  if (pin && pin.origin !== basis.origin) {
    return contradicted(found, pin, basis, bad("other_log", { known: pin.origin, served: basis.origin }, "pin.other_log"));
  }
  try {
    const trust = await parseTrust(toUtf8(JSON.stringify(stated)));
    const log = logOf(trust, basis.origin);
    found.head = (await openHead(toUtf8(basis.checkpoint ?? ""), { vkeys: log.vkeys })).checkpoint;
    found.lines.push(good(pin ? "signed_as_pinned" : "signed_first", { size: found.head.size, log: basis.origin }));
    if (pin?.note) await checkSeenBefore(found, pin, basis, log);
    if (!isBad(found.lines)) await checkWitnesses(found, trust, log, basis);
  } catch (wrong) {
    const line = fallen(wrong, pin ? "not_as_pinned" : "not_signed");
    return pin && wrong instanceof AuditError ? contradicted(found, pin, basis, line) : told(found, line);
  }
  if (!isBad(found.lines)) found.pin = pinOf(basis, found, pin);
  return found;
}

function told(found, line) {
  found.lines.push(line);
  return found;
}

function contradicted(found, pin, basis, line) {
  found.evidence = { log: pin.origin, pinned_at: pin.at, rule: line.rule, known: pin.note, served: basis.checkpoint, trust: pin.trust };
  return told(found, line);
}

/** The newest checkpoint of the last visit was signed by this very log: it must be where this one began. */
async function checkSeenBefore(found, pin, basis, { vkeys }) {
  const { head } = found;
  const { checkpoint: before } = await openHead(toUtf8(pin.note), { vkeys });
  const facts = { known: before.size, size: head.size, at: pin.at };
  if (head.size < before.size) return contradicted(found, pin, basis, bad("rewound", facts, "pin.rewound"));
  try {
    await checkGrowth(before, head);
  } catch (wrong) {
    const line = fallen(wrong, "split");
    return wrong instanceof AuditError ? contradicted(found, pin, basis, { ...line, facts }) : told(found, line);
  }
  return told(found, good(head.size === before.size ? "same_as_before" : "grown_since", facts));
}

/** Who else has seen it: the newest checkpoint that witnesses cosigned, and that the head grew from it. */
async function checkWitnesses(found, trust, log, basis) {
  if (basis.cosigned === null || !trust.policy.witnesses.length) return told(found, open("no_witness"));
  const opened = await openHead(toUtf8(basis.cosigned), { vkeys: log.vkeys, policy: { ...trust.policy, quorum: "none" } });
  const who = opened.cosigned.map(({ witness }) => (witness.operator === log.operator ? `${witness.operator} (*)` : witness.operator));
  if (!who.length) return told(found, open("no_witness"));
  await checkGrowth(opened.checkpoint, found.head);
  return told(found, good("witnessed_by", { size: opened.checkpoint.size, who: who.join(", ") }));
}

function pinOf(basis, { head, stated }, pin) {
  return { origin: basis.origin, trust: stated, note: basis.checkpoint, size: head.size, root: toHex(head.root), since: pin?.since ?? null };
}

/** The trust that everything else is checked by: what was pinned, and the head that was just verified. */
export function trustWith(stated, origin, note) {
  const lines = note.replace(/\n$/, "").split("\n");
  const logs = stated.logs.map((log) => (log.origin === origin ? { ...log, newest: lines } : log));
  return toUtf8(JSON.stringify({ ...stated, logs }));
}
