import {
  isGuarded,
  type ProxiedPublication,
  type Publication,
  proxied,
  type Site,
} from '../../../model/site.ts';
import { publicationOptions, routeOptions } from '../schema.ts';
import type { Limits } from '../schema-limits.ts';
import { block, type Node, note, own } from '../syntax.ts';

/**
 * Whom nginx counts by their session or their token. It counts before the daemon is asked about them, so it looks at the mark that a
 * cookie or a token has beside the id (`src/lib/marks.ts`): what is made up has none, and counts as its address.
 */

/** Where the key of marks stands, as a statement of a map. */
const keyFile = 'certificates/marks.key';

const limitsIn = (publication: Publication): readonly Limits[] => [
  publicationOptions(publication).limits ?? {},
  ...publication.routes.map((route) => routeOptions(route).limits ?? {}),
];

/** Where somebody is counted by their session or their token. */
const counting = (site: Site): Publication | undefined =>
  proxied(site).find(
    (each) => isGuarded(each) && limitsIn(each).some(({ session, token }) => session || token),
  );

/** Where the report of the firewall tells who was signed in. */
const reporting = (site: Site): ProxiedPublication | undefined =>
  proxied(site).find((each) => isGuarded(each) && each.waf !== undefined);

/** Whether anybody is counted so. */
export const countsKnown = (site: Site): boolean => counting(site) !== undefined;

/** What `nginx.conf` reads besides. */
export const markInputs = (site: Site) => {
  const [first, seen] = [counting(site), reporting(site)];
  const because = first ? `${first.pointer}/limits` : seen?.waf?.pointer;
  if (because === undefined) return [];
  const spared = first ? {} : { spared: true as const };
  return [{ as: keyFile, from: { markKey: 'default', ...spared }, because } as const];
};

/** Who is known, and the keys by which limits count, where some are of sessions or tokens (`limits.ts`). */
export function markLines(site: Site): Node[] {
  if (!countsKnown(site) && !reporting(site)) return [];
  const id = '[A-Za-z0-9_-]{16}';
  const shown = '$poterne_token|$poterne_pass';
  const known = (variable: string, ...lines: Node[]) => block('', ['map', '$poterne_known', variable], lines);
  const [sessions, tokens] = ['~^s', '~^t'];
  return [
    note(
      '',
      'Who shows that we know them: the mark beside an id is ours. Whoever shows a token is known by nothing else.',
    ),
    block('', ['map', 'marks', '$poterne_mark_key'], [own('include', keyFile)]),
    block(
      '',
      ['map', shown, '$poterne_claimed'],
      [
        own('default', ''),
        own(`~^\\|p${id}\\.[A-Za-z0-9_-]{43}\\.(s${id})\\.`, '$1'),
        own(`~^pot_(t${id})[A-Za-z0-9_-]{65}\\|`, '$1'),
      ],
    ),
    block(
      '',
      ['map', shown, '$poterne_mark'],
      [own('default', ''), own('~^\\|.*\\.([^.]{22})$', '$1'), own('~^pot_.{60}(.{22})\\|', '$1')],
    ),
    own('secure_link', '$poterne_mark'),
    own('secure_link_md5', '$poterne_mark_key $poterne_claimed $poterne_mark_key'),
    block(
      '',
      ['map', '$secure_link|$poterne_claimed', '$poterne_known'],
      [own('default', ''), own('~^1\\|(.+)$', '$1')],
    ),
    known('$poterne_session', own('default', ''), own(sessions, '$poterne_known')),
    known('$poterne_service', own('default', ''), own(tokens, '$poterne_known')),
    known('$poterne_no_session', own('default', '$poterne_source'), own(sessions, '')),
    known('$poterne_no_token', own('default', '$poterne_source'), own(tokens, '')),
    known('$poterne_unknown', own('default', ''), own('', '$poterne_source')),
    known('$poterne_session_or_source', own('default', '$poterne_source'), own(sessions, '$poterne_known')),
    known(
      '$poterne_session_or_unknown',
      own('default', ''),
      own('', '$poterne_source'),
      own(sessions, '$poterne_known'),
    ),
  ];
}
