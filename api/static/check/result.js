/** A published result: its publication and attestation are in the log, and the ranks are those that were attested. */
import { readAttestation } from "../../../audit/browser/attested.js";
import { fromHex, sameBytes, toUtf8 } from "../../../audit/browser/bytes.js";
import { parseEntry } from "../../../audit/browser/entry.js";
import { verifySignatures } from "../../../audit/browser/envelope.js";
import { AttestationError, BadSignature } from "../../../audit/browser/errors.js";
import { leafHash, verifyInclusion } from "../../../audit/browser/merkle.js";
import { parseVkey } from "../../../audit/browser/note.js";
import { parseStatement } from "../../../audit/browser/statement.js";
import { stateProofFromJson, verifyStateProof } from "../../../audit/browser/state_proof.js";
import { askJson } from "./asking.js";
import { askInclusion, checkGrowth } from "./growth.js";
import { attested, bad, fallen, good, open } from "./lines.js";

/** Check the proofs of a version by the head and keys that hold; `shown` are the places that a page shows of it. */
export async function checkResult({ proofs, result }, { head, vkeys }) {
  const [told, shown] = await Promise.all([askJson(proofs), askJson(result)]);
  if (told.version === null) return [open("nothing_published")];
  const lines = [await included("publication_in", told.published, head, ({ statement }) => checkPublication(statement, told))];
  if (told.attested === null) return [...lines, open("not_attested")];
  let stated = null;
  lines.push(await included("attestation_in", told.attested, head, async (read) => (stated = await checkAttestation(read, told, head, vkeys))));
  if (stated === null) return lines;
  return [...lines, attested("attests", { count: stated.count, size: stated.size, version: stated.version }), ...ranks(told, placesIn(shown), stated)];
}

/** An entry that is in the log, byte for byte as it was given; what it says is then checked by `check`. */
async function included(word, { position, entry }, head, check) {
  try {
    const data = toUtf8(entry);
    const { leaf, proof } = await askInclusion(position, head.size);
    const own = leafHash(data);
    if (!sameBytes(own, leaf)) return bad("other_bytes", { position }, "leaf.other_bytes", position);
    verifyInclusion({ index: position, size: head.size, leaf: own, proof, root: head.root });
    const read = parseEntry(data);
    await check({ ...read, statement: parseStatement(read.envelope.payload) });
  } catch (wrong) {
    return fallen(wrong, "entry_wrong", position);
  }
  return good(word, { position, size: head.size });
}

function checkPublication({ type, round, body }, { round: code, version }) {
  const its = type === "ResultPublished.v1" && round === code && body.version === version;
  if (!its) throw new AttestationError("attestation.not_one", { type });
}

/** It is the log's own word on this version, and what it says of the log's root is so. */
async function checkAttestation({ envelope, statement }, { round, version }, head, vkeys) {
  const stated = readAttestation(statement);
  if (stated.round !== round || stated.version !== version) throw new AttestationError("attestation.not_one", { type: statement.type });
  await verifySignatures(envelope, statement, await keysOf(vkeys));
  await checkGrowth({ size: stated.size, root: fromHex(stated.root) }, head);
  return stated;
}

async function keysOf(vkeys) {
  const read = await Promise.all(vkeys.map(parseVkey));
  return new Map(read.filter(({ key }) => key.id !== undefined).map(({ key }) => [key.id, key]));
}

/** Each rank that may be shown with its points is the attested one; of the others only that they are attested. */
function ranks({ round, states, version }, places, stated) {
  if (!states.length) return [open("ranks_withheld", { version })];
  const root = fromHex(stated.state_root);
  let proven = 0;
  for (const one of states) {
    try {
      const proof = stateProofFromJson(one);
      verifyStateProof(proof, { key: proof.key, count: stated.count, root });
      const [code, agency, of] = proof.key.split("/");
      if (proof.absent !== null || code !== round || of !== "rank") throw new BadSignature("state.other_key", { stated: proof.key, expected: `${round}/…/rank` });
      const { rank, score } = proof.shown[0].item.value;
      const place = places.get(agency);
      if (place && (String(place.rank) !== rank || (place.score !== undefined && place.score !== score))) {
        return [bad("other_place", { agency, shown: place.rank, rank }, "check.other_place")];
      }
      proven += place ? 1 : 0;
    } catch (wrong) {
      return [fallen(wrong, "rank_wrong")];
    }
  }
  return [good("ranks_proven", { count: states.length, shown: proven })];
}

const placesIn = ({ blocks = [] }) => new Map(blocks.flatMap(({ places }) => places.map((place) => [place.agency, place])));
