import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { good, middle, root } from '../../doctor/testing/wrong.ts';
import { program, ran } from '../../lib/testing-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-cert-'));
  await write('full.pem', good.cert + middle.cert);
  await write('leaf.pem', good.cert);
  await write('root.pem', root.cert);
  await write('leaf.key', good.key);
  await write('passphrase', 'sésame\nnot this\n');
  await write(
    'site.yaml',
    `site: s
services: { app: { url: "http://10.0.0.1", owner: { name: x }, healthy: { path: / } } }
publications: { a.example.fr: { service: app, audience: everyone } }
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });

/** Runs `poterne cert` in the folder, as somebody would. */
const cert = (...args: string[]) =>
  ran([program, 'cert', ...args], {
    cwd: folder,
    env: { ...process.env, POTERNE_LANG: 'en', POTERNE_STATE: join(folder, 'state') },
  });

test('the verdict is the first line, and the status tells it', async () => {
  const well = await cert(
    'inspect',
    'full.pem',
    '--ca',
    'root.pem',
    '--purpose',
    'server',
    '--name',
    'app.example.fr',
    '--key',
    'leaf.key',
  );
  expect(well.code).toBe(0);
  expect(well.out).toMatch(/^full\.pem: healthy\n/);
  expect(well.out).toMatch(/names +app\.example\.fr\n/);
  const broken = await cert(
    'inspect',
    'full.pem',
    '--ca',
    'root.pem',
    '--name',
    'erp.example.fr',
    '--lang',
    'fr',
  );
  expect(broken.code).toBe(1);
  expect(broken.out).toMatch(
    /^full\.pem : le certificat n’est pas pour erp\.example\.fr ; il couvre : app\.example\.fr\n/,
  );
  expect(broken.out).toMatch(/\nerreur cert\.name: .*\n {2}à faire : /);
});

test('as JSON, with code, words, evidence, place and what to do', async () => {
  const { code, out } = await cert('chain', 'leaf.pem', '--ca', 'root.pem', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ...{ what: 'leaf.pem', verdict: 'broken' },
    findings: [
      {
        ...{
          severity: 'error',
          code: 'cert.chain.incomplete',
          where: 'leaf.pem',
          params: { issuer: 'CN=Middle' },
        },
        text: expect.stringContaining('CN=Middle'),
        next: expect.stringContaining('append'),
      },
    ],
    chain: { end: 'open' },
    openssl: { number: 20 },
  });
});

test('the passphrase is the first line of a file', async () => {
  const at = (name: string) => join(folder, name);
  execFileSync('openssl', [
    'pkcs8',
    '-topk8',
    '-in',
    at('leaf.key'),
    '-passout',
    `file:${at('passphrase')}`,
    '-out',
    at('sealed.key'),
  ]);
  expect((await cert('match', 'sealed.key', 'full.pem', '--passphrase-file', 'passphrase')).code).toBe(0);
  const { code, out } = await cert('match', 'sealed.key', 'full.pem', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out).findings).toMatchObject([{ code: 'cert.key.encrypted', where: 'sealed.key' }]);
});

test('a request that cannot be is told so', async () => {
  const code = async (...args: string[]) => {
    const { code, out } = await cert(...args, '--json');
    expect(code).toBe(2);
    return JSON.parse(out).fault.code;
  };
  expect(await code('handshake', 'example.fr')).toBe('cert.server.form');
  expect(await code('handshake', '127.0.0.1:1', '--cert', 'full.pem')).toBe('cert.handshake.pair');
  expect(await code('handshake', '127.0.0.1:1', '--timeout', '0')).toBe('cert.timeout.form');
  expect(await code('doctor', 'b.example.fr')).toBe('cert.doctor.unknown');
  expect(await code('match', 'leaf.key', 'full.pem', 'more')).toBe('usage.arguments');
});
