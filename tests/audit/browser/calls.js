/** What tests may ask of the modules, the same in Node and in a browser: JSON in, JSON out. */

/** Where the modules lie; a mutation has them elsewhere. */
const FROM = globalThis.MINHCHUNG_MODULES ?? new URL("../../../audit/browser/", import.meta.url).href;
const load = (name) => import(`${FROM}${name}.js`);
const [bytes, canonical, checkpoint, commitment, dossier, entry, envelope, errors, head, keys, keyring, merkle, note] =
  await Promise.all(
    ["bytes", "canonical", "checkpoint", "commitment", "dossier", "entry", "envelope", "errors", "head", "keys", "keyring", "merkle", "note"].map(load),
  );
const [attested, continuation, policy, receipt, hashing, stateProof, statement, trust, verifier, lines, grammar] = await Promise.all(
  ["attested", "continuation", "policy", "receipt", "sha256", "state_proof", "statement", "trust", "verifier", "lines", "grammar"].map(load),
);

const CALLS = {
  decode: (data, limit) => canonical.encodeCanonical(canonical.decodeCanonical(data, limit)),
  encode: (value) => canonical.encodeCanonical(value),
  encodeFloat: (text) => canonical.encodeCanonical(Number(text)),
  checkText: (text, lineFeeds) => canonical.checkText(text, { lineFeeds }),
  handwritten: (data, limit) => canonical.encodeCanonical(canonical.readHandwritten(data, limit)),
  base64: (text) => bytes.readBase64(text),
  number: (text) => lines.readNumber(text),
  isTime: (text) => grammar.isTime(text),
  loadKey: async (raw) => (await keys.loadPublicKey(raw)).id,
  isDemoKey: async (raw) => keys.isDemoKey(await keys.loadPublicKey(raw)),
  verify: async (raw, signature, data) => (await keys.loadPublicKey(raw)).verify(signature, data),
  sha256: (data) => hashing.sha256(data),
  leafHash: (data) => merkle.leafHash(data),
  nodeHash: (left, right) => merkle.nodeHash(left, right),
  root: (leaves) => merkle.treeRoot(leaves),
  grownRoot: (leaves, from) => {
    let tree = new merkle.CompactRange();
    for (const [n, leaf] of leaves.entries()) {
      if (n === from) tree = new merkle.CompactRange(tree.size, tree.subtrees);
      tree.append(leaf);
    }
    return tree.root();
  },
  inclusion: (stated) => merkle.verifyInclusion(stated),
  consistency: (stated) => merkle.verifyConsistency(stated),
  openNote: async (data, vkeys) => {
    const { text, signatures } = await note.openNote(data, vkeys);
    return { text, signatures: signatures.map(({ name, algorithm, time }) => ({ name, algorithm, time })) };
  },
  parseVkey: async (text) => (await note.parseVkey(text)).name,
  openHead: async (data, vkeys, stated) => {
    const found = await head.openHead(data, { vkeys, policy: stated ? await policy.checkedPolicy(stated) : undefined });
    return found.cosigned.map(({ witness, time }) => ({ name: witness.name, time }));
  },
  policy: async (stated) => (await policy.checkedPolicy(stated)) && null,
  checkpoint: (text) => checkpoint.formatCheckpoint(checkpoint.parseCheckpoint(text)),
  logProof: (data) => receipt.formatLogProof(receipt.parseLogProof(data)),
  formatLogProof: (proof) => receipt.formatLogProof(proof),
  receipt: (data, sent, vkeys) => receipt.verifyReceipt(data, { envelope: sent, vkeys }),
  statement: (payload) => {
    const read = statement.parseStatement(payload);
    return { stream: statement.streamOf(read), keys: read.keys, actors: read.actors, id: read.id };
  },
  envelope: (data) => bytes.toUtf8(envelope.spellEnvelope(envelope.parseEnvelope(data))),
  preAuthentication: (payload, type) => envelope.preAuthentication(payload, type ?? undefined),
  envelopeJson: (stated) => envelope.envelopeFromJson(stated) && null,
  signatures: async (read, raws) => {
    const loaded = await Promise.all(raws.map((raw) => keys.loadPublicKey(raw)));
    const known = new Map(loaded.map((key) => [key.id, key]));
    await envelope.verifySignatures(read, statement.parseStatement(read.payload), known);
  },
  attestation: (stated) => attested.readAttestation(stated),
  receiptForm: (data) => receipt.parseReceipt(data).index,
  encodeEntry: (stated) => entry.encodeEntry(stated),
  logOf: async (data, origin) => trust.logOf(await trust.parseTrust(data), origin).origin,
  continuation: (stated, origin) => continuation.checkContinuation(stated, origin) ?? null,
  entry: (data) => entry.encodeEntry(entry.parseEntry(data)),
  opening: (stated, opening) => commitment.verifyOpening(stated, opening),
  stateProof: (data) => stateProof.parseStateProof(data).key,
  verifyStateProof: (proof, expected) => stateProof.verifyStateProof(proof, expected),
  trust: async (data) => {
    const read = await trust.parseTrust(data);
    return { origins: read.logs.map(({ origin }) => origin), quorum: read.policy.quorum };
  },
  story: async (told) => {
    const ring = new keyring.Keyring();
    const answers = [];
    for (const { envelope: data, position } of told) answers.push(await admitted(ring, data, position));
    return { answers, contested: ring.contested(), log: ring.logKeys().map(({ since, key }) => [since, key.id]) };
  },
  log: async (copy) => {
    const openings = new Map(Object.entries(copy.openings));
    const { roots, ...verdict } = await verifier.verifyLog({ ...copy, openings });
    return { ...verdict, roots: Object.fromEntries(roots) };
  },
  tooLarge: async (size) => (await dossier.verifyDossier(new Uint8Array(size))).findings[0].rule,
  dossier: async (data, trusted) => {
    const refold = (await load("fold/published")).publishedStates;
    return dossier.verifyDossier(data, trusted && (await trust.parseTrust(trusted)), undefined, refold);
  },
};

