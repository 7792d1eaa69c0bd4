import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { down, type Lab, up } from '../lab/lab.ts';
import { until } from '../lab/system.ts';
import { ranIn, startScript } from '../lab/testing.ts';
import { assemble } from './deb.ts';
import { nodePackage } from './node.ts';
import { poternePackage } from './poterne.ts';

const name = `service-${randomBytes(3).toString('hex')}`;
const addresses = { bookworm: '10.40.0.12', trixie: '10.40.0.13' } as const;
const site = '/etc/poterne/site.yaml';

/** An application: answers at once, or after three seconds. */
const application = `
  import { createServer } from 'node:http';
  createServer((request, response) => {
    setTimeout(() => response.end('welcome'), request.url.startsWith('/slow') ? 3000 : 0);
  }).listen(8069, '10.40.0.50', () => console.log('listening'));`;

/** A crowd of visitors, each request over a connection of its own; tells what they got once told to stop. */
const crowd = `
  import { get } from 'node:https';
  const [address, mark] = process.argv.slice(1);
  const seen = { answered: 0, failed: {} };
  const fail = (why) => { seen.failed[why] = (seen.failed[why] ?? 0) + 1; };
  let going = true;
  process.on('SIGTERM', () => { going = false; });
  const one = () => new Promise((resolve) => {
    const options = { host: address, servername: 'one.example.fr', path: '/?' + mark, rejectUnauthorized: false, agent: false,
      headers: { host: 'one.example.fr' } };
    get(options, (response) => {
      if (response.statusCode === 200) seen.answered++; else fail(response.statusCode);
      response.resume().on('end', resolve);
    }).on('error', (error) => { fail(error.message); resolve(); });
  });
  await one();
  console.log('begun');
  await Promise.all([1, 2].map(async () => {
    while (going) { await one(); await new Promise((resolve) => setTimeout(resolve, 10)); }
  }));
  console.log(JSON.stringify(seen));`;

const description = (more = '', gateway = '') => `site: masociete
${gateway}services:
  app: { url: "http://10.40.0.50:8069", healthy: { path: /, contains: welcome } }
publications:
  one.example.fr: { service: app, audience: everyone }
${more}`;

let lab: Lab;
let folder: string;
let packages: { readonly poterne: string; readonly node: string | undefined };
const node = await nodePackage();
// A Node that Debian 12 could not run is that of a later Debian, whose gateways need none.
const releases = 'why' in node ? (['trixie'] as const) : (['bookworm', 'trixie'] as const);
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-service-'));
  packages = {
    poterne: await assemble(await poternePackage(), folder),
    node: 'why' in node ? undefined : await assemble(node, folder),
  };
  const network = '10.40.0';
  const names = { 'one.example.fr': ['127.0.0.1'] };
  lab = await up({
    name,
    zones: { lan: { networks: [`${network}.0/24`] } },
    hosts: {
      bookworm: { release: 'bookworm', interfaces: { lan: [addresses.bookworm] }, names },
      trixie: { release: 'trixie', interfaces: { lan: [addresses.trixie] }, names },
      visitor: { boot: false, interfaces: { lan: [`${network}.99`] } },
      app: { boot: false, interfaces: { lan: [`${network}.50`] } },
    },
  });
  await started('app', application);
});

afterAll(async () => {
  await down(name);
  await rm(folder, { recursive: true, force: true });
});

const crowds: ChildProcess[] = [];
afterEach(() => {
  for (const child of crowds.splice(0)) child.kill('SIGKILL');
});

/** Runs a script of ours in a host's network, from the moment that it says something. */
async function started(host: string, script: string, ...args: string[]): Promise<ChildProcess> {
  const child = await startScript(lab, host, script, ...args);
  running.push(child);
  return child;
}

