/** Questions to the service that the page came from, and nobody else; what it says is checked, not believed. */

/** The service gave no answer that can be checked: a status, or 0 where nothing came at all. */
export class Unanswered extends Error {
  constructor(path, status) {
    super(`${path}: ${status}`);
    this.path = path;
    this.status = status;
  }
}

/** The bytes of an answer; `progress` is told how many have come, of how many. */
export async function askBytes(path, progress = () => {}) {
  const answer = await asked(path);
  const total = Number(answer.headers.get("content-length"));
  if (!total || !answer.body) return new Uint8Array(await answer.arrayBuffer());
  const [pieces, reader] = [[], answer.body.getReader()];
  let come = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    progress((come += piece.value.length), total);
  }
  return together(pieces, come);
}

function together(pieces, size) {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** An answer in JSON. */
export const askJson = async (path) => (await asked(path)).json();

async function asked(path) {
  let answer;
  try {
    answer = await fetch(path, { headers: { Accept: "application/json" } });
  } catch {
    throw new Unanswered(path, 0);
  }
  if (!answer.ok) throw new Unanswered(path, answer.status);
  return answer;
}
