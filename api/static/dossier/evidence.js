/** The files that statements name by their digests, and whether a file that is dropped here is one of them. */
import { sha256OfFile, toHex } from "../../../audit/browser/bytes.js";
import { bearing } from "./case.js";
import { first, make, section } from "./make.js";
import { say } from "./words.js";

const MOST_FILES = 2_000;

/** The section about evidence, with a place to drop files on. */
export function evidenceSection(found) {
  const files = filesOf(found);
  const items = first(files.map((file) => () => fileItem(file)), MOST_FILES, (count) => () => make("li", {}, say("more", { count })));
  const list = files.length ? make("ul", { class: "files" }, items.map((item) => item())) : make("p", { class: "told" }, say("evidence_none"));
  return section("evidence", say("evidence"), list, files.length ? dropZone(files) : null);
}

function filesOf({ events, dossier }) {
  const told = events.filter((event) => event.statement && (bearing(event, dossier.about) !== "none" || dossier.about.agency === undefined));
  return told.flatMap(({ position, statement, words }) => {
    const names = words.get("file_names")?.split("\n") ?? [];
    return statement.attachments.map((file, index) => ({ position, name: names[index], title: words.get("title"), ...file }));
  });
}

function fileItem({ position, name, title, size, sha256: digest }) {
  const told = [title, name].filter(Boolean).join(" · ") || say("file");
  return make("li", {}, make("div", {}, told), make("div", { class: "mark" }, `${say("at", { position })} · ${say("bytes", { size })}`), make("code", {}, digest));
}

function dropZone(files) {
  const answers = make("ul", { class: "compared", "aria-live": "polite" });
  const input = make("input", { type: "file", multiple: "", id: "compare" });
  const zone = make("div", { class: "drop" }, make("p", {}, say("evidence_told")), make("label", { for: "compare" }, say("evidence_choose"), " "), input, answers);
  const compare = async (dropped) => {
    for (const file of dropped) answers.append(await answerTo(file, files));
  };
  input.addEventListener("change", () => compare([...input.files]));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    compare([...event.dataTransfer.files]);
  });
  return zone;
}

async function answerTo(file, files) {
  const digest = toHex(await sha256OfFile(new Uint8Array(await file.arrayBuffer())));
  const match = files.find((one) => one.sha256 === digest);
  const text = match ? say("matches", { file: file.name, position: match.position }) : say("matches_not", { file: file.name });
  return make("li", { class: match ? "yes" : "no" }, match ? "✓ " : "✗ ", text);
}
