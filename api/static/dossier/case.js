/** The case that a dossier holds, read out of its entries: events, people, agencies, criteria, words, files. */
import { parseEntry } from "../../../audit/browser/entry.js";
import { parseStatement } from "../../../audit/browser/statement.js";

/** Read the case out of a dossier; of an entry that is damaged only its position is known. */
export function caseOf(dossier, good) {
  const words = wordsOf(dossier);
  const events = dossier.entries.map((held) => eventOf(held, good.get(held.position), words.get(held.position) ?? new Map()));
  const known = { people: new Map(), agencies: new Map(), sets: new Map(), criteria: new Map(), erased: new Set(), round: dossier.about.round, offset: "+00:00", year: "" };
  for (const event of events) if (event.statement) learn(known, event);
  return { dossier, events, ...known };
}

function wordsOf({ openings }) {
  const found = new Map();
  for (const { position, opening } of openings) {
    if (!found.has(position)) found.set(position, new Map());
    found.get(position).set(opening.field, opening.value);
  }
  return found;
}

function eventOf({ position, entry }, good, words) {
  if (entry === null) return { position, withheld: true };
  const read = good ?? readEntry(entry);
  if (read === null) return { position, damaged: true };
  return { position, received: read.entry.received_at, statement: read.statement, words, actors: read.statement.actors };
}

/** Read an entry that is not good; nothing where it cannot even be read. */
function readEntry(data) {
  try {
    const entry = parseEntry(data);
    return { entry, statement: parseStatement(entry.envelope.payload) };
  } catch {
    return null;
  }
}

const LEARNT = {
  LogOpened: (known, body) => (known.offset = String(body.utc_offset)),
  AgencyRegistered: (known, body) => known.agencies.set(body.code, { vi: body.name_vi, en: body.name_en }),
  AgencyRenamed: (known, body) => known.agencies.set(body.code, { vi: body.name_vi, en: body.name_en }),
  OfficerRegistered: (known, body, { words }) => known.people.set(body.officer, { home: body.home, name: words.get("name"), roles: [] }),
  OfficerTransferred: (known, body) => Object.assign(known.people.get(body.officer) ?? {}, { home: body.home }),
  RoleGranted: (known, body) => known.people.get(body.officer)?.roles.push(body.role),
  CriteriaSetIssued: (known, { criteria_set: its }) => known.sets.set(`${its.code} ${its.version}`, its.criteria),
  OpeningsErased: (known, body) => body.erased.forEach(({ statement, fields }) => fields.forEach((field) => known.erased.add(`${statement} ${field}`))),
  RoundOpened: (known, body, { statement }) => statement.round === known.round && openRound(known, body),
};

/** The round that the case is of has one criteria set, in one version. */
function openRound(known, body) {
  known.year = String(body.evaluated_year);
  const its = known.sets.get(`${body.criteria_set} ${body.criteria_version}`) ?? [];
  known.criteria = new Map(its.map((one) => [one.code, one]));
}

/** Take in what an event says of people, agencies and rules; whatever it does not say stays unknown. */
function learn(known, event) {
  const { type, body } = event.statement;
  const kind = type.split(".")[0];
  try {
    if (Object.hasOwn(LEARNT, kind)) LEARNT[kind](known, body, event);
  } catch {
    // a body that is not as it should be teaches nothing; the verdict says what is wrong
  }
}

/** Whether an event is about the case, about its round as a whole, or about neither. */
export function bearing({ statement }, about) {
  if (!statement || statement.round !== about.round) return "none";
  if (!statement.agency) return "round";
  return statement.agency === about.agency ? "case" : "none";
}

/** What the page tells of a case: not the entries of others, nor the bytes of any. */
export function toldOf({ dossier: { about, reader }, events, ...found }, { findings }) {
  const wrong = new Set(findings.map(({ position }) => position));
  const isTold = (event) => !event.statement || wrong.has(event.position) || bearing(event, about) !== "none" || (about.agency === undefined && event.statement.attachments.length);
  return { ...found, dossier: { about, reader }, events: events.filter(isTold) };
}

/** The bytes of an embedded dossier, as they were before they were written into the page. */
export function embedded(text) {
  if (!text.includes("%") || /%(?!25|3C)/.test(text)) return new TextEncoder().encode(text);
  return new TextEncoder().encode(text.replace(/%25|%3C/g, (written) => (written === "%25" ? "%" : "<")));
}

