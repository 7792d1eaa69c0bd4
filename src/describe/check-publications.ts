import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import { checkAudience } from './check-audience.ts';
import type { Checking } from './checking.ts';
import type { JobFiles } from './job-files.ts';
import { isPlainMap } from './merge.ts';
import {
  compile,
  covers,
  dnsHint,
  exampleOf,
  isDnsName,
  isPrefix,
  matchOf,
  normalName,
  regexOf,
} from './names.ts';
import { strips, visible } from './routing.ts';
import type { PublicationEntry, RouteEntry } from './schema.ts';

/** What publications say of themselves, of each other and of the services behind them. */
export function checkPublications(checking: Checking, jobFiles: JobFiles, now: Date): void {
  const { parsed, report, other } = checking;
  const seen = new Map<string, string>();
  for (const name of parsed.names.publications) {
    const at = pointer('publications', name);
    const twin = seen.get(normalName(name));
    if (twin === undefined) seen.set(normalName(name), name);
    else
      report('error', {
        code: 'publication.duplicate',
        params: { name },
        pointer: at,
        onKey: true,
        hint: other(pointer('publications', twin)),
      });
    const valid = checkName(checking, normalName(name), at);
    const soundRoutes = checkRouteKeys(checking, name, at);
    const publication = parsed.publications.get(name);
    if (!publication) continue;
    if (valid) checkNames(checking, normalName(name), publication, at);
    checkTarget(checking, name, publication, at, soundRoutes);
    checkAudience(checking, { jobFiles, now }, name, publication, at);
  }
}

/** Whether the name is one that can be published. */
function checkName({ report }: Checking, name: string, at: Pointer): boolean {
  const key = { pointer: at, onKey: true };
  const match = matchOf(name);
  if (match === 'regex') {
    const source = name.slice(1);
    if (!compile(source)) {
      report('error', { code: 'publication.regex.invalid', params: { value: source }, ...key });
      return false;
    }
    if (!source.replace(/^\(\?i\)/, '').startsWith('^') || !/(^|[^\\])(\\\\)*\$$/.test(source))
      report('warning', {
        code: 'publication.regex.open',
        params: { name },
        ...key,
        hint: message('publication.regex.open.hint'),
      });
    return true;
  }
  if (match === 'wildcard' && !/^\*\.[^*]+$/.test(name)) {
    report('error', {
      code: 'publication.name.wildcard',
      params: { name },
      ...key,
      hint: message('publication.name.wildcard.hint'),
    });
    return false;
  }
  const bare = name.replace(/^\*\./, '');
  if (isDnsName(bare)) return true;
  const hint = dnsHint(bare);
  report('error', { code: 'value.dns', params: { value: name }, ...key, ...(hint ? { hint } : {}) });
  return false;
}

/** The example stands for the name in every proof; the certificate must hold for it. */
function checkNames(
  { report, whole }: Checking,
  name: string,
  publication: PublicationEntry,
  at: Pointer,
): void {
  const match = matchOf(name);
  const example =
    publication.example === undefined
      ? exampleOf(name)
      : publication.example.toLowerCase().replace(/\.$/, '');
  if (example === undefined) {
    if (whole(at))
      report('error', {
        code: 'publication.example.missing',
        params: { name },
        pointer: at,
        onKey: true,
        hint: message('publication.example.missing.hint'),
      });
  } else if (!isDnsName(example)) {
    const hint = dnsHint(example);
    report('error', {
      code: 'value.dns',
      params: { value: example },
      pointer: `${at}/example`,
      ...(hint ? { hint } : {}),
    });
  } else if (match === 'regex' ? !compile(name.slice(1), 'i')?.test(example) : !covers(name, example))
    report('error', {
      code: 'publication.example.mismatch',
      params: { example, name },
      pointer: `${at}/example`,
    });

  // Whose TLS is passed through shows a certificate of its own.
  if (publication.scenario === 'direct') return;
  const tls = publication.tls ?? 'internal';
  if (namesOf(tls) === undefined) {
    if (match === 'regex' && whole(at) && !isFiles(tls))
      report('error', {
        code: 'publication.tls.names.missing',
        params: { name },
        pointer: publication.tls === undefined ? at : `${at}/tls`,
        onKey: publication.tls === undefined,
        hint: message('publication.tls.names.missing.hint'),
      });
  } else if (example !== undefined && !namesOf(tls)?.some((n) => covers(n, example)))
    report('error', {
      code: 'publication.tls.names.mismatch',
      params: { example },
      pointer: typeof tls === 'object' && 'acme' in tls ? `${at}/tls/acme/names` : `${at}/tls/names`,
    });
}

type TlsEntry = NonNullable<PublicationEntry['tls']>;

/** The names that are written for the certificate. */
function namesOf(tls: TlsEntry): readonly string[] | undefined {
  if (typeof tls === 'string') return undefined;
  if ('acme' in tls) return tls.acme.names;
  return 'names' in tls ? tls.names : undefined;
}

