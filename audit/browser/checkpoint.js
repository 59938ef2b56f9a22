/** C2SP tlog-checkpoint without extension lines: origin, size and root of the log, signed as a note. */
import { fromUtf8, readBase64, toBase64, toUtf8 } from "./bytes.js";
import { CheckpointError } from "./errors.js";
import { LINE_NAME } from "./lines.js";
import { HASH_SIZE, MAX_SIZE } from "./merkle.js";

/**
 * The head of a log: how many entries, and the root over them.
 * @typedef {{origin: string, size: number | bigint, root: Uint8Array}} Checkpoint
 */

/**
 * Read a note's text as a checkpoint: read, written back, compared.
 *
 * Throws CheckpointError `checkpoint.malformed` with the line that is wrong.
 * @param {Uint8Array} text
 * @returns {Checkpoint}
 */
export function parseCheckpoint(text) {
  const read = fromUtf8(text);
  if (read === null) throw malformedCheckpoint("not UTF-8");
  const lines = read.split("\n");
  if (lines.length !== 4 || lines[3] !== "") throw malformedCheckpoint("not three lines");
  if (!LINE_NAME.test(lines[0])) throw malformedCheckpoint("origin");
  const found = { origin: lines[0], size: checkpointSize(lines[1]), root: checkpointRoot(lines[2]) };
  if (spellCheckpoint(found) !== read) throw malformedCheckpoint("another spelling");
  return found;
}

/** @param {string} line */
function malformedCheckpoint(line) {
  return new CheckpointError("checkpoint.malformed", { line });
}

/** @param {string} text */
function checkpointSize(text) {
  if (!/^[0-9]{1,19}$/.test(text) || BigInt(text) > MAX_SIZE) throw malformedCheckpoint("size");
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** @param {string} text */
function checkpointRoot(text) {
  const root = readBase64(text);
  if (root?.length === HASH_SIZE) return root;
  // 43 digits and one of padding are 32 bytes: with bits left over they are another spelling of some root.
  if (/^[0-9A-Za-z+/]{43}=$/.test(text)) throw malformedCheckpoint("another spelling");
  throw malformedCheckpoint("root");
}

/** @param {Checkpoint} checkpoint */
function spellCheckpoint({ origin, size, root }) {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * Write the text of a checkpoint's note.
 * @param {Checkpoint} checkpoint
 */
export function formatCheckpoint(checkpoint) {
  return toUtf8(spellCheckpoint(checkpoint));
}
