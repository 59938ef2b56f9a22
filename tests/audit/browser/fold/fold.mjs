/** Folds what the tests hand in: a command a line, as JSON, and an answer a line. */
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);
const { Fold, foldStatements, rankings } = await import(new URL("fold.js", folder));
const { kindsOfFold } = await import(new URL("follow.js", folder));
const { itemLine } = await import(new URL("items.js", folder));
const { fractionOf, hundredthsOf, readExact, asPublished, writeExact } = await import(new URL("fractions.js", folder));
const { readNumbers, readRule } = await import(new URL("criteria.js", folder));
const { checkBody } = await import(new URL("shapes.js", folder));
const { publishedStates } = await import(new URL("published.js", folder));
const rules = await import(new URL("rules.js", folder));

/** The logs that commands speak of, by name. */
const logs = new Map();

const COMMANDS = {
  kinds: () => kindsOfFold(),
  /** Keep the statements of a log. */
  log: ({ name, statements }) => logs.set(name, statements).size,
  /** Fold statements, or a log that was kept, without some of them; answer what it comes to at each of these sizes. */
  fold({ name, statements = logs.get(name), leave = [], at = [], ranks = [], whole = false }) {
    const [left, sizes] = [new Set(leave), new Set(at)];
    const fold = new Fold();
    const answers = [];
    for (const told of statements) {
      if (!left.has(told.position)) fold.take(told);
      if (!sizes.has(told.position + 1)) continue;
      fold.size = told.position + 1;
      answers.push({ lines: shown(fold.lines(), whole), ranks: ranks.map((round) => JSON.stringify(rankings(fold, round))) });
    }
    const versions = [...fold.record.rounds.values()].flatMap(({ code, versions }) =>
      versions.map(({ number, position }) => [code, number, position, shown(fold.published(code, number).map(itemLine), whole)]),
    );
    return { at: answers, versions };
  },
  /** Fold all of a log at once; answer how it went on. */
  progress({ name }) {
    const told = [];
    const fold = foldStatements(logs.get(name), (done) => told.push(done));
    return { told, lines: shown(fold.lines(), false), size: fold.size };
  },
  /** Fold, and answer what is thrown. */
  thrown({ statements, round }) {
    try {
      const fold = foldStatements(statements);
      if (round) rankings(fold, round);
    } catch (wrong) {
      return { name: wrong.name, rule: wrong.rule ?? null, facts: wrong.facts ?? null, message: wrong.message };
    }
    return null;
  },
  /** Points by one rule. */
  rule({ rule, maximum, quantities = {}, measures = {}, answers, weights, now, last }) {
    const [read, most] = [readRule(rule), readExact(maximum)];
    if (answers) return writeExact(rules.pointsByBallots(most, readNumbers(weights), new Map(Object.entries(answers))));
    if (now) return writeExact(rules.pointsByImprovement(read, most, readExact(now), readExact(last)));
    const measure = (name) => ({ count: measures[name], positions: [] });
    return writeExact(rules.pointsByRule(read, most, readNumbers(quantities), measure).points);
  },
  /** A number as it is written, published, and in hundredths. */
  number({ above, below }) {
    const value = fractionOf(BigInt(above), BigInt(below));
    return [writeExact(value), asPublished(value), String(hundredthsOf(value))];
  },
  /** Whether a body is of its kind's shape. */
  fits({ kind, body }) {
    try {
      checkBody(kind, body, 0);
      return true;
    } catch (wrong) {
      if (wrong.name !== "FoldError") throw wrong;
      return false;
    }
  },
  /** What a whole log published, as its dossier is compared with it. */
  states: async ({ name }) => Object.fromEntries(await publishedStates(logs.get(name))),
  /** A text read as a number and written again. */
  reads({ text }) {
    try {
      return writeExact(readExact(text));
    } catch (wrong) {
      return wrong.name;
    }
  },
};

function shown(lines, whole) {
  return whole ? lines : `${lines.length} ${createHash("sha256").update(lines.join("\n")).digest("hex")}`;
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { command, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = await COMMANDS[command](given);
  } catch (wrong) {
    answer = { failed: String(wrong.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
}
