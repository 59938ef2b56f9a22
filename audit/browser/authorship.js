/**
 * Whose word a statement is when its key was in other hands for a while: contested, until its owner speaks.
 *
 * A revocation says from which position on a key cannot be relied upon. What it had signed from there on stays in
 * the log and counts as before; it is contested until its owner, with another key, reaffirms or repudiates it.
 */

export const PLAIN = "plain";
export const REAFFIRMED = "reaffirmed";
export const CONTESTED = "contested";
export const REPUDIATED = "repudiated";
const IN_ASCENDING_DOUBT = [PLAIN, REAFFIRMED, CONTESTED, REPUDIATED];

/** @typedef {"plain" | "reaffirmed" | "contested" | "repudiated"} Authorship */

/**
 * What an owner said at position `at` with key `by`: of these positions, or of all from first to last.
 * @typedef {{meaning: Authorship, at: number, by: string, first: number, last: number, positions: number[] | null}} Word
 */

/**
 * The one that leaves most doubt: a statement of several is as good as its worst signature.
 * @param {Authorship[]} found
 * @returns {Authorship}
 */
export function worstOf(found) {
  const doubt = Math.max(0, ...found.map((one) => IN_ASCENDING_DOUBT.indexOf(one)));
  return /** @type {Authorship} */ (IN_ASCENDING_DOUBT[doubt]);
}

/**
 * Whether a word was said of a position.
 * @param {Word} word
 * @param {number} position
 */
export function covers({ first, last, positions }, position) {
  return first <= position && position <= last && (positions === null || positions.includes(position));
}

/**
 * What is left of a statement's doubt after the last word on it; a word in doubt itself settles nothing.
 * @param {Word | undefined} word
 * @param {(key: string, position: number) => Authorship} of
 * @returns {Authorship}
 */
export function afterWord(word, of) {
  if (!word || ![PLAIN, REAFFIRMED].includes(of(word.by, word.at))) return CONTESTED;
  return word.meaning;
}
