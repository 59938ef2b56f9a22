/** What was checked, a line each: how it came out, in which words, with which facts. */
import { AuditError } from "../../../audit/browser/errors.js";
import { Unanswered } from "./asking.js";

/** It was checked here, and is so. */
export const good = (word, facts = {}) => ({ outcome: "ok", word, facts });
/** The log says so under its signature; it was not computed here. */
export const attested = (word, facts = {}) => ({ outcome: "attested", word, facts });
/** It could not be checked here, or need not be so. */
export const open = (word, facts = {}) => ({ outcome: "open", word, facts });
/** It is not as it should be: by which rule, and at which entry, where it is one. */
export const bad = (word, facts = {}, rule = null, position = null) => ({ outcome: "bad", word, facts, rule, position });

/** A line of what a check threw: what fails is told, what nobody answered is told too, anything else is thrown on. */
export function fallen(wrong, word, position = null) {
  if (wrong instanceof AuditError) return bad(word, plain(wrong.facts), wrong.rule, position);
  if (wrong instanceof Unanswered) return bad("unanswered", { path: wrong.path, status: wrong.status }, "check.unanswered", position);
  throw wrong;
}

const plain = (facts) => Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, String(fact)]));

/** Whether anything is wrong. */
export const isBad = (lines) => lines.some(({ outcome }) => outcome === "bad");