/** Admit a statement as a log would; a refused one leaves no trace. */
async function admitted(ring, data, position) {
  try {
    const read = envelope.parseEnvelope(data);
    const stated = statement.parseStatement(read.payload);
    await envelope.verifySignatures(read, stated, await ring.keysFor(stated));
    await ring.check(stated, position);
    await ring.follow(stated, position);
    return "admitted";
  } catch (wrong) {
    if (!(wrong instanceof errors.AuditError)) throw wrong;
    return wrong.rule;
  }
}

/** Bytes and large numbers have no place in JSON: `{"$base64": ...}`, `{"$bigint": ...}`. */
function revived(value) {
  if (Array.isArray(value)) return value.map(revived);
  if (value === null || typeof value !== "object") return value;
  if ("$base64" in value) return bytesOf(value.$base64);
  if ("$bigint" in value) return BigInt(value.$bigint);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, revived(item)]));
}

/** Node has a quick way, a browser has not. */
function bytesOf(base64) {
  if (globalThis.Buffer) return new Uint8Array(Buffer.from(base64, "base64"));
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

function written(value) {
  if (value instanceof Uint8Array) return { $base64: btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join("")) };
  if (typeof value === "bigint") return { $bigint: String(value) };
  if (Array.isArray(value)) return value.map(written);
  if (value === null || typeof value !== "object") return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, written(item)]));
}

/** Answer one question: `{call, args}` -> `{ok}`, `{error}` for what a check throws, `{crash}` for anything else. */
export async function answer({ call, args }) {
  try {
    return { ok: written(await CALLS[call](...args.map(revived))) };
  } catch (wrong) {
    if (!(wrong instanceof errors.AuditError)) return { crash: String(wrong?.stack ?? wrong) };
    return { error: { kind: wrong.name, rule: wrong.rule, facts: written(wrong.facts) } };
  }
}
