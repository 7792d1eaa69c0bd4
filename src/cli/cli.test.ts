import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../lib/testing-ports.ts';
import { issue } from '../verify/testing/pki.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'poterne-cli-'));
const state = join(folder, 'state');
const [httpPort, httpsPort, servicePort] = (await freePorts(3)) as [number, number, number];

/** Everything that any command printed here, to be searched for secrets. */
const printed: string[] = [];

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

function start(argv: readonly string[], { env = {}, uid }: RunOptions = {}): ChildProcess {
  return spawn(join(root, 'poterne'), argv, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, POTERNE_STATE: state, POTERNE_LANG: 'en', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

/** Runs the command line as a process of its own, in the temporary folder. */
async function poterne(argv: readonly string[], options?: RunOptions): Promise<Ran> {
  const child = start(argv, options);
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  printed.push(out, err);
  expect(err).not.toMatch(/^\s+at .*\(?(node:|file:|\/)/m);
  return { status, out, err };
}

const json = ({ out }: Ran) => JSON.parse(out);

const publications = '  a.localhost: { service: app, audience: everyone, limits: { requests: 9/s } }\n';

/** A description in the temporary folder. */
function write(text = publications, name = 'site.yaml'): void {
  writeFileSync(
    join(folder, name),
    `site: town
gateway: { listen: [127.0.0.1], http-port: ${httpPort}, https-port: ${httpsPort} }
zones: { away: { networks: [192.0.2.0/24] } }
services:
  app: { url: http://127.0.0.1:${servicePort}, healthy: { path: /, contains: hello } }
publications:
${text}`,
  );
}

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

beforeAll(async () => {
  chmodSync(folder, 0o755);
  write();
  await serve();
});
afterAll(async () => {
  await poterne(['stop']);
  await unserve();
  rmSync(folder, { recursive: true, force: true });
});

describe('help and what is wrong with a request', { timeout: 180_000 }, () => {
  const commands = ['demo', 'check', 'plan', 'apply', 'verify', 'status', 'up', 'stop', 'hosts', 'schema'];

  test.each(commands)('%s --help has examples, in both languages', async (name) => {
    const [english, french] = await Promise.all([
      poterne([name, '--help']),
      poterne([name, '--help', '--lang', 'fr']),
    ]);
    expect(english).toMatchObject({ status: 0, err: '' });
    expect(english.out).toMatch(new RegExp(`^Usage: poterne ${name} \\[options\\]`));
    expect(english.out).toMatch(new RegExp(`^Examples:\n {2}\\$ poterne ${name}`, 'm'));
    expect(french.out).toMatch(new RegExp(`^Exemples :\n {2}\\$ poterne ${name}`, 'm'));
    expect(french.out).toMatch(/^Usage : [\s\S]*--json +affiche une valeur JSON/m);
    expect(french.out).not.toMatch(/Arguments:|Options:|\bdefault\b|choices/);
  });

  test('the command alone shows what there is, and leaves with 2', async () => {
    const { status, err } = await poterne([], { env: { POTERNE_LANG: 'fr' } });
    expect(status).toBe(2);
    for (const name of commands) expect(err).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(err).toContain('Commandes :');
    expect(await poterne(['--version'])).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\./) });
  });

  test.each([
    ['plna', 'there is no command "plna"', 'did you mean plan?'],
    ['plan --dif', '"poterne plan" has no option --dif', 'did you mean --diff?'],
    ['plan --zzzzzz', '"poterne plan" has no option --zzzzzz', 'see: poterne plan --help'],
    ['verify --only', 'the option "--only <name>" is there without its value', 'poterne verify --help'],
    ['plan --lang de', 'the option "--lang <lang>" cannot be "de"', 'see: poterne plan --help'],
    ['plan a.yaml b.yaml', 'too many arguments for "poterne plan"', 'see: poterne plan --help'],
    ['verify --only nobody', 'no publication is called "nobody"; there are: a.localhost', ''],
    ['verify --ca gone.pem', 'the root certificate gone.pem cannot be read', '-----BEGIN CERTIFICATE-----'],
    ['verify --ca site.yaml', 'the root certificate site.yaml cannot be read', '-----BEGIN CERTIFICATE-----'],
  ])('%s', async (argv, said, next) => {
    const { status, out, err } = await poterne(argv.split(' '));
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(`error: ${said}`);
    expect(err).toContain(next);
  });

  test('the same in French, and for programs', async () => {
    const { err } = await poterne(['plan', '--dif'], { env: { POTERNE_LANG: 'fr' } });
    expect(err).toBe(
      'erreur : « poterne plan » n’a pas d’option --dif\nensuite : vouliez-vous dire --diff ?\n',
    );
    const ran = await poterne(['plan', '--dif', '--json']);
    expect(ran).toMatchObject({ status: 2, err: '' });
    expect(json(ran).fault).toMatchObject({ code: 'usage.option.unknown', next: 'did you mean --diff?' });
  });
});

