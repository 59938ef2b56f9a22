/** The case as a story, told from its entries: when, who, what, in which words, and whether it was checked. */
import { bearing } from "./case.js";
import { make, section } from "./make.js";
import { eventName, fill, listed, moment, say, sentence, storyOf, tell, term, tongue } from "./words.js";

const QUOTED = ["finding", "reason", "note", "question", "explanation", "reservation", "grounds", "word", "opinion", "remark", "plan", "report", "title", "answer", "minutes", "method"];
const TOLD_OF_A_ROUND = 400;
const MOST_ROLES = 10;

/** Tell the story; `wrong` are the positions with findings. */
export function storySection(found, wrong) {
  const told = found.events.filter((event) => event.withheld || bearing(event, found.dossier.about) !== "none" || wrong.has(event.position));
  const items = grouped(told.slice(0, TOLD_OF_A_ROUND)).map((event) => item(found, event, wrong));
  return section("story", say("story"), make("p", { class: "told" }, say("story_told")), make("ol", { class: "story" }, items));
}

/** Withheld entries that follow each other are told together. */
function grouped(events) {
  const found = [];
  for (const event of events) {
    const last = found.at(-1);
    if (event.withheld && last?.withheld && last.last + 1 === event.position) last.last = event.position;
    else found.push(event.withheld ? { ...event, last: event.position } : event);
  }
  return found;
}

function item(found, event, wrong) {
  const { position } = event;
  if (event.withheld) return withheld(event);
  const mark = make("p", { class: "mark" }, say("at", { position }), " · ", make("b", {}, wrong.has(position) ? `✗ ${say("wrong_entry")}` : `✓ ${say("checked_entry")}`));
  const classes = [wrong.has(position) ? "wrong" : "", bearing(event, found.dossier.about) === "case" ? "" : "background"];
  const attributes = { class: classes.join(" ").trim(), id: `entry-${position}` };
  if (!event.statement) return make("li", attributes, make("div", { class: "when" }), make("div", {}, mark));
  return make("li", attributes, when(found, event), make("div", {}, make("p", { class: "what" }, what(found, event)), who(found, event), quotes(found, event), mark));
}

function withheld({ position, last }) {
  const text = last > position ? say("withheld_entries", { count: last - position + 1, first: position, last }) : say("withheld_entry");
  const where = last > position ? null : make("p", { class: "mark" }, say("at", { position }));
  return make("li", { class: "withheld" }, make("div", { class: "when" }), make("div", {}, make("p", { class: "what" }, text), where));
}

function when({ offset }, { received }) {
  const told = moment(received, offset);
  return make("div", { class: "when" }, make("time", { datetime: received }, told.day), make("span", {}, told.time));
}

/** The sentence of an event; of a kind without one, its name. */
export function what(found, { statement }) {
  const template = storyOf(statement.type);
  const about = statement.criterion && found.dossier.about.criterion === undefined ? `${statement.criterion} · ` : "";
  if (!template) return about + eventName(statement.type);
  const facts = Object.entries(statement.body).map(([name, value]) => [name, fact(found, name, value)]);
  return about + sentence(fill(template, Object.fromEntries(facts)));
}

const PERSONS = ["officer", "deputy", "member", "to", "present", "actor"];
const AGENCIES = ["agencies", "heard", "inspects", "home", "lender", "into", "agency"];

function fact(found, name, value) {
  if (PERSONS.includes(name)) return listed([value].flat().map((actor) => person(found, actor)));
  if (AGENCIES.includes(name)) return listed([value].flat().map((code) => agency(found, code)));
  if (name === "quantities") return quantities(value);
  if (name === "acts") return listed(value.map(eventName));
  if (name === "erased") return value.length;
  return tell(name, value);
}

const quantities = (stated) => Object.entries(stated ?? {}).map(([name, value]) => `${term("quantity", name)} ${tell("points", value)}`).join("; ");

/** What an agency is called. */
export function agency({ agencies }, code) {
  const names = agencies.get(code);
  return names ? names[tongue.index ? "en" : "vi"] : code;
}

/** A person by name where it may be told, else by pseudonym; with the office held, and the home agency. */
export function person(found, actor) {
  if (actor === "log") return say("log");
  const known = found.people.get(actor);
  const roles = (known?.roles ?? []).slice(0, MOST_ROLES).map((role) => tell("role", role)).join(", ");
  const rest = [roles, known?.home ? agency(found, known.home) : ""].filter(Boolean).join(", ");
  return rest ? `${known.name ?? actor} (${rest})` : (known?.name ?? actor);
}

function who(found, { actors }) {
  const [first, ...others] = actors;
  if (others.length === 0) return make("p", { class: "who" }, person(found, first));
  const names = actors.length > 3 ? actors.map((actor) => found.people.get(actor)?.name ?? actor) : actors.map((actor) => person(found, actor));
  return make("p", { class: "who" }, `${say("together", { count: actors.length })}: ${names.join("; ")}`);
}

function quotes({ erased }, { words, statement }) {
  const told = QUOTED.map((field) => quote(words.get(field), field, erased.has(`${statement.id} ${field}`)));
  return [...told, statement.attachments.length ? files(words, statement) : null];
}

/** The words of one field; of what was erased, that it was. */
function quote(words, field, erased) {
  if (words === undefined) return erased ? make("p", { class: "who" }, say("erased", { field: term("field", field) })) : null;
  return make("blockquote", {}, words);
}

const files = (words, { attachments }) => make("p", { class: "mark" }, `${say("evidence")}: ${words.get("file_names")?.split("\n").join(", ") ?? attachments.length}`);
