import type { Input, StandIn } from '../../../model/plan.ts';
import type { Pointer } from '../../../model/pointer.ts';
import type { Publication } from '../../../model/site.ts';
import { compiled } from '../routes.ts';
import { publicationOptions } from '../schema.ts';
import { block, gap, line, type Node, note, unnamed, write } from '../syntax.ts';
import { type Context, listens } from './common.ts';
import { headerLines } from './headers.ts';
import { certificateFiles } from './inputs.ts';
import { limitLines, zoneLines, zonesOf } from './limits.ts';
import { locations, uploadLines } from './location.ts';
import { groupsOf, trustInputs, upstreamBlock } from './upstream.ts';

/** `publications/<id>.conf`: all of one publication, so that it can be refused without the others. */
export function publicationFile(context: Context, publication: Publication): Node[] {
  const groups = groupsOf(context, publication);
  const zones = zonesOf(publication);
  const limits = zoneLines(publication, zones);
  const at = publication.pointer;
  return [
    note(at, `Publication ${publication.name}`),
    gap,
    ...[...groups].flatMap(([service, group]) => [...upstreamBlock(context, service, group), gap]),
    ...(limits.length > 0 ? [...limits, gap] : []),
    redirectServer(context, publication, nameOf(publication)),
    gap,
    block(
      at,
      ['server'],
      [
<<<<<<< HEAD
        ...serverHead(context, publication, nameOf(publication), certificateOf(publication)),
=======
        ...serverHead(context, publication, nameOf(publication), certificateFiles(publication)),
>>>>>>> main
        gap,
        ...headerLines(publication),
        ...audienceLines(publication),
        ...limitLines(publication, undefined, zones),
        ...uploadLines(publication),
        ...(publicationOptions(publication).compression === false
          ? [line(`${at}/compression`, 'gzip', 'off')]
          : []),
        gap,
        ...locations(context, publication, groups, zones),
      ],
    ),
  ];
}

/** The name as `server_name` reads it. */
const nameOf = ({ name, match }: Publication): string => (match === 'regex' ? unnamed(name) : name);

/** Plain http leads to https under the name as published, never under one that a visitor made up. */
function redirectServer(context: Context, publication: Publication, name: string): Node {
  const at = publication.pointer;
  const target = publication.match === 'exact' ? publication.name : '$host';
  return block(
    at,
    ['server'],
    [
      ...listens(context, 'http'),
      line(at, 'server_name', name),
      line(at, 'return', '308', `https://${target}${context.publicPort}$request_uri`),
    ],
  );
}

<<<<<<< HEAD
/** Where the certificate and the key of a server stand in the generation, and where they come from. */
interface Certificate {
  readonly chain: string;
  readonly key: string;
  readonly reads: readonly Input[];
}

function certificateOf({ id, tls }: Publication): Certificate {
  if (tls.kind === 'internal') return internal(id, tls.names, tls.pointer);
  const chain = `certificates/${id}.pem`;
  const key = `certificates/${id}_key.pem`;
  const from = (as: string, file: string, word: string): Input => ({
    as,
    from: { file },
    because: `${tls.pointer}/${word}`,
  });
  return { chain, key, reads: [from(chain, tls.certificate, 'certificate'), from(key, tls.key, 'key')] };
}

/** A certificate of Poterne's own CA: one file holds the key and the chain. */
function internal(id: string, names: readonly string[], because: Pointer): Certificate {
  const file = `certificates/${id}.pem`;
  return { chain: file, key: file, reads: [{ as: file, from: { certificate: { id, names } }, because }] };
}

/** What a publication's file names besides: its certificate, and the CAs of its services. */
export const inputsOf = (context: Context, publication: Publication): Input[] => [
  ...certificateOf(publication).reads,
  ...[...groupsOf(context, publication)].flatMap(([service, group]) => trustInputs(service, group)),
];

=======
>>>>>>> main
function serverHead(
  context: Context,
  publication: Publication,
  name: string,
<<<<<<< HEAD
  certificate: Certificate,
=======
  files: ReturnType<typeof certificateFiles>,
>>>>>>> main
): Node[] {
  const at = publication.pointer;
  const target = publication.match === 'exact' ? publication.name : '$host';
  return [
    ...listens(context, 'https'),
    line(at, 'server_name', name),
<<<<<<< HEAD
    line(publication.tls.pointer, 'ssl_certificate', certificate.chain),
    line(publication.tls.pointer, 'ssl_certificate_key', certificate.key),
=======
    line(publication.tls.pointer, 'ssl_certificate', files.certificate),
    line(publication.tls.pointer, 'ssl_certificate_key', files.key),
>>>>>>> main
    gap,
    ...first,
    block('', ['if', '($poterne_misdirected)'], [line('', 'return', '421')]),
    line('', 'include', 'pages.conf'),
    line('', 'error_page', '497', '=308', `https://${target}${context.publicPort}$request_uri`),
  ];
}

function audienceLines({ audience }: Publication): Node[] {
  if (audience.networks === undefined) return [];
  return [
    ...audience.networks.map((network) => line(audience.pointer, 'allow', network)),
    line(audience.pointer, 'deny', 'all'),
  ];
}

/** What answers in place of a publication that nginx refused: the same names, and a page that says so. */
export function standIn(context: Context, publication: Publication): StandIn {
  const at = publication.pointer;
  const id = `${publication.id}_standin`;
  const file = `certificates/${id}.pem`;
  // The name itself may be what nginx refused.
  const readable = publication.match !== 'regex' || compiled(publication.name.slice(1)) !== undefined;
  const name = readable ? nameOf(publication) : publication.example;
  const names =
    publication.tls.kind === 'internal'
      ? publication.tls.names
      : [publication.match === 'wildcard' ? publication.name : publication.example];
  const certificate = internal(id, names, publication.tls.pointer);
  const nodes = [
    note(at, `In place of ${publication.name}, which nginx refused`),
    redirectServer(context, publication, name),
    block(
      at,
      ['server'],
      [
<<<<<<< HEAD
        ...serverHead(context, publication, name, certificate),
=======
        ...serverHead(context, publication, name, { certificate: file, key: file }),
>>>>>>> main
        line('', 'error_page', '503', '/.poterne/$poterne_page/repair.html'),
        line('', 'add_header', 'X-Request-Id', '$request_id', 'always'),
        block('', ['location', '/'], [line('', 'return', '503')]),
      ],
    ),
  ];
<<<<<<< HEAD
  return { text: write(nodes).text, reads: certificate.reads };
=======
  const reads = [{ as: file, from: { certificate: { id, names } }, because: publication.tls.pointer }];
  return { text: write(nodes).text, reads };
>>>>>>> main
}
