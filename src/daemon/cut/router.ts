import type { AuditLog } from '../../audit/log.ts';
import { sshHost } from '../../hosts/ssh.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { wallPlaces, wallTable } from '../../model/wall.ts';
import { hostOf, type Reach, targetOf } from '../reach.ts';

/** Ports that a router passes on, shut and opened there over SSH. */

/** What is loaded when the firewall is: a file for each port, beside that of a gateway's. */
export const keptCuts = wallPlaces.kept.replace('.nft', '-cut-');
/** Where what ends by itself has its timer, a port each. */
export const cutTimers = '/etc/systemd/system/poterne-cut-';
const kept = keptCuts;
const [table, set] = [`inet ${wallTable.name}`, wallTable.ports];

/**
 * Run there as root with `add` or `delete`, the seconds until it ends (or `-`), who wants it and why (a line, for those who ask later) and
 * ports. What is shut is kept for the next boot; an
 * element that is there already, or no longer, is no mistake. A cut with an end has a timer of its own (systemd.timer(5)): one that ran
 * out while the machine was off ends when it is on again, since its stamp is older. 3: the firewall passes nothing on, or is not Poterne's.
 */
const script = `set -eu
units=/etc/systemd/system
nft list chain ${table} cut >/dev/null 2>&1 || exit 3
what=$1
seconds=$2
record=$3
shift 3
timers=
changed=
for port in "$@"; do
  name=poterne-cut-$port
  if [ -e "$units/$name.timer" ]; then
    systemctl disable -q --now "$name.timer"
    rm -f "$units/$name.timer" "$units/$name.service"
    changed=1
  fi
  if [ "$what" = delete ]; then
    rm -f "${kept}$port.nft"
    ! nft get element ${table} ${set} "{ $port }" >/dev/null 2>&1 || nft delete element ${table} ${set} "{ $port }"
    continue
  fi
  element="element ${table} ${set} { $port }"
  printf '%s\\n' "# $record" 'add table ${table}' 'add set ${table} ${set} { type inet_service; }' "add $element" >"${kept}$port.nft.new"
  mv -f "${kept}$port.nft.new" "${kept}$port.nft"
  nft "add $element"
  [ "$seconds" != - ] || continue
  end=$(date -u -d "@$(($(date +%s) + seconds))" '+%F %T UTC')
  printf '%s\\n' '[Unit]' "Description=Port $port is cut off until $end" '[Timer]' "OnCalendar=$end" AccuracySec=1s \\
    Persistent=true '[Install]' WantedBy=timers.target >"$units/$name.timer"
  printf '%s\\n' '[Unit]' "Description=Port $port is passed on again" After=poterne-firewall.service \\
    '[Service]' Type=oneshot "ExecStart=/bin/rm -f ${kept}$port.nft" "ExecStart=-/usr/sbin/nft delete $element" \\
    "ExecStart=/bin/systemctl disable -q $name.timer" \\
    "ExecStart=/bin/rm -f $units/$name.timer $units/$name.service" >"$units/$name.service"
  mkdir -p /var/lib/systemd/timers
  touch "/var/lib/systemd/timers/stamp-$name.timer"
  timers="$timers $name.timer"
done
[ -z "$timers$changed" ] || systemctl daemon-reload
[ -z "$timers" ] || systemctl enable -q --now $timers
`;

/** Who wants what, for the audit log. */
export interface RouterAsk {
  readonly what: 'cut' | 'restore';
  /** As one asked for it. */
  readonly to: string;
  readonly by: string;
  readonly reason: string;
  /** When it is to end by itself. */
  readonly until?: Date;
}

/** What a router keeps of a cut, as JSON in the first comment of its file: nobody else knows of it there. */
export interface RouterRecord {
  readonly at: string;
  readonly by: string;
  readonly reason: string;
}

const longestReason = 300;

/** What a router did. */
export interface RouterReceipt {
  readonly host: string;
  readonly ports: readonly number[];
  readonly milliseconds: number;
  /** When it ends by itself: ISO 8601, UTC. */
  readonly until?: string;
}

/** Has a router refuse ports that it passes on, or pass them on again. Throws `host.*` faults and `cut.router.firewall`. */
export async function atRouter(
  site: Site,
  reach: Reach,
  { at, ports }: { readonly at: string; readonly ports: readonly number[] },
  { what, to, by, reason, until }: RouterAsk,
  audit: AuditLog,
): Promise<RouterReceipt> {
  const begun = performance.now();
  const target = targetOf(site, hostOf(site, at), reach.here);
  const verb = what === 'cut' ? 'add' : 'delete';
  // By the time that is left: the two clocks may differ.
  const left = until === undefined ? '-' : `${Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1000))}`;
  const record: RouterRecord = { at: new Date().toISOString(), by, reason: reason.slice(0, longestReason) };
  const words = [verb, left, JSON.stringify(record), ...ports.map(String)];
  const argv = ['sh', '-c', script, 'poterne', ...words];
  const { code, stderr } = await sshHost(target, reach.settings).run(argv, { timeout: 30_000 });
  const milliseconds = Math.round(performance.now() - begun);
  const ends = until === undefined ? {} : { until: until.toISOString() };
  const detail = { reason, host: at, ports: ports.join(', '), finished: milliseconds, ...ends };
  const result = code === 0 ? 'done' : 'failed';
  await audit.append({ who: by, what, to, from: 'here', result, detail });
  if (code !== 0)
    throw new Fault(
      'cut.router.firewall',
      { host: at, reason: code === 3 ? 'no chain "cut"' : stderr.trim() || `exit ${code}` },
      { next: message('cut.router.firewall.next') },
    );
  return { host: at, ports, milliseconds, ...ends };
}
