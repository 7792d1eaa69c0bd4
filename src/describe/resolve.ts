import path from 'node:path';
import type { Engine, EngineSchema } from '../engines/engine.ts';
import { zoneOfHost } from '../lib/zones.ts';
import { deepFreeze } from '../model/freeze.ts';
import type { Partner } from '../model/partner.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type {
  Admin,
  Assertion,
  EngineOptions,
  Gateway,
  Grant,
  Host,
  Publication,
  Route,
  Service,
  Site,
  Ssh,
  Tls,
  Upstream,
  Zone,
} from '../model/site.ts';
import { partiesNamed } from './check-assertions.ts';
import type { JobFiles } from './job-files.ts';
import { sourceOf } from './locate.ts';
import type { Sources } from './merge.ts';
import { exampleOf, matchOf, normalName, publicationId, regexOf } from './names.ts';
import type { Parsed } from './parse.ts';
import { resolveAccess } from './resolve-access.ts';
import { acmeWords, resolveAcme, resolveAcmeTls } from './resolve-acme.ts';
import { resolveAudience } from './resolve-audience.ts';
import { resolveAuthority } from './resolve-authority.ts';
import { resolveBans } from './resolve-bans.ts';
import { resolveJobs } from './resolve-jobs.ts';
import { resolveKeeping, resolveMail } from './resolve-mail.ts';
import { resolvePartnerDoor, resolvePartners } from './resolve-partners.ts';
import { resolveSignIn } from './resolve-sign-in.ts';
import { resolveTlsConfigurations } from './resolve-tls.ts';
import { resolveWaf, resolveWafRules } from './resolve-waf.ts';
import { strips } from './routing.ts';
import {
  type AssertionEntry,
  type GrantEntry,
  type HostEntry,
  type PublicationEntry,
  type ServiceEntry,
  type SiteEntry,
  schemas,
} from './schema.ts';
import type { KnownRules } from './waf-rules.ts';

interface Resolving {
  readonly parsed: Parsed;
  readonly engines: readonly Engine[];
  readonly jobFiles: JobFiles;
  /** The absolute path of a file that is named relative to the file in which its pointer stands. */
  file(name: string, at: Pointer): string;
}

/** The Site that a checked description means: frozen, references resolved, defaults filled in. */
export function resolve(
  parsed: Parsed,
  sources: Sources,
  engines: readonly Engine[],
  jobFiles: JobFiles,
  rules?: KnownRules,
): Site {
  const resolving: Resolving = {
    parsed,
    engines,
    jobFiles,
    file: (name, at) => path.resolve(path.dirname(sourceOf(sources, at)?.path ?? sources.main), name),
  };
  const hosts = resolveHosts(resolving);
  const site = parsed.site;
  const tlsConfigurations = resolveTlsConfigurations(parsed, resolving.file);
  const partners = resolvePartners(parsed, tlsConfigurations, resolving.file);
  return deepFreeze<Site>({
    name: site?.site ?? '',
    language: site?.language ?? 'en',
    timezone: site?.timezone ?? 'UTC',
    zones: resolveZones(parsed, hosts),
    hosts,
    services: [...parsed.services].map(([name, service]) => resolveService(resolving, name, service)),
    publications: [...parsed.publications].map(([name, publication]) =>
      resolvePublication(resolving, name, publication),
    ),
    partners,
    gateway: resolveGateway(resolving, hosts, partners),
    tlsConfigurations,
    ...(site?.admin === undefined ? {} : { admin: resolveAdmin(parsed, site.admin) }),
    grants: (site?.flows ?? []).flatMap((entry, i) => resolveGrant(parsed, entry, i)),
    assertions: (site?.expect ?? []).flatMap((entry, i) => resolveAssertion(parsed, entry, i)),
    confirm: [...new Set(site?.confirm ?? [])],
    ...resolveAccess(parsed, hosts),
    ...(site?.authority === undefined ? {} : { authority: resolveAuthority(site.authority) }),
    ...(site?.acme === undefined ? {} : { acme: resolveAcme(parsed, site.acme, resolving.file) }),
    ...(site?.mail === undefined ? {} : { mail: resolveMail(site.mail, resolving.file) }),
    ...resolveSignIn(parsed, resolving.file, ({ at, tls }) =>
      resolveTls(resolving, at, { scenario: 'proxy', tls }, '/sign-in'),
    ),
    ...(site?.bans === undefined ? {} : { bans: resolveBans(parsed, site.bans) }),
    ...(site?.waf === undefined ? {} : { waf: resolveWafRules(site.waf, resolving.file, rules) }),
    keeping: resolveKeeping(site ?? {}),
    ...resolveJobs(parsed, jobFiles, resolving.file),
  });
}