describe('check', { timeout: 180_000 }, () => {
  test('nothing to report', async () => {
    expect(await poterne(['check'])).toEqual({
      status: 0,
      out: 'site.yaml: nothing to report. 1 publication, 1 service.\n',
      err: '',
    });
    expect(json(await poterne(['check', '--json']))).toEqual({ ok: true, findings: [] });
  });

  test('each mistake at its place, in both languages', async () => {
    write('  a.localhost: { service: app, audiance: everyone }\n', 'bad.yaml');
    const english = await poterne(['check', 'bad.yaml']);
    expect(english.status).toBe(2);
    expect(english.err).toContain(`bad.yaml:7:32  error  publication.key.unknown
  unknown key "audiance" in publication "a.localhost"
  7 |   a.localhost: { service: app, audiance: everyone }
                                     ^^^^^^^^
  hint: did you mean "audience"?
`);
    const french = await poterne(['check', 'bad.yaml', '--lang', 'fr']);
    expect(french.err).toContain('bad.yaml:7:32  erreur  publication.key.unknown');
    expect(french.err).toContain('vouliez-vous dire « audience » ?');
    const ran = await poterne(['check', 'bad.yaml', '--json']);
    expect(ran).toMatchObject({ status: 2, err: '' });
    expect(json(ran)).toMatchObject({
      ok: false,
      findings: [{ code: 'publication.key.unknown', file: 'bad.yaml', line: 7, column: 32, length: 8 }],
    });
  });

  test.each(['plan', 'apply', 'verify'])('%s refuses such a description as check does', async (name) => {
    const ran = await poterne([name, 'bad.yaml']);
    expect(ran).toMatchObject({ status: 2, out: '', err: (await poterne(['check', 'bad.yaml'])).err });
    expect(json(await poterne([name, 'bad.yaml', '--json']))).toMatchObject({ ok: false });
  });

  test('broken YAML, a file that is not there, and one that is a folder', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'site: s\nservices: { a: [ }\n');
    const broken = await poterne(['check', 'broken.yaml']);
    expect(broken.status).toBe(2);
    expect(broken.err).toMatch(/^broken\.yaml:2:\d+ {2}error {2}/);
    expect(await poterne(['check', 'gone.yaml'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/file\.missing\n {2}there is no file gone\.yaml\n {2}hint: /),
    });
    expect(await poterne(['check', '.'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(
        /file\.unreadable[\s\S]*hint: it must be a file that the account \S+ may read/,
      ),
    });
  });

  test('the schema knows every word of the examples', async () => {
    const { status, out } = await poterne(['schema']);
    expect(status).toBe(0);
    const schema = JSON.parse(out);
    expect(schema.$schema).toMatch(/json-schema\.org/);
    expect(Object.keys(schema.properties).sort()).toEqual(
      expect.arrayContaining(['site', 'include', 'gateway', 'hosts', 'services', 'publications', 'zones']),
    );
  });
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

test.each([
  ['status'],
  ['stop'],
  ['plan', join(folder, 'site.yaml')],
  ['apply', join(folder, 'site.yaml'), '--lang=fr'],
])('a state folder that this account may not open: %s', async (...argv) => {
  const shut = join(folder, 'shut');
  mkdirSync(join(shut, 'nginx', 'run'), { recursive: true });
  chmodSync(shut, 0);
  const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
  const { status, err } = await poterne(argv, { env: { POTERNE_STATE: shut }, ...nobody });
  chmodSync(shut, 0o700);
  expect(status).toBe(1);
  expect(err).toContain(
    argv.includes('--lang=fr')
      ? `erreur : ce compte ne peut pas écrire dans le dossier d’état ${shut}`
      : `error: the state folder ${shut} cannot be written by this account\nnext: run as root, or choose`,
  );
});
