import type { Pointer } from '../../../model/pointer.ts';
import type { Publication } from '../../../model/site.ts';
import { defaults, publicationOptions } from '../schema.ts';
import { block, line, type Node, plain } from '../syntax.ts';

/** A header of the answers, in words; `own` when the application's would take its place. */
export interface AnswerHeader {
  readonly name: string;
  readonly value: string;
  readonly giveWay: boolean;
  readonly pointer: Pointer;
}

const typed = [
  {
    word: 'hsts',
    name: 'Strict-Transport-Security',
    fallback: `max-age=${defaults.hsts / 1000}`,
    giveWay: true,
  },
  { word: 'frame', name: 'X-Frame-Options', fallback: defaults.frame.toUpperCase(), giveWay: true },
  // It has one value only (Fetch standard): there is nothing to give way to.
  { word: 'nosniff', name: 'X-Content-Type-Options', fallback: 'nosniff', giveWay: false },
  { word: 'referrer', name: 'Referrer-Policy', fallback: defaults.referrer, giveWay: true },
] as const;

/** An application may send several of these: they are added to, never taken away. */
const additive = new Set(['set-cookie', 'link', 'vary']);

/** The headers that a publication's answers bear, besides the request id. */
export function answerHeaders(publication: Publication): AnswerHeader[] {
  const written = publicationOptions(publication).headers ?? {};
  const at = `${publication.pointer}/headers`;
  const added = Object.entries(written.add ?? {}).map(([name, value]) => ({
    name,
    value,
    giveWay: false,
    pointer: `${at}/add/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  }));
  const names = new Set(added.map((h) => h.name.toLowerCase()));
  const security = typed.flatMap(({ word, name, fallback, giveWay }): AnswerHeader[] => {
    const value = written[word];
    if (value === false || names.has(name.toLowerCase())) return [];
    if (value === undefined) return [{ name, value: fallback, giveWay, pointer: publication.pointer }];
    const text =
      word === 'hsts'
        ? `max-age=${Math.floor(Number(value) / 1000)}`
        : word === 'frame'
          ? String(value).toUpperCase()
          : word === 'nosniff'
            ? 'nosniff'
            : String(value);
    return [{ name, value: text, giveWay: false, pointer: `${at}/${word}` }];
  });
  return [...security, ...added];
}

const snake = (header: string): string => header.toLowerCase().replaceAll('-', '_');

/** For each default that gives way a variable: its value, or nothing when the application sent its own. */
export const defaultHeaderMaps = (): Node[] =>
  typed
    .filter(({ giveWay }) => giveWay)
    .map(({ name, fallback }) =>
      block(
        '',
        ['map', `$upstream_http_${snake(name)}`, `$poterne_${snake(name)}`],
        [line('', 'default', ''), line('', '', fallback)],
      ),
    );

/** All headers of a publication stand in its server: a location with one of its own would inherit none of these. */
export function headerLines(publication: Publication): Node[] {
  const headers = answerHeaders(publication);
  return [
    line('', 'proxy_hide_header', 'X-Request-Id'),
    ...headers
      .filter((h) => !h.giveWay && !additive.has(h.name.toLowerCase()))
      .map((h) => line(h.pointer, 'proxy_hide_header', h.name)),
    line('', 'add_header', 'X-Request-Id', '$request_id', 'always'),
    ...headers.map((h) =>
      line(
        h.pointer,
        'add_header',
        h.name,
        h.giveWay ? `$poterne_${snake(h.name)}` : plain(h.value),
        'always',
      ),
    ),
  ];
}