/** Files hold what they hold. */
const isFiles = (tls: TlsEntry): boolean => typeof tls === 'object' && 'certificate' in tls;

function checkTarget(
  checking: Checking,
  name: string,
  publication: PublicationEntry,
  at: Pointer,
  soundRoutes: boolean,
): void {
  const { report, reference, whole } = checking;
  const { service, routes } = publication;
  if (service !== undefined) {
    reference('services', service, `${at}/service`);
    if (routes)
      report('error', {
        code: 'publication.target.both',
        params: { name },
        pointer: `${at}/service`,
        onKey: true,
        hint: message('publication.target.both.hint', { service }),
      });
    else checkProvable(checking, { '/': { service } }, () => `${at}/service`);
  } else if (!routes && whole(at))
    report('error', {
      code: 'publication.target.missing',
      params: { name },
      pointer: at,
      onKey: true,
      hint: message('publication.target.missing.hint', {
        service: checking.parsed.names.services[0] ?? 'open-prod',
      }),
    });
  if (!routes) return;
  const placeOf = (key: string) => `${at}${pointer('routes', key)}`;
  for (const [key, route] of Object.entries(routes)) {
    reference('services', route.service, `${placeOf(key)}/service`);
    checkStrip(checking, key, route, placeOf(key));
  }
  if (service === undefined && soundRoutes) checkProvable(checking, routes, placeOf);
}

function checkStrip({ report }: Checking, key: string, route: RouteEntry, at: Pointer): void {
  const [keep, strip] = [route['keep-path'], route['strip-path']];
  const strippedBy = strip === undefined ? 'keep-path' : 'strip-path';
  if (keep !== undefined && keep === strip)
    report('error', { code: 'route.strip.both', params: {}, pointer: `${at}/strip-path`, onKey: true });
  else if (regexOf(key) && strips(route))
    report('error', { code: 'route.strip.regex', params: {}, pointer: `${at}/${strippedBy}`, onKey: true });
}

/**
 * Whether the keys of the routes as written are sound: at least one, each a prefix or a regular expression, and each
 * prefix once, final slash or not.
 */
function checkRouteKeys({ sources, report, other }: Checking, name: string, at: Pointer): boolean {
  const raw = sources.sections.publications.get(name);
  if (!isPlainMap(raw) || !isPlainMap(raw.routes)) return true;
  const seen = new Map<string, string>();
  const keys = Object.keys(raw.routes);
  let sound = keys.length > 0;
  const complain = (finding: Omit<Finding, 'severity'>) => {
    sound = false;
    report('error', finding);
  };
  if (!sound)
    complain({ code: 'value.empty', params: { key: 'routes' }, pointer: `${at}/routes`, onKey: true });
  for (const key of keys) {
    const here = { pointer: `${at}${pointer('routes', key)}`, onKey: true };
    const regex = regexOf(key);
    if (regex ? !regex.regex : !isPrefix(key))
      complain({
        code: regex ? 'route.regex.invalid' : 'value.path.prefix',
        params: { value: regex ? regex.source : key },
        ...here,
        ...(!regex && key.includes('%') ? { hint: message('value.path.percent') } : {}),
      });
    const normal = regex ? `~${regex.source}` : key.replace(/\/$/, '');
    const twin = seen.get(normal);
    if (twin === undefined) seen.set(normal, key);
    else
      complain({
        code: 'route.duplicate',
        params: { path: key, other: twin },
        ...here,
        hint: other(`${at}${pointer('routes', twin)}`),
      });
  }
  return sound;
}

/**
 * What a service promises and no route of the publication leads to is not proved through it; better said than found
 * out. It is said once, at the first route to the service.
 */
function checkProvable(
  { parsed, report }: Checking,
  routes: Readonly<Record<string, RouteEntry>>,
  placeOf: (key: string) => Pointer,
): void {
  const keys = Object.keys(routes);
  for (const name of new Set(Object.values(routes).map((route) => route.service))) {
    const service = parsed.services.get(name);
    if (!service) continue;
    const ways = Object.entries(routes).filter(([, route]) => route.service === name);
    const unproved = (path: string) =>
      ways.every(([key, route]) => visible(keys, key, strips(route), path) === undefined);
    const note = (code: 'route.healthy.unproved' | 'route.events.unproved' | 'route.websocket.unproved') => {
      return (path: string) =>
        report('note', {
          code,
          params: { path, service: name },
          pointer: placeOf(ways[0]?.[0] ?? '/'),
          onKey: true,
        });
    };
    if (service.healthy && unproved(service.healthy.path))
      note('route.healthy.unproved')(service.healthy.path);
    service.events.filter(unproved).forEach(note('route.events.unproved'));
    if (service.websocket && unproved(service.websocket.path))
      note('route.websocket.unproved')(service.websocket.path);
  }
}
