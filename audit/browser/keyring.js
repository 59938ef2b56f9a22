/**
 * Which key is whose, decided by the log at the entry's index and never by a clock.
 *
 * Genesis names the log's own key, the registrars and their quorum. A key is enrolled over proof of possession and
 * a quorum of registrars, rotated over both keys, suspended or revoked by itself or by the registrars. The log's own
 * key is rotated over both keys, too, by an event of its own: checkpoints follow it. What a compromised key had
 * signed is contested until its owner says whose word it is (docs/formats/keys.md).
 */
import { CONTESTED, PLAIN, REAFFIRMED, REPUDIATED, afterWord, covers, worstOf } from "./authorship.js";
import { firstOf } from "./bytes.js";
import { KeyringError } from "./errors.js";
import { HEX, isCount, isText } from "./grammar.js";
import { DEMO_ORIGIN, isDemoKey } from "./keys.js";
import {
  CERTIFICATE_BOUND, CUSTODIES, GENESIS, KEY_ENROLLED, KEY_REINSTATED, KEY_REVOKED, KEY_ROTATED, KEY_SUSPENDED,
  LOG_ACTOR, LOG_KEY_ROTATED, MEANINGS, broughtKeys, checkKeyEventForm, isKeyEvent, malformedGenesis,
  malformedKeyEvent, readGenesis, readKey, readWord,
} from "./key_events.js";

const REVOCATIONS = ["LOST", "COMPROMISED", "LEFT_OFFICE", "SUPERSEDED"];
const SUSPENSIONS = ["MISLAID", "SUSPECTED", "ON_LEAVE"];

/**
 * A key's life in the log: entries from `enrolledAt` up to, not including, `endedAt` may bear it.
 *
 * `compromisedSince` is the position from which its statements are contested, up to, not including, `revokedAt`;
 * both may come after it was rotated away.
 * @typedef {object} KeyRecord
 * @property {import("./keys.js").PublicKey} key
 * @property {string} actor
 * @property {string} custody
 * @property {number} enrolledAt
 * @property {number | null} endedAt
 * @property {number | null} compromisedSince
 * @property {number | null} revokedAt
 * @property {number | null} suspendedAt
 * @property {string[]} certificates
 */

/** @typedef {import("./statement.js").Statement} Stated */

/** The keys after a prefix of the log. `check` decides about the next statement, `follow` takes it in. */
export class Keyring {
  constructor() {
    /** @type {import("./key_events.js").Genesis | null} */
    this.opened = null;
    /** @type {Map<string, KeyRecord>} */
    this.records = new Map();
    /** @type {Map<string, string | null>} */
    this.holders = new Map();
    /** @type {Map<string, number>} */
    this.counters = new Map();
    /** @type {Map<string, import("./authorship.js").Word[]>} */
    this.words = new Map();
    /** @type {Map<string, string>} */
    this.certified = new Map();
    /** @type {Map<string, number[]>} */
    this.borne = new Map();
  }

  /** What the log was opened with; throws KeyringError `genesis.missing` before it was. */
  get genesis() {
    if (!this.opened) throw new KeyringError("genesis.missing");
    return this.opened;
  }

  /** The log's keys, oldest first, each with the smallest size whose checkpoint it signs. */
  logKeys() {
    const its = [...this.records.values()].filter(({ actor }) => actor === LOG_ACTOR);
    return its.map(({ enrolledAt, key }) => ({ since: enrolledAt + 1, key })).sort((a, b) => a.since - b.since);
  }

  /**
   * An actor's valid key, if there is one.
   * @param {string} actor
   */
  holderKey(actor) {
    const key = this.holders.get(actor);
    return key ? this.record(key) : null;
  }

  /**
   * @param {string} key
   * @returns {KeyRecord}
   */
  record(key) {
    const found = this.records.get(key);
    if (!found) throw new KeyringError("key.unknown", { key: firstOf(key, 64) });
    return found;
  }

  /**
   * What can be said of a statement that bears these keys at a position.
   * @param {string[]} keys
   * @param {number} position
   */
  authorship(keys, position) {
    return worstOf(keys.map((key) => this.authorshipOf(key, position)));
  }

