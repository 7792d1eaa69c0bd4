import type { AuditLog } from '../../audit/log.ts';
import { sshHost } from '../../hosts/ssh.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { wallPlaces, wallTable } from '../../model/wall.ts';
import { hostOf, type Reach, targetOf } from '../reach.ts';

/** Ports that a router passes on, shut and opened there over SSH. */

/**
 * Run there as root with `add` or `delete` and ports. What is shut then is kept for the next boot; an element that is there already, or no
 * longer, is no mistake. 3: the firewall passes nothing on, or is not Poterne's.
 */
const script = `set -eu
table='inet ${wallTable.name}'
nft list chain $table cut >/dev/null 2>&1 || exit 3
what=$1
shift
for port in "$@"; do
  [ "$what" = add ] || nft get element $table ${wallTable.ports} "{ $port }" >/dev/null 2>&1 || continue
  nft "$what" element $table ${wallTable.ports} "{ $port }"
done
umask 077
nft --stateless list set $table ${wallTable.ports} >${keptThere()}.new
mv -f ${keptThere()}.new ${keptThere()}
`;

/** A file of its own beside that of a gateway's. */
function keptThere(): string {
  return wallPlaces.kept.replace('.nft', '-cut.nft');
}

/** Who wants what, for the audit log. */
export interface RouterAsk {
  readonly what: 'cut' | 'restore';
  /** As one asked for it. */
  readonly to: string;
  readonly by: string;
  readonly reason: string;
}

/** What a router did. */
export interface RouterReceipt {
  readonly host: string;
  readonly ports: readonly number[];
  readonly milliseconds: number;
}

/** Has a router refuse ports that it passes on, or pass them on again. Throws `host.*` faults and `cut.router.firewall`. */
export async function atRouter(
  site: Site,
  reach: Reach,
  { at, ports }: { readonly at: string; readonly ports: readonly number[] },
  { what, to, by, reason }: RouterAsk,
  audit: AuditLog,
): Promise<RouterReceipt> {
  const begun = performance.now();
  const target = targetOf(site, hostOf(site, at), reach.here);
  const verb = what === 'cut' ? 'add' : 'delete';
  const argv = ['sh', '-c', script, 'poterne', verb, ...ports.map(String)];
  const { code, stderr } = await sshHost(target, reach.settings).run(argv, { timeout: 30_000 });
  const milliseconds = Math.round(performance.now() - begun);
  const detail = { reason, host: at, ports: ports.join(', '), finished: milliseconds };
  const result = code === 0 ? 'done' : 'failed';
  await audit.append({ who: by, what, to, from: 'here', result, detail });
  if (code !== 0)
    throw new Fault(
      'cut.router.firewall',
      { host: at, reason: code === 3 ? 'no chain "cut"' : stderr.trim() || `exit ${code}` },
      { next: message('cut.router.firewall.next') },
    );
  return { host: at, ports, milliseconds };
}
