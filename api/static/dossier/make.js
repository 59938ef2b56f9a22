/** Elements are made here, and whatever a dossier says comes in as text: nothing of it is ever read as markup. */
import { say } from "./words.js";

/** Characters that a page shows, whatever a dossier holds: with more of them nobody could use it. */
const MOST_TEXT = 2_000_000;
const MOST_OF_ONE = 65_536;
const shown = { characters: 0 };

/** The page is written anew from here on. */
export const startAgain = () => (shown.characters = 0);

/** As much of a text as is shown. */
export function bounded(child) {
  const text = String(child);
  const room = Math.min(MOST_OF_ONE, MOST_TEXT - shown.characters);
  shown.characters += Math.min(text.length, room);
  return text.length <= room ? text : `${text.slice(0, room)}… ${say("cut")}`;
}

/** The first items of a list; behind them, where there are more, what `more` makes of their number. */
export function first(items, most, more) {
  return items.length <= most ? items : [...items.slice(0, most), more(items.length - most)];
}

/** Make an element with attributes and children; a child that is no element is text. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else made.setAttribute(name, value);
  }
  const there = children.flat(Infinity).filter((child) => child !== null && child !== undefined);
  made.append(...there.map((child) => (child instanceof Node ? child : bounded(child))));
  return made;
}

/** The element of an id. */
export const at = (id) => document.getElementById(id);

/** Put these children into an element, in place of what was there. */
export const put = (id, ...children) => at(id).replaceChildren(...children.flat(Infinity).filter(Boolean));

const MOST_ROWS = 2_000;

/** A section with a heading. */
export function section(id, title, ...children) {
  return make("section", { "aria-labelledby": `${id}-title`, id }, make("h2", { id: `${id}-title` }, title), children);
}

/** A table: names of columns, and rows of cells; `number` are the columns with figures. */
export function table(columns, rows, number = []) {
  const kind = (index) => (number.includes(index) ? { class: "number" } : {});
  const head = make("tr", {}, columns.map((name, index) => make("th", { scope: "col", ...kind(index) }, name)));
  const body = first(rows, MOST_ROWS, (count) => ({ cells: [say("more", { count })] })).map(({ cells, ...attributes }) => make("tr", attributes, cells.map((cell, index) => make(index ? "td" : "th", index ? kind(index) : { scope: "row", ...kind(index) }, cell))));
  return make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": columns[0] }, make("table", {}, make("thead", {}, head), make("tbody", {}, body)));
}
