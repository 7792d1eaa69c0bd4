import { z } from 'zod';
import { sshHost } from '../../hosts/ssh.ts';
import { harmless } from '../../lib/harmless.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { wallTable } from '../../model/wall.ts';
import { hostOf, type Reach, targetOf } from '../reach.ts';
import { cutTimers, keptCuts, type RouterRecord } from './router.ts';

/** Which ports a router refuses to pass on, asked over SSH: it alone knows. */

const set = `inet ${wallTable.name} ${wallTable.ports}`;

/**
 * Run there as root. First what is in force, as nft tells it in JSON; then a line for each port that is kept for the next boot: its number,
 * when it ends by the router's clock (or `-`), and who wanted it and why. 3: the firewall passes nothing on, or is not Poterne's.
 */
const script = `set -eu
nft list chain inet ${wallTable.name} cut >/dev/null 2>&1 || exit 3
nft -j list set ${set}
for file in ${keptCuts}*.nft; do
  [ -f "$file" ] || continue
  port=\${file#${keptCuts}}
  port=\${port%.nft}
  end=$(sed -n 's/^OnCalendar=//p' "${cutTimers}$port.timer" 2>/dev/null || :)
  printf '%s|%s|%s\\n' "$port" "\${end:--}" "$(sed -n 's/^# //p' "$file" | head -n 1)"
done
`;

/** A port that a router refuses to pass on, or is to refuse. Times are ISO 8601, UTC. */
export interface RouterCut {
  readonly host: string;
  readonly port: number;
  /** Whether its firewall refuses it now. */
  readonly inForce: boolean;
  /** Who cut it off, when and why, where that is known. */
  readonly record?: RouterRecord;
  /** When it ends by itself, by the router's clock. */
  readonly until?: string;
}

const listed = z.object({
  nftables: z.array(z.object({ set: z.object({ elem: z.array(z.int()).optional() }).optional() })),
});
const recordSchema = z.object({ at: z.iso.datetime(), by: z.string(), reason: z.string() });

/** What a router has cut off, by port. Throws `host.*` faults and `cut.router.firewall`. */
export async function cutsAtRouter(site: Site, reach: Reach, at: string): Promise<readonly RouterCut[]> {
  const host = sshHost(targetOf(site, hostOf(site, at), reach.here), reach.settings);
  const { code, stdout, stderr } = await host.run(['sh', '-c', script], { timeout: 30_000 });
  const strange = (reason: string) =>
    new Fault(
      'cut.router.firewall',
      { host: at, reason: harmless(reason).slice(0, 200) },
      { next: message('cut.router.firewall.next') },
    );
  if (code !== 0) throw strange(code === 3 ? 'no chain "cut"' : stderr.trim() || `exit ${code}`);
  try {
    return routerCuts(at, stdout);
  } catch {
    throw strange(stdout.trim());
  }
}

/** What the script says. Throws for what it would not say. */
export function routerCuts(host: string, said: string): readonly RouterCut[] {
  const [first = '', ...lines] = said.trimEnd().split('\n');
  const inForce = new Set(listed.parse(JSON.parse(first)).nftables.flatMap((one) => one.set?.elem ?? []));
  const kept = lines.map((line): RouterCut => {
    const [, port, end = '', record = ''] = /^(\d{1,5})\|([^|]*)\|(.*)$/.exec(line) ?? [];
    if (port === undefined) throw new Error(line);
    const [, day, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(end) ?? [];
    const known = recordOf(record);
    return {
      ...{ host, port: Number(port), inForce: inForce.delete(Number(port)) },
      ...(known ? { record: known } : {}),
      ...(day === undefined ? {} : { until: new Date(`${day}T${time}Z`).toISOString() }),
    };
  });
  const unkept = [...inForce].map((port): RouterCut => ({ host, port, inForce: true }));
  return [...kept, ...unkept].sort((a, b) => a.port - b.port);
}

/** Nothing where an earlier version cut off. */
function recordOf(text: string): RouterRecord | undefined {
  try {
    const { at, by, reason } = recordSchema.parse(JSON.parse(text));
    return { at, by: harmless(by), reason: harmless(reason) };
  } catch {
    return undefined;
  }
}
