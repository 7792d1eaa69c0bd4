import { message } from '../model/message.ts';
import { pointer } from '../model/pointer.ts';
import { checkParty } from './check-assertions.ts';
import type { Checking } from './checking.ts';
import { knownHint } from './hints.ts';
import type { HostEntry } from './schema.ts';

/** How machines are reached, who administers them, and what may flow beside what is published. */
export function checkNetwork(checking: Checking): void {
  for (const [name, host] of checking.parsed.hosts) checkReach(checking, name, host);
  checkAdmin(checking);
  for (const [i, { from, to }] of (checking.parsed.site?.flows ?? []).entries()) {
    checkParty(checking, from, 'machine', pointer('flows', i, 'from'));
    checkParty(checking, to, 'machine', pointer('flows', i, 'to'));
  }
  checkNeeds(checking);
  checkDns(checking);
}

/** Whether Poterne changes anything on a described machine. */
const isManaged = ({ ssh, roles }: HostEntry) => ssh !== undefined && !roles.includes('vantage');

function checkReach({ parsed, report, reference, other }: Checking, name: string, host: HostEntry): void {
  const at = pointer('hosts', name);
  if (!host.ssh) {
    if (host.roles.includes('vantage'))
      report('error', {
        code: 'host.vantage.ssh',
        params: { name },
        pointer: `${at}/roles`,
        hint: message('host.vantage.ssh.hint'),
      });
    return;
  }
  if (host.address === undefined)
    report('error', { code: 'host.address.missing', params: { name }, pointer: `${at}/ssh`, onKey: true });
  if (host.roles.includes('vantage') && host.roles.length > 1)
    report('error', { code: 'host.vantage.roles', params: { name }, pointer: `${at}/roles` });
  const { via } = host.ssh;
  if (via === undefined) return;
  reference('hosts', via, `${at}/ssh/via`);
  const seen = [name];
  for (let next: string | undefined = via; next !== undefined; next = parsed.hosts.get(next)?.ssh?.via) {
    if (seen.includes(next)) {
      report('error', {
        code: 'host.via.loop',
        params: { name, path: [...seen, next].join(' → ') },
        pointer: `${at}/ssh/via`,
      });
      return;
    }
    seen.push(next);
  }
  if (parsed.hosts.has(via) && !parsed.hosts.get(via)?.ssh)
    report('error', {
      code: 'host.via.unreachable',
      params: { name, via },
      pointer: `${at}/ssh/via`,
      hint: other(pointer('hosts', via)),
    });
}

function checkAdmin(checking: Checking): void {
  const { parsed, report, whole } = checking;
  const admin = parsed.site?.admin;
  for (const [i, name] of (admin?.from ?? []).entries())
    checkParty(checking, name, 'machine', pointer('admin', 'from', i));
  const managed = [...parsed.hosts].find(([, host]) => isManaged(host) && host.ssh?.via === undefined);
  if (!managed || admin || !whole('')) return;
  // A firewall that lets nobody administer would shut Poterne out as well.
  report('error', {
    code: 'admin.missing',
    params: { name: managed[0] },
    pointer: pointer('hosts', managed[0], 'ssh'),
    onKey: true,
    hint: message('admin.missing.hint'),
  });
}

function checkNeeds({ parsed, report, reference, whole }: Checking): void {
  for (const [name, service] of parsed.services) {
    const at = pointer('services', name);
    for (const [i, needed] of service.needs.entries()) {
      reference('services', needed, `${at}/needs/${i}`);
      if (needed === name)
        report('error', { code: 'service.needs.self', params: { name }, pointer: `${at}/needs/${i}` });
    }
    if (service.needs.length > 0 && service.host === undefined && whole(at))
      report('error', {
        code: 'service.needs.host',
        params: { name },
        pointer: `${at}/needs`,
        onKey: true,
        hint: message('service.needs.host.hint'),
      });
  }
}

function checkDns({ parsed, report }: Checking): void {
  const zones = parsed.names.zones;
  for (const [name, publication] of parsed.publications)
    for (const zone of Object.keys(publication.dns ?? {}))
      if (zone !== 'internet' && !zones.includes(zone))
        report('error', {
          code: 'zone.unknown',
          params: { name: zone },
          pointer: pointer('publications', name, 'dns', zone),
          onKey: true,
          hint: knownHint(zone, [...zones, 'internet']),
        });
}
