import { message } from '../model/message.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { Checking } from './checking.ts';
import { valueAt } from './issues.ts';
import { isPlainMap } from './merge.ts';
import { certificateHeaders } from './resolve-tls.ts';
import { type TlsConfigurationEntry, wordsOf } from './schema/tls.ts';
import type { RouteEntry } from './schema.ts';

/** Request headers that are the gateway's to write, or that HTTP itself reads. */
const ownHeaders = new Set([
  ...[
    'host',
    'connection',
    'upgrade',
    'te',
    'trailer',
    'transfer-encoding',
    'content-length',
    'content-type',
  ],
  ...['keep-alive', 'proxy', 'forwarded', 'x-real-ip', 'x-request-id', 'cookie', 'authorization', 'expect'],
]);

/** What named TLS configurations say of themselves, and who uses them for what. */
export function checkTlsConfigurations(checking: Checking): void {
  const { parsed } = checking;
  for (const [name, entry] of parsed['tls-configurations'])
    checkEntry(checking, name, entry, pointer('tls-configurations', name));
  for (const [name, entry] of parsed.publications) {
    const at = pointer('publications', name);
    const word = entry['tls-configuration'];
    if (word !== undefined) checkUse(checking, word, `${at}/tls-configuration`);
    const routes = Object.entries(entry.routes ?? {}).flatMap(([key, route]) => {
      const named = route['tls-configuration'];
      return named === undefined ? [] : [{ named, at: `${at}${pointer('routes', key)}/tls-configuration` }];
    });
    for (const route of routes) checkUse(checking, route.named, route.at);
    checkOne(checking, name, entry.scenario, word, at, routes);
  }
  checkUnused(checking);
  checkBypass(checking);
}

/** A service that is told who its clients are must not be reached by a way on which they tell it themselves. */
function checkBypass({ parsed, report }: Checking): void {
  const told = new Set<string>();
  for (const { scenario, 'tls-configuration': word, service, routes = {} } of parsed.publications.values())
    for (const route of [...(service === undefined ? [] : [{ service }]), ...Object.values(routes)])
      if (scenario !== 'direct' && (word ?? (route as RouteEntry)['tls-configuration']) !== undefined)
        told.add(route.service);
  for (const [name, { scenario, service }] of parsed.publications)
    if (scenario === 'direct' && service !== undefined && told.has(service))
      report('warning', {
        code: 'tls-configuration.bypass',
        params: { service, name },
        pointer: pointer('publications', name, 'service'),
      });
}

function checkEntry(
  { report, whole }: Checking,
  name: string,
  entry: TlsConfigurationEntry,
  at: Pointer,
): void {
  const { server, client } = wordsOf(entry);
  const params = { name };
  const [foreign] = client;
  if (server.length > 0 && foreign !== undefined)
    report('error', {
      code: 'tls-configuration.mixed',
      params: { name, server: server[0] ?? '', client: foreign },
      pointer: `${at}/${foreign}`,
      onKey: true,
      hint: message('tls-configuration.mixed.hint'),
    });
  if (!whole(at)) return;
  if (server.length === 0 && client.length === 0)
    report('error', {
      code: 'tls-configuration.empty',
      params,
      pointer: at,
      onKey: true,
      hint: message('tls-configuration.empty.hint'),
    });
  const needed =
    server.length > 0
      ? (['client-certificate', 'authorities'] as const)
      : entry.authority === undefined
        ? (['certificate', 'key'] as const)
        : (['names'] as const);
  const files = (['certificate', 'key', 'passphrase'] as const).find((word) => entry[word] !== undefined);
  if (entry.authority !== undefined && files !== undefined)
    report('error', {
      code: 'tls-configuration.files',
      params,
      pointer: `${at}/${files}`,
      onKey: true,
    });
  for (const key of needed)
    if (entry[key] === undefined)
      report('error', {
        code: 'tls-configuration.key.missing',
        params: { key, name },
        pointer: at,
        onKey: true,
      });
  if (server.length === 0) return;
  const { authorities = [], crl, headers = {} } = entry;
  if (
    crl === undefined &&
    authorities.includes('internal') &&
    authorities.some((each) => each !== 'internal')
  )
    report('error', {
      code: 'tls-configuration.lists',
      params,
      pointer: `${at}/authorities`,
      onKey: true,
      hint: message('tls-configuration.lists.hint'),
    });
  const names = Object.entries({ ...certificateHeaders, ...headers });
  for (const [fact, header] of Object.entries(headers)) {
    if (header === undefined) continue;
    const lower = header.toLowerCase();
    const here = { params: { header }, pointer: `${at}/headers/${fact}` };
    if (ownHeaders.has(lower) || /^x-(?:forwarded|accel)-/.test(lower))
      report('error', { code: 'tls-configuration.header.reserved', ...here });
    else if (names.some(([other, name]) => other !== fact && name?.toLowerCase() === lower))
      report('error', { code: 'tls-configuration.header.twice', ...here });
  }
}

