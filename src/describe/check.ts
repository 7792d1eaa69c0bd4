import { knownHint } from '../lib/hints.ts';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import { checkAccess } from './check-access.ts';
import { checkAcme } from './check-acme.ts';
import { checkAssertions } from './check-assertions.ts';
import { checkAuthority } from './check-authority.ts';
import { checkBans } from './check-bans.ts';
import { checkScenarios } from './check-direct.ts';
import { checkJobs } from './check-jobs.ts';
import { checkNetwork } from './check-network.ts';
import { checkPartners } from './check-partners.ts';
import { checkPublications } from './check-publications.ts';
import { checkSignIn } from './check-sign-in.ts';
import { checkTlsConfigurations } from './check-tls.ts';
import { checkWaf } from './check-waf.ts';
import { type Checking, unknownCodes } from './checking.ts';
import { valueAt } from './issues.ts';
import type { JobFiles } from './job-files.ts';
import { locate } from './locate.ts';
import { isPlainMap, type Sources, shortPlace } from './merge.ts';
import { isAddressLike } from './names.ts';
import type { Parsed } from './parse.ts';
import type { ServiceEntry } from './schema.ts';

/** What the entries say of each other: references, contradictions, what cannot be proved. All of it, never the first. */
export function check(parsed: Parsed, sources: Sources, jobFiles: JobFiles, now: Date): readonly Finding[] {
  const findings: Finding[] = [];
  const names = {
    zones: new Set(parsed.names.zones),
    hosts: new Set(parsed.names.hosts),
    services: new Set(parsed.names.services),
    people: new Set(parsed.names.people),
    calendars: new Set(parsed.names.calendars),
    jobs: new Set(parsed.names.jobs),
    directories: new Set(parsed.names.directories),
    'tls-configurations': new Set(parsed.names['tls-configurations']),
  };
  const checking: Checking = {
    parsed,
    sources,
    report: (severity, finding) => findings.push({ severity, ...finding }),
    other: (at, onKey = true) => {
      const place = locate(sources, at, onKey);
      return message('hint.other', { place: place ? shortPlace(sources.main, place) : at });
    },
    reference: (section, name, at) => {
      if (!names[section].has(name))
        findings.push({
          severity: 'error',
          code: unknownCodes[section],
          params: { name },
          pointer: at,
          hint: knownHint(name, parsed.names[section]),
        });
    },
    whole: (at) => !parsed.flawed.has(at),
  };
  checkNames(checking);
  checkHosts(checking);
  checkConfirm(checking);
  checkGateway(checking);
  for (const [name, service] of parsed.services) checkService(checking, name, service);
  checkPublications(checking, jobFiles, now);
  checkAuthority(checking);
  checkScenarios(checking);
  checkWaf(checking);
  checkAcme(checking);
  checkNetwork(checking);
  checkAccess(checking);
  checkSignIn(checking);
  checkJobs(checking, jobFiles);
  checkTlsConfigurations(checking);
  checkPartners(checking);
  checkAssertions(checking);
  checkBans(checking);
  checkMail(checking);
  checkUse(checking);
  return findings;
}

function checkNames({ parsed, report }: Checking): void {
  for (const section of ['zones', 'hosts', 'services', 'calendars', 'jobs', 'tls-configurations'] as const)
    for (const name of parsed.names[section]) {
      const at = pointer(section, name);
      const hint = section === 'services' ? { hint: message('value.name.title') } : {};
      if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name))
        report('error', { code: 'value.name', params: { value: name }, pointer: at, onKey: true, ...hint });
      else if (section === 'zones' && (name === 'everyone' || isAddressLike(name)))
        report('error', {
          code: 'value.reserved',
          params: { value: name, meaning: name === 'everyone' ? 'everyone' : '10.0.0.0/24' },
          pointer: at,
          onKey: true,
        });
    }
}

function checkHosts({ parsed, report, reference, other }: Checking): void {
  let first: string | undefined;
  for (const [name, host] of parsed.hosts) {
    const at = pointer('hosts', name);
    if (host.zone !== undefined) reference('zones', host.zone, `${at}/zone`);
    if (!host.roles.includes('gateway')) continue;
    if (first === undefined) first = name;
    else
      report('error', {
        code: 'gateway.host.duplicate',
        params: { name },
        pointer: `${at}/roles`,
        hint: other(pointer('hosts', first, 'roles')),
      });
  }
}

/** A misspelt group would ask for no confirmation. */
function checkConfirm({ parsed, sources, report }: Checking): void {
  // As written, since a host that could not be parsed has its groups all the same.
  const written = [...sources.sections.hosts.values()].map((host) => valueAt(host, ['groups']));
  const known = [...new Set(written.flat().filter((group) => typeof group === 'string'))];
  for (const [i, name] of (parsed.site?.confirm ?? []).entries())
    if (!known.includes(name))
      report('error', {
        code: 'group.unknown',
        params: { name },
        pointer: pointer('confirm', i),
        hint: knownHint(name, known),
      });
}