/** What each engine reads in an entry: its own keys, parsed by its own schema, and an entry even when there are none. */
function options(
  engines: readonly Engine[],
  part: keyof EngineSchema,
  entry: Readonly<Record<string, unknown>>,
): EngineOptions {
  return Object.fromEntries(
    engines.map((engine) => {
      const own = Object.keys(engine.schema[part]).filter((key) => entry[key] !== undefined);
      return [engine.name, Object.fromEntries(own.map((key) => [key, entry[key]]))];
    }),
  );
}

/** Visitors arrive where the gateway stands: who breaks in there should not get further. */
function resolveZones(parsed: Parsed, hosts: readonly Host[]): readonly Zone[] {
  const zones = [...parsed.zones].map(([name, { networks, outgoing }]) => ({
    name,
    networks: [...new Set(networks)],
    outgoing,
    pointer: pointer('zones', name),
  }));
  const gateway = hosts.find((h) => h.roles.includes('gateway'));
  const exposed = gateway && zoneOfHost({ zones }, gateway);
  return zones.map((zone) => ({
    ...zone,
    outgoing: zone.outgoing ?? (zone.name === exposed ? 'described' : 'free'),
  }));
}

/** A gateway is always some machine: this one, when the description names none. */
function resolveHosts({ parsed, engines }: Resolving): readonly Host[] {
  const hosts: Host[] = [...parsed.hosts].map(([name, host]) => {
    const addresses = typeof host.address === 'string' ? [host.address] : [...new Set(host.address ?? [])];
    const at = pointer('hosts', name);
    return {
      name,
      ...(addresses[0] === undefined ? {} : { address: addresses[0] }),
      addresses,
      ...(host.zone === undefined ? {} : { zone: host.zone }),
      roles: host.roles,
      groups: host.groups,
      ...(host.ssh === undefined ? {} : { ssh: resolveSsh(host.ssh, `${at}/ssh`) }),
      options: options(engines, 'host', host),
      pointer: at,
    };
  });
  if (hosts.some((h) => h.roles.includes('gateway'))) return hosts;
  const local = hosts.find((h) => h.name === 'localhost');
  if (local) return hosts.map((h) => (h === local ? { ...h, roles: ['gateway'] } : h));
  return [
    ...hosts,
    {
      name: 'localhost',
      addresses: [],
      roles: ['gateway'],
      groups: [],
      options: options(engines, 'host', {}),
      pointer: '',
    },
  ];
}

function resolveSsh({ 'host-key': hostKey, ...ssh }: NonNullable<HostEntry['ssh']>, at: Pointer): Ssh {
  return { ...present(ssh), ...(hostKey === undefined ? {} : { hostKey }), pointer: at };
}

function resolveGateway(
  { parsed, engines }: Resolving,
  hosts: readonly Host[],
  partners: readonly Partner[],
): Gateway {
  const door = resolvePartnerDoor(parsed, partners, hosts);
  const entry = parsed.gateway ?? schemas(engines).gateway.parse({});
  return {
    host: hosts.find((h) => h.roles.includes('gateway'))?.name ?? 'localhost',
    listen: entry.listen,
    httpPort: entry['http-port'],
    httpsPort: entry['https-port'],
    publicPort: entry['public-port'] ?? entry['https-port'],
    publicAddresses: [...new Set(entry.public)],
    trustedFronts: [...new Set(entry['trusted-fronts'])],
    proxyProtocol: entry['proxy-protocol'],
    ...(door ? { partners: door } : {}),
    options: options(engines, 'gateway', entry),
    pointer: '/gateway',
  };
}

function resolveService({ engines, file }: Resolving, name: string, entry: ServiceEntry): Service {
  const at = pointer('services', name);
  const upstreams: Upstream[] = entry.url
    ? [{ ...entry.url, weight: 1, backup: false, pointer: `${at}/url` }]
    : (entry.upstreams ?? []).map((u, i) => ({
        ...u.url,
        weight: u.weight,
        backup: u.backup,
        pointer: `${at}/upstreams/${i}`,
      }));
  const { title, host, owner, trust, healthy, websocket } = entry;
  return {
    name,
    ...(title === undefined ? {} : { title }),
    ...(host === undefined ? {} : { host }),
    ...(owner === undefined ? {} : { owner: present(owner) }),
    upstreams,
    ...(trust === undefined ? {} : { trust: { ca: file(trust.ca, at), name: trust.name } }),
    ...(healthy === undefined ? {} : { healthy: present(healthy) }),
    events: entry.events,
    ...(websocket === undefined ? {} : { websocket }),
    needs: [...new Set(entry.needs)],
    options: options(engines, 'service', entry),
    pointer: at,
  };
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The same without keys that hold `undefined`, which JSON does not know. */
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Present<T>;
}

