import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  eventually,
  faultOf,
  head,
  makeRig,
  port,
  poterne,
  type Rig,
  startService,
} from '../apply/testing.ts';
import { localhost } from '../hosts/local.ts';
import { readCsr } from '../pki/authority/csr.ts';

/** The commands that a person uses on the authority, against a gateway that runs: signing, importing, revoking, the root away and back. */

const upstream = port(90);

const described = (rig: Rig, names = 'example.fr', more = '') => `${head(rig.ports)}services:
  app: { url: "http://127.0.0.1:${upstream}", owner: { name: IT, email: it@example.fr } }
authority: { names: [${names}], at: api.example.fr }
tls-configurations:
  people: { client-certificate: required, authorities: [internal] }
publications:
  api.example.fr: { service: app, tls-configuration: people, audience: everyone }
${more}`;

async function run(rig: Rig, words: readonly string[]) {
  const command = poterne([...words, '--state', rig.state]);
  return { status: await command.ended, said: command.said() };
}

async function did(rig: Rig, ...words: string[]): Promise<string> {
  const { status, said } = await run(rig, words);
  expect([status, status === 0 ? '' : said]).toEqual([0, '']);
  return said;
}

/** The status at the published name for who shows this certificate. */
async function statusFor(rig: Rig, name?: string): Promise<number> {
  const file = (end: string) => readFile(join(rig.folder, `${name}.${end}`));
  const shown = name === undefined ? {} : { cert: await file('pem'), key: await file('key') };
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ host: '127.0.0.1', port: rig.ports.https, servername: 'api.example.fr', agent: false },
      headers: { host: `api.example.fr:${rig.ports.https}` },
      ca: rig.gateway.authority.root,
      ...shown,
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** What is fetched over plain http, as a verifier does. */
function fetched(url: string, rig: Rig): Promise<Buffer> {
  const { pathname, port: at } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = requestHttp(
      { host: '127.0.0.1', port: at, path: pathname, headers: { host: `api.example.fr:${rig.ports.http}` } },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () =>
          response.statusCode === 200
            ? resolve(Buffer.concat(parts))
            : reject(new Error(`${response.statusCode}`)),
        );
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

test('a revoked certificate is refused within seconds, by the gateway and by whoever fetches the list', async () => {
  const rig = await makeRig();
  await startService(upstream, 'the service');
  await rig.write('site.yaml', described(rig));
  const up = poterne(['up', rig.file, '--state', rig.state]);
  await eventually(() => up.said().includes('serving') || undefined, up.said);
  const issue = (name: string, ...more: string[]) =>
    did(rig, 'cert', 'issue', name, '--for', 'client', '--out', join(rig.folder, `${name}.pem`), ...more);
  await issue('alice');
  await issue('bob', '--key-type', 'rsa-3072');
  expect([await statusFor(rig, 'alice'), await statusFor(rig, 'bob'), await statusFor(rig)]).toEqual([
    200, 200, 403,
  ]);
  const begun = Date.now();
  const said = await did(rig, 'cert', 'revoke', 'alice', '--reason', 'key-compromise', '--json');
  expect(JSON.parse(said)).toMatchObject({ revoked: [{ name: 'alice' }], gateway: 'heeds' });
  expect([await statusFor(rig, 'alice'), await statusFor(rig, 'bob')]).toEqual([403, 200]);
  const seconds = (Date.now() - begun) / 1000;
  expect(seconds).toBeLessThan(20);
  console.info(`revoked and refused after ${seconds.toFixed(2)} s`);

  const leaf = join(rig.folder, 'alice.pem');
  const text = (await localhost.run(['openssl', 'x509', '-noout', '-text', '-in', leaf])).stdout;
  const url = /URI:(http:\S+\.crl)/.exec(text)?.[1] ?? '';
  await writeFile(join(rig.folder, 'list.crl'), await fetched(url, rig));
  await writeFile(join(rig.folder, 'issuing.crt'), await fetched(url.replace(/crl$/, 'crt'), rig));
  await writeFile(join(rig.folder, 'root.pem'), rig.gateway.authority.root);
  const verified = await localhost.run([
    ...[
      'openssl',
      'verify',
      '-CAfile',
      join(rig.folder, 'root.pem'),
      '-untrusted',
      join(rig.folder, 'issuing.crt'),
    ],
    ...['-crl_check', '-CRLfile', join(rig.folder, 'list.crl'), leaf],
  ]);
  expect(verified.stdout + verified.stderr).toContain('certificate revoked');
});

test('a sealed file opens with the passphrase that was written for it, and a request is signed for what it may be', async () => {
  const rig = await makeRig();
  await startService(upstream, 'the service');
  await rig.apply(described(rig));
  const file = (name: string) => join(rig.folder, name);
  const sealed = ['--format', 'p12', '--passphrase-file', file('pass')];
  const said = await did(
    rig,
    'cert',
    'issue',
    'carol@example.fr',
    '--for',
    'client',
    ...sealed,
    '--out',
    file('c.p12'),
  );
  const passphrase = (await readFile(file('pass'), 'utf8')).trim();
  expect(passphrase).toMatch(/^([a-z2-9]{6}-){3}[a-z2-9]{6}$/);
  expect(said).not.toContain(passphrase);
  expect([(await stat(file('pass'))).mode & 0o777, (await stat(file('c.p12'))).mode & 0o777]).toEqual([
    0o600, 0o600,
  ]);
  const openssl = async (...words: string[]) => {
    const { stdout, stderr } = await localhost.run(['openssl', ...words]);
    return stdout + stderr;
  };
  const opened = await openssl(
    'pkcs12',
    '-in',
    file('c.p12'),
    '-passin',
    `file:${file('pass')}`,
    '-nodes',
    '-info',
  );
  for (const word of ['pbeWithSHA1And3-KeyTripleDES-CBC', 'BEGIN PRIVATE KEY', 'CN = carol@example.fr'])
    expect(opened).toContain(word);
  expect(opened.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(await openssl('pkcs12', '-in', file('c.p12'), '-passin', 'pass:wrong', '-nodes')).toContain(
    'Mac verify error',
  );

  const request = async (name: string, ...key: string[]) => {
    const subject = ['-subj', '/CN=ignored', '-addext', 'subjectAltName=DNS:printer.example.fr'];
    await openssl(
      'req',
      '-new',
      '-nodes',
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.csr`),
      ...key,
      ...subject,
      '-addext',
      'extendedKeyUsage=codeSigning',
      '-addext',
      'basicConstraints=CA:TRUE',
    );
    return file(`${name}.csr`);
  };
  const sign = (csr: string, ...more: string[]) =>
    run(rig, [
      'cert',
      'issue',
      'printer',
      '--for',
      'server',
      '--csr',
      csr,
      '--out',
      file('printer.pem'),
      '--json',
      ...more,
    ]);
  const good = await request('good', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384');
  // Whoever made it could have written the name of the director's machine.
  const unsaid = await sign(good);
  expect([unsaid.status, JSON.parse(unsaid.said).fault.code]).toEqual([2, 'cert.csr.names']);
  expect((await sign(good, '--san', 'printer.example.fr')).status).toBe(0);
  const text = await openssl('x509', '-noout', '-text', '-in', file('printer.pem'));
  for (const word of ['CN = printer', 'CA:FALSE', 'TLS Web Server Authentication', 'DNS:printer.example.fr'])
    expect(text).toContain(word);
  expect(text).not.toContain('Code Signing');
  expect(await readdir(rig.folder)).not.toContain('printer.key');
  const outside = await sign(good, '--force', '--san', 'printer.example.com');
  expect([outside.status, JSON.parse(outside.said).fault.code]).toEqual([1, 'authority.name.forbidden']);
  const refused = async (csr: string) =>
    (await faultOf(readFile(csr).then((bytes) => readCsr(bytes, csr)))).code;
  expect(await refused(await request('weak', '-newkey', 'rsa:2048'))).toBe('cert.csr.key');
  expect(await refused(await request('other', '-newkey', 'ed25519'))).toBe('cert.csr.key');
  const der = Buffer.from((await readFile(good, 'utf8')).replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  der[der.length - 6] = (der[der.length - 6] as number) ^ 1;
  await writeFile(file('forged.csr'), der);
  expect(await refused(file('forged.csr'))).toBe('cert.csr.signature');
  expect(await refused(rig.file)).toBe('cert.csr.form');
  // Who, when, what for: in the log, and its chain is whole.
  expect(await did(rig, 'audit', '--json')).toContain('"what":"certificate.issue","to":"printer"');
});

test('the root goes away on a stick: certificates are renewed without it, new names wait until it is back', async () => {
  const rig = await makeRig();
  await startService(upstream, 'the service');
  await rig.apply(described(rig));
  const file = (name: string) => join(rig.folder, name);
  const exporting = ['cert', 'authority', 'export', file('root.key'), '--passphrase-file', file('pass')];
  await did(rig, ...exporting, '--remove');
  expect(await readdir(join(rig.state, 'authority'))).not.toContain('root.key');
  expect(await readFile(file('root.key'), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
  // Day to day it is not missed.
  await rm(join(rig.state, 'certificates', 'api_example_fr.pem'));
  expect((await rig.apply(described(rig))).places).toEqual([]);
  await did(rig, 'cert', 'issue', 'alice', '--for', 'client', '--out', file('alice.pem'));
  expect(await statusFor(rig, 'alice')).toBe(200);
  const wider = described(
    rig,
    'example.fr, example.com',
    '  www.example.com: { service: app, audience: everyone }\n',
  );
  const applied = await rig.apply(wider);
  expect(applied.outcome).toBe('partial');
  expect(JSON.stringify(applied.findings)).toContain('authority.name.forbidden');
  const wrong = await run(rig, ['cert', 'authority', 'import', file('alice.key'), '--json']);
  expect([wrong.status, JSON.parse(wrong.said).fault.code]).toEqual([1, 'authority.root.other']);
  const root = rig.gateway.authority.root;
  await did(rig, 'cert', 'authority', 'import', file('root.key'), '--passphrase-file', file('pass'));
  expect((await rig.apply(wider)).places).toEqual([]);
  expect(rig.gateway.authority.root).toBe(root);
  expect(await statusFor(rig, 'alice')).toBe(200);
});

test('another key signs under the root, which revokes the one before with all that it signed; publications have new certificates', async () => {
  const rig = await makeRig();
  await startService(upstream, 'the service');
  await rig.write('site.yaml', described(rig));
  const up = poterne(['up', rig.file, '--state', rig.state]);
  await eventually(() => up.said().includes('serving') || undefined, up.said);
  const file = (name: string) => join(rig.folder, name);
  await did(rig, 'cert', 'issue', 'alice', '--for', 'client', '--out', file('alice.pem'));
  expect(await statusFor(rig, 'alice')).toBe(200);
  const root = rig.gateway.authority.root;
  const before = await readFile(join(rig.state, 'authority', 'issuing.pem'), 'utf8');
  const said = await did(rig, 'cert', 'authority', 'replace-issuing', '--reason', 'key-compromise', '--json');
  expect(JSON.parse(said)).toMatchObject({ worthless: [{ name: 'alice' }], gateway: 'heeds' });
  // Its chain still leads to the root, by a certificate that this has revoked.
  expect(await statusFor(rig, 'alice')).toBe(403);
  await did(rig, 'cert', 'issue', 'alice', '--renew', '--force', '--out', file('alice.pem'));
  // The visitor, who trusts the root as before, sees the certificate of the new key.
  expect(await statusFor(rig, 'alice')).toBe(200);
  expect(rig.gateway.authority.root).toBe(root);

  await writeFile(file('before.pem'), before);
  await writeFile(file('root.pem'), root);
  await writeFile(file('lists.crl'), await rig.gateway.authority.crl(new Date()));
  const words = [
    'openssl',
    'verify',
    '-crl_check',
    '-CAfile',
    file('root.pem'),
    '-CRLfile',
    file('lists.crl'),
  ];
  const old = await localhost.run([...words, file('before.pem')]);
  expect(old.stdout + old.stderr).toContain('certificate revoked');
  const now = await localhost.run([...words, join(rig.state, 'authority', 'issuing.pem')]);
  expect(now.stdout).toContain('OK');
  const standing = JSON.parse(await did(rig, 'cert', 'authority', '--json'));
  expect(Date.parse(standing.listsUntil)).toBeGreaterThan(Date.now());
  expect(await did(rig, 'audit', '--json')).toContain('"what":"authority.replace"');

  // Without the root nothing can be replaced, and nothing is revoked.
  await did(
    rig,
    'cert',
    'authority',
    'export',
    file('root.key'),
    '--passphrase-file',
    file('pass'),
    '--remove',
  );
  const away = await run(rig, ['cert', 'authority', 'replace-issuing', '--reason', 'superseded', '--json']);
  expect([away.status, JSON.parse(away.said).fault.code]).toEqual([1, 'authority.key.missing']);
  expect(await statusFor(rig, 'alice')).toBe(200);
});