  /**
   * @param {string} key
   * @param {number} position
   * @returns {import("./authorship.js").Authorship}
   */
  authorshipOf(key, position) {
    const record = this.records.get(key);
    if (!record || !contests(record, position)) return PLAIN;
    const said = (this.words.get(key) ?? []).filter((word) => covers(word, position));
    return afterWord(said[said.length - 1], (by, at) => this.authorshipOf(by, at));
  }

  /** Every position that was ever contested, in order, and what became of it. */
  contested() {
    /** @type {Map<number, import("./authorship.js").Authorship>} */
    const found = new Map();
    for (const [key, record] of this.records) {
      for (const position of (this.borne.get(key) ?? []).filter((at) => contests(record, at))) {
        found.set(position, worstOf([found.get(position) ?? PLAIN, this.authorshipOf(key, position)]));
      }
    }
    return [...found].sort(([one], [other]) => one - other).map(([position, authorship]) => ({ position, authorship }));
  }

  /**
   * The public keys a statement's signatures are checked with, new ones out of its own body.
   *
   * Throws KeyringError `key.unknown`, `key.malformed`, UnsafeKey `key.unsafe`.
   * @param {Stated} statement
   */
  async keysFor(statement) {
    const brought = new Map((await broughtKeys(statement)).map((key) => [key.id, key]));
    /** @type {Map<string, import("./keys.js").PublicKey>} */
    const found = new Map();
    for (const id of statement.keys) {
      const key = this.records.get(id)?.key ?? brought.get(id);
      if (!key) throw new KeyringError("key.unknown", { key: id });
      found.set(id, key);
    }
    return found;
  }

  // --- checks -------------------------------------------------------------------------------------------

  /**
   * Throw KeyringError unless the named keys may sign this statement at this index.
   *
   * `genesis.missing`, `genesis.misplaced`, `genesis.malformed`, `key.unknown`, `key.revoked`, `key.suspended`,
   * `key.not_suspended`, `key.compromised_later`, `key.other_actor`, `key.demo`, `key.already_enrolled`,
   * `key.actor_has_key`, `key.no_possession`, `key.registrars_needed`, `key.not_the_holder`, `key.of_the_log`,
   * `key.malformed`, `contested.not_the_owner`, `contested.not_contested`, `contested.settled`,
   * `certificate.bound_already`, `certificate.of_another_actor`, `counter.stale`, `counter.ahead`; UnsafeKey.
   * @param {Stated} statement
   * @param {number} position
   */
  async check(statement, position) {
    if (statement.type === GENESIS) return this.checkGenesis(statement, position);
    const brought = new Set((await broughtKeys(statement)).map(({ id }) => id));
    statement.keys.forEach((key, n) => brought.has(key) || this.checkHolder(key, statement.actors[n]));
    if (isKeyEvent(statement.type)) return this.checkKeyEvent(statement, position);
    if (statement.key !== null) this.checkCounter(statement.key, /** @type {number} */ (statement.counter));
  }

  /**
   * @param {string} key
   * @param {string} actor
   */
  checkHolder(key, actor) {
    const record = this.records.get(key);
    if (!record) {
      void this.genesis; // an empty log has a clearer complaint
      throw new KeyringError("key.unknown", { key });
    }
    if (record.endedAt !== null) throw new KeyringError("key.revoked", { key, since: record.endedAt });
    if (record.actor !== actor) throw new KeyringError("key.other_actor", { key, actor });
    if (record.suspendedAt !== null) throw new KeyringError("key.suspended", { key, since: record.suspendedAt });
  }

  /**
   * @param {string} key
   * @param {number} counter
   */
  checkCounter(key, counter) {
    const expected = (this.counters.get(key) ?? 0) + 1;
    if (counter === expected) return;
    throw new KeyringError(counter < expected ? "counter.stale" : "counter.ahead", { stated: counter, expected });
  }

