const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Milliseconds of a duration as people write it (`30s`, `5m`, `12h`, `90d`, `2w`, `1y`); `undefined` if it is none. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d+)\s*(ms|[smhdwy])$/.exec(text.trim());
  return found ? Number(found[1]) * (units[found[2] as string] as number) : undefined;
}

/** A duration as people write it, exactly: the inverse of `parseDuration`. */
export function writtenDuration(milliseconds: number): string {
  const [unit, size] = Object.entries(units)
    .filter(([name]) => 'mshd'.includes(name))
    .findLast(([, each]) => milliseconds % each === 0) ?? ['ms', 1];
  return `${milliseconds / size}${unit}`;
}

/** A span in the largest unit that keeps it short, e.g. `3 d`, `4 h`, `12 s`; for tables. */
export function shortDuration(milliseconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const)
    if (milliseconds >= size) return `${Math.floor(milliseconds / size)} ${unit}`;
  return `${Math.round(milliseconds)} ms`;
}
