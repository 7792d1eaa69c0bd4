/** How often: `count` times in a second or a minute. */
export interface Rate {
  readonly count: number;
  readonly per: 's' | 'm';
}

/** A rate as people write it (`10/s`, `300/m`); `undefined` if it is none or zero. */
export function parseRate(text: string): Rate | undefined {
  const found = /^(\d+)\s*\/\s*(s|m)$/.exec(text.trim());
  const count = Number(found?.[1]);
  return found && count > 0 ? { count, per: found[2] as 's' | 'm' } : undefined;
}