  /**
   * @param {Stated} statement
   * @param {number} position
   */
  async checkGenesis(statement, position) {
    if (position !== 0 || this.opened) throw new KeyringError("genesis.misplaced", { position });
    const opened = await readGenesis(statement);
    const { signers, actors, needed } = statement;
    const expected = new Map([[opened.logKey.id, LOG_ACTOR], ...opened.registrars.map(registrarPair)]);
    if (!signers || !sameItems(signers, [...expected.keys()]) || needed !== expected.size) throw malformedGenesis("signers");
    for (const { key } of [{ key: opened.logKey }, ...opened.registrars]) await checkDemo(key, opened.origin);
    if (signers.some((key, n) => expected.get(key) !== actors[n])) throw malformedGenesis("actors");
  }

  /**
   * @param {Stated} statement
   * @param {number} position
   */
  async checkKeyEvent(statement, position) {
    checkKeyEventForm(statement);
    if (statement.type === KEY_REVOKED) return this.checkRevocation(statement, position);
    if (statement.type === LOG_KEY_ROTATED) return this.checkLogRotation(statement);
    if (statement.type === KEY_SUSPENDED || statement.type === KEY_REINSTATED) return this.checkSuspension(statement);
    if (statement.type in MEANINGS) return this.checkWord(statement);
    if (statement.type === CERTIFICATE_BOUND) return this.checkBinding(statement);
    return this.checkNewKey(statement);
  }

  /** @param {Stated} statement */
  async checkNewKey(statement) {
    const { actor, custody, public_key, replaces } = statement.body;
    const key = await readKey(public_key);
    const named = new Map(statement.keys.map((id, n) => [id, statement.actors[n]]));
    if (actor === LOG_ACTOR) throw new KeyringError("key.of_the_log");
    if (!CUSTODIES.includes(custody)) throw malformedKeyEvent("custody");
    await this.checkNew(key);
    if (named.get(key.id) !== actor) throw new KeyringError("key.no_possession", { key: key.id, actor: firstOf(actor, 40) });
    named.delete(key.id);
    if (statement.type === KEY_ENROLLED) {
      this.checkRegistrars(named);
      if (this.holders.get(actor)) throw new KeyringError("key.actor_has_key", { actor });
    } else if (this.isSuspended(replaces, actor)) {
      this.checkRegistrars(named);
    } else if (named.size !== 1 || named.get(replaces) !== actor) {
      throw new KeyringError("key.not_the_holder", { key: firstOf(replaces, 64) });
    }
  }

  /** @param {import("./keys.js").PublicKey} key */
  async checkNew(key) {
    await checkDemo(key, this.genesis.origin);
    if (this.records.has(key.id)) throw new KeyringError("key.already_enrolled", { key: key.id });
  }

  /**
   * Whether this is an actor's suspended key, for which the registrars sign where it cannot.
   * @param {string} key
   * @param {string} actor
   */
  isSuspended(key, actor) {
    const record = this.records.get(key);
    return record?.actor === actor && record.endedAt === null && record.suspendedAt !== null;
  }

  /**
   * Both keys sign as the log, and nobody else: no registrar decides about the log's key.
   * @param {Stated} statement
   */
  async checkLogRotation({ body, keys, actors }) {
    const key = await readKey(body.public_key);
    await this.checkNew(key);
    if (!keys.includes(key.id)) throw new KeyringError("key.no_possession", { key: key.id, actor: LOG_ACTOR });
    const others = keys.filter((id) => id !== key.id);
    if (!sameItems(others, [body.replaces]) || actors.some((actor) => actor !== LOG_ACTOR)) {
      throw new KeyringError("key.not_the_holder", { key: firstOf(body.replaces, 64) });
    }
  }

  /**
   * @param {Stated} statement
   * @param {number} position
   */
  checkRevocation(statement, position) {
    const { key, category } = statement.body;
    const since = "compromised_since" in statement.body ? statement.body.compromised_since : 0;
    const record = this.ofAPerson(key);
    const rotated = record.endedAt !== null && record.revokedAt === null;
    if (record.endedAt !== null && !(rotated && "compromised_since" in statement.body)) {
      throw new KeyringError("key.revoked", { key, since: record.endedAt });
    }
    if (!REVOCATIONS.includes(category) || !isCount(since)) throw malformedKeyEvent("category");
    const end = record.endedAt ?? position;
    if (since > end) throw new KeyringError("key.compromised_later", { since, end });
    if (!sameItems(statement.keys, [key])) this.checkRegistrars(namedBy(statement));
  }

