/** Elements are made here, and whatever a dossier says comes in as text: nothing of it is ever read as markup. */

/** Make an element with attributes and children; a child that is no element is text. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element of an id. */
export const at = (id) => document.getElementById(id);

/** Put these children into an element, in place of what was there. */
export const put = (id, ...children) => at(id).replaceChildren(...children.flat(Infinity).filter(Boolean));

/** A section with a heading. */
export function section(id, title, ...children) {
  return make("section", { "aria-labelledby": `${id}-title`, id }, make("h2", { id: `${id}-title` }, title), children);
}

/** A table: names of columns, and rows of cells; `number` are the columns with figures. */
export function table(columns, rows, number = []) {
  const kind = (index) => (number.includes(index) ? { class: "number" } : {});
  const head = make("tr", {}, columns.map((name, index) => make("th", { scope: "col", ...kind(index) }, name)));
  const body = rows.map(({ cells, ...attributes }) => make("tr", attributes, cells.map((cell, index) => make(index ? "td" : "th", index ? kind(index) : { scope: "row", ...kind(index) }, cell))));
  return make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": columns[0] }, make("table", {}, make("thead", {}, head), make("tbody", {}, body)));
}