function resolvePublication(resolving: Resolving, key: string, entry: PublicationEntry): Publication {
  const { engines } = resolving;
  const at = pointer('publications', key);
  const name = normalName(key);
  const ground = {
    id: publicationId(name),
    name,
    match: matchOf(name),
    example: entry.example?.toLowerCase().replace(/\.$/, '') ?? exampleOf(name) ?? name,
    dns: Object.entries(entry.dns ?? {}).map(([zone, addresses]) => ({
      zone,
      addresses: [...new Set(addresses)],
      pointer: `${at}${pointer('dns', zone)}`,
    })),
    audience: resolveAudience(resolving.parsed, resolving.jobFiles, key, entry, at),
    ...(entry['signed-identity'] ? { signedIdentity: true } : {}),
    routes: resolveRoutes(resolving, entry, at),
    options: options(engines, 'publication', entry),
    pointer: at,
  };
  if (entry.scenario !== 'direct')
    return {
      ...ground,
      scenario: entry.scenario,
      ...(entry.scenario === 'proxy+waf' ? { waf: resolveWaf(entry.waf, at) } : {}),
      tls: resolveTls(resolving, key, entry, at),
      ...configurationOf(entry),
    };
  return { ...ground, scenario: entry.scenario, ...(entry.port === undefined ? {} : { port: entry.port }) };
}

function resolveRoutes({ engines }: Resolving, entry: PublicationEntry, at: Pointer): readonly Route[] {
  if (entry.service !== undefined) {
    const whole = schemas(engines).route.parse({ service: entry.service });
    return [
      {
        path: '/',
        match: 'prefix',
        service: entry.service,
        strip: false,
        options: options(engines, 'route', whole),
        pointer: `${at}/service`,
      },
    ];
  }
  return Object.entries(entry.routes ?? {}).map(([key, route]) => {
    const regex = regexOf(key);
    return {
      path: regex ? regex.source : key,
      match: regex ? 'regex' : 'prefix',
      service: route.service,
      strip: !regex && strips(route),
      ...configurationOf(route),
      options: options(engines, 'route', route),
      pointer: `${at}${pointer('routes', key)}`,
    };
  });
}

const configurationOf = ({
  'tls-configuration': name,
}: {
  readonly 'tls-configuration'?: string | undefined;
}) => (name === undefined ? {} : { tlsConfiguration: name });

function resolveTls(
  { file }: Resolving,
  key: string,
  entry: Pick<PublicationEntry, 'scenario' | 'tls'>,
  at: Pointer,
): Tls {
  const { tls } = entry;
  const name = normalName(key);
  const words = acmeWords(entry);
  if (words) return resolveAcmeTls(key, words, `${at}/tls`);
  if (tls === undefined) return { kind: 'internal', names: [name], pointer: at };
  const here = `${at}/tls`;
  if (typeof tls === 'string' || 'acme' in tls) return { kind: 'internal', names: [name], pointer: here };
  if ('names' in tls) return { kind: 'internal', names: [...new Set(tls.names)], pointer: here };
  return { kind: 'files', certificate: file(tls.certificate, at), key: file(tls.key, at), pointer: here };
}

function resolveAdmin(parsed: Parsed, { from }: NonNullable<SiteEntry['admin']>): Admin {
  return { from: from.flatMap((name) => partiesNamed(parsed, name).slice(0, 1)), pointer: '/admin' };
}

function resolveGrant(parsed: Parsed, { from, to, ports, ...rest }: GrantEntry, index: number): Grant[] {
  const [source] = partiesNamed(parsed, from);
  const [target] = partiesNamed(parsed, to);
  if (!source || !target) return [];
  const at = pointer('flows', index);
  return [{ ...rest, from: source, to: target, ports: [...new Set(ports)], pointer: at }];
}

function resolveAssertion(parsed: Parsed, entry: AssertionEntry, index: number): Assertion[] {
  const verdict = entry.deny ? 'deny' : 'allow';
  const flow = entry[verdict];
  const from = partiesNamed(parsed, flow?.from ?? '')[0];
  const to = partiesNamed(parsed, flow?.to ?? '')[0];
  if (!from || !to) return [];
  const { port } = flow ?? {};
  return [{ verdict, from, to, ...(port === undefined ? {} : { port }), pointer: pointer('expect', index) }];
}
