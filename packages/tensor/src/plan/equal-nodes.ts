/**
 * Nodes by kind and inputs, so that equal ones are found (hash consing). The table is open addressed on a hash of both; a hit is compared
 * exactly, hence nodes that only share a hash stay apart.
 */
export class EqualNodes {
  #slots = new Int32Array(256).fill(-1);
  readonly #keys: (readonly number[])[] = [];
  readonly #nodes: number[] = [];

  /** The node that was added under an equal key (all its numbers are integers), or what `make` gives, which is added. */
  find(key: readonly number[], make: () => number): number {
    const found = this.#slots[this.#slot(key)] as number;
    if (found >= 0) return this.#nodes[found] as number;
    const node = make();
    if (2 * this.#keys.length >= this.#slots.length) this.#grow();
    this.#slots[this.#slot(key)] = this.#keys.push(key) - 1;
    this.#nodes.push(node);
    return node;
  }

  /** Where `key` lies, or the free place where it belongs. */
  #slot(key: readonly number[]): number {
    const mask = this.#slots.length - 1;
    let hash = key.length;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x9e3779b1) ^ (hash >>> 15);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = this.#slots[at] as number;
      if (entry < 0 || same(this.#keys[entry] as readonly number[], key)) return at;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    this.#keys.forEach((key, i) => {
      this.#slots[this.#slot(key)] = i;
    });
  }
}

function same(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