/** A user without a password, or the reverse, is a login that was left half written. */
function checkMail({ parsed, report, whole }: Checking): void {
  const smtp = parsed.site?.mail?.smtp;
  if (!smtp || !whole('')) return;
  const [has, lacks] = smtp.user === undefined ? ['password', 'user'] : ['user', 'password'];
  if ((smtp.user === undefined) !== (smtp.password === undefined))
    report('error', {
      code: 'mail.login',
      params: { has, lacks },
      pointer: `/mail/smtp/${has}`,
      onKey: true,
    });
}

function checkGateway({ parsed, report, whole }: Checking): void {
  const gateway = parsed.gateway;
  if (!gateway) return;
  if (gateway['http-port'] === gateway['https-port'] && whole('/gateway'))
    report('error', {
      code: 'gateway.ports',
      params: { port: gateway['http-port'] },
      pointer: '/gateway/https-port',
    });
  for (const [i, address] of gateway.listen.entries())
    if (gateway.listen.indexOf(address) < i)
      report('error', { code: 'value.twice', params: { value: address }, pointer: `/gateway/listen/${i}` });
}

function checkService(checking: Checking, name: string, service: ServiceEntry): void {
  const { report, reference, whole, other } = checking;
  const at = pointer('services', name);
  const params = { name };
  if (service.host !== undefined) reference('hosts', service.host, `${at}/host`);
  if (service.url && service.upstreams)
    report('error', {
      code: 'service.upstream.both',
      params,
      pointer: `${at}/upstreams`,
      onKey: true,
      hint: other(`${at}/url`),
    });
  const schemes = new Set(
    [service.url, ...(service.upstreams ?? []).map((u) => u.url)].map((u) => u?.scheme),
  );
  schemes.delete(undefined);
  if (schemes.size > 1)
    report('error', { code: 'service.upstream.mixed', params, pointer: `${at}/upstreams`, onKey: true });
  if (service.upstreams?.every((u) => u.backup))
    report('error', { code: 'service.upstream.backup', params, pointer: `${at}/upstreams`, onKey: true });
  if (service.trust && schemes.size > 0 && !schemes.has('https'))
    report('warning', { code: 'service.trust.unused', params, pointer: `${at}/trust`, onKey: true });

  if (!whole(at)) return;
  if (schemes.size === 0)
    report('error', {
      code: 'service.upstream.missing',
      params,
      pointer: at,
      onKey: true,
      hint: message('service.upstream.missing.hint'),
    });
  if (schemes.has('https') && !service.trust && !isOnlyDirect(checking, name))
    report('error', {
      code: 'service.trust.missing',
      params,
      pointer: `${at}/${service.url ? 'url' : 'upstreams'}`,
      hint: message('service.trust.missing.hint', { name: nameExpected(service) ?? name }),
    });
  // What is not http has no page to ask for.
  if (!service.healthy && !schemes.has('tcp'))
    report('note', {
      code: 'service.healthy.missing',
      params,
      pointer: at,
      onKey: true,
      hint: message('service.healthy.missing.hint'),
    });
}

/** Whether visitors open the TLS of a service themselves wherever it is published, so that the gateway trusts nobody. */
function isOnlyDirect({ parsed }: Checking, name: string): boolean {
  const users = [...parsed.publications.values()].filter(
    ({ service, routes }) =>
      service === name || Object.values(routes ?? {}).some((route) => route.service === name),
  );
  return users.length > 0 && users.every(({ scenario }) => scenario === 'direct');
}

/** The name that an https service most likely has in its certificate. */
function nameExpected(service: ServiceEntry): string | undefined {
  const address = (service.url ?? service.upstreams?.[0]?.url)?.address;
  return address?.kind === 'tcp' ? address.host : undefined;
}

/** A service that nobody publishes is most often a publication that somebody forgot. */
function checkUse({ parsed, sources, report }: Checking): void {
  // As written, since a publication that could not be parsed publishes its services all the same.
  const used = new Set([
    ...[...sources.sections.publications.values()].flatMap(servicesNamed),
    ...[...parsed.services.values()].flatMap(({ needs }) => needs),
  ]);
  const known = new Set(parsed.names.services);
  // A misspelt reference was meant for one of them, and is reported already.
  if ([...used].some((name) => !known.has(name))) return;
  for (const name of known)
    if (!used.has(name))
      report('note', {
        code: 'service.unpublished',
        params: { name },
        pointer: pointer('services', name),
        onKey: true,
      });
}

function servicesNamed(publication: unknown): readonly string[] {
  const routes = valueAt(publication, ['routes']);
  const targets = [publication, ...(isPlainMap(routes) ? Object.values(routes) : [])];
  return targets.map((t) => valueAt(t, ['service'])).filter((s) => typeof s === 'string');
}
