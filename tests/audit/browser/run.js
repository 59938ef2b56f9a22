/** Answers questions line by line until there are no more: the same process for all tests of a file. */
import { createInterface } from "node:readline";

globalThis.MINHCHUNG_MODULES = process.env.MINHCHUNG_MODULES;
// Modules whose checks are numbered (`removing.py`) ask which are there; `reached` are those that asked.
const without = Number(process.env.MINHCHUNG_WITHOUT ?? -1);
const reached = new Set();
globalThis.present = (/** @type {number} */ number) => reached.add(number) && number !== without;
const { answer } = await import("./calls.js");
for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  reached.clear();
  const found = await answer(JSON.parse(line));
  process.stdout.write(`${JSON.stringify(reached.size ? { ...found, reached: [...reached] } : found)}\n`);
}
