/** Reads that are remembered for a moment. */
export interface RememberedReads<T> {
  get(id: string): Promise<T | undefined>;
  /** Has it be read again: what was read before now, also what is being read, is not believed any more. */
  forget(id?: string): void;
}

/** As many as this are remembered. */
const most = 20_000;

/**
 * Remembers what was read for so many milliseconds by the monotonic clock, and reads once for all who ask at the same time. What is not
 * there is not remembered: whoever guesses would fill the memory.
 */
export function rememberReads<T>(
  read: (id: string) => Promise<T | undefined>,
  milliseconds: number,
): RememberedReads<T> {
  const known = new Map<string, { readonly value: T; readonly at: number }>();
  const reading = new Map<string, Promise<T | undefined>>();
  return {
    async get(id) {
      const found = known.get(id);
      if (found && performance.now() - found.at < milliseconds) return found.value;
      const under = reading.get(id);
      if (under) return under;
      const begun = performance.now();
      const asked = read(id)
        .then((value) => {
          if (reading.get(id) !== asked) return value;
          known.delete(id);
          if (value !== undefined) known.set(id, { value, at: begun });
          for (const [oldest] of known) {
            if (known.size <= most) break;
            known.delete(oldest);
          }
          return value;
        })
        .finally(() => {
          if (reading.get(id) === asked) reading.delete(id);
        });
      reading.set(id, asked);
      return asked;
    },
    forget(id) {
      if (id === undefined) {
        known.clear();
        reading.clear();
      } else {
        known.delete(id);
        reading.delete(id);
      }
    },
  };
}
