import { neverBanned } from '../../lib/bans.ts';
import { networkText } from '../../lib/ip.ts';
import {
  type Bans,
  fail2banPlaces,
  type OffenceKind,
  offenceKinds,
  type Threshold,
} from '../../model/bans.ts';
import type { Host, Site } from '../../model/site.ts';
import type { Rendered } from '../engine.ts';
import { command, comment, type Line, section, setting, write } from './syntax.ts';

/** What is counted on a host: sshd's failures on each, what comes to the gateway on the gateway. */
export function countedOn({ bans, gateway }: Site, host: Host): readonly OffenceKind[] {
  const isGateway = host.name === gateway.host;
  return offenceKinds.filter((kind) => bans?.thresholds[kind] && (kind === 'ssh' || isGateway));
}

/** The jails of a host, each line with the part of the description that asked for it. */
export function render(site: Site, bans: Bans, host: Host): Rendered {
  const counted = countedOn(site, host);
  const never = neverBanned(site).map(({ network }) => networkText(network));
  const at = bans.pointer;
  return write([
    comment(`Who is banned on ${host.name}, written by Poterne from the description.`),
    section('DEFAULT', at),
    setting('ignoreip', never.join(' '), at),
    setting('ignoreself', 'true', at),
    setting('usedns', 'no', at),
    setting('backend', 'systemd', at),
    setting('bantime.increment', 'true', at),
    // Debian enables it with a log that is not written there.
    ...(counted.includes('ssh') ? [] : [section('sshd', at), setting('enabled', 'false', at)]),
    ...counted.flatMap((kind) => jail(kind, bans.thresholds[kind] as Threshold, at)),
  ]);
}

const seconds = (milliseconds: number): number => Math.max(1, Math.round(milliseconds / 1000));

function jail(kind: OffenceKind, threshold: Threshold, bans: string): readonly Line[] {
  const at = `${bans}/${kind}`;
  const isSsh = kind === 'ssh';
  return [
    section(isSsh ? 'sshd' : `poterne-${kind}`, at),
    setting('enabled', 'true', at),
    // aggressive: with keys alone, whoever tries is seen by going away again.
    setting('filter', isSsh ? 'sshd[mode=aggressive]' : `poterne[kind=${kind}]`, at),
    ...(isSsh
      ? [
          setting('journalmatch', '_SYSTEMD_UNIT=ssh.service', at),
          command('ignorecommand', fail2banPlaces.seen, at),
        ]
      : []),
    setting('maxretry', threshold.failures, at),
    setting('findtime', seconds(threshold.within), at),
    setting('bantime', seconds(threshold.for), at),
    setting('bantime.maxtime', seconds(threshold.longest), at),
    setting('banaction', 'poterne', at),
    setting('action', `poterne[kind=${kind}]`, at),
  ];
}
