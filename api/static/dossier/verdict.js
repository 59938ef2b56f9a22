/** The verdict in words: what was checked, how far it reaches, what is wrong and where. */
import { at, first, make, put, table } from "./make.js";
import { layerName, listed, moment, ruleText, say } from "./words.js";

const SHOWN = 20;

/** Show that the check goes on. */
export function showProgress(done, total) {
  at("judgement").textContent = total ? say("checking", { done, total }) : say("reading");
  Object.assign(at("progress"), { max: total || 1, value: done });
}

/** Show a verdict. */
export function showVerdict(verdict, found, trustName) {
  const box = at("verdict");
  box.className = `verdict ${verdict.ok ? "good" : "bad"}`;
  at("progress").hidden = true;
  at("judgement").textContent = verdict.ok ? `✓ ${say("good")}` : `✗ ${say("bad", { count: verdict.findings.length })}`;
  at("told").textContent = verdict.ok ? say("good_told", verdict.checked) : say("bad_told");
  at("by-trust").textContent = verdict.ok ? trusted(verdict, trustName) : "";
  put("first", verdict.ok ? null : firstFindings(verdict.findings));
  at("reach").hidden = verdict.size === null;
  at("details-part").hidden = false;
  put("reaches", reaches(verdict, found, trustName));
  put("assumed", verdict.assumed.map((code) => make("li", {}, say(code))));
  put("details", details(verdict));
}

/** Show that no verdict could be made here at all. */
export function showFailure(reason) {
  at("verdict").className = "verdict bad";
  at("progress").hidden = true;
  at("judgement").textContent = say("failed");
  at("told").textContent = say("failed_told", { reason });
}

// --- what is wrong ------------------------------------------------------------------------------------------

export function firstFindings(findings) {
  const [first, ...others] = findings;
  const rest = others.length ? make("details", {}, make("summary", {}, say("all_findings", { count: findings.length })), make("ul", {}, findings.slice(0, SHOWN).map((one) => make("li", {}, finding(one))))) : null;
  return [make("p", {}, finding(first)), rest];
}

function finding({ position, layer, rule, facts }) {
  const where = position === null ? say("at_whole") : say("at", { position });
  return [make("span", { class: "where" }, where), ` · ${layerName(layer)}: ${ruleText(rule, facts)} `, make("code", {}, rule)];
}

// --- how far it reaches -------------------------------------------------------------------------------------

export function reaches(verdict, found, trustName) {
  const told = [[trusted(verdict, trustName), !verdict.trust.startsWith("not ")], ...witnessed(verdict, found), [ranks(verdict), verdict.ranks !== "not checked"], ...complete(verdict, found)];
  if (verdict.contested.length) told.push([say("contested", { count: verdict.contested.length, positions: verdict.contested.map(({ position }) => position).join(", ") }), false]);
  if (verdict.checked.statements_under_platform_keys) told.push([say("platform", { count: verdict.checked.statements_under_platform_keys }), true]);
  if (verdict.clock === "scripted") told.push([say("scripted"), true]);
  return told.map(([text, sound]) => make("li", sound ? {} : { class: "doubt" }, text));
}

function trusted({ trust, trust_by: by }, file) {
  return say(`trust_${by}${trust.startsWith("not ") ? "_not" : ""}`, { file });
}

function witnessed({ witnessed: seen, log }, found) {
  if (seen === null || log === null) return [];
  if (!seen.covered) return [[say("witnessed_not"), seen.quorum === "none"]];
  const who = seen.by.map((one) => {
    const told = moment(one.at, found?.offset ?? "+00:00");
    return say(one.of_the_operator ? "witness_own" : "witness", { operator: one.operator, at: `${told.time} ${told.day}` });
  });
  return [[say("witnessed", { covered: seen.covered, who: listed(who) }), true]];
}

const RANKS = { recomputed: "ranks_recomputed", attested: "ranks_attested", "not attested": "ranks_none", "not checked": "ranks_unchecked" };
const ranks = (verdict) => say(RANKS[verdict.ranks], verdict.checked);

/** Of the newest attestation: one line for a cell or an agency, one for all where there are many. */
function complete(verdict, found) {
  const { completeness } = verdict;
  if (!completeness.length) return verdict.size === null ? [] : [[say("complete_unknown"), false]];
  const newest = Math.max(...completeness.map(({ size }) => size));
  const its = completeness.filter(({ size }) => size === newest);
  const bad = completeness.filter((one) => !one.complete).map((one) => [say("incomplete", { what: subject(one.key, found) }), false]);
  const all = its.length > 2 ? [[say("complete_all", { count: its.length, size: newest }), true]] : its.filter((one) => one.complete).map((one) => [say("complete", { what: subject(one.key, found), size: newest }), true]);
  const withheld = new Set(its.flatMap((one) => one.withheld)).size;
  return [...first(bad, SHOWN, (count) => [say("more", { count }), false]), ...(bad.length ? [] : all), ...(withheld ? [[say("complete_withheld", { count: withheld }), true]] : [])];
}

function subject(key, found) {
  const [, code, of] = key.split("/");
  const names = found?.agencies.get(code);
  const agency = names ? names[document.documentElement.lang === "en" ? "en" : "vi"] : code;
  return of === "total" ? say("total_of", { agency }) : say("cell_of", { criterion: of });
}

// --- in detail ----------------------------------------------------------------------------------------------

const OUTCOMES = { ok: ["yes-cell", "ok"], failed: ["no-cell", "failed_layer"], "not checked": ["quiet-cell", "unchecked"] };

export function details(verdict) {
  const rows = Object.entries(verdict.layers).map(([layer, how]) => {
    const [kind, word] = OUTCOMES[how];
    return { cells: [layerName(layer), make("span", { class: kind }, say(word))] };
  });
  const facts = [["log", verdict.log], ["size", verdict.size], ["root", verdict.root], ["log_key", verdict.log_key]].filter(([, value]) => value !== null);
  const list = facts.flatMap(([name, value]) => [make("dt", {}, say(name)), make("dd", { class: "hash" }, String(value))]);
  return [table([say("layer"), say("outcome")], rows), make("dl", {}, list), make("p", { class: "told" }, say("held", verdict.checked))];
}

