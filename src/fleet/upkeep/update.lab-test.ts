import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { sha256 } from '../../lib/digest.ts';
import { program } from '../../lib/testing-program.ts';
import type { RunHost, RunSpec } from '../../model/run.ts';
import type { UpdateReport, UpdateTask } from '../../model/upkeep.ts';
import { updateScript } from '../script.ts';
import { workOn } from '../work.ts';
import { repository } from './testing-repository.ts';
import { updateWords } from './update.ts';

/** Debian 12 through sudo and 13 as root, updated from repositories of their own; both serve something. */
let lab: Lab;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-update-'));
  const conffile = (version: string) => ({ 'etc/tiny.conf': `version ${version}\n` });
  const names = ['safe', 'bad', 'old', 'needs', 'stay', 'slow', 'large', 'stopper'];
  const repositories = {
    first: [
      ...names.map((name) => ({ name, version: '1' })),
      { name: 'tiny', version: '1', files: conffile('1') },
    ],
    second: [
      { name: 'tiny', version: '2', files: conffile('2'), fields: { Depends: 'extra' } },
      { name: 'extra', version: '1' },
      { name: 'bad', version: '2', postinst: '#!/bin/sh\n[ -e /mended ]\n' },
      { name: 'needs', version: '2', fields: { Conflicts: 'old' } },
      { name: 'stay', version: '2' },
    ],
    slow: [{ name: 'slow', version: '2', postinst: '#!/bin/sh\nsleep 5\ntouch /ended\n' }],
    large: [{ name: 'large', version: '2', files: { 'small/large': 'x'.repeat(3_000_000) } }],
    stopper: [{ name: 'stopper', version: '2', postinst: '#!/bin/sh\nsystemctl stop nginx\n' }],
  };
  for (const [name, packages] of Object.entries(repositories))
    await repository(join(folder, 'repositories', name), { suite: 'stable', label: 'Test' }, packages);
  const security = { suite: 'stable-security', label: 'Debian-Security' };
  await repository(join(folder, 'repositories', 'security'), security, [{ name: 'safe', version: '2' }]);
  lab = await up({
    name: `update-${process.pid}`,
    zones: { lan: { networks: ['10.76.0.0/24'] } },
    hosts: {
      old: { interfaces: { lan: ['10.76.0.2'] } },
      new: { release: 'trixie', interfaces: { lan: ['10.76.0.3'] } },
    },
  });
  const install = [
    'rm /etc/apt/sources.list',
    'chmod -R a+rX /srv/repositories',
    'apt-get -q update',
    `apt-get -qq install ${names.join(' ')} tiny >/dev/null 2>&1`,
    'apt-mark hold stay',
    'echo by hand >>/etc/tiny.conf',
    'systemctl enable --now nginx',
  ];
  for (const name of ['old', 'new']) {
    const to = `root@${name}:/srv/`;
    await promisify(execFile)('scp', [
      ...['-q', '-r', '-F', lab.sshConfig, join(folder, 'repositories'), to],
    ]);
    await offered(name, 'first');
    expect(await lab.host(name).run(['sh', '-ec', install.join('\n')])).toMatchObject({ code: 0 });
    await offered(name, 'first', 'second', 'security');
  }
  const host = (name: string, user: string) =>
    `  ${name}: { address: ${lab.host(name).address}, ssh: { user: ${user} } }`;
  const service = (name: string) =>
    `  web-${name}: { host: ${name}, url: "http://${lab.host(name).address}", healthy: { path: / } }`;
  const site = [
    ...[
      'site: test',
      'admin: { from: [198.18.0.0/16] }',
      'hosts:',
      host('old', 'debian'),
      host('new', 'root'),
    ],
    ...['services:', service('old'), service('new')],
  ];
  await writeFile(join(folder, 'site.yaml'), `${site.join('\n')}\n`);
}, 300_000);
afterAll(async () => {
  await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

/** What apt on a host knows of. */
async function offered(name: string, ...repositories: readonly string[]): Promise<void> {
  const lines = repositories.map((each) => `deb [trusted=yes] file:/srv/repositories/${each} ./\\n`);
  await lab.host(name).run(['sh', '-c', `printf '${lines.join('')}' >/etc/apt/sources.list.d/test.list`]);
}

async function says(name: string, ...argv: readonly string[]): Promise<string> {
  return (await lab.host(name).run(argv)).stdout.trim();
}

const version = (name: string, of: string) =>
  // biome-ignore lint/suspicious/noTemplateCurlyInString: no template of this language
  says(name, 'dpkg-query', '-W', '-f', '${db:Status-Abbrev}${Version}', of);
const boot = (name: string) => says(name, 'cat', '/proc/sys/kernel/random/boot_id');

interface Answer {
  readonly run?: string;
  readonly hosts: readonly (Partial<RunHost> & { readonly host: string })[];
}

/** The command as a person runs it, with `--json`. */
async function poterne(...argv: readonly string[]): Promise<Answer & { readonly status: number }> {
  const child = spawn(
    program,
    [...argv, '--json', '--ssh-config', lab.sshConfig, '--state', join(folder, 'state')],
    { cwd: folder, env: { ...process.env, POTERNE_LANG: 'en' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [status] = await once(child, 'close');
  return { ...(JSON.parse(out) as Answer), status };
}

const task: UpdateTask = {
  ...{ kind: 'update', security: false, removals: false, reboot: 'never', patience: 30 },
};
const logins = { old: 'debian', new: 'root' } as const;
let runs = 0;

/** The work on one host, without the command. */
async function updated(name: 'old' | 'new', signal = new AbortController().signal): Promise<RunHost> {
  const spec: RunSpec = {
    ...{ script: 'update', sha256: sha256(updateScript), on: name, as: 'root', login: false },
    ...{ args: updateWords('do', task), collect: [], collectMost: 0, limit: 100, retries: 0 },
    ...{ batches: [], stopAt: 0, task },
  };
  return workOn(
    { name, address: lab.host(name).address, user: logins[name] },
    {
      ...{ spec, script: Buffer.from(updateScript), stdinLength: 0, signal },
      ...{ folder: join(folder, String(runs++), name), line: () => undefined },
      settings: { config: lab.sshConfig },
    },
  );
}

function of({ hosts }: Answer, name: string): Partial<RunHost> | undefined {
  return hosts.find(({ host }) => host === name);
}

const change = (name: string, from: string | undefined, to: string, security = false) => ({
  ...{ name, to, security },
  ...(from === undefined ? {} : { from }),
});
const bad = change('bad', '1', '2');
const extra = change('extra', undefined, '1');
const tiny = change('tiny', '1', '2');

test('what would change is shown, and what would not', async () => {
  const looked = await poterne('hosts', 'update', '--on', 'all', '--dry-run');
  expect(looked.status).toBe(0);
  for (const name of ['old', 'new'])
    expect(of(looked, name)?.update).toMatchObject({
      packages: [bad, extra, change('safe', '1', '2', true), tiny],
      kept: [
        { name: 'needs', why: 'removal' },
        { name: 'stay', why: 'hold' },
      ],
      refused: ['old'],
      reboot: [],
    } satisfies Partial<UpdateReport>);
  expect(await version('old', 'safe')).toBe('ii 1');
});

test('security updates alone; a health script that says no stops the run', async () => {
  await writeFile(join(folder, 'unwell.sh'), '#!/bin/sh\nid -un\nexit 3\n');
  const ran = await poterne(
    ...['hosts', 'update', '--on', 'all', '--security', '--health', 'unwell.sh', '--yes'],
  );
  expect(ran.status).toBe(1);
  expect(of(ran, 'old')).toMatchObject({
    update: { packages: [change('safe', '1', '2', true)] },
    outcome: { is: 'fault', fault: { code: 'update.health', params: { exit: 3 } } },
  });
  expect(of(ran, 'new')?.outcome).toEqual({ is: 'not-run' });
  expect(await version('old', 'tiny')).toBe('ii 1');
});

test('a package that fails is said, and a file changed by hand kept; what is taken up boots anew where it is needed', async () => {
  const ran = await poterne('hosts', 'update', '--on', 'all', '--yes', '--wait', '60s');
  expect(of(ran, 'old')).toMatchObject({
    outcome: { is: 'fault', fault: { code: 'update.packages', params: { packages: 'bad' } } },
    update: { packages: [bad, extra, tiny], unfinished: ['bad'], conffiles: ['/etc/tiny.conf'] },
  });
  expect(of(ran, 'new')?.outcome).toEqual({ is: 'not-run' });
  expect(await says('old', 'tail', '-n', '1', '/etc/tiny.conf')).toBe('by hand');
  expect(await says('old', 'cat', '/etc/tiny.conf.dpkg-dist')).toBe('version 2');

  await lab.host('old').run(['touch', '/mended']);
  await lab.host('new').run(['touch', '/mended', '/run/reboot-required']);
  const boots = { old: await boot('old'), new: await boot('new') };
  const resumed = await poterne('run', '--resume', ran.run ?? '', '--yes');
  expect(of(resumed, 'new')).toMatchObject({ outcome: { is: 'ok' }, update: { units: [], reboot: [] } });
  expect(of(resumed, 'new')?.update?.rebooted).toBeGreaterThan(0);
  expect(await boot('new')).not.toBe(boots.new);
  const failed = await poterne('run', '--failed-of', ran.run ?? '', '--yes');
  expect(of(failed, 'old')).toMatchObject({ outcome: { is: 'ok' }, update: { unfinished: [] } });
  expect(await version('old', 'bad')).toBe('ii 2');
  expect(await boot('old')).toBe(boots.old);
});

test('a service that does not answer any more stops the run', async () => {
  for (const name of ['old', 'new']) await offered(name, 'stopper');
  const ran = await poterne('hosts', 'update', '--on', 'all', '--yes', '--wait', '1s', '--reboot', 'never');
  expect(of(ran, 'old')?.outcome).toMatchObject({
    ...{ is: 'fault', stops: true },
    fault: { code: 'update.service', params: { service: 'web-old' } },
  });
  expect(of(ran, 'new')?.outcome).toEqual({ is: 'not-run' });
});

test('another program’s installation is waited for, and one that was cut off is ended', async () => {
  await offered('new', 'stopper');
  // struct flock of 64-bit Linux; F_SETLKW. From a file: systemd-run would expand what begins with a dollar.
  const hold = `open F, ">>/var/lib/dpkg/lock-frontend"; $lock = pack("s s x4 q q i", 1, 0, 0, 0, 0);
    fcntl(F, 7, $lock) or die; open G, ">/run/held"; sleep 4`;
  await lab.host('new').run(['sh', '-c', 'printf %s "$1" >/root/hold', 'sh', hold]);
  await lab.host('new').run(['systemd-run', '--unit=other', 'perl', '/root/hold']);
  await lab.host('new').run(['sh', '-c', 'echo >/var/lib/dpkg/updates/0001']);
  await lab.host('new').run(['sh', '-c', 'until [ -e /run/held ]; do sleep 0.1; done']);
  const result = await updated('new');
  expect(result).toMatchObject({
    outcome: { is: 'ok' },
    update: { packages: [change('stopper', '1', '2')] },
  });
  expect(result.update?.repaired).toBe(true);
  expect(result.milliseconds).toBeGreaterThan(3000);
});

test('a full disk is said', async () => {
  await offered('old', 'large');
  await lab.host('old').run(['mkdir', '/small']);
  await lab.host('old').run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'small', '/small']);
  expect((await updated('old')).outcome).toMatchObject({ is: 'fault', fault: { code: 'update.full' } });
});

test('lists that cannot be fetched are said, and nothing is changed', async () => {
  await offered('old', 'nowhere');
  expect((await updated('old')).outcome).toMatchObject({ is: 'fault', fault: { code: 'update.lists' } });
});

test('what dpkg has begun it ends, although the run is stopped', async () => {
  await offered('new', 'slow');
  const stopping = new AbortController();
  const running = updated('new', stopping.signal);
  await vi.waitUntil(async () => (await says('new', 'pgrep', '-f', 'slow.postinst')) !== '', {
    ...{ timeout: 30_000, interval: 200 },
  });
  stopping.abort();
  expect((await running).outcome).toEqual({ is: 'stopped' });
  expect(await version('new', 'slow')).not.toBe('ii 2');
  await vi.waitUntil(async () => (await version('new', 'slow')) === 'ii 2', {
    timeout: 30_000,
    interval: 500,
  });
  expect(await says('new', 'ls', '/ended')).toBe('/ended');
});
