/** The most requests that are remembered: some 50 MB. */
const most = 1 << 21;

/**
 * Requests by their number (32 hexadecimal digits, which nginx draws), each with a small whole number: of hundreds of thousands, a few
 * megabytes are kept.
 */
export class RequestTable {
  #keys = new Float64Array(1 << 10);
  #values = new Uint32Array(1 << 10);
  #size = 0;
  /** Some came that there was no room for. */
  isFull = false;

  /** Has a request be in it, with 0; one whose number is none is left out. */
  add(request: string): void {
    const key = keyOf(request);
    if (key === undefined) return;
    if (this.#size >= most) {
      this.isFull ||= this.#keys[this.#slotOf(key)] !== key;
      return;
    }
    if (2 * this.#size >= this.#keys.length) this.#grow();
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === key) return;
    this.#keys[slot] = key;
    this.#size++;
  }

  /** Gives a request that is in it another value; whether it is. */
  set(request: string, value: number): boolean {
    const slot = this.#find(request);
    if (slot === undefined) return false;
    this.#values[slot] = value;
    return true;
  }

  /** Its value; 0 where it is not in it. */
  get(request: string): number {
    const slot = this.#find(request);
    return slot === undefined ? 0 : (this.#values[slot] as number);
  }

  get size(): number {
    return this.#size;
  }

  #find(request: string): number | undefined {
    const key = keyOf(request);
    if (key === undefined) return undefined;
    const slot = this.#slotOf(key);
    return this.#keys[slot] === key ? slot : undefined;
  }

  /** Where a key is, or would be: the next free place from its own on. */
  #slotOf(key: number): number {
    const end = this.#keys.length - 1;
    let slot = key % this.#keys.length;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = slot === end ? 0 : slot + 1;
    return slot;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(2 * keys.length);
    this.#values = new Uint32Array(2 * keys.length);
    for (const [n, key] of keys.entries()) {
      if (key === 0) continue;
      const slot = this.#slotOf(key);
      this.#keys[slot] = key;
      this.#values[slot] = values[n] as number;
    }
  }
}

/** The first 52 bits of a number: of two million, two are the same once in two thousand logs. */
function keyOf(request: string): number | undefined {
  if (!/^[0-9a-f]{32}$/.test(request)) return undefined;
  // None is 0, which is a free place.
  return Number.parseInt(request.slice(0, 13), 16) + 1;
}
