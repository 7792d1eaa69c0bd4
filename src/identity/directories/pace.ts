/** How many answers are remembered. */
const kept = 32;

/**
 * Answers "no" about somebody unknown as fast as about somebody known whose password is wrong: servers compare a hash for the one and
 * have nothing to compare for the other. It waits as long as one of the last answers about somebody known took, drawn at random.
 */
export class Pace {
  readonly #seen: number[] = [];

  /** A known person's password took this long to compare, in milliseconds. */
  learn(milliseconds: number): void {
    this.#seen.push(milliseconds);
    if (this.#seen.length > kept) this.#seen.shift();
  }

  /** Resolves when what began at that moment (`performance.now()`) has taken as long as that. */
  async hold(began: number): Promise<void> {
    const like = this.#seen[Math.floor(Math.random() * this.#seen.length)];
    const left = (like ?? 0) - (performance.now() - began);
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }
}
