/** Whether a text is the size of a batch: a number of hosts, a share of all, or all that are left. */
export function isBatch(text: string): boolean {
  return /^[1-9]\d*$/.test(text) || text === 'rest' || shareOf(text) !== undefined;
}

/** A share from a percentage (`20%` → 0.2); `undefined` if it is none. */
export function shareOf(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  const share = found && Number(found[1]) / 100;
  return share !== null && share <= 1 ? share : undefined;
}

/** Items in batches of the sizes asked for, shares being of all; none is empty, and what is left is the last. */
export function batchesOf<T>(items: readonly T[], sizes: readonly string[]): readonly (readonly T[])[] {
  const batches: (readonly T[])[] = [];
  let at = 0;
  for (const size of [...sizes, 'rest']) {
    const share = shareOf(size);
    const count =
      size === 'rest'
        ? items.length
        : share === undefined
          ? Number(size)
          : Math.max(1, Math.ceil(share * items.length));
    const batch = items.slice(at, at + count);
    if (batch.length > 0) batches.push(batch);
    at += batch.length;
  }
  return batches;
}