  /**
   * Whoever may revoke a key may suspend it; only registrars reinstate, as the key cannot sign.
   * @param {Stated} statement
   */
  checkSuspension(statement) {
    const { key, category = SUSPENSIONS[0] } = statement.body;
    const record = this.ofAPerson(key);
    const reinstates = statement.type === KEY_REINSTATED;
    if (record.endedAt !== null) throw new KeyringError("key.revoked", { key, since: record.endedAt });
    if (reinstates && record.suspendedAt === null) throw new KeyringError("key.not_suspended", { key });
    if (!reinstates && record.suspendedAt !== null) {
      throw new KeyringError("key.suspended", { key, since: record.suspendedAt });
    }
    if (!SUSPENSIONS.includes(category)) throw malformedKeyEvent("category");
    if (reinstates || !sameItems(statement.keys, [key])) this.checkRegistrars(namedBy(statement));
  }

  /** @param {string} key */
  ofAPerson(key) {
    const record = this.record(key);
    if (record.actor === LOG_ACTOR) throw new KeyringError("key.of_the_log");
    return record;
  }

  /**
   * The owner alone speaks, of statements that are contested now, each of which bears the key.
   * @param {Stated} statement
   */
  checkWord(statement) {
    const { key } = statement.body;
    const record = this.ofAPerson(key);
    if (!sameItems(statement.actors, [record.actor])) {
      throw new KeyringError("contested.not_the_owner", { key, actor: statement.actors[0] });
    }
    const word = readWord(statement, 0);
    const spokenOf = (this.borne.get(key) ?? []).filter((position) => covers({ ...word, positions: null }, position));
    for (const position of word.positions ?? [word.first, word.last]) {
      if (!spokenOf.includes(position)) throw new KeyringError("contested.not_contested", { key, position });
    }
    for (const position of spokenOf.filter((at) => covers(word, at))) {
      const found = this.authorshipOf(key, position);
      if (found === REAFFIRMED || found === REPUDIATED) throw new KeyringError("contested.settled", { key, position });
      if (found !== CONTESTED) throw new KeyringError("contested.not_contested", { key, position });
    }
  }

  /**
   * The key itself signs; the chain of certificates behind it is not looked at here.
   * @param {Stated} statement
   */
  checkBinding({ body, keys }) {
    const { key, certificate, possession = "" } = body;
    if (!sameItems(keys, [key])) throw new KeyringError("key.not_the_holder", { key: firstOf(key, 64) });
    const record = this.ofAPerson(key);
    if (!isText(certificate, HEX)) throw malformedKeyEvent("certificate");
    if (typeof possession !== "string") throw malformedKeyEvent("possession");
    if (record.certificates.includes(certificate)) throw new KeyringError("certificate.bound_already", { certificate });
    if ((this.certified.get(certificate) ?? record.actor) !== record.actor) {
      throw new KeyringError("certificate.of_another_actor", { certificate });
    }
  }

  /** @param {Map<string, string>} named */
  checkRegistrars(named) {
    const { registrars, quorum } = this.genesis;
    const known = new Set(registrars.map(({ actor }) => actor));
    const signed = new Set([...named.values()].filter((actor) => known.has(actor))).size;
    if (signed < quorum || signed !== named.size) throw new KeyringError("key.registrars_needed", { signed, quorum });
  }

  /**
   * Of a part of a log, let a key go on from any counter that is higher than its last one here.
   * @param {Stated} statement
   */
  skipTo({ key, counter }) {
    if (key === null || counter === null) return;
    if (counter > (this.counters.get(key) ?? 0) + 1) this.counters.set(key, counter - 1);
  }

  // --- what follows -------------------------------------------------------------------------------------

  /**
   * Take in an admitted statement.
   * @param {Stated} statement
   * @param {number} position
   */
  async follow(statement, position) {
    if (statement.type === GENESIS) await this.open(statement, position);
    else if (isKeyEvent(statement.type)) await this.followKeyEvent(statement, position);
    for (const key of statement.keys) {
      addInOrder(positionsOf(this.borne, key), position);
    }
    if (statement.key !== null) this.counters.set(statement.key, /** @type {number} */ (statement.counter));
  }

