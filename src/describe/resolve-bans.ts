import { type Bans, offenceKinds, type Threshold } from '../model/bans.ts';
import { partiesNamed } from './check-assertions.ts';
import type { Parsed } from './parse.ts';
import type { SiteEntry } from './schema.ts';

/** Who is banned, and who never is. */
export function resolveBans(parsed: Parsed, entry: NonNullable<SiteEntry['bans']>): Bans {
  const thresholds = Object.fromEntries(
    offenceKinds.flatMap((kind) => (entry[kind] === false ? [] : [[kind, entry[kind] as Threshold]])),
  );
  return {
    thresholds,
    never: entry.never.flatMap((name) => partiesNamed(parsed, name).slice(0, 1)),
    ...(entry.contact === undefined ? {} : { contact: entry.contact }),
    pointer: '/bans',
  };
}
