/** DER (X.690), as far as certificates are made of it: each value in its one spelling, or nothing at all. */

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_ID = 0x06;

/** The bits of a tag that goes on in further bytes, as none does here. */
const MANY = 0x1f;

/** Bytes are not DER, or not of the shape that is looked for. */
export class NotDer extends Error {}

/** The values in some bytes, one after the other. */
export class DerReader {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  /** The tag of the next value; -1 at the end. */
  get tag() {
    return this.at < this.data.length ? this.data[this.at] : -1;
  }

  /**
   * The content of the next value, which has this tag.
   * @param {number} tag
   */
  take(tag) {
    if (this.tag !== tag || (tag & MANY) === MANY) throw new NotDer();
    this.at += 1;
    const size = this.length();
    if (this.at + size > this.data.length) throw new NotDer();
    this.at += size;
    return this.data.subarray(this.at - size, this.at);
  }

  /**
   * The values inside the next one, which has this tag.
   * @param {number} tag
   */
  inside(tag) {
    return new DerReader(this.take(tag));
  }

  /**
   * The content of the next value if it has this tag; else nothing.
   * @param {number} tag
   */
  takeIf(tag) {
    return this.tag === tag ? this.take(tag) : null;
  }

  /** Whether all was taken. */
  get isDone() {
    return this.at === this.data.length;
  }

  /** Throw unless all was taken. */
  end() {
    if (!this.isDone) throw new NotDer();
  }

  /** A length in its shortest form, of at most four bytes. */
  length() {
    const first = this.byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count < 1 || count > 4) throw new NotDer();
    let found = 0;
    for (let n = 0; n < count; n += 1) found = found * 256 + this.byte();
    if (found < 0x80 || found < 256 ** (count - 1)) throw new NotDer();
    return found;
  }

  byte() {
    if (this.at >= this.data.length) throw new NotDer();
    this.at += 1;
    return this.data[this.at - 1];
  }
}

/**
 * Throw unless each number of an object identifier has no byte too many, and the last one ends.
 * @param {Uint8Array} content
 */
export function checkObjectId(content) {
  if (content.length === 0 || content[content.length - 1] >= 0x80) throw new NotDer();
  if (content.some((byte, n) => byte === 0x80 && (n === 0 || content[n - 1] < 0x80))) throw new NotDer();
  return content;
}

/**
 * Throw unless an integer has no byte too many.
 * @param {Uint8Array} content
 */
export function checkInteger(content) {
  const [first, second] = content;
  const padded = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (content.length === 0 || padded) throw new NotDer();
  return content;
}
