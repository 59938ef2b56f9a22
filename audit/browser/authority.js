/**
 * The root certificate of a time authority (X.509, RFC 5280), as a trust file is judged by it: that it can be read in
 * one way, has a key that is long enough, and is one of an authority.
 *
 * Who signed it and until when it is valid is not asked: nothing here can check a token. Curves that WebCrypto does
 * not know are told by their names.
 */
import { sameBytes, toHex } from "./bytes.js";
import {
  BIT_STRING, BOOLEAN, DerReader, INTEGER, NULL, NotDer, OBJECT_ID, OCTET_STRING, SEQUENCE, SET, checkInteger, checkObjectId,
} from "./der.js";
import { TimeRefused } from "./errors.js";
import { isTime } from "./grammar.js";

const MIN_RSA_BITS = 2048;
const RSA = "2a864886f70d010101";
/** Signatures by RSA: with a hash of their name, and nothing beside it, or with what PSS takes. */
const PKCS_1 = /^2a864886f70d0101(?:05|0b|0c|0d|0e)$/;
const RSA_PSS = "2a864886f70d01010a";
const ELLIPTIC = "2a8648ce3d0201";
const BASIC_CONSTRAINTS = "551d13";
const AUTHORITY_KEY = "551d23";
const AUTHORITY_PARTS = [0x80, 0xa1, 0x82];
const KEY_USAGE = "551d0f";
const SHAPES = new Map([[AUTHORITY_KEY, SEQUENCE], ["551d0e", OCTET_STRING], [KEY_USAGE, BIT_STRING]]);
/** Curves of 256 bits or more: what WebCrypto calls them, where it knows them. @type {Map<string, string | null>} */
const CURVES = new Map([
  ["2a8648ce3d030107", "P-256"],
  ["2b81040022", "P-384"],
  ["2b81040023", "P-521"],
  ["2b8104000a", null],
  ["2b2403030208010107", null],
  ["2b240303020801010b", null],
  ["2b240303020801010d", null],
]);
/** UTCTime and GeneralizedTime. */
const TIMES = new Map([[0x17, 12], [0x18, 14]]);
const FIFTY = "50";
const TRUE = Uint8Array.of(0xff);
const [VERSION, ISSUER_ID, SUBJECT_ID, EXTENSIONS] = [0xa0, 0x81, 0x82, 0xa3];

/**
 * Throw TimeRefused `authority.malformed`, `authority.weak_key` unless this is the certificate of an authority.
 * @param {Uint8Array} der
 */
export async function checkAuthority(der) {
  const { version, key, extensions } = readOr(() => certificateIn(der), "not a certificate");
  // A version that nobody knows comes with a key that nobody knows, whatever it looks like.
  if (version !== null && !sameBytes(version, Uint8Array.of(2))) throw weakKey("unknown");
  await checkStrength(key);
  const constraints = readOr(() => constraintsIn(extensions), "no basic constraints");
  if (constraints === null) throw malformedAuthority("no basic constraints");
  if (!constraints.isAuthority) throw malformedAuthority("not of an authority");
}

/** @param {string} reason */
function malformedAuthority(reason) {
  return new TimeRefused("authority.malformed", { reason });
}

/** @param {string} key */
function weakKey(key) {
  return new TimeRefused("authority.weak_key", { key });
}

/**
 * @template T
 * @param {() => T} read
 * @param {string} reason
 */
function readOr(read, reason) {
  try {
    return read();
  } catch (wrong) {
    throw wrong instanceof NotDer ? malformedAuthority(reason) : wrong;
  }
}

/**
 * Section 4.1: what is signed, by which algorithm, and the signature.
 * @param {Uint8Array} der
 */
function certificateIn(der) {
  const whole = new DerReader(der);
  const parts = whole.inside(SEQUENCE);
  whole.end();
  const found = signedIn(parts.inside(SEQUENCE));
  checkAlgorithm(parts.inside(SEQUENCE));
  checkBits(parts.take(BIT_STRING));
  parts.end();
  return found;
}

