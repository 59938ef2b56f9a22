/** Answers questions line by line until there are no more: the same process for all tests of a file. */
import { createInterface } from "node:readline";

globalThis.MINHCHUNG_MODULES = process.env.MINHCHUNG_MODULES;
const { answer } = await import("./calls.js");
for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
