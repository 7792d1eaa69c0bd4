import { z } from 'zod';
import { duration } from '../../lib/words.ts';
import type { OffenceKind, Threshold } from '../../model/bans.ts';
import { text } from './words.ts';

const minutes = 60_000;
const hours = 60 * minutes;
const days = 24 * hours;

/** What bans somebody where the description says no more than `bans: {}`. */
const usualThresholds: Readonly<Record<OffenceKind, Threshold>> = {
  ssh: { failures: 5, within: 10 * minutes, for: 10 * minutes, longest: 7 * days },
  portal: { failures: 10, within: 10 * minutes, for: 10 * minutes, longest: 1 * days },
  waf: { failures: 10, within: 10 * minutes, for: 30 * minutes, longest: 7 * days },
  floods: { failures: 300, within: 1 * minutes, for: 5 * minutes, longest: 1 * days },
  scans: { failures: 10, within: 10 * minutes, for: 1 * hours, longest: 7 * days },
};

const threshold = (kind: OffenceKind) => {
  const { failures, within, for: lasts, longest } = usualThresholds[kind];
  return z
    .union([
      z.literal(false),
      z.strictObject({
        failures: z.int().min(1).max(100_000).default(failures).describe('So many, from one address.'),
        within: duration().default(within).describe('In this time, such as 10m.'),
        for: duration()
          .default(lasts)
          .describe('Banned for so long the first time, then twice as long each time.'),
        longest: duration().default(longest).describe('Never banned for longer.'),
      }),
    ])
    .prefault({});
};

/** `bans:` of the site. */
export const bans = z.strictObject({
  ssh: threshold('ssh').describe(
    'Failed logins at the SSH servers of the machines that Poterne acts on; false: nobody is banned for it.',
  ),
  portal: threshold('portal').describe('Failed sign-ins at the portal, but for a few that anybody may have.'),
  waf: threshold('waf').describe('Requests that the web application firewall blocked.'),
  floods: threshold('floods').describe('Requests that were too many (429).'),
  scans: threshold('scans').describe('Requests for names that nobody published.'),
  never: z
    .array(text())
    .default([])
    .describe(
      'Zones, hosts, addresses and CIDR blocks that are never banned, beside those of admin, of described hosts and of load balancers.',
    ),
  contact: text()
    .optional()
    .describe('Whom the banned may ask, as their page says it: an address of mail, a telephone number.'),
});
