/** Points before and after: each step of a cell, what was published of it, and the place that it came to. */
import { agency, person } from "./story.js";
import { make, section, table } from "./make.js";
import { eventName, moment, points, say, tell, term } from "./words.js";

const STATES_POINTS = { SelfScoreDeclared: "points", InspectionNoteRecorded: "points", InspectionNoteAmended: "points", CouncilAdjustmentMade: "new_points", SpecialCaseDecided: "points", BonusDecided: "points", DeductionDecided: "points", ReverificationRecorded: "points", DisputeDecided: "points" };
const BLOCKS = ["DEPARTMENT", "DISTRICT", "CENTRAL"];
const BY_QUANTITIES = ["QuantitiesDeclared", "InspectionNoteRecorded", "InspectionNoteAmended"];

/** The section about points: of a cell its steps, of an agency its cells, of a round its ranking. */
export function pointsSection(found, verdict) {
  const { about } = found.dossier;
  if (about.criterion !== undefined) return section("points", say("points"), outcome(found, verdict, maximum(found)), steps(found, verdict));
  if (about.agency !== undefined) return section("points", say("cells"), outcome(found, verdict), cells(found, verdict));
  return section("points", say("ranking"), rankings(found, verdict));
}

// --- a cell -------------------------------------------------------------------------------------------------

function steps(found, verdict) {
  let before = "–";
  const rows = stepsOf(found, verdict).map((step) => {
    const row = { class: step.published ? "published" : "", cells: [step.name, make("span", { class: "day" }, step.day), before, step.after, step.where] };
    before = step.after;
    return row;
  });
  return table(["step", "day", "before", "after", "entry"].map((name) => say(name)), rows, [2, 3, 4]);
}

function maximum({ criteria, dossier }) {
  const found = criteria.get(dossier.about.criterion)?.max_points;
  return typeof found === "string" ? make("li", {}, say("of_maximum", { maximum: points(found) })) : null;
}

function stepsOf(found, verdict) {
  const { about } = found.dossier;
  const stated = found.events.filter(({ statement }) => statement?.criterion === about.criterion && statement.agency === about.agency).map((event) => step(found, event)).filter(Boolean);
  const published = verdict.states.filter(({ key, absent }) => key === `${about.round}/${about.agency}/${about.criterion}` && !absent).map((state) => publishedStep(found, state));
  return [...stated, ...published].sort((one, other) => one.where - other.where);
}

function step(found, { position, statement, received, actors }) {
  const kind = statement.type.split(".")[0];
  const { body } = statement;
  const field = Object.hasOwn(STATES_POINTS, kind) ? STATES_POINTS[kind] : undefined;
  const after = field && typeof body[field] === "string" ? points(body[field]) : BY_QUANTITIES.includes(kind) && body.quantities ? say("by_rule") : null;
  if (after === null) return null;
  return { name: `${eventName(statement.type)} — ${actors.length > 1 ? say("together", { count: actors.length }) : person(found, actors[0])}`, day: moment(received, found.offset).day, after, where: position };
}

function publishedStep(found, { version, value, size }) {
  const event = found.events.find(({ position }) => position === size - 1);
  const told = event?.received ? moment(event.received, found.offset).day : "";
  return { name: say("published", { version }), day: told, after: points(value.points), where: size - 1, published: true };
}

// --- an agency ----------------------------------------------------------------------------------------------

function outcome(found, verdict, more = null) {
  const { about } = found.dossier;
  const ranks = verdict.states.filter(({ key, absent }) => key === `${about.round}/${about.agency}/rank` && !absent).map(({ value }) => value);
  if (!ranks.length) return more ? make("ul", { class: "outcome" }, more) : null;
  const [first, last] = [ranks[0], ranks.at(-1)];
  const block = term("block", last.block);
  const rank = first.rank === last.rank ? say("rank", { rank: last.rank, block }) : say("rank_was", { before: first.rank, rank: last.rank, block });
  const score = first.score === last.score ? say("score", { score: points(last.score) }) : say("score_was", { before: points(first.score), score: points(last.score) });
  return make("ul", { class: "outcome" }, make("li", {}, make("strong", {}, rank)), make("li", {}, make("strong", {}, score)), more);
}

function newest(states) {
  const last = Math.max(...states.map(({ attested_at: at }) => at));
  return states.filter(({ attested_at: at, absent }) => at === last && !absent);
}

function cells(found, verdict) {
  const { about } = found.dossier;
  const its = verdict.states.filter(({ key }) => key.startsWith(`${about.round}/${about.agency}/`) && !/\/(?:rank|total)$/.test(key));
  const rows = newest(its).sort((one, other) => order(found, one.key) - order(found, other.key)).map(({ key, value }) => {
    const code = key.split("/")[2];
    return { cells: [`${code} · ${criterionName(found, code)}`, term("stage", value.stage), points(value.points), points(value.maximum)] };
  });
  return rows.length ? table(["criterion", "stage", "total", "maximum"].map((name) => say(name)), rows, [2, 3]) : null;
}

const order = ({ criteria }, key) => [...criteria.keys()].indexOf(key.split("/")[2]);

/** What a criterion is called. */
export function criterionName({ criteria }, code) {
  const found = criteria.get(code);
  return found ? found[document.documentElement.lang === "en" ? "name_en" : "name_vi"] : code;
}

// --- a round ------------------------------------------------------------------------------------------------

function rankings(found, verdict) {
  const states = newest(verdict.states);
  const totals = new Map(states.filter(({ key }) => key.endsWith("/total")).map(({ key, value }) => [key.split("/")[1], value]));
  const ranks = states.filter(({ key }) => key.endsWith("/rank")).map(({ key, value }) => ({ code: key.split("/")[1], ...value }));
  return BLOCKS.filter((block) => ranks.some((one) => one.block === block)).flatMap((block) => [make("h3", {}, term("block", block)), ranking(found, ranks.filter((one) => one.block === block), totals)]);
}

function ranking(found, places, totals) {
  const rows = places.sort((one, other) => one.rank - other.rank || (one.code < other.code ? -1 : 1)).map(({ rank, code, score }) => ({ cells: [rank, agency(found, code), points(score), tell("rating", term("class", totals.get(code)?.class ?? ""))] }));
  return table(["place", "agency", "total", "class"].map((name) => say(name)), rows, [2]);
}