/** @param {DerReader} signed */
function signedIn(signed) {
  const version = signed.tag === VERSION ? versionIn(signed.inside(VERSION)) : null;
  checkInteger(signed.take(INTEGER));
  checkAlgorithm(signed.inside(SEQUENCE));
  checkName(signed.inside(SEQUENCE));
  checkValidity(signed.inside(SEQUENCE));
  checkName(signed.inside(SEQUENCE));
  const start = signed.at;
  signed.take(SEQUENCE);
  const key = signed.data.subarray(start, signed.at);
  for (const tag of [ISSUER_ID, SUBJECT_ID]) if (signed.tag === tag) checkBits(signed.take(tag));
  const extensions = signed.tag === EXTENSIONS ? extensionsIn(signed.inside(EXTENSIONS)) : [];
  signed.end();
  return { version, key, extensions };
}

/** @param {DerReader} holder */
function versionIn(holder) {
  const version = checkInteger(holder.take(INTEGER));
  holder.end();
  if (version[0] >= 0x80 || sameBytes(version, Uint8Array.of(0))) throw new NotDer(); // what is left out is not said
  return version;
}

/** @param {DerReader} algorithm */
function checkAlgorithm(algorithm) {
  const name = toHex(checkObjectId(algorithm.take(OBJECT_ID)));
  const tag = name === RSA_PSS ? SEQUENCE : PKCS_1.test(name) ? NULL : algorithm.tag;
  const parameters = algorithm.isDone ? null : algorithm.take(tag);
  algorithm.end();
  if (tag === NULL && parameters?.length) throw new NotDer();
}

/** @param {DerReader} name */
function checkName(name) {
  while (!name.isDone) {
    const set = name.inside(SET);
    do {
      const pair = set.inside(SEQUENCE);
      checkObjectId(pair.take(OBJECT_ID));
      pair.take(pair.tag);
      pair.end();
    } while (!set.isDone);
  }
}

/** @param {DerReader} validity */
function checkValidity(validity) {
  for (let n = 0; n < 2; n += 1) {
    const digits = TIMES.get(validity.tag);
    const stated = String.fromCharCode(...validity.take(validity.tag));
    if (stated.length - 1 !== digits || !isTime(spelledOut(stated))) throw new NotDer();
  }
  validity.end();
}

/**
 * A time as people write it; two digits are a year from 1950 to 2049 (section 4.1.2.5.1).
 * @param {string} stated
 */
function spelledOut(stated) {
  const whole = stated.length > 13 ? stated : (stated < FIFTY ? "20" : "19") + stated;
  return whole.replace(/^(....)(..)(..)(..)(..)(..)(.)$/, "$1-$2-$3T$4:$5:$6$7");
}

/** @param {Uint8Array} content */
function checkBits(content) {
  const [unused, last] = [content[0], content[content.length - 1]];
  if (content.length === 0 || unused > 7 || (content.length === 1 && unused > 0)) throw new NotDer();
  if (last & ((1 << unused) - 1)) throw new NotDer();
}

// --- the key --------------------------------------------------------------------------------------------

/** @param {Uint8Array} key SubjectPublicKeyInfo */
async function checkStrength(key) {
  const { algorithm, curve, number } = readOr(() => kindOf(key), "not a certificate");
  if (algorithm === RSA) {
    const bits = readOr(() => modulusBits(number), "not a certificate");
    if (bits < MIN_RSA_BITS) throw weakKey(`RSA ${bits}`);
  } else if (algorithm === ELLIPTIC && CURVES.has(curve)) {
    const name = CURVES.get(curve);
    if (name) await imported(key, { name: "ECDSA", namedCurve: name });
  } else {
    throw weakKey("unknown");
  }
}

