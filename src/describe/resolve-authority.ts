import type { AuthoritySite } from '../model/authority.ts';
import type { SiteEntry } from './schema.ts';

/** What the description says of Poterne's own authority. */
export function resolveAuthority(entry: NonNullable<SiteEntry['authority']>): AuthoritySite {
  const { names, networks, lifetime, at } = entry;
  return {
    ...(names === undefined ? {} : { names: [...new Set(names)].sort() }),
    networks: [...new Set(networks)].sort(),
    key: entry['key-type'],
    days: Math.round(lifetime / 86_400_000),
    ...(at === undefined ? {} : { at }),
    pointer: '/authority',
  };
}
