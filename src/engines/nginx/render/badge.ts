import {
  badgeHost,
  badgeName,
  badgesFolder,
  hasBadges,
  momentPattern,
  passPattern,
} from '../../../lib/badge.ts';
import type { Pointer } from '../../../model/pointer.ts';
import { type ProxiedPublication, proxied, type Route, type Site } from '../../../model/site.ts';
import { block, gap, line, type Node, note, own, why } from '../syntax.ts';
import type { Context } from './common.ts';

/**
 * The short way in (`src/lib/badge.ts`): a location that only those stay in who have a badge, and a second one, the same but that the
 * verdict is asked for first (`gate.ts`), where all others are sent. In this order, as being sent on costs a request as much as half a
 * verdict.
 */

/** A status that no client sees: the way to the location where the verdict is asked for. */
const unbadged = '481';

/** Whether anybody comes in by badge. */
export const usesBadges = (site: Site): boolean => proxied(site).some((each) => hasBadges(site, each));

/** Whether a route has the second location: in one with a name, nginx cannot take a prefix off. */
export const isBadged = (site: Site, publication: ProxiedPublication, route: Route): boolean =>
  !route.strip && hasBadges(site, publication);

/** Where workers are: a path from there is shorter, and nginx reads it whole at each request. */
export const badgePlace = ({ site, path }: Context): Node[] =>
  usesBadges(site) ? [own('working_directory', path(badgesFolder))] : [];

/** What the daemon is told by, which publications set. */
export const badgeNames = (site: Site): string[] => (usesBadges(site) ? ['who', 'unsought'] : []);

/**
 * Whom the daemon may give a badge, as one would be looked for: elsewhere its verdict would not be kept either, and it would be asked at
 * each request.
 */
export const seeking = '$poterne_seeking';

/** In a location that nobody comes to by badge, of a publication where some do elsewhere. Not in the others, which it would cost more. */
export const unsoughtLines = (site: Site, publication: ProxiedPublication): Node[] =>
  hasBadges(site, publication) ? [own('set', '$poterne_unsought', '1')] : [];

/** At the level of http. */
export const badgeMaps = (site: Site): Node[] =>
  usesBadges(site)
    ? [
        why(
          'Who has no badge that is found, as an application has them show something of its own, seeks none.',
        ),
        block(
          '',
          ['map', '$poterne_unsought|$http_authorization', seeking],
          [own('default', ''), own('|', '$poterne_who')],
        ),
        gap,
      ]
    : [];

/** The cookies besides ours of whoever shows a pass with an identity. */
export const otherCookies = '$poterne_cookies_before$poterne_cookies_after';

/**
 * Our cookie with an identity, once, and others that are not ours, behind a tab neither (`credentials.ts` takes any space there). Whatever is
 * written in another way is no reason to refuse: it is asked about. All that matters of the identity is that it names one folder: only
 * what the daemon wrote is there, and in that folder are no others. Loops are possessive, as each part ends where the next one begins.
 */
function shown(): string {
  const others = (first: string, more: string) => `${first}(?!__Host-poterne)[^;\\s][^;]*+${more}`;
  const part = '[^|;/]';
  const some = `${others('', '')}(?:${others('; ', '')})*+`;
  // For an hour after somebody signed in; an older pass or an application's own may stand on either side of it.
  const state = '__Host-poterne-state=[^;]*+';
  return [
    `(?:${state}; )?+(?:(?<poterne_cookies_before>${some}); )?+(?:${state}; )?+`,
    `__Host-poterne=${passPattern}\\|`,
    `(?<poterne_who>(?<poterne_who_user>${part}++)\\|(?<poterne_who_name>${part}*+)\\|`,
    `(?<poterne_who_email>${part}*+)\\|(?<poterne_who_groups>${part}*+))(?:; ${state})?+`,
    `(?|(?(<poterne_cookies_before>)(?<poterne_cookies_after>(?:${others('; ', '')})*+)|(?!))|(?(<poterne_cookies_before>)(?!)); (?<poterne_cookies_after>${some})|(?<poterne_cookies_after>))(?:; ${state})?+$`,
  ].join('');
}

/** The badge to look for, told once for each request: the last of what a server asks but for what is cut off. */
export function badgeLines({ site }: Context, publication: ProxiedPublication): Node[] {
  if (!hasBadges(site, publication)) return [];
  const name = badgeName({
    ...{ second: '$1', worker: '$pid', connection: '$connection' },
    ...{ pass: '$4', publication: publication.id, host: badgeHost(publication, '$host') },
    // Where they come by a token, or an application has them sign in itself, that comes first.
    authorization: '$http_authorization',
  });
  return [
    note(
      '',
      'The badge of whoever shows their pass and who they are; one expression, as each costs as much again.',
    ),
    own('set', '$poterne_showing', '$msec|$http_cookie'),
    block(
      '',
      ['if', '($poterne_showing', '~', `^${momentPattern}\\|${shown()})`],
      [own('set', '$poterne_badge', `$2/$poterne_who/${name}`)],
    ),
  ];
}

/** `badge.conf`, for each location that somebody comes to by badge. */
export const badgeFile = (): Node[] => [
  note('', 'What is there is remembered for a moment, under its name; what is not there is looked for anew.'),
  own('open_file_cache', 'max=500', 'inactive=1s'),
  own('open_file_cache_valid', '1s'),
  // Else what goes wrong where the verdict is asked for would have no page.
  own('recursive_error_pages', 'on'),
  note('', 'Let in by badge, or not here.'),
  own('auth_request', 'off'),
];

/** At the top of a location: nobody stays here without a badge. */
export const badgeLook = (at: Pointer, asking: string): Node[] => [
  block(
    at,
    ['if', '(!-f', '$poterne_badge)'],
    [line(at, 'error_page', unbadged, '=', asking), line(at, 'return', unbadged)],
  ),
  line(at, 'include', 'badge.conf'),
];
