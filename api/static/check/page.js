/** The page of a check: it starts by itself, says how it goes, and shows green or red in words. */
import { at, make, put, startAgain } from "../dossier/make.js";
import { details, firstFindings, reaches } from "../dossier/verdict.js";
import { listed, moment, ruleText, say, switchLanguage, tell } from "../dossier/words.js";
import { evidenceKept, forget, keepEvidence, pinned, remember } from "./pin.js";

if (document.documentElement.lang === "en") switchLanguage();
const plan = JSON.parse(at("plan").textContent);
const SIGNS = { ok: "✓", attested: "≈", open: "–", bad: "✗" };
const run = { worker: null, since: 0, pin: pinned() };

// --- the work -------------------------------------------------------------------------------------------

function start(files = null) {
  run.worker?.terminate();
  run.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  run.since = performance.now();
  document.documentElement.removeAttribute("data-checked");
  at("verdict").className = "verdict waiting";
  at("progress").hidden = false;
  put("lines");
  showStep("asking", 0, 0);
  run.worker.onmessage = ({ data }) => {
    if (data.step) return showStep(...data.step);
    if (data.failure) showFailure(data.failure);
    else showAnswer(data.answer);
    finished(data.answer);
  };
  run.worker.onerror = (event) => {
    showFailure(event.message ?? "");
    finished();
  };
  run.worker.postMessage({ plan, pin: run.pin, files });
}

function finished(answer) {
  at("progress").hidden = true;
  if (answer?.took) document.documentElement.setAttribute("data-judged", String(Math.round(answer.took)));
  document.documentElement.setAttribute("data-checked", String(Math.round(performance.now() - run.since)));
}

function showStep(step, done, total) {
  at("judgement").textContent = say(`step_${step}`, { done, total });
  if (total) Object.assign(at("progress"), { max: total, value: done });
  else at("progress").removeAttribute("value");
}

// --- what came of it ------------------------------------------------------------------------------------

function showFailure(reason) {
  at("verdict").className = "verdict bad";
  at("judgement").textContent = `✗ ${say("failed")}`;
  at("told").textContent = say("failed_told", { reason });
}

function showAnswer({ log = [], lines, verdict, known, pin, evidence, basis }) {
  startAgain();
  const all = [...log, ...lines];
  const wrong = all.filter(({ outcome }) => outcome === "bad");
  const found = verdict?.findings ?? [];
  const count = Math.max(wrong.length, found.length);
  at("verdict").className = `verdict ${count ? "bad" : "good"}`;
  at("judgement").textContent = count ? `✗ ${say("check_bad", { count })}` : `✓ ${say("check_good")}`;
  at("told").textContent = count ? say("check_bad_told") : verdict ? say("check_counted", verdict.checked) : say("check_good_told");
  put("first", wrong.map(firstOf), found.length ? firstFindings(found) : null);
  put("log-lines", log.map(lineOf));
  put("lines", lines.map(lineOf), verdict ? reaches(verdict, known, say("pinned_trust")) : null, basis?.clock === "scripted" && !verdict ? make("li", {}, say("scripted")) : null);
  at("details-part").hidden = !verdict;
  if (verdict) put("details", details(verdict));
  if (pin && !count && remember(pin)) run.pin = pinned();
  showEvidence(evidence ? keepEvidence(evidence) : null);
  showPin();
}

/** What is wrong comes first: at which entry, in words, and by which rule. */
function firstOf(line) {
  const where = line.position === null ? say("at_log") : say("at", { position: line.position });
  const why = line.rule && !line.rule.startsWith("pin.") && !line.rule.startsWith("check.") ? ruleText(line.rule, line.facts) : "";
  return make("p", {}, make("span", { class: "where" }, where), ` · ${words(line)} `, why && why !== line.rule ? `${why} ` : "", line.rule ? make("code", {}, line.rule) : "");
}

function lineOf(line) {
  return make("li", { class: line.outcome }, make("span", { class: "sign", "aria-hidden": "true" }, SIGNS[line.outcome]), make("b", {}, say(`outcome_${line.outcome}`)), " ", words(line));
}

function words({ word, facts }) {
  const shown = Object.entries(facts).filter(([, fact]) => fact !== undefined && fact !== null);
  return say(word, Object.fromEntries(shown.map(([name, fact]) => [name, name === "at" || name === "received_at" ? clock(fact) : tell(name, fact)])));
}

function clock(at) {
  const { day, time } = moment(at, plan.utc_offset);
  return `${time} ${day}`;
}

// --- what is remembered ---------------------------------------------------------------------------------

function showPin() {
  const { pin } = run;
  at("pin-part").hidden = false;
  at("forget").hidden = pin === null;
  at("keep").hidden = pin === null;
  put("pinned", pin === null ? make("p", {}, say("pin_none")) : [make("p", {}, say("pin_told", { log: pin.origin, size: pin.size ?? "–", since: clock(pin.since), at: clock(pin.at) })), make("ul", { class: "keys" }, keysOf(pin).map((key) => make("li", {}, make("code", { class: "hash" }, key))))]);
}

const keysOf = ({ trust, origin }) => trust.logs.filter((log) => log.origin === origin).flatMap(({ vkeys }) => vkeys.filter((key) => key.length < 400));

function showEvidence(evidence) {
  at("evidence-part").hidden = evidence === null;
  if (evidence === null) return;
  put("evidence", [["evidence_known", evidence.known], ["evidence_served", evidence.served]].flatMap(([word, note]) => [make("h3", {}, say(word)), make("pre", { tabindex: "0" }, make("code", {}, note ?? "–"))]));
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = make("a", { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

/** A trust file of the reader's own takes the place of what was believed on a first visit. */
async function chooseTrust([file]) {
  if (!file) return;
  const told = at("trust-told");
  try {
    const trust = JSON.parse(await file.text());
    const log = trust.logs.find(({ origin }) => origin === plan.log) ?? trust.logs[0];
    const note = run.pin?.note ?? (log.newest ? `${log.newest.join("\n")}\n` : null);
    run.pin = { origin: log.origin, trust, note, size: run.pin?.size ?? null, since: new Date().toISOString(), at: new Date().toISOString() };
    told.textContent = "";
    start();
  } catch {
    told.textContent = say("trust_unreadable", { file: file.name, reason: "trust.malformed" });
  }
}

async function take(files) {
  if (!files.length) return;
  document.documentElement.removeAttribute("data-checked"); // what is shown is not of these files
  start(await Promise.all([...files].slice(0, 2).map(async (file) => new Uint8Array(await file.arrayBuffer()))));
  put("dropped", make("p", {}, say("dropped", { files: listed([...files].slice(0, 2).map(({ name }) => name)) })));
}

const box = at("drop");
box.addEventListener("dragover", (event) => event.preventDefault());
box.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer.files);
});
at("files").addEventListener("change", (event) => take(event.target.files));
at("trust").addEventListener("change", (event) => chooseTrust(event.target.files));
at("again").addEventListener("click", () => start());
at("keep").addEventListener("click", () => download("checkpoint.txt", run.pin.note));
at("save-evidence").addEventListener("click", () => download("evidence.json", JSON.stringify(evidenceKept(), null, 1)));
at("forget").addEventListener("click", () => {
  forget();
  run.pin = null;
  start();
});
for (const one of document.querySelectorAll("[data-needs-script]")) one.hidden = false;
showEvidence(evidenceKept());
showPin();
start();
