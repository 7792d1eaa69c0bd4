import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../lib/testing-ports.ts';
import { lookupAt } from './dns-names.ts';

/** Debian's BIND: it holds zones and takes updates signed with `key`. */
export interface Named {
  readonly port: number;
  /** `ADDRESS:PORT` of the primary. */
  readonly server: string;
  /** Base64: the secret of the keys `good` (any TXT), `narrow` (one name only) and `other` (in no policy). */
  readonly secret: string;
  log(): string;
  stop(): Promise<void>;
}

/**
 * Starts a primary at 127.0.0.1 and a secondary at ::1, on one port. Zones are given as lines of a zone file; both are named as
 * their servers, `ns1` and `ns2`.
 */
export async function startNamed(zones: Readonly<Record<string, readonly string[]>>): Promise<Named> {
  const top = await mkdtemp(join(tmpdir(), 'poterne-named-'));
  const [port] = (await freePorts(1)) as [number];
  const secret = Buffer.from('a shared secret of thirty-two by').toString('base64');
  const keys = ['good', 'narrow', 'other']
    .map((name) => `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };`)
    .join('\n');
  // Debian's AppArmor profile knows the program by its path, and lets it read nothing of ours.
  const program = join(top, 'named');
  await copyFile('/usr/sbin/named', program);
  let log = '';
  const running: ChildProcess[] = [];
  const start = async (role: string, address: string, zoneOf: (zone: string) => string) => {
    const folder = join(top, role);
    await mkdir(folder);
    for (const [zone, lines] of role === 'primary' ? Object.entries(zones) : []) {
      const head = ['$TTL 60', `@ SOA ns1.${zone}. root.${zone}. 1 60 60 3600 1`];
      const servers = ['@ NS ns1', '@ NS ns2', 'ns1 A 127.0.0.1', 'ns2 AAAA ::1'];
      const own = lines.some((line) => line.startsWith('@ NS')) ? [] : servers;
      await writeFile(join(folder, `${zone}.zone`), `${[...head, ...own, ...lines].join('\n')}\n`);
    }
    // It resolves, for aliases from one zone to another; with a root of its own, it asks nobody.
    await writeFile(
      join(folder, 'root.zone'),
      '$TTL 60\n@ SOA ns. root. 1 60 60 3600 1\n@ NS ns\nns A 127.0.0.1\n',
    );
    const configuration = `
      options { directory "${folder}"; pid-file none; session-keyfile none; recursion ${role === 'primary' ? 'yes' : 'no'}; dnssec-validation no;
        listen-on port ${port} { ${address === '::1' ? 'none' : address}; };
        listen-on-v6 port ${port} { ${address === '::1' ? address : 'none'}; };
        notify-delay 1; min-refresh-time 1; allow-transfer { localhost; }; allow-notify { localhost; }; };
      controls {};
      ${role === 'primary' ? 'zone "." { type primary; file "root.zone"; };' : ''}
      ${keys}
      ${Object.keys(zones).map(zoneOf).join('\n')}`;
    await writeFile(join(folder, 'named.conf'), configuration);
    const child = spawn(program, ['-g', '-n', '1', '-c', join(folder, 'named.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (text) => {
      log += text;
    });
    running.push(child);
    const lookup = lookupAt([address === '::1' ? `[::1]:${port}` : `${address}:${port}`]);
    for (const zone of Object.keys(zones))
      for (let left = 100; !(await lookup.isZone(zone).catch(() => false)); left--) {
        if (left === 0) throw new Error(`named did not start:\n${log}`);
        await sleep(100);
      }
  };
  const stop = async () => {
    for (const child of running.splice(0))
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      }
    await rm(top, { recursive: true, force: true });
  };
  const policy = (zone: string) =>
    `update-policy { grant good zonesub TXT; grant narrow name _acme-challenge.narrow.${zone} TXT; };`;
  try {
    await start(
      ...(['primary', '127.0.0.1'] as const),
      (zone) =>
        `zone "${zone}" { type primary; file "${zone}.zone"; ${policy(zone)} notify explicit; also-notify { ::1 port ${port}; }; };`,
    );
    await start(
      ...(['secondary', '::1'] as const),
      (zone) => `zone "${zone}" { type secondary; primaries { 127.0.0.1 port ${port}; }; };`,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, server: `127.0.0.1:${port}`, secret, log: () => log, stop };
}
