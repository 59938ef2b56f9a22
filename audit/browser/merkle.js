/**
 * The tree of RFC 6962 section 2.1: hashes, and the checks of proofs, on bytes and integers only.
 *
 * The checks follow RFC 9162 sections 2.1.3.2 and 2.1.4.2, and are strict where it leaves room: every hash is 32
 * bytes, a path is neither longer nor shorter than the sizes demand. Sizes go up to 2^63 - 1: those that a
 * number does not hold exactly come as a BigInt.
 */
import { joined, sameBytes, toHex } from "./bytes.js";
import { MerkleError } from "./errors.js";
import { sha256 } from "./sha256.js";

export const HASH_SIZE = 32;
export const MAX_SIZE = 2n ** 63n - 1n;
export const EMPTY_ROOT_HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
/** A node before it is hashed; one is enough, as nothing waits in between. */
const PAIR = joined(NODE, new Uint8Array(2 * HASH_SIZE));

/** @typedef {number | bigint} Size */

/**
 * SHA-256(0x00 || data).
 * @param {Uint8Array} data
 */
export function leafHash(data) {
  return sha256(joined(LEAF, data));
}

/**
 * SHA-256(0x01 || left || right).
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
export function nodeHash(left, right) {
  if (left.length !== HASH_SIZE || right.length !== HASH_SIZE) return sha256(joined(NODE, left, right));
  PAIR.set(left, 1);
  PAIR.set(right, 1 + HASH_SIZE);
  return sha256(PAIR);
}

/**
 * The root over leaf hashes; over none, SHA-256 of nothing.
 * @param {Uint8Array[]} leafHashes
 */
export function treeRoot(leafHashes) {
  let level = leafHashes;
  if (level.length === 0) return sha256(new Uint8Array());
  while (level.length > 1) level = levelAbove(level);
  return level[0];
}

/**
 * Hash one level; an odd node goes up as it is, which makes the tree of RFC 6962.
 * @param {Uint8Array[]} level
 */
function levelAbove(level) {
  const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, n) => level.slice(2 * n, 2 * n + 2));
  return pairs.map(([left, right]) => (right ? nodeHash(left, right) : left));
}

/** The complete subtrees of a growing tree, largest first: all that is needed to go on. */
export class CompactRange {
  /**
   * @param {number} size
   * @param {Uint8Array[]} subtrees
   */
  constructor(size = 0, subtrees = []) {
    this.size = size;
    this.subtrees = [...subtrees];
  }

  /**
   * Take in the next leaf hash.
   * @param {Uint8Array} leaf
   */
  append(leaf) {
    let found = leaf;
    for (let place = this.size; place % 2 === 1; place = (place - 1) / 2) {
      found = nodeHash(/** @type {Uint8Array} */ (this.subtrees.pop()), found);
    }
    this.subtrees.push(found);
    this.size += 1;
  }

  /** The root of what was taken in so far. */
  root() {
    if (this.subtrees.length === 0) return sha256(new Uint8Array());
    let found = this.subtrees[this.subtrees.length - 1];
    for (const left of this.subtrees.slice(0, -1).reverse()) found = nodeHash(left, found);
    return found;
  }
}

/**
 * Throw MerkleError unless the leaf is at `index` of the tree of `size` leaves (RFC 9162 section 2.1.3.2).
 * @param {{index: Size, size: Size, leaf: Uint8Array, proof: Uint8Array[], root: Uint8Array}} stated
 */
export function verifyInclusion({ index, size, leaf, proof, root }) {
  checkSizes(index, size);
  checkHashes(leaf, root, ...proof);
  if (index >= size) throw new MerkleError("proof.index_outside_tree", { index, size });
  const walk = new Walk(BigInt(index), BigInt(size) - 1n);
  let found = leaf;
  for (const sibling of proof) {
    if (walk.last === 0n) throw new MerkleError("proof.too_long", { size, length: proof.length });
    found = walk.isRight() ? nodeHash(sibling, found) : nodeHash(found, sibling);
    walk.up();
  }
  if (walk.last !== 0n) throw new MerkleError("proof.too_short", { size, length: proof.length });
  if (!sameBytes(found, root)) throw new MerkleError("proof.other_root", { size });
}