/** @param {Uint8Array} key */
function kindOf(key) {
  const info = new DerReader(key).inside(SEQUENCE);
  const kind = info.inside(SEQUENCE);
  const bits = info.take(BIT_STRING);
  info.end();
  if (bits[0] !== 0) throw new NotDer();
  const algorithm = toHex(checkObjectId(kind.take(OBJECT_ID)));
  const curve = algorithm === ELLIPTIC ? toHex(checkObjectId(kind.take(OBJECT_ID))) : "";
  if (algorithm === RSA) kind.take(NULL);
  else if (!kind.isDone) kind.take(kind.tag);
  kind.end();
  return { algorithm, curve, number: bits.subarray(1) };
}

/**
 * How long the modulus of an RSA key is (RFC 8017 appendix A.1.1); its exponent is odd, and 3 or more.
 * @param {Uint8Array} key
 */
function modulusBits(key) {
  const whole = new DerReader(key);
  const numbers = whole.inside(SEQUENCE);
  whole.end();
  const [modulus, exponent] = [0, 1].map(() => checkInteger(numbers.take(INTEGER)));
  numbers.end();
  if (modulus[0] >= 0x80 || exponent[0] >= 0x80) throw new NotDer();
  if (!(exponent[exponent.length - 1] & 1) || sameBytes(exponent, Uint8Array.of(1))) throw new NotDer();
  return BigInt(`0x${toHex(modulus)}`).toString(2).length;
}

/**
 * @param {Uint8Array} key
 * @param {any} algorithm
 * @returns {Promise<CryptoKey>}
 */
async function imported(key, algorithm) {
  try {
    return await globalThis.crypto.subtle.importKey("spki", key, algorithm, true, ["verify"]);
  } catch {
    throw malformedAuthority("not a certificate");
  }
}

// --- extensions -----------------------------------------------------------------------------------------

/** @typedef {{name: string, value: Uint8Array}} Extension */

/**
 * @param {DerReader} holder
 * @returns {Extension[]}
 */
function extensionsIn(holder) {
  const list = holder.inside(SEQUENCE);
  holder.end();
  const found = [];
  do {
    const one = list.inside(SEQUENCE);
    const name = toHex(checkObjectId(one.take(OBJECT_ID)));
    const critical = one.takeIf(BOOLEAN);
    if (critical !== null && !sameBytes(critical, TRUE)) throw new NotDer();
    const value = one.take(OCTET_STRING);
    one.end();
    found.push({ name, value });
  } while (!list.isDone);
  return found;
}

/**
 * Section 4.2.1.9; of an extension that stands twice, none is believed.
 * @param {Extension[]} extensions
 */
function constraintsIn(extensions) {
  if (new Set(extensions.map(({ name }) => name)).size < extensions.length) throw new NotDer();
  for (const { name, value } of extensions) checkShape(name, value);
  const its = extensions.find(({ name }) => name === BASIC_CONSTRAINTS);
  if (!its) return null;
  const holder = new DerReader(its.value);
  const stated = holder.inside(SEQUENCE);
  holder.end();
  const isAuthority = stated.takeIf(BOOLEAN);
  const length = stated.takeIf(INTEGER);
  if (length) checkInteger(length);
  stated.end();
  if (isAuthority !== null && !sameBytes(isAuthority, TRUE)) throw new NotDer();
  return { isAuthority: isAuthority !== null };
}

/**
 * An extension that is known holds one value of its shape.
 * @param {string} name
 * @param {Uint8Array} value
 */
function checkShape(name, value) {
  const tag = SHAPES.get(name);
  if (tag === undefined) return;
  const holder = new DerReader(value);
  const parts = holder.inside(tag);
  holder.end();
  if (name === KEY_USAGE) checkBits(parts.data);
  if (name !== AUTHORITY_KEY) return;
  for (const part of AUTHORITY_PARTS) parts.takeIf(part);
  parts.end();
}
