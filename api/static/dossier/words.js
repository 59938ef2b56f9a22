/** The words of the page, Vietnamese or English: templates, names of codes, days and points as people write them. */

const TABLES = JSON.parse(document.getElementById("words").textContent);
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const EXACT = /^(\d+)(?:\.(\d+)|\/(\d+))?$/;
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const MOST_OF_A_FACT = 2_000;
export const tongue = { index: 0 };

/** The other language from now on. */
export function switchLanguage() {
  tongue.index = 1 - tongue.index;
  document.documentElement.lang = tongue.index ? "en" : "vi";
}

const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);

/** A text of the page with its facts; parts in brackets are left out where one of theirs is missing. */
export function say(name, facts = {}) {
  return fill(TABLES.page[name][tongue.index], facts);
}

/** Put facts into a template. */
export function fill(template, facts) {
  const there = (name) => own(facts, name) !== undefined && own(facts, name) !== "";
  const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return template
    .replace(/\[([^\]]*)\]/g, (_, part) => (names(part).every(there) ? part : ""))
    .replace(/\{(\w+)\}/g, (_, name) => (there(name) ? shortened(String(facts[name])) : "…"));
}

/** No fact fills a page. */
const shortened = (text) => (text.length > MOST_OF_A_FACT ? `${text.slice(0, MOST_OF_A_FACT)}…` : text);

/** A sentence begins with a capital letter, whatever code it begins with. */
export const sentence = (text) => text.charAt(0).toLocaleUpperCase(tongue.index ? "en" : "vi") + text.slice(1);

/** What a code of a group is called; a code without a name stays as it is. */
export function term(group, code) {
  return own(own(TABLES.terms, group) ?? {}, code)?.[tongue.index] ?? code;
}

/** What a kind of event is called. */
export const eventName = (type) => term("event", type.split(".")[0]);

/** The sentence that tells a kind of event, or nothing. */
export const storyOf = (type) => own(TABLES.story, type.split(".")[0])?.[tongue.index];

/** What a layer of the verdict is called. */
export const layerName = (layer) => own(TABLES.layers, layer)?.[tongue.index] ?? layer;

/** What a rule says was wrong. */
export function ruleText(rule, facts) {
  const text = own(TABLES.rules, rule)?.[tongue.index];
  if (!text) return rule;
  const shown = Object.entries(facts).map(([name, fact]) => [name, tell(name, fact)]);
  return fill(text, Object.fromEntries(shown));
}

/** Say a value of a body, or a fact: a code by its name, a day, points, a digest by its beginning. */
export function tell(name, value) {
  if (Array.isArray(value)) return value.map((one) => tell(name, one)).join(", ");
  if (typeof value === "object") return "";
  const text = String(value);
  if (/^[0-9a-f]{64}$/.test(text)) return `${text.slice(0, 12)}…`;
  const word = own(own(TABLES.values, name) ?? {}, text);
  if (word) return word[tongue.index];
  if (DATE.test(text)) return day(text);
  return typeof value === "string" && EXACT.test(text) && name !== "serial" ? points(text) : text;
}

/** Points with the decimal mark of the language; of a fraction two decimals, rounded for show alone. */
export function points(text) {
  const [, whole, decimals, below] = EXACT.exec(text) ?? [];
  if (whole === undefined) return text;
  if (below !== undefined) return points(rounded(BigInt(whole), BigInt(below)));
  return decimals === undefined ? whole : `${whole}${tongue.index ? "." : ","}${decimals}`;
}

function rounded(above, below) {
  const hundredths = (above * 200n + below) / (below * 2n);
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")}`;
}

/** A day as people write it. */
export function day(text) {
  const [, year, month, date] = DATE.exec(text) ?? [];
  if (!year) return text;
  return tongue.index ? `${Number(date)} ${MONTHS[Number(month) - 1]} ${year}` : `${date}/${month}/${year}`;
}

/** A moment of the log in its own zone, such as +07:00: day and time of day. */
export function moment(utc, offset) {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(offset) ?? [null, "+", "00", "00"];
  const ahead = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const local = new Date(Date.parse(utc) + ahead * 60_000).toISOString();
  return { day: day(local.slice(0, 10)), time: local.slice(11, 16) };
}

/** Points one after another, lists, in the order of the language. */
export const listed = (texts) => new Intl.ListFormat(tongue.index ? "en" : "vi", { type: "conjunction" }).format(texts);