/** Publications ask for certificates; one that is shown to partners says nothing of that. */
function checkUse({ parsed, report, reference }: Checking, name: string, at: Pointer): void {
  reference('tls-configurations', name, at);
  const entry = parsed['tls-configurations'].get(name);
  if (!entry) return;
  const { server, client } = wordsOf(entry);
  if (server.length === 0 && client.length > 0)
    report('error', {
      code: 'tls-configuration.client',
      params: { name },
      pointer: at,
      hint: message('tls-configuration.client.hint'),
    });
}

/** A TLS server asks for the certificates of one set of authorities, whatever path is asked for later. */
function checkOne(
  { report, other }: Checking,
  name: string,
  scenario: string,
  word: string | undefined,
  at: Pointer,
  routes: readonly { readonly named: string; readonly at: Pointer }[],
): void {
  const uses = [...(word === undefined ? [] : [{ named: word, at: `${at}/tls-configuration` }]), ...routes];
  const [first] = uses;
  if (!first) return;
  if (scenario === 'direct')
    report('error', {
      code: 'tls-configuration.direct',
      params: { name },
      pointer: first.at,
      onKey: true,
    });
  for (const use of uses.slice(1)) {
    if (use.named !== first.named)
      report('error', {
        code: 'tls-configuration.several',
        params: { name },
        pointer: use.at,
        hint: other(first.at),
      });
    else if (word !== undefined)
      report('warning', {
        code: 'tls-configuration.twice',
        params: { name: use.named },
        pointer: use.at,
        onKey: true,
        hint: other(first.at),
      });
  }
}

/** A configuration that nobody uses is most often an assignment that somebody forgot. */
function checkUnused({ parsed, sources, report }: Checking): void {
  // As written, since a publication that could not be parsed asks for its certificates all the same.
  const targets = [...sources.sections.publications.values(), ...sources.sections.partners.values()];
  const used = new Set(
    targets.flatMap((target) => {
      const routes = valueAt(target, ['routes']);
      const rules = valueAt(target, ['audience']);
      return [
        ...[target, ...(isPlainMap(routes) ? Object.values(routes) : [])].map((t) =>
          valueAt(t, ['tls-configuration']),
        ),
        ...(Array.isArray(rules) ? rules : []).map((rule) => valueAt(rule, ['certificate'])),
      ];
    }),
  );
  const known = new Set<unknown>(parsed.names['tls-configurations']);
  // A misspelt reference was meant for one of them, and is reported already.
  if ([...used].some((name) => name !== undefined && !known.has(name))) return;
  for (const name of parsed.names['tls-configurations'])
    if (!used.has(name))
      report('warning', {
        code: 'tls-configuration.unused',
        params: { name },
        pointer: pointer('tls-configurations', name),
        onKey: true,
      });
}