/**
 * Throw MerkleError unless the smaller tree is a prefix of the larger one (RFC 9162 section 2.1.4.2).
 *
 * Trees of the same size have the same root and an empty proof. From an empty tree nothing can be proved, so
 * size 0 is refused.
 * @param {{size1: Size, size2: Size, root1: Uint8Array, root2: Uint8Array, proof: Uint8Array[]}} stated
 */
export function verifyConsistency({ size1, size2, root1, root2, proof }) {
  checkSizes(size1, size2);
  if (!(size1 > 0 && size1 <= size2)) throw new MerkleError("proof.sizes_out_of_order", { size1, size2 });
  if (BigInt(size1) === BigInt(size2)) {
    if (proof.length) throw new MerkleError("proof.too_long", { size: size2, length: proof.length });
    if (!sameBytes(root1, root2)) throw new MerkleError("proof.other_root", { size: size2 });
    return;
  }
  checkHashes(root1, root2, ...proof);
  const { older, newer } = impliedRoots(size1, size2, root1, proof);
  if (!sameBytes(older, root1)) throw new MerkleError("proof.other_root", { size: size1 });
  if (!sameBytes(newer, root2)) throw new MerkleError("proof.other_root", { size: size2 });
}

/**
 * The roots of both trees that a proof leads to; for 0 < size1 < size2.
 *
 * Where size1 is a power of two the proof leaves the older root out, and `root1` stands for it.
 * @param {Size} size1
 * @param {Size} size2
 * @param {Uint8Array} root1
 * @param {Uint8Array[]} proof
 */
function impliedRoots(size1, size2, root1, proof) {
  const [first, second] = [BigInt(size1), BigInt(size2)];
  const path = (first & (first - 1n)) === 0n ? [root1, ...proof] : proof;
  const walk = new Walk(first - 1n, second - 1n);
  while (walk.node & 1n) walk.up();
  let [older, newer] = [path[0], path[0]];
  for (const sibling of path.slice(1)) {
    if (walk.last === 0n) throw new MerkleError("proof.too_long", { size: size2, length: path.length });
    if (walk.isRight()) {
      [older, newer] = [nodeHash(sibling, older), nodeHash(sibling, newer)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    walk.up();
  }
  if (walk.last !== 0n) throw new MerkleError("proof.too_short", { size: size2, length: path.length });
  return { older, newer };
}

/** The way from a node to the root: `node` and the `last` one of each level, as RFC 9162 names fn and sn. */
class Walk {
  /**
   * @param {bigint} node
   * @param {bigint} last
   */
  constructor(node, last) {
    this.node = node;
    this.last = last;
  }

  /** Whether the sibling stands to the left; levels at which there is none are passed by. */
  isRight() {
    if (!(this.node & 1n) && this.node !== this.last) return false;
    while (!(this.node & 1n) && this.node) this.up();
    return true;
  }

  up() {
    this.node >>= 1n;
    this.last >>= 1n;
  }
}

/** @param {...unknown} sizes */
function checkSizes(...sizes) {
  for (const size of sizes) {
    const whole = typeof size === "bigint" || (typeof size === "number" && Number.isSafeInteger(size));
    if (!whole || size < 0 || size > MAX_SIZE) {
      throw new MerkleError("proof.malformed_size", { stated: String(size).slice(0, 40) });
    }
  }
}

/** @param {...unknown} hashes */
function checkHashes(...hashes) {
  for (const found of hashes) {
    if (!(found instanceof Uint8Array) || found.length !== HASH_SIZE) {
      const stated = found instanceof Uint8Array ? toHex(found) : String(found);
      throw new MerkleError("proof.malformed_hash", { stated: stated.slice(0, 80) });
    }
  }
}
