import {
  clientVerification,
  isGuarded,
  type ProxiedPublication,
  type Site,
  sharesConnections,
} from '../model/site.ts';
import { pathClasses } from './path-class.ts';

/**
 * A badge lets somebody who was let in a moment ago in again without a question: a file that is there, whose name says all that the verdict
 * depended on. The daemon makes it, and nginx only looks whether it is there (`render/badge.ts`, `daemon/entry/badges.ts`).
 *
 *   badges/MOMENT/USER|NAME|EMAIL|GROUPS/SECOND|WORKER|CONNECTION|PASS|PUBLICATION|HOST|
 *
 * nginx reads the whole name at each request, some ten instructions a character: what is not needed is not in it. A connection has one visitor,
 * with one address.
 */

/** Below nginx's prefix. */
export const badgesFolder = 'run/badges';

/**
 * What nginx remembers of a file, it remembers under a name that is not asked for again: twenty links to one folder, in turns, each for so
 * many milliseconds: `3` in the first half of the fourth tenth of a second, `.3` in the second.
 */
export const badgeMoment = 50;
export const badgeMoments: readonly string[] = Array.from({ length: 10 }, (_, tenth) => [
  `${tenth}`,
  `.${tenth}`,
]).flat();

/** A time (`$msec`, seconds with three places) as two groups of an expression: its second, and its moment. */
export const momentPattern = '(?s:(.{10})(?|\\.(.)[0-4].|(\\..)..))';

/** For which second a badge is, and for whom: values, or nginx's variables. */
export interface Badge {
  readonly second: string;
  readonly worker: string;
  readonly connection: string;
  /** By `badgePass`. */
  readonly pass: string;
  /** The publication's id. */
  readonly publication: string;
  /** The name asked for, by `badgeHost`. */
  readonly host: string;
  /** What is shown besides: nothing, or there is no badge. */
  readonly authorization: string;
}

/** The name of a badge's file. */
export const badgeName = (badge: Badge): string =>
  [
    ...[badge.second, badge.worker, badge.connection, badge.pass],
    ...[badge.publication, badge.host, badge.authorization],
  ].join('|');

/**
 * What of a pass (`ID.SECRET`, and perhaps a mark) stands in a badge's name: the first 22 characters of its secret, 132 bits that nobody
 * guesses. The rest is for the daemon.
 */
export const badgePass = (pass: string): string => (pass.split('.')[1] ?? '').slice(0, 22);

/**
 * A pass in a cookie, as long as the daemon makes them, with that as a group of an expression. What is skipped is the daemon's to judge, and what stands
 * in a badge's name names no other folder; classes of letters would cost as much as all the rest.
 */
export const passPattern = '(?s:.{18}(.{22}).{21}(?:\\..{40})?)';

/** The name that was asked for as it stands in a badge's name: at a publication of one name there is no other. */
export const badgeHost = ({ match }: Pick<ProxiedPublication, 'match'>, host: string): string =>
  match === 'exact' ? '' : host;

/** The longest name of a file, in bytes (Linux). */
export const longestName = 255;

/**
 * What an identity is in, in a cookie (RFC 6265, 4.1.1, and the space and the comma that browsers send too), and what a part of it is in
 * the name of a folder besides: no `/`, and with its three `|` a name is neither `.` nor `..`.
 */
const character = ' !#-:<-\\[\\]-~';
const part = '[ !#-.0-:<-\\[\\]-{}~]';

/**
 * The identity behind a pass, in its cookie: `PASS|USER|NAME|EMAIL|GROUPS`. Nobody believes it, it only says for whom a badge is
 * looked for.
 */
export const whoPattern = [`(?! )${part}+`, `${part}*`, `${part}*`, `${part}*`].join('\\|');

/** What a cookie may have behind its pass: that, or anything that once was. */
export const behindPattern = `\\|[${character}]*+`;

/**
 * Whether there are badges at a publication: where people come by a cookie, and everything that is judged is in a badge's name. Client
 * certificates, signed identities and rules for parts of it are asked about as ever, what the firewall looks at too; and so is
 * what comes over connections that visitors share.
 */
export function hasBadges(site: Site, publication: ProxiedPublication): boolean {
  const { signIn } = site;
  const { audience, signedIdentity, waf } = publication;
  if (!signIn || !isGuarded(publication) || signedIdentity || waf || sharesConnections(site)) return false;
  if (clientVerification(site, publication)) return false;
  return pathClasses(audience.rules ?? []).length === 0;
}