describe.each(releases)('on %s', (release) => {
  const address = addresses[release];
  let host: LabHost;

  beforeAll(() => {
    host = lab.host(release);
  });

  const did = async (...argv: string[]) => {
    const { code, stdout, stderr } = await host.run(argv);
    expect(code, `${argv.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  // Through its own eyes: what is put into its layer from outside it may have looked for already, and not see.
  const put = async (path: string, text: string) => {
    await host.run(['mkdir', '-p', join(path, '..')]);
    await writeFile(join('/proc', String(await host.leader()), 'root', path), text);
  };
  const state = (what: string) =>
    host.run(['systemctl', 'show', 'poterne', '--value', '-p', what]).then(({ stdout }) => stdout.trim());
  const daemon = async () => Number(await state('MainPID'));
  const nginx = async () => Number(await did('cat', '/var/lib/poterne/nginx/run/nginx.pid'));
  const listening = async () =>
    (await did('ss', '-Hltn')).split('\n').flatMap((line) => /:(80|443|444) /.exec(line)?.[1] ?? []);

  /** What a visitor gets, who trusts this gateway's authority. */
  async function visit(host: string, path = '/', port = 443): Promise<{ status: number; body: string }> {
    await copyFile(
      join(lab.host(release).upper, 'var/lib/poterne/authority/root.pem'),
      join(folder, 'root.pem'),
    );
    const { code, out } = await ranIn(lab, 'visitor', [
      ...['curl', '-s', '-m', '10', '--cacert', join(folder, 'root.pem'), '-w', '\\n%{http_code}'],
      ...['--resolve', `${host}:${port}:${address}`, `https://${host}:${port}${path}`],
    ]);
    if (code !== 0) throw new Error(`curl ended with ${code}`);
    const lines = out.split('\n');
    return { status: Number(lines.at(-1)), body: lines[0] ?? '' };
  }

  /** A crowd of visitors while `work` is done: none of them may notice. */
  async function unnoticed(work: () => Promise<void>): Promise<{ answered: number; mark: string }> {
    const mark = randomBytes(4).toString('hex');
    const child = await started('visitor', crowd, address, mark);
    crowds.push(child);
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await work();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    const { answered, failed } = JSON.parse(said) as { answered: number; failed: object };
    expect(failed).toEqual({});
    expect(answered).toBeGreaterThan(20);
    return { answered, mark };
  }

  test('is installed offline, and serves nothing before there is a description', async () => {
    const wanted =
      release === 'bookworm' && packages.node ? [packages.node, packages.poterne] : [packages.poterne];
    for (const file of wanted) await copyFile(file, join(host.upper, 'root', basename(file)));
    await did('apt-get', 'install', '--yes', '-q', ...wanted.map((file) => `/root/${basename(file)}`));
    expect(await did('systemctl', 'is-enabled', 'poterne')).toBe('enabled\n');
    expect(await listening()).toEqual([]);
    await did('systemctl', 'start', 'poterne');
    expect(await state('ActiveState')).toBe('inactive');
    expect(await did('poterne', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await host.run(['poterne', 'demo'])).stderr).toContain('not part of the installed package');
  });

  test('starts with its first configuration served, as an account without rights but for the ports', async () => {
    await put(site, description());
    // Root has tried it first, by hand: the service takes over what that left.
    await did('poterne', 'apply', site);
    await did('poterne', 'stop');
    await did('systemctl', 'start', 'poterne');
    expect(await visit('one.example.fr')).toEqual({ status: 200, body: 'welcome' });
    const master = await nginx();
    const worker = (await did('pgrep', '--parent', String(master))).split('\n')[0] as string;
    for (const pid of [await daemon(), master, worker]) {
      expect((await did('ps', '-o', 'user=', '-p', String(pid))).trim()).toBe('poterne');
      // CAP_NET_BIND_SERVICE is bit 10.
      const status = await did('cat', `/proc/${pid}/status`);
      expect([...status.matchAll(/^Cap(?:Prm|Eff|Bnd):\t(\S+)$/gm)].map((found) => found[1])).toEqual(
        Array(3).fill('0000000000000400'),
      );
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    }
    const score = /exposure level for poterne\.service: ([\d.]+)/.exec(
      await did('systemd-analyze', 'security', '--no-pager', 'poterne'),
    );
    expect(Number(score?.[1])).toBeLessThan(2);
    // Root looks without leaving files that the service could not use, and does not apply beside it.
    await did('poterne', 'status');
    await did('poterne', 'verify', site);
    expect(await did('find', '/var/lib/poterne', '!', '-user', 'poterne')).toBe('');
    const applied = await host.run(['poterne', 'apply', site]);
    expect([applied.code, applied.stderr]).toEqual([
      1,
      expect.stringContaining('belongs to the account poterne'),
    ]);
  });

  test('reloads without a visitor noticing, and says when it does not', async () => {
    const master = await nginx();
    await unnoticed(async () => {
      for (const more of ['two', 'three']) {
        await put(site, description(`  ${more}.example.fr: { service: app, audience: everyone }\n`));
        await did('systemctl', 'reload', 'poterne');
        expect((await visit(`${more}.example.fr`)).status).toBe(200);
      }
    });
    // A port that it did not hold yet, and needs its capability for.
    await put(site, description('', 'gateway: { https-port: 444 }\n'));
    await did('systemctl', 'reload', 'poterne');
    expect((await visit('one.example.fr', '/', 444)).status).toBe(200);
    await put(site, description('', 'gateway: { listen: [192.0.2.7] }\n'));
    expect((await host.run(['systemctl', 'reload', 'poterne'])).code).not.toBe(0);
    const failed = await host.run(['poterne', 'reload', '--json']);
    expect([failed.code, JSON.parse(failed.stdout).raw]).toMatchObject([
      1,
      { kind: 'failed', fault: { code: 'gateway.address.absent', pointer: '/gateway/listen/0' } },
    ]);
    await put(site, description().replace('audience', 'audiance'));
    expect((await host.run(['systemctl', 'reload', 'poterne'])).code).not.toBe(0);
    const refused = await host.run(['poterne', 'reload', '--json']);
    expect([refused.code, JSON.parse(refused.stdout).raw]).toMatchObject([
      2,
      { kind: 'refused', findings: [{ pointer: '/publications/one.example.fr/audiance' }] },
    ]);
    expect((await visit('one.example.fr', '/', 444)).status).toBe(200);
    const tls = '{ certificate: no.pem, key: no.key }';
    await put(site, description(`  two.example.fr: { service: app, audience: everyone, tls: ${tls} }\n`));
    const partial = await host.run(['poterne', 'reload', '--json']);
    expect([partial.code, JSON.parse(partial.stdout).raw]).toMatchObject([
      1,
      {
        kind: 'applied',
        outcome: 'partial',
        findings: [{ code: 'engine.refused.publication', pointer: '/publications/two.example.fr/tls' }],
      },
    ]);
    await put(site, description());
    await did('systemctl', 'reload', 'poterne');
    expect(await nginx()).toBe(master);
  });

  test('goes on serving when its daemon is killed, and when the package is replaced', async () => {
    const master = await nginx();
    await unnoticed(async () => {
      for (const kill of [
        () => did('systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'poterne'),
        () => did('dpkg', '--install', `/root/${basename(packages.poterne)}`),
      ]) {
        const before = await daemon();
        await kill();
        await until(
          async () => {
            const now = await daemon();
            return now > 0 && now !== before && (await state('ActiveState')) === 'active' ? true : undefined;
          },
          20_000,
          () => 'no new daemon',
        );
        await did('poterne', 'reload');
      }
    });
    expect(await nginx()).toBe(master);
  });

  test('rotates its logs, and no line is lost', async () => {
    const { answered, mark } = await unnoticed(async () => {
      for (let n = 0; n < 3; n++) {
        // nginx keeps lines for up to a second, and an empty log is not rotated.
        await new Promise((resolve) => setTimeout(resolve, 1200));
        await did('logrotate', '--force', '/etc/logrotate.d/poterne');
      }
    });
    const logs = '/var/lib/poterne/nginx/log';
    const lines = async () => Number(await did('sh', '-c', `zcat -f ${logs}/access.log* | grep -c ${mark}`));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await lines()).toBe(answered);
    const kept = await did('stat', '-c', '%n %U %a', `${logs}/access.log`, `${logs}/access.log.2.gz`);
    expect(kept).toBe(`${logs}/access.log poterne 640\n${logs}/access.log.2.gz poterne 640\n`);
  });

  test('looks at requests where that is described, also after the log of it was rotated', async () => {
    await put(
      site,
      description('  wall.example.fr: { service: app, audience: everyone, scenario: proxy+waf }\n'),
    );
    await did('poterne', 'reload');
    const attack = async () =>
      (await visit('wall.example.fr', '/?q=%3Cscript%3Emarked(1)%3C/script%3E')).status;
    expect(await attack()).toBe(403);
    expect((await visit('wall.example.fr')).status).toBe(200);
    const log = '/var/lib/poterne/nginx/log/waf.log';
    await did('logrotate', '--force', '/etc/logrotate.d/poterne');
    expect(await attack()).toBe(403);
    expect(
      await did(
        'sh',
        '-c',
        `zcat -f ${log}.1.gz | grep -c marked; grep -c marked ${log}; stat -c '%U %a' ${log}`,
      ),
    ).toBe('1\n1\npoterne 600\n');
  });

  test('comes back after a reboot, and ends after the requests in progress', async () => {
    await host.reboot();
    expect((await visit('one.example.fr')).status).toBe(200);
    const slow = visit('one.example.fr', '/slow');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await did('systemctl', 'stop', 'poterne');
    expect(await slow).toEqual({ status: 200, body: 'welcome' });
    expect(await listening()).toEqual([]);
    expect(await state('Result')).toBe('success');
    expect((await host.run(['pgrep', '--euid', 'poterne'])).stdout).toBe('');
  });

  test('is removed with nothing left running; its authority and the description stay', async () => {
    await did('systemctl', 'start', 'poterne');
    await did('apt-get', 'purge', '--yes', '-q', 'poterne');
    expect((await host.run(['pgrep', '--euid', 'poterne'])).stdout).toBe('');
    expect((await host.run(['systemctl', 'is-enabled', 'poterne'])).code).not.toBe(0);
    await did('ls', site, '/var/lib/poterne/authority/root.key');
    // Root had made it by hand, and the service's account locked it with the machine's key.
    expect(await did('head', '-1', '/var/lib/poterne/authority/root.key')).toContain('ENCRYPTED');
    expect(await did('stat', '-c', '%a %U %G', '/etc/poterne/machine.key')).toBe('640 root poterne\n');
  });
});
