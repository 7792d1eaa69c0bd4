const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of a size as people write it (`20MB`, `5GB`, `512KiB`; decimal unless binary is written); `undefined` if it is none. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d+)\s*([kKMGT]i?B|B)$/.exec(text.trim());
  const unit = found && units[(found[2] as string).replace(/^KB$/, 'kB').replace(/^kiB$/, 'KiB')];
  return found && unit ? Number(found[1]) * unit : undefined;
}

/** A size as people write it, exactly and as shortly as can be: the inverse of `parseSize`. */
export function writtenSize(bytes: number): string {
  const written = Object.entries(units)
    .filter(([, each]) => bytes % each === 0)
    .map(([unit, each]) => `${bytes / each}${unit}`);
  return written.reduce((best, each) => (each.length < best.length ? each : best), `${bytes}B`);
}

/** Bytes in a second of a speed as people write it (`2MB/s`, `512kB/s`); `undefined` if it is none or zero. */
export function parseSpeed(text: string): number | undefined {
  const [, size] = /^(.*?)\s*\/\s*s$/.exec(text.trim()) ?? [];
  return (size !== undefined && parseSize(size)) || undefined;
}

/** Bytes in the largest decimal unit that keeps them short, e.g. `3.8 GB`, `120 MB`; for tables. */
export function shortSize(bytes: number): string {
  const [unit, size] = (Object.entries(units).filter(([name]) => !name.includes('i')) as [string, number][])
    .reverse()
    .find(([, each]) => bytes >= each) ?? ['B', 1];
  const value = bytes / size;
  return `${value < 10 && unit !== 'B' ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
