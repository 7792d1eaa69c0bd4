import type { StandIn } from '../../../model/plan.ts';
import { isGuarded, type ProxiedPublication } from '../../../model/site.ts';
import { publicationOptions } from '../schema.ts';
import { block, gap, line, type Node, note, unnamed, write } from '../syntax.ts';
import { wafLines, wafSets } from '../waf/publication.ts';
import { badgeLines } from './badge.ts';
import { clientLines, clientMaps } from './clients.ts';
import { type Context, listens } from './common.ts';
import { cutLines, onceLines, sightingLines } from './cut.ts';
import { classMaps, guardLines } from './guard.ts';
import { headerLines } from './headers.ts';
import { type CertificateFiles, certificateFiles, certificateInputs } from './inputs.ts';
import { limitLines, retryLine, zoneLines } from './limits.ts';
import { locations, uploadLines } from './location.ts';
import { redirectServer } from './redirect.ts';
import { signedIdentityLine } from './telling.ts';
import { groupsOf, upstreamBlock } from './upstream.ts';

/** `publications/<id>.conf`: all of one publication, so that it can be refused without the others. */
export function publicationFile(context: Context, publication: ProxiedPublication): Node[] {
  const groups = groupsOf(context, publication);
  const limits = zoneLines(publication);
  const maps = [...clientMaps(context, publication), ...classMaps(publication)];
  const clients = clientLines(context, publication);
  const isWalled = publication.waf !== undefined;
  const at = publication.pointer;
  return [
    note(at, `Publication ${publication.name}`),
    gap,
    ...[...groups].flatMap(([service, group]) => [...upstreamBlock(context, service, group), gap]),
    ...(limits.length > 0 ? [...limits, gap] : []),
    ...(maps.length > 0 ? [...maps, gap] : []),
    ...redirectServer(context, publication, nameOf(publication)),
    block(
      at,
      ['server'],
      [
        ...serverHead(context, publication, nameOf(publication), certificateFiles(context, publication), [
          ...onceLines(publication.id, isWalled),
          ...wafSets(publication),
          // nginx takes the first page that it finds for a status.
          ...(isGuarded(publication) ? [line(publication.audience.pointer, 'include', 'verdict.conf')] : []),
          ...(publication.signedIdentity && isGuarded(publication) ? [signedIdentityLine(publication)] : []),
        ]),
        gap,
        ...(clients.length > 0 ? [...clients, gap] : []),
        ...guardLines(context, publication),
        ...badgeLines(context, publication),
        ...cutLines(context, at, publication.id, isWalled),
        gap,
        ...wafLines(context, publication),
        ...(isGuarded(publication) ? [] : [...sightingLines(context, at, publication.id, isWalled), gap]),
        ...headerLines(publication),
        retryLine(),
        ...audienceLines(publication),
        ...limitLines(context, publication),
        ...uploadLines(publication),
        ...(publicationOptions(publication).compression === false
          ? [line(`${at}/compression`, 'gzip', 'off')]
          : []),
        gap,
        ...locations(context, publication, groups),
      ],
    ),
  ];
}

/** The name as `server_name` reads it. */
const nameOf = ({ name, match }: ProxiedPublication): string => (match === 'regex' ? unnamed(name) : name);

export function serverHead(
  context: Context,
  publication: ProxiedPublication,
  name: string,
  files: CertificateFiles | undefined,
  first: readonly Node[] = [],
): Node[] {
  const at = publication.pointer;
  const target = publication.match === 'exact' ? publication.name : '$host';
  return [
    ...listens(context, 'https'),
    line(at, 'server_name', name),
    ...certificateLines(publication, files),
    gap,
    ...first,
    ...misnamedLines(publication),
    line('', 'include', 'pages.conf'),
    line('', 'error_page', '497', '=308', `https://${target}${context.publicPort}$request_uri`),
  ];
}

/** A name asked for under the TLS name of another is refused. */
function misnamedLines({ waf }: ProxiedPublication): Node[] {
  const refuse = (variable: string) => block('', ['if', `(${variable})`], [line('', 'return', '421')]);
  // Where there is a firewall each `if` costs memory (ADR 37), and time is no matter.
  if (waf) return [refuse('$poterne_names_differ')];
  return [
    // The two are nearly always the same to the letter: only else are they compared with care.
    line('', 'set', '$poterne_misnamed', ''),
    block(
      '',
      ['if', '($ssl_server_name', '!=', '$host)'],
      [line('', 'set', '$poterne_misnamed', '$poterne_names_differ')],
    ),
    refuse('$poterne_misnamed'),
  ];
}

/** A name whose certificate is still to be obtained shows none: a warning to click away would teach visitors the wrong thing. */
function certificateLines({ tls }: ProxiedPublication, files: CertificateFiles | undefined): Node[] {
  if (!files) return [line(tls.pointer, 'ssl_reject_handshake', 'on')];
  return [
    line(tls.pointer, 'ssl_certificate', files.certificate),
    line(tls.pointer, 'ssl_certificate_key', files.key),
  ];
}

function audienceLines({ audience }: ProxiedPublication): Node[] {
  if (audience.networks === undefined) return [];
  return [
    ...audience.networks.map((network) => line(audience.pointer, 'allow', network)),
    line(audience.pointer, 'deny', 'all'),
  ];
}

/** What answers in place of a publication that nginx refused: the same names, and a page that says so. */
export function standIn(context: Context, publication: ProxiedPublication): StandIn {
  const at = publication.pointer;
  const id = `${publication.id}_standin`;
  // A regular expression may itself be what nginx refused, and a stand-in must never be.
  const name = publication.match === 'regex' ? publication.example : publication.name;
  const names =
    publication.tls.kind === 'internal'
      ? publication.tls.names
      : [publication.match === 'wildcard' ? publication.name : publication.example];
  const file = `certificates/${id}.pem`;
  const isAcme = publication.tls.kind === 'acme';
  const files = isAcme ? certificateFiles(context, publication) : { certificate: file, key: file };
  const reads = isAcme
    ? certificateInputs(context, publication)
    : [{ as: file, from: { certificate: { id, names } }, because: publication.tls.pointer }];
  const nodes = [
    note(at, `In place of ${publication.name}, which nginx refused`),
    ...redirectServer(context, publication, name),
    block(
      at,
      ['server'],
      [
        // nginx takes the first page that it finds for a status.
        ...serverHead(context, publication, name, files, [
          line('', 'error_page', '503', '/.poterne/page/$poterne_page/repair.html'),
        ]),
        line('', 'add_header', 'X-Request-Id', '$request_id', 'always'),
        block('', ['location', '/'], [line('', 'return', '503')]),
      ],
    ),
  ];
  return { text: write(nodes).text, reads };
}