  /**
   * @param {Stated} statement
   * @param {number} position
   */
  async open(statement, position) {
    this.opened = await readGenesis(statement);
    this.put(this.opened.logKey, LOG_ACTOR, "platform", position);
    for (const { key, actor, custody } of this.opened.registrars) this.put(key, actor, custody, position);
  }

  /**
   * @param {Stated} statement
   * @param {number} position
   */
  async followKeyEvent(statement, position) {
    const { type, body } = statement;
    if (type === KEY_ROTATED || type === LOG_KEY_ROTATED) this.end(body.replaces, position);
    if (type === KEY_ENROLLED || type === KEY_ROTATED) {
      this.put(await readKey(body.public_key), body.actor, body.custody, position);
    } else if (type === LOG_KEY_ROTATED) {
      this.put(await readKey(body.public_key), LOG_ACTOR, "platform", position);
    } else {
      this.followKey(statement, position);
    }
  }

  /**
   * @param {Stated} statement
   * @param {number} position
   */
  followKey(statement, position) {
    const { type, body } = statement;
    const record = this.record(body.key);
    if (type === KEY_REVOKED) {
      this.end(body.key, position);
      record.revokedAt = position;
      record.compromisedSince = body.compromised_since ?? null;
    } else if (type === KEY_SUSPENDED) {
      record.suspendedAt = position;
    } else if (type === KEY_REINSTATED) {
      record.suspendedAt = null;
    } else if (type === CERTIFICATE_BOUND) {
      record.certificates.push(body.certificate);
      this.certified.set(body.certificate, record.actor);
    } else {
      this.words.set(body.key, [...(this.words.get(body.key) ?? []), readWord(statement, position)]);
    }
  }

  /**
   * @param {import("./keys.js").PublicKey} key
   * @param {string} actor
   * @param {string} custody
   * @param {number} enrolledAt
   */
  put(key, actor, custody, enrolledAt) {
    const open = { endedAt: null, compromisedSince: null, revokedAt: null, suspendedAt: null, certificates: [] };
    this.records.set(key.id, { key, actor, custody, enrolledAt, ...open });
    this.holders.set(actor, key.id);
  }

  /**
   * End a key; one that was rotated away before has ended already.
   * @param {string} key
   * @param {number} position
   */
  end(key, position) {
    const record = this.record(key);
    if (record.endedAt !== null) return;
    record.endedAt = position;
    this.holders.set(record.actor, null);
  }
}

/**
 * Which positions bear a key, ascending; none so far where it is a new one.
 * @param {Map<string, number[]>} borne
 * @param {string} key
 */
function positionsOf(borne, key) {
  const positions = borne.get(key) ?? [];
  borne.set(key, positions);
  return positions;
}

/**
 * The rows of a copy may stand in any order.
 * @param {number[]} ascending
 * @param {number} position
 */
function addInOrder(ascending, position) {
  let end = ascending.length;
  while (end > 0 && ascending[end - 1] > position) end -= 1;
  ascending.splice(end, 0, position);
}

/**
 * Whether a statement that bears a key at this position is contested.
 * @param {KeyRecord} record
 * @param {number} position
 */
function contests({ compromisedSince, revokedAt }, position) {
  return compromisedSince !== null && revokedAt !== null && compromisedSince <= position && position < revokedAt;
}

/**
 * @param {{key: import("./keys.js").PublicKey, actor: string}} registrar
 * @returns {[string, string]}
 */
function registrarPair({ key, actor }) {
  return [key.id, actor];
}

/** @param {Stated} statement */
function namedBy({ keys, actors }) {
  return new Map(keys.map((key, n) => [key, actors[n]]));
}

/**
 * Whether two lists hold the same items, whatever their order.
 * @param {string[]} one
 * @param {string[]} other
 */
function sameItems(one, other) {
  return one.length === other.length && one.every((item) => other.includes(item));
}

/**
 * @param {import("./keys.js").PublicKey} key
 * @param {string} origin
 */
async function checkDemo(key, origin) {
  if (origin !== DEMO_ORIGIN && (await isDemoKey(key))) throw new KeyringError("key.demo", { key: key.id });
}
