import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { installPoterne } from '../../packaging/testing.ts';

/** One machine that is everything: Poterne runs on it, and acts on it (CON-6). */
let lab: Lab;

const site = `site: maison
admin: { from: [10.30.0.9] }
hosts:
  maison: { address: 10.30.0.2, roles: [gateway], ssh: {}, firewall: { confirm: 12s } }
services:
  constellation: { url: "http://127.0.0.1:8088", healthy: { path: /, contains: Constellation } }
publications:
  house.example.fr: { service: constellation, audience: everyone }
`;

/** Runs a command on the machine, as root. */
const on = (...argv: readonly string[]) => lab.host('maison').run(argv, { timeout: 240_000 });

/** The ports of the machine that accept connections, from a neighbour. */
async function open(...ports: readonly number[]): Promise<readonly number[]> {
  const tries = ports.map(async (port) => {
    const [program = '', ...rest] = lab
      .host('visitor')
      .networkCommand(['nc', '-z', '-w', '2', '10.30.0.2', String(port)]);
    return new Promise<number[]>((resolve) =>
      execFile(program, rest, (error) => resolve(error ? [] : [port])),
    );
  });
  return (await Promise.all(tries)).flat();
}

beforeAll(async () => {
  lab = await up({
    name: `here-${process.pid}`,
    zones: { lan: { networks: ['10.30.0.0/24'] } },
    hosts: {
      maison: {
        release: 'trixie',
        interfaces: { lan: ['10.30.0.2'] },
        files: {
          '/root/site.yaml': { content: site },
          '/etc/nginx/sites-available/default': {
            content: 'server { listen 8088; location / { return 200 "Constellation\\n"; } }\n',
          },
        },
        run: [['systemctl', 'start', 'nginx']],
      },
      visitor: { boot: false, interfaces: { lan: ['10.30.0.9'] } },
    },
  });
  await installPoterne(lab, 'maison');
}, 600_000);

afterAll(async () => {
  if (lab) await down(lab.name);
});

test('a firewall that nobody confirms at the machine goes again by itself', async () => {
  expect(await open(22, 8088)).toEqual([22, 8088]);
  const { code, stdout } = await on(
    'poterne',
    'apply',
    '/root/site.yaml',
    '--json',
    '--state',
    '/root/state',
  );
  expect([code, JSON.parse(stdout).machines[0].fault.code]).toEqual([1, 'host.unconfirmed.here']);
  await expect.poll(() => open(8088), { timeout: 90_000, interval: 1000 }).toEqual([8088]);
}, 300_000);

test('one that the person there confirms stays: http, https and ssh, and the application’s own port is shut', async () => {
  const command = 'poterne apply /root/site.yaml';
  const { stdout } = await on('sh', '-c', `printf 'y\\n' | script -qec "${command}" /dev/null`);
  expect(stdout).toContain('Could you?');
  expect(stdout).toMatch(/maison is served with configuration/);
  // Past the time in which it would have gone.
  await new Promise((resolve) => setTimeout(resolve, 13_000));
  expect(await open(22, 80, 443, 8088)).toEqual([22, 80, 443]);
}, 300_000);

test('root applies, plans and proves again, although the folder in between became the service’s', async () => {
  const again = await on('poterne', 'apply', '/root/site.yaml', '--json');
  const { machines, outcome } = JSON.parse(again.stdout);
  const parts = machines[0].parts.map((part: { outcome: string }) => part.outcome);
  expect([again.code, outcome, parts]).toEqual([0, 'unchanged', ['unchanged', 'unchanged']]);
  expect(JSON.parse((await on('poterne', 'plan', '/root/site.yaml', '--json')).stdout)).toMatchObject({
    changes: [],
    machines: [{ host: 'maison' }],
  });
  const { stdout } = await on('poterne', 'verify', '/root/site.yaml', '--from', 'maison', '--json');
  expect(JSON.parse(stdout).evidence.length).toBeGreaterThan(5);
}, 300_000);
