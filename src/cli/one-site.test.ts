import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issue } from '../verify/testing/pki.ts';
import {
  folder,
  json,
  poterne,
  printed,
  publications,
  servicePort,
  start,
  state,
  write,
} from './testing-folder.ts';

let server: Server | undefined;
async function serve(): Promise<void> {
  server = createServer((_, response) => response.end('hello'));
  server.listen(servicePort, '127.0.0.1');
  await once(server, 'listening');
}
async function unserve(): Promise<void> {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
}

beforeAll(serve);
afterAll(async () => {
  await poterne(['stop']);
  await unserve();
  rmSync(folder, { recursive: true, force: true });
});

describe('one site, from nothing to stopped', { timeout: 180_000 }, () => {
  test('nothing applied yet', async () => {
    const status = await poterne(['status']);
    expect(status).toMatchObject({ status: 1, out: `Nothing has been applied in ${state} yet.\n` });
    expect(status.err).toContain('poterne apply site.yaml');
    expect(await poterne(['stop'])).toMatchObject({ status: 0, out: 'The gateway was not running.\n' });
    const plan = await poterne(['plan']);
    expect(plan.status).toBe(0);
    expect(plan.out).toBe(`Apply would:
  + publish a.localhost: / → app (for everyone)
  + a.localhost: one address may ask 9/s (so far without limit)

Exposure gained:
  everyone can reach a.localhost/ (service app)
`);
    expect(plan.err).toContain('next: apply it with: poterne apply site.yaml');
  });

  test('proved before it is applied, everything is broken', async () => {
    const ran = await poterne(['verify', '--json']);
    expect(ran).toMatchObject({ status: 1, err: '' });
    expect(json(ran).counts).toMatchObject({ held: 0 });
  });

  test('apply, and again', async () => {
    const first = await poterne(['apply']);
    expect(first.status).toBe(0);
    expect(first.out).toMatch(/^Applied: town is served with configuration [0-9a-f]{12}\.\n$/);
    expect(first.err).toMatch(/✓ nginx started and serving \(\d+ m?s\)\nnext: prove it with: poterne verify/);
    expect(json(await poterne(['apply', '--json']))).toMatchObject({ outcome: 'unchanged', findings: [] });
    expect((await poterne(['plan'])).out).toBe('Nothing would change.\n\nExposure stays the same.\n');
  });

  test('verify', async () => {
    const text = await poterne(['verify', '--lang', 'fr']);
    expect(text.status).toBe(0);
    expect(text.out).toMatch(/Toutes les promesses sont tenues\s: \d+ \(vues de/);
    expect((await poterne(['verify', '--full'])).out).toContain('status 200, with “hello”');
    const ran = await poterne(['verify', '--only', 'a.localhost', '--json']);
    expect(ran.status).toBe(0);
    expect(new Set(json(ran).evidence.map((e: { about: string }) => e.about))).toEqual(
      new Set(['a.localhost', 'gateway']),
    );
  });

  test('a broken promise: verify leaves with 1 and says what to do, status too', async () => {
    await unserve();
    try {
      const broken = await poterne(['verify']);
      expect(broken.status).toBe(1);
      expect(broken.out).toMatch(
        /✗ https:\/\/a\.localhost.*\n {2}502 from the gateway: .*\n {2}→ Is the service running/,
      );
      expect(broken.out).toMatch(/Promises broken: 1; kept: \d+ of \d+/);
      const status = await poterne(['status']);
      expect(status.status).toBe(1);
      expect(status.out).toContain('does not answer');
    } finally {
      await serve();
    }
  });

  test('status', async () => {
    await poterne(['verify']);
    const text = await poterne(['status']);
    expect(text.status).toBe(0);
    expect(text.out).toMatch(
      /^nginx {3}running \(pid \d+\) {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(.+\) +[0-9a-f]{12}$/m,
    );
    expect(text.out).toMatch(/^a\.localhost {2}app +(89|90) days left {2}as described$/m);
    expect(text.out).toMatch(new RegExp(`^app +127\\.0\\.0\\.1:${servicePort} {2}answers$`, 'm'));
    expect(text.out).toMatch(/Last proof .*, 0 broken\./);
    const ran = await poterne(['status', '--json']);
    const said = json(ran);
    expect(said).toMatchObject({
      site: 'town',
      engines: [{ name: 'nginx', running: true }],
      publications: [{ name: 'a.localhost', standing: 'current' }],
      services: [{ name: 'app', upstreams: [{ reachable: true }] }],
      lastProof: { broken: [] },
    });
    expect(said.engines[0].served).toBe(said.engines[0].configuration);
    expect(Date.now() - Date.parse(said.engines[0].since)).toBeLessThan(600_000);
  });

  test('plan after an edit: sentences, exposure gained and lost, generated lines', async () => {
    write(`  a.localhost: { service: app, audience: { from: [away] }, limits: { requests: 5/s } }
  b.localhost: { service: app, audience: everyone }
`);
    const plan = await poterne(['plan', '--diff']);
    expect(plan.status).toBe(0);
    expect(plan.out).toContain('  + publish b.localhost: / → app (for everyone)');
    expect(plan.out).toContain('  ~ a.localhost: one address may ask 5/s (so far 9/s)');
    expect(plan.out).toContain('Exposure gained:\n  everyone can reach b.localhost/ (service app)');
    expect(plan.out).toContain('Exposure lost:\n  everyone can no longer reach a.localhost/ (service app)');
    expect(plan.out).toMatch(/^\+\+\+ publications\/b_localhost\.conf$/m);
    expect(plan.out).toMatch(/^\+ {4}allow 192\.0\.2\.0\/24;$/m);
    expect(plan.out).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE|manifest\.json/);
    const said = json(await poterne(['plan', '--json']));
    expect(said.exposure.lost).toEqual([{ who: 'everyone', what: 'a.localhost/', service: 'app' }]);
    write(publications.replace('everyone', '{ from: [away] }'));
    expect((await poterne(['apply'])).status).toBe(0);
    write(publications);
    const widened = await poterne(['plan']);
    expect(widened.out).toContain('everyone can reach a.localhost/');
    expect(widened.out).not.toContain('Exposure lost');
  });

  test('one publication that the engine refuses: the others are served, and apply leaves with 1', async () => {
    const pair = await issue({ names: ['b.localhost'] });
    writeFileSync(join(folder, 'b.pem'), pair.cert);
    writeFileSync(join(folder, 'b.key'), pair.key);
    writeFileSync(join(folder, 'garbage.pem'), 'not a certificate\n');
    const second = (certificate: string) => `${publications}
  b.localhost:
    service: app
    audience: everyone
    tls: { certificate: ${certificate}, key: b.key }
`;
    write(second('garbage.pem'));
    const refused = await poterne(['apply']);
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(/site\.yaml:\d+:\d+ {2}error {2}engine\.refused\.publication/);
    expect(refused.out).toMatch(/^Applied in part: 1 publication/);
    expect((await poterne(['status'])).out).toMatch(/^b\.localhost .* answers 503: /m);

    write(second('b.pem'));
    expect((await poterne(['apply'])).status).toBe(0);
    // It vouches for itself alone, so that only who is told to trust it does.
    expect((await poterne(['verify'])).out).toMatch(/the certificate vouches only for itself/);
    expect((await poterne(['verify', '--ca', 'b.pem'])).status).toBe(0);

    write(second('garbage.pem'));
    expect(await poterne(['apply', '--json'])).toMatchObject({ status: 1, err: '' });
    const status = await poterne(['status', '--json']);
    expect(status.status).toBe(1);
    expect(json(status).publications[1]).toMatchObject({ name: 'b.localhost', standing: 'kept' });
    expect((await poterne(['status', '--lang', 'fr'])).out).toContain('dernière bonne version gardée');
    write();
    expect((await poterne(['apply'])).status).toBe(0);
  });

  test('nobody reads any more: no complaint, and the work is done', async () => {
    for (const argv of [['plan'], ['schema'], ['verify', '--full'], ['check', '--json']]) {
      const child = start(argv);
      child.stdout?.destroy();
      let err = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
      expect(err).not.toMatch(/EPIPE|error/i);
    }
  });

  test('no colours where nobody would see them, or where they are not wanted', async () => {
    for (const env of [{}, { NO_COLOR: '1' }])
      expect((await poterne(['check'], { env })).out).not.toContain('\u001b');
  });

  test('stop, and again', async () => {
    expect(await poterne(['stop'])).toMatchObject({ status: 0, out: 'The gateway has ended.\n' });
    expect(json(await poterne(['stop', '--json']))).toEqual({ stopped: false });
    const status = await poterne(['status']);
    expect(status.status).toBe(1);
    expect(status.out).toMatch(/^nginx {3}stopped/m);
    const broken = await poterne(['verify']);
    expect(broken.status).toBe(1);
    expect(broken.out).toContain('→ Is the gateway running');
  });

  test('no secret was ever printed', () => {
    const files = [
      join(state, 'authority', 'root.key'),
      join(folder, 'b.key'),
      ...readdirSync(join(state, 'certificates')).map((name) => join(state, 'certificates', name)),
    ];
    const secrets = files.flatMap((file) => {
      const [, body = ''] = /PRIVATE KEY-----\n([\s\S]*?)-----END/.exec(readFileSync(file, 'utf8')) ?? [];
      return body.split('\n').filter((line) => line.length > 20);
    });
    expect(secrets.length).toBeGreaterThanOrEqual(files.length * 2);
    const all = printed.join('\n');
    expect(all.length).toBeGreaterThan(10_000);
    for (const secret of secrets) expect(all.includes(secret)).toBe(false);
  });
});
