import type { ProxiedPublication } from '../../../model/site.ts';
import { block, gap, line, type Node, note } from '../syntax.ts';
import { challengeLocation, isAsked } from './acme.ts';
import { revocationsLocation, tellsRevocations } from './authority.ts';
import { type Context, listens } from './common.ts';
import { plainFormat } from './log.ts';

/**
 * Plain http leads to https under the name as published, never under one that a visitor made up. Exact names, of which nothing else is asked
 * over plain http, have one server together: each server keeps a list of all rules of a firewall (ADR 37).
 */

/** What a name answers over plain http besides. */
const others = (context: Context, publication: ProxiedPublication): Node[] => [
  ...(isAsked(context, publication) ? [challengeLocation(context)] : []),
  ...(tellsRevocations(context, publication) ? [revocationsLocation(context)] : []),
];

const isShared = (context: Context, publication: ProxiedPublication): boolean =>
  publication.match === 'exact' && others(context, publication).length === 0;

const redirect = ({ publicPort }: Context, at: string, name: string): Node =>
  line(at, 'return', '308', `https://${name}${publicPort}$request_uri`);

/** The server of those together; there is one if there are any. */
export function redirectTogether(context: Context, all: readonly ProxiedPublication[]): Node[] {
  const some = all.filter((each) => isShared(context, each));
  if (some.length === 0) return [];
  return [
    note('', 'Plain http leads to https: exact names, so that a host is one of them.'),
    block(
      '',
      ['server'],
      [
        ...listens(context, 'http'),
        ...some.map(({ pointer, name }) => line(pointer, 'server_name', name)),
        line('', 'access_log', context.path('log/access.log'), plainFormat, 'buffer=64k', 'flush=1s'),
        redirect(context, '', '$host'),
      ],
    ),
    gap,
  ];
}

/** The server of a publication by itself, where it has one. */
export function redirectServer(context: Context, publication: ProxiedPublication, name: string): Node[] {
  if (isShared(context, publication)) return [];
  const at = publication.pointer;
  const to = redirect(context, at, publication.match === 'exact' ? publication.name : '$host');
  const besides = others(context, publication);
  return [
    block(
      at,
      ['server'],
      [
        ...listens(context, 'http'),
        line(at, 'server_name', name),
        // A `return` of the server itself would come before any location.
        ...(besides.length > 0 ? [...besides, block(at, ['location', '/'], [to])] : [to]),
      ],
    ),
    gap,
  ];
}
