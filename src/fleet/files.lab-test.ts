import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { sha256 } from '../lib/digest.ts';
import type { PutFile, RunHost, RunSpec } from '../model/run.ts';
import { workOn } from './work.ts';

/** Files that are put on hosts, and brought back: Debian 12 through sudo, 13 as root. */
let lab: Lab;
let folder: string;
let runs = 0;

beforeAll(async () => {
  const run = [
    ['useradd', '--create-home', 'app'],
    ['useradd', '--create-home', 'foe'],
    ['groupadd', 'ops'],
    ['install', '-d', '-m', '775', '/script'],
    ['install', '-d', '-m', '775', '-g', 'ops', '/shared'],
    ['install', '-d', '-o', 'app', '-g', 'app', '/srv/app'],
    ['install', '-d', '-o', 'foe', '/srv/foe'],
    ['ln', '-s', '/etc', '/srv/foe/way'],
    ['chown', '-h', 'foe', '/srv/foe/way'],
    ['install', '-o', 'foe', '-m', '777', '/dev/null', '/var/tmp/foes'],
    ['ln', '-s', '/etc/hostname', '/srv/app/link'],
    ['chown', '-h', 'app', '/srv/app/link'],
    ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'small', '/mnt'],
  ];
  lab = await up({
    name: `files-${process.pid}`,
    zones: { lan: { networks: ['10.77.0.0/24'] } },
    hosts: {
      old: { interfaces: { lan: ['10.77.0.2'] }, run },
      new: { release: 'trixie', interfaces: { lan: ['10.77.0.3'] }, run },
    },
  });
  folder = await mkdtemp(join(tmpdir(), 'poterne-files-'));
});
afterAll(async () => {
  await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

const script = '#!/bin/sh\necho "$0"\n';
/** A host, and who logs in there. */
type Login = readonly [string, string];
const old: Login = ['old', 'debian'];
const hosts: readonly Login[] = [old, ['new', 'root']];

/** Does a run's work on a host. */
async function done(
  [name, user]: Login,
  given: Partial<RunSpec>,
): Promise<RunHost & { readonly out: string }> {
  const spec: RunSpec = {
    ...{ script: 'it', sha256: sha256(script), on: 'all', as: 'root', login: false },
    ...{ args: [], collect: [], collectMost: 1e9, limit: 60, retries: 0, batches: [], stopAt: 1 },
    ...given,
  };
  const place = join(folder, String(runs++), name);
  const target = { name, address: lab.host(name).address, user };
  const result = await workOn(target, {
    ...{ spec, script: Buffer.from(script), stdinLength: 0, folder: place },
    settings: { config: lab.sshConfig },
    line: () => undefined,
    signal: new AbortController().signal,
  });
  return { ...result, out: await readFile(join(place, 'stdout'), 'utf8').catch(() => '') };
}

async function file(content: Uint8Array | string, place: Omit<PutFile, 'file' | 'size' | 'sha256'>) {
  const path = join(folder, `file${runs++}`);
  await writeFile(path, content);
  return { ...place, file: path, size: content.length, sha256: sha256(content) } satisfies PutFile;
}

async function says(host: string, ...argv: readonly string[]): Promise<string> {
  return (await lab.host(host).run(argv)).stdout.trim();
}

/** The code of what went wrong. */
function fault({ outcome }: RunHost): string {
  return 'fault' in outcome ? outcome.fault.code : outcome.is;
}

test.each(hosts)('a script is installed on %s as %s, runs from there, and stays', async (...host) => {
  const [name] = host;
  const install = { to: '/script/it.sh', mode: '750', owner: 'app:ops' };
  const result = await done(host, { as: 'app', install });
  expect(result).toMatchObject({ outcome: { is: 'ok' }, out: '/script/it.sh\n' });
  expect(await says(name, 'stat', '-c', '%a %U:%G %s', '/script/it.sh')).toBe(`750 app:ops ${script.length}`);
  // In a folder of the account's own, with its rights alone; in one of another's, not at all.
  expect(await done(host, { as: 'app', install: { to: '/srv/app/it.sh', mode: '755' } })).toMatchObject({
    out: '/srv/app/it.sh\n',
  });
  expect(await says(name, 'stat', '-c', '%a %U', '/srv/app/it.sh')).toBe('755 app');
  expect(fault(await done(host, { as: 'app', install: { to: '/srv/app/x', owner: 'root' } }))).toBe(
    'place.owner',
  );
  expect(fault(await done(host, { as: 'app', install: { to: '/srv/foe/it.sh' } }))).toBe('place.foreign');
});

test.each(hosts)('files are put on %s as %s: whole, or not at all', async (...host) => {
  const [name] = host;
  const big = randomBytes(20_000_000);
  const put = [
    await file(big, { to: '/etc/app.bin', mode: '640', owner: 'root:app' }),
    await file('', { to: '/etc/empty' }),
  ];
  expect(await done(host, { put })).toMatchObject({ outcome: { is: 'ok' }, put: ['new', 'new'] });
  expect(await says(name, 'sha256sum', '/etc/app.bin')).toContain(
    createHash('sha256').update(big).digest('hex'),
  );
  expect(await says(name, 'stat', '-c', '%a %U:%G', '/etc/app.bin', '/etc/empty')).toBe(
    '640 root:app\n644 root:root',
  );
  expect(await done(host, { put })).toMatchObject({ put: ['same', 'same'] });
  // What replaces a file has its mode and owner, unless told otherwise; a link is replaced, and not followed.
  const other = [await file('b', { to: '/etc/app.bin' }), await file('c', { to: '/srv/app/link' })];
  expect(await done(host, { put: other.slice(0, 1) })).toMatchObject({ put: ['changed'] });
  expect(await says(name, 'stat', '-c', '%a %U:%G %s', '/etc/app.bin')).toBe('640 root:app 1');
  expect(await done(host, { as: 'app', put: other.slice(1) })).toMatchObject({ put: ['changed'] });
  expect(await says(name, 'cat', '/etc/hostname')).toBe(name);
  expect(await says(name, 'stat', '-c', '%F', '/srv/app/link')).toBe('regular file');
});

test.each([
  ['/nowhere/x', 'root', 'place.missing'],
  ['/shared/x', 'root', 'place.foreign'],
  ['/srv/app/x', 'root', 'place.foreign'],
  ['/srv/foe/way/x', 'app', 'place.foreign'],
  ['/srv/foe/way/x', 'root', 'place.foreign'],
  ['/var/tmp/foes', 'root', 'place.foreign'],
  ['/script', 'root', 'place.occupied'],
  ['/etc/x', 'app', 'place.write'],
  ['/mnt/x', 'root', 'run.host.full'],
])('%s is not written as %s: %s', async (to, as, code) => {
  const result = await done(old, { as, put: [await file(randomBytes(2_000_000), { to })] });
  expect(result.outcome).toMatchObject({ is: 'fault', fault: { code } });
  expect(await says('old', 'sh', '-c', 'find /mnt /srv /script /etc /shared -name ".poterne*"')).toBe('');
  expect(await says('old', 'ls', '/etc/x')).toBe('');
});

test('a file that is not any more what was asked for is refused there', async () => {
  const wanted = await file('first', { to: '/etc/wanted' });
  await writeFile(wanted.file, 'other');
  expect(fault(await done(old, { put: [wanted] }))).toBe('run.garbled');
  await writeFile(wanted.file, 'few');
  expect(fault(await done(old, { put: [wanted] }))).toMatch(/^run\./);
  expect(await says('old', 'ls', '/etc/wanted')).toBe('');
});

test('files are brought into a folder for each host; what cannot be is told', async () => {
  const to = join(folder, 'got');
  const given = { collect: ['/etc/hostname', '/etc/shadow'], task: { kind: 'get', to } } as const;
  for (const host of hosts) {
    expect(await done(host, given)).toMatchObject({ outcome: { is: 'ok' } });
    expect(await readFile(join(to, host[0], 'etc/hostname'), 'utf8')).toBe(`${host[0]}\n`);
  }
  expect(fault(await done(old, { ...given, as: 'app' }))).toBe('get.missed');
});
