/**
 * One proof for many leaves: the tree put together again from the leaves at hand and the roots of all subtrees
 * that hold none of them, left to right (docs/formats/dossier.md, "Tree").
 */
import { MerkleError } from "./errors.js";
import { nodeHash } from "./merkle.js";

/** The tree of a dossier; `PrunedTree.over` makes it. */
export class PrunedTree {
  /**
   * @param {number} size
   * @param {Map<number, Uint8Array>} leaves by ascending position
   * @param {Uint8Array[]} hashes
   * @param {number[]} sizes ascending
   */
  constructor(size, leaves, hashes, sizes) {
    this.size = size;
    this.leaves = leaves;
    this.positions = [...leaves.keys()];
    this.hashes = hashes;
    this.sizes = sizes;
    this.known = new Set(sizes);
    this.taken = 0;
    /** @type {Map<string, Uint8Array>} */
    this.nodes = new Map();
    /** @type {Map<number, Uint8Array>} */
    this.olds = new Map();
    this.top = new Uint8Array();
  }

  /**
   * Throw MerkleError `proof.too_short`, `proof.too_long` unless all hashes are taken, and no more.
   * @param {number} size
   * @param {Map<number, Uint8Array>} leaves
   * @param {Uint8Array[]} hashes
   * @param {number[]} sizes
   */
  static over(size, leaves, hashes, sizes) {
    const tree = new PrunedTree(size, leaves, hashes, sizes);
    tree.top = tree.build(0, size);
    if (tree.taken !== hashes.length) throw new MerkleError("proof.too_long", { size, length: hashes.length });
    return tree;
  }

  /**
   * The root at a size, or nothing where it cannot be computed from what is here.
   * @param {number | bigint} size
   * @returns {Uint8Array | null}
   */
  root(size) {
    if (size === this.size) return this.top;
    const whole = this.leaves.size === this.size && size > 0 && size < this.size;
    return typeof size === "number" && (this.known.has(size) || whole) ? this.once(size) : null;
  }

  /**
   * Many statements have seen the same size: its root is computed once.
   * @param {number} size
   */
  once(size) {
    const known = this.olds.get(size) ?? this.older(size);
    this.olds.set(size, known);
    return known;
  }

  /**
   * @param {number} lo
   * @param {number} hi
   * @returns {Uint8Array}
   */
  build(lo, hi) {
    let found;
    if (!holdsBetween(this.positions, lo, hi) && !holdsBetween(this.sizes, lo + 1, hi)) found = this.next();
    else if (hi - lo === 1) found = /** @type {Uint8Array} */ (this.leaves.get(lo));
    else {
      const middle = lo + halfOf(hi - lo);
      const left = this.build(lo, middle);
      found = nodeHash(left, this.build(middle, hi));
    }
    this.nodes.set(`${lo}-${hi}`, found);
    return found;
  }

  next() {
    if (this.taken === this.hashes.length) {
      throw new MerkleError("proof.too_short", { size: this.size, length: this.hashes.length });
    }
    this.taken += 1;
    return this.hashes[this.taken - 1];
  }

  /**
   * Hash the complete subtrees below a size together, the last two first (RFC 6962 section 2.1).
   * @param {number} size
   */
  older(size) {
    const subtrees = [];
    for (let lo = 0; lo < size; ) {
      const width = halfOf(size - lo + 1);
      subtrees.push(/** @type {Uint8Array} */ (this.nodes.get(`${lo}-${lo + width}`)));
      lo += width;
    }
    let found = /** @type {Uint8Array} */ (subtrees.pop());
    for (const left of subtrees.reverse()) found = nodeHash(left, found);
    return found;
  }
}

/**
 * Whether one of the ascending numbers is `lo` or more, and below `hi`.
 * @param {number[]} ascending
 * @param {number} lo
 * @param {number} hi
 */
function holdsBetween(ascending, lo, hi) {
  let [first, end] = [0, ascending.length];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (ascending[middle] < lo) first = middle + 1;
    else end = middle;
  }
  return first < ascending.length && ascending[first] < hi;
}

/**
 * The largest power of two below a width of two or more.
 * @param {number} width
 */
function halfOf(width) {
  let half = 1;
  while (half * 2 < width) half *= 2;
  return half;
}
