import { z } from 'zod';
import type { Host } from '../../model/site.ts';
import type { EngineSchema } from '../engine.ts';

/** The words that fail2ban adds to the description. */
export const schema = {
  host: {
    fail2ban: z
      .boolean()
      .default(true)
      .describe(
        'Whether fail2ban counts failures on this host, where the site has bans; false leaves it alone.',
      ),
  },
  gateway: {},
  service: {},
  publication: {},
  route: {},
} satisfies EngineSchema;

/** Whether a host has nothing against it. */
export function isWanted(host: Host): boolean {
  return ((host.options.fail2ban ?? {}) as { readonly fail2ban?: boolean }).fail2ban !== false;
}
