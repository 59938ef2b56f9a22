/** The page of a dossier: read it, tell it, check it, and say so; by another trust file as often as one likes. */
import { parseTrust } from "../../../audit/browser/trust.js";
import { embedded } from "./case.js";
import { JudgeElsewhere } from "./elsewhere.js";
import { evidenceSection } from "./evidence.js";
import { at, make, put, startAgain } from "./make.js";
import { criterionName, pointsSection } from "./points.js";
import { agency, storySection } from "./story.js";
import { showFailure, showProgress, showVerdict } from "./verdict.js";
import { say, switchLanguage } from "./words.js";

const shown = { judge: null, found: null, verdict: null, trust: null, trustName: "", tellWork: () => {} };

function title({ dossier: { about }, year, ...found }) {
  const name = about.agency === undefined ? "" : agency(found, about.agency);
  const number = about.dispute?.split("-")[1];
  const cell = about.criterion && say("of_cell", { criterion: about.criterion, name: criterionName(found, about.criterion) });
  const main = cell ? [number ? `${say("of_dispute", { number })} — ` : "", cell].join("") : about.agency ? say("of_agency", { agency: name }) : say("of_round", { round: about.round });
  at("title").textContent = main;
  document.title = `${main} · Minh Chứng`;
  const subject = about.agency ? say("subject", { agency: name, year }) : say("round_only", { year });
  put("subject", subject, make("span", {}, say(`for_${shown.found.dossier.reader}`)));
}

function tellCase() {
  const { found, verdict } = shown;
  const wrong = new Set(verdict.findings.map(({ position }) => position).filter((position) => position !== null));
  put("story-part", pointsSection(found, verdict), storySection(found, wrong), evidenceSection(found));
}

/** Write everything in the language of the moment. */
function render() {
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  at("language").textContent = say("other_language");
  at("language").lang = document.documentElement.lang === "vi" ? "en" : "vi";
  if (shown.verdict === null) return shown.tellWork();
  startAgain();
  if (shown.found) {
    title(shown.found);
    tellCase();
  }
  showVerdict(shown.verdict, shown.found, shown.trustName);
}

async function check() {
  shown.verdict = null;
  at("progress").hidden = false;
  at("verdict").className = "verdict waiting";
  nowTell(showProgress, 0, 0);
  try {
    Object.assign(shown, await shown.judge.by(shown.trust, (done, total) => nowTell(showProgress, done, total)));
  } catch (wrong) {
    nowTell(showFailure, String(wrong?.message ?? wrong).slice(0, 200));
    return;
  }
  render();
}

/** Tell how the work goes, and again in whatever language is chosen before there is a verdict. */
function nowTell(show, ...facts) {
  shown.tellWork = () => show(...facts);
  shown.tellWork();
}

async function chooseTrust([file]) {
  const told = at("trust-told");
  told.hidden = true;
  if (!file) return;
  try {
    const stated = new Uint8Array(await file.arrayBuffer());
    await parseTrust(stated);
    shown.trust = stated;
  } catch (wrong) {
    told.textContent = say("trust_unreadable", { file: file.name, reason: wrong?.rule ?? "" });
    told.hidden = false;
    return;
  }
  shown.trustName = file.name;
  await check();
}

async function open() {
  nowTell(showProgress, 0, 0);
  render();
  shown.judge = new JudgeElsewhere(embedded(at("dossier").textContent));
  await check();
}

at("language").addEventListener("click", () => {
  switchLanguage();
  render();
});
at("print").addEventListener("click", () => window.print());
at("trust").addEventListener("change", (event) => chooseTrust(event.target.files));
const since = performance.now();
open().finally(() => document.documentElement.setAttribute("data-checked", String(Math.round(performance.now() - since))));
