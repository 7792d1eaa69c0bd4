import { basename, dirname } from 'node:path/posix';
import { badgeName, badgesFolder, hasBadges } from '../../../lib/badge.ts';
import type { Pointer } from '../../../model/pointer.ts';
import { type ProxiedPublication, proxied, type Route, type Site } from '../../../model/site.ts';
import { block, line, type Node, note, own } from '../syntax.ts';
import type { Context } from './common.ts';

/**
 * The short way in (`src/lib/badge.ts`): where a badge is there for what somebody shows, their request goes on in a second location, the
 * same but for the verdict, which nobody is asked for. Whatever a badge is not there for goes the way of `gate.ts`.
 */

/** A status that no client sees: the way to the second location. */
const badged = '481';

/** Whether anybody comes in by badge. */
export const usesBadges = (site: Site): boolean => proxied(site).some((each) => hasBadges(site, each));

/** Whether a route has the second location: in one with a name, nginx cannot take a prefix off. */
export const isBadged = (site: Site, publication: ProxiedPublication, route: Route): boolean =>
  !route.strip && hasBadges(site, publication);

/** Where workers are: a path from there is shorter, and nginx reads it whole at each request. */
export const badgePlace = ({ site, path }: Context): Node[] =>
  usesBadges(site) ? [own('working_directory', path(dirname(badgesFolder)))] : [];

/** What the daemon is told by, which publications set. */
export const badgeNames = (site: Site): string[] => (usesBadges(site) ? ['who'] : []);

/** When a badge is looked for. */
export const badgeMaps = (site: Site): Node[] =>
  usesBadges(site)
    ? [
        note('', 'The name of the moment, under which nginx remembers that a file is there.'),
        block(
          '',
          ['map', '$msec', '$poterne_moment'],
          [
            own('default', 'none'),
            own('~^(?<poterne_second>\\d+)\\.(\\d)[0-4]', 'a$2'),
            own('~^(?<poterne_second>\\d+)\\.(\\d)', 'b$2'),
          ],
        ),
      ]
    : [];

/** The cookies besides ours of whoever shows a pass with an identity. */
export const otherCookies = '$poterne_cookies_before$poterne_cookies_after$poterne_cookies_all';

/**
 * Our cookie with an identity, once, and others that are not ours, behind a tab neither (`gate.ts` takes any space there). Whatever is
 * written in another way is no reason to refuse: it is asked about. All that matters of the identity is that it names one folder: only
 * what the daemon wrote is there, and in that folder are no others. Loops are possessive, as each part ends where the next one begins.
 */
function shown(): string {
  const others = (first: string, more: string) => `${first}(?!__Host-poterne)[^;\\s][^;]*+${more}`;
  const part = '[^|;/]';
  const some = `${others('', '')}(?:${others('; ', '')})*+`;
  return [
    `^(?:(?<poterne_cookies_before>${some}); )?+(?:__Host-poterne-state=[^;]*+; )?+`,
    '__Host-poterne=(?<poterne_who_pass>[^|]++)\\|',
    `(?<poterne_who>(?<poterne_who_user>${part}++)\\|${part}++\\|(?<poterne_who_name>${part}*+)\\|`,
    `(?<poterne_who_email>${part}*+)\\|(?<poterne_who_groups>${part}*+))`,
    `(?(<poterne_cookies_before>)(?<poterne_cookies_after>(?:${others('; ', '')})*+)|(?:; (?<poterne_cookies_all>${some}))?+)$`,
  ].join('');
}

/** The badge to look for, told once for each request: the last of what a server asks but for what is cut off. */
export function badgeLines({ site }: Context, publication: ProxiedPublication): Node[] {
  if (!hasBadges(site, publication)) return [];
  const name = badgeName({
    ...{ second: '$poterne_second', worker: '$pid', connection: '$connection', address: '$remote_addr' },
    ...{ pass: '$poterne_who_pass', publication: publication.id, host: '$host' },
    // Where they come by a token, or an application has them sign in itself, that comes first.
    authorization: '$http_authorization',
  });
  return [
    note('', 'The badge of whoever shows their pass and who they are.'),
    block(
      '',
      ['if', '($http_cookie', '~', `${shown()})`],
      [own('set', '$poterne_badge', `${basename(badgesFolder)}/$poterne_moment/$poterne_who/${name}`)],
    ),
  ];
}

/** `badge.conf`, for each location with a second one. */
export const badgeFile = (): Node[] => [
  note('', 'What is there is remembered for a moment, under its name; what is not there is looked for anew.'),
  own('open_file_cache', 'max=500', 'inactive=1s'),
  own('open_file_cache_valid', '1s'),
  // Else what goes wrong in the second location would have no page.
  own('recursive_error_pages', 'on'),
];

/** `badged.conf`, for each second location: nobody gets there but by the first one. */
export const badgedFile = (): Node[] => [
  note('', 'Let in by badge.'),
  own('auth_request', 'off'),
  block('', ['if', '($poterne_badged', '!=', '1)'], [own('return', '503')]),
];

/** At the top of a location: the way to its second one. */
export const badgeLook = (at: Pointer, second: string): Node[] => [
  line(at, 'include', 'badge.conf'),
  block(
    at,
    ['if', '(-f', '$poterne_badge)'],
    [
      line(at, 'set', '$poterne_badged', '1'),
      line(at, 'error_page', badged, '=', second),
      line(at, 'return', badged),
    ],
  ),
];
