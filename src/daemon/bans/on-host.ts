import { z } from 'zod';
import type { AuditLog } from '../../audit/log.ts';
import type { Host } from '../../hosts/host.ts';
import { banNetwork } from '../../lib/bans.ts';
import { isAddress, networkText, overlaps, parseNetwork } from '../../lib/ip.ts';
import { fail2banPlaces, type Offence } from '../../model/bans.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { wallTable } from '../../model/wall.ts';
import type { BanRecord } from './records.ts';

/** Who is banned at the sshd of a host that is no gateway: by fail2ban there, which is asked over SSH. */

/**
 * Run there as root: what nftables holds is in force, what fail2ban remembers says since when and why. Times are seconds before and after
 * now: the clock of the host need not be ours. 3: fail2ban is not there, or not by Poterne.
 */
const script = `import json, os, sqlite3, subprocess, sys, time
if not os.path.exists('${fail2banPlaces.jails}'):
    sys.exit(3)
now = time.time()
held = {}
for name in ${JSON.stringify(wallTable.ssh)}:
    listed = subprocess.run(['nft', '-j', 'list', 'set', 'inet', '${wallTable.name}', name], capture_output=True)
    for each in json.loads(listed.stdout)['nftables'] if listed.returncode == 0 else []:
        for element in each.get('set', {}).get('elem', []):
            value = element['elem']['val']
            prefix = value.get('prefix') if isinstance(value, dict) else None
            held['%s/%d' % (prefix['addr'], prefix['len']) if prefix else value] = element['elem']
db = sqlite3.connect('file:/var/lib/fail2ban/fail2ban.sqlite3?mode=ro', uri=True, timeout=10)
known = {}
for ip, at, lasts, count, data in db.execute("SELECT ip, timeofban, bantime, bancount, data FROM bips WHERE jail = 'sshd'"):
    matches = json.loads(data or '{}').get('matches', [])
    known[ip] = {'at': now - at, 'left': at + lasts - now, 'before': count - 1, 'matches': [str(m)[:300] for m in matches]}
for ip, each in held.items():
    told = known.setdefault(ip, {'before': 0, 'matches': []})
    told.update(at=each['timeout'] - each['expires'], left=each['expires'])
print(json.dumps([{**each, 'ip': ip, 'held': ip in held} for ip, each in known.items()]))
`;

const toldSchema = z.array(
  z.object({
    ip: z.string(),
    held: z.boolean(),
    at: z.number(),
    left: z.number(),
    before: z.int(),
    matches: z.array(z.string()),
  }),
);

/** Throws `ban.on.fail2ban` where fail2ban does not answer, or is not Poterne's, and `host.*` faults. */
async function asked(host: Host, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await host.run(argv, { timeout: 30_000 });
  if (code === 0) return stdout;
  const reason =
    code === 3 ? fail2banPlaces.jails : (stderr.trim().split('\n').at(-1) ?? '') || `exit ${code}`;
  throw new Fault(
    'ban.on.fail2ban',
    { host: host.name, reason: reason.slice(0, 200) },
    { next: message('ban.on.fail2ban.next', { host: host.name }) },
  );
}

/** Who is banned at a host's sshd, and who was as far as its fail2ban remembers; the oldest first. */
export async function bansOn(host: Host): Promise<readonly BanRecord[]> {
  const told = toldSchema.parse(JSON.parse(await asked(host, ['python3', '-I', '-c', script])));
  const now = Date.now();
  const iso = (seconds: number) => new Date(now + seconds * 1000).toISOString();
  return told
    .flatMap(({ ip, held, at, left, before, matches }): readonly BanRecord[] => {
      const network = parseNetwork(ip);
      if (network === undefined) return [];
      const since = iso(-at);
      return [
        {
          ...{ network, kind: 'ssh', at: since, by: 'fail2ban', reason: 'ssh', gateway: host.name, before },
          // One that nftables no longer holds is not in force, whatever was meant.
          until: held ? iso(left) : iso(Math.min(left, 0)),
          offences: matches.map((line) => offenceOf(line, network, since)),
        },
      ];
    })
    .sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** A line of sshd's as the journal has it, or an address of a /64 that is counted. */
function offenceOf(line: string, network: string, at: string): Offence {
  if (isAddress(line) && banNetwork(line) === network)
    return { kind: 'ssh', at, address: line, what: 'sshd' };
  const [, time = '', what = line] = /^(\d{4}-\S+) \S+ (sshd.*)$/.exec(line) ?? [];
  const when = new Date(time);
  return {
    kind: 'ssh',
    at: Number.isNaN(when.getTime()) ? at : when.toISOString(),
    address: networkText(network),
    what: what.replace(/[^\x20-\x7e]/g, '?').slice(0, 120),
  };
}

/** Lets in again whoever touches a network; gives those that were banned. Writes it down. */
export async function unbanOn(
  host: Host,
  { network, by, reason }: { readonly network: string; readonly by: string; readonly reason: string },
  audit: AuditLog,
): Promise<readonly BanRecord[]> {
  const now = new Date().toISOString();
  const found = (await bansOn(host)).filter(
    (one) => (one.until ?? '9') > now && overlaps(one.network, network),
  );
  for (const one of found) {
    const entry = { who: by, what: 'unban', to: networkText(one.network), from: 'here' } as const;
    const detail = { reason, kind: one.kind, asked: networkText(network), host: host.name };
    try {
      await asked(host, ['fail2ban-client', 'set', 'sshd', 'unbanip', ofFail2ban(one.network)]);
    } catch (error) {
      await audit.append({ ...entry, result: 'failed', detail });
      throw error;
    }
    await audit.append({ ...entry, result: 'done', detail });
  }
  return found;
}

/** As fail2ban calls it: an address alone has no length. */
const ofFail2ban = (network: string): string => network.replace(/\/(?:32|128)$/, '');
