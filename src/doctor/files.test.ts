import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRoots } from '../verify/tls.ts';
import { readBytes } from './files.ts';
import { inspectFile, openKey } from './inspect.ts';
import { matchFiles } from './match.ts';
import { good, middle, root } from './testing/wrong.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-files-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const openssl = (...argv: string[]) => execFileSync('openssl', argv, { stdio: 'pipe' });
const source = (file: string, passphrase?: string) => ({
  file: at(file),
  passphrase: async () => passphrase,
});
const inspected = async (file: string) =>
  (await inspectFile(at(file), { now: new Date() })).found.map(({ code }) => code);

describe('keys of every kind belong to their certificates, and to no other', () => {
  const kinds: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['RSA, PKCS#8', ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], []],
    ['RSA, PKCS#1', ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], ['rsa', '-traditional']],
    ['RSA-PSS', ['RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048'], []],
    ['ECDSA, PKCS#8', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], []],
    ['ECDSA, SEC1', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['ec']],
    ['Ed25519', ['ED25519'], []],
    [
      'ECDSA, PKCS#8, encrypted',
      ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ['pkcs8', '-topk8', '-passout', 'pass:sésame'],
    ],
    [
      'RSA, PKCS#1, encrypted as of old',
      ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
      ['rsa', '-traditional', '-aes128', '-passout', 'pass:sésame'],
    ],
  ];

  test.each(kinds)('%s', async (name, make, convert) => {
    openssl('genpkey', '-algorithm', ...make, '-out', at('made.key'));
    openssl('req', '-new', '-x509', '-key', at('made.key'), '-subj', '/CN=x', '-out', at('made.pem'));
    if (convert.length > 0)
      openssl(convert[0] as string, ...convert.slice(1), '-in', at('made.key'), '-out', at('other.key'));
    const file = convert.length > 0 ? 'other.key' : 'made.key';
    await chmod(at(file), 0o600);
    const isSealed = name.includes('encrypted');
    const { found, facts } = await matchFiles(source(file, isSealed ? 'sésame' : undefined), at('made.pem'));
    expect(found).toEqual([]);
    expect(facts?.key).toBe(facts?.wanted);
    await writeFile(at('good.pem'), good.cert);
    const other = await matchFiles(source(file, 'sésame'), at('good.pem'));
    expect(other.found.map(({ code }) => code)).toEqual(['cert.key.mismatch']);
    if (!isSealed) return;
    expect((await openKey(source(file))).found).toMatchObject([{ code: 'cert.key.encrypted' }]);
    expect((await openKey(source(file, 'no'))).found).toMatchObject([{ code: 'cert.key.passphrase' }]);
  });

  test('a key belongs to the certificate of a file that an authority stands before, which is said', async () => {
    await writeFile(at('leaf-last.pem'), middle.cert + good.cert);
    await writeFile(at('good.key'), good.key, { mode: 0o600 });
    const { found, facts } = await matchFiles(source('good.key'), at('leaf-last.pem'));
    expect(facts).toMatchObject({ belongs: true });
    expect(found).toMatchObject([{ code: 'cert.order.leaf' }]);
  });

  test('authorities that cannot be read are said, and not what is missing without them', async () => {
    await writeFile(at('leaf.pem'), good.cert);
    const { found } = await inspectFile(at('leaf.pem'), { now: new Date(), ca: at('nothing.pem') });
    expect(found).toMatchObject([{ code: 'cert.file.missing', params: { file: at('nothing.pem') } }]);
  });

  test('what is no private key', async () => {
    await writeFile(at('cert.pem'), good.cert);
    expect((await openKey(source('cert.pem'))).found).toMatchObject([
      { code: 'cert.key.none', params: { held: 'CERTIFICATE' } },
    ]);
    await writeFile(at('bad.key'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', {
      mode: 0o600,
    });
    expect((await openKey(source('bad.key'))).found).toMatchObject([{ code: 'cert.key.broken' }]);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('ssh')]);
    expect((await openKey(source('ssh'))).found).toMatchObject([{ code: 'cert.key.openssh' }]);
  });
});

describe('other forms say how to convert them, and what they say works', () => {
  test('DER, PKCS#12, PKCS#7, Java key stores, UTF-16', async () => {
    await writeFile(at('leaf.pem'), good.cert + middle.cert);
    await writeFile(at('leaf.key'), good.key, { mode: 0o600 });
    openssl('x509', '-in', at('leaf.pem'), '-outform', 'DER', '-out', at('leaf.der'));
    openssl('pkey', '-in', at('leaf.key'), '-outform', 'DER', '-out', at('key.der'));
    openssl(
      'pkcs12',
      '-export',
      '-in',
      at('leaf.pem'),
      '-inkey',
      at('leaf.key'),
      '-passout',
      'pass:x',
      '-out',
      at('leaf.p12'),
    );
    openssl('crl2pkcs7', '-nocrl', '-certfile', at('leaf.pem'), '-outform', 'DER', '-out', at('leaf.p7b'));
    await writeFile(at('leaf.jks'), Buffer.from('feedfeed00000002', 'hex'));
    await writeFile(at('leaf.txt'), Buffer.from(`\ufeff${good.cert}`, 'utf16le'));
    await writeFile(at('random'), Buffer.from('30820003020100', 'hex'));
    expect(await inspected('leaf.der')).toContain('cert.form.der');
    expect(await inspected('key.der')).toEqual(['cert.form.der-key']);
    expect(await inspected('leaf.p12')).toEqual(['cert.form.pkcs12']);
    expect(await inspected('leaf.p7b')).toEqual(['cert.form.pkcs7']);
    expect(await inspected('leaf.jks')).toEqual(['cert.form.jks']);
    expect(await inspected('leaf.txt')).toEqual(['cert.form.utf16']);
    expect(await inspected('random')).toEqual(['cert.form.unknown']);
    openssl('pkcs7', '-inform', 'DER', '-in', at('leaf.p7b'), '-print_certs', '-out', at('again.pem'));
    expect(await inspected('again.pem')).toContain('cert.pem.text');
  });
});

describe('rights', () => {
  test('a key that everybody may read, unless a folder is in the way; a file that everybody may change', async () => {
    const write = async (name: string, text: string, mode: number) => {
      await writeFile(at(name), text);
      await chmod(at(name), mode);
    };
    await write('open.key', good.key, 0o644);
    expect((await openKey(source('open.key'))).found).toMatchObject([
      { code: 'cert.file.open', params: { mode: '0644' } },
    ]);
    await write('open.pem', root.cert, 0o666);
    expect(await inspected('open.pem')).toContain('cert.file.changeable');
    await mkdir(at('shut'), { mode: 0o700 });
    await write('shut/open.key', good.key, 0o644);
    expect((await openKey(source('shut/open.key'))).found).toEqual([]);
  });

  test('a file that is not there, a folder, and one that is too large', async () => {
    expect(await inspected('none.pem')).toEqual(['cert.file.missing']);
    expect(await inspected('.')).toEqual(['cert.file.folder']);
    await writeFile(at('large'), Buffer.alloc(5 << 20));
    expect(await inspected('large')).toEqual(['cert.file.large']);
  });

  test('what has no end: a pipe that nobody writes to, a device', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(await inspected('pipe')).toEqual(['cert.file.special']);
    expect((await readBytes('/dev/zero')).found).toMatchObject([{ code: 'cert.file.special' }]);
  });
});

test('a name in a certificate has no line of its own, where it could pass for what is said', async () => {
  const subject = '/CN=host\nOK: nothing is wrong with this certificate';
  openssl(
    'req',
    '-new',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    subject,
    '-keyout',
    at('lines.key'),
    '-out',
    at('lines.pem'),
  );
  const { found } = await inspectFile(at('lines.pem'), { now: new Date() });
  const said = found.map(({ params }) => String(params.subject ?? ''));
  expect(said.join(' ')).toContain('host OK: nothing');
  expect(said.filter((text) => text.includes('\n'))).toEqual([]);
});

test('names and addresses of kinds that nobody here knows do not hide the rest', async () => {
  const odd = 'otherName:1.2.3.4;UTF8:x';
  const extensions = [
    `subjectAltName=DNS:a.example.fr,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:jean@corp.local,${odd}`,
    `authorityInfoAccess=OCSP;URI:http://ocsp.example.fr/,caIssuers;${odd}`,
    'extendedKeyUsage=clientAuth',
    'basicConstraints=critical,CA:FALSE',
  ].flatMap((extension) => ['-addext', extension]);
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ed25519',
    '-nodes',
    '-keyout',
    at('odd.key'),
    '-out',
    at('odd.pem'),
    '-subj',
    '/CN=jean',
    ...extensions,
  );
  const { chain } = await inspectFile(at('odd.pem'), { now: new Date() });
  expect(chain?.path[0]).toMatchObject({
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    constraints: { ca: false },
  });
  expect(chain?.path[0]?.names).toContain('a.example.fr');
});

test('every root that the system trusts is read, and found to be trusted', async () => {
  const [bundle = ''] = systemRoots();
  const roots = [...bundle.matchAll(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs)].map(
    ([pem]) => pem,
  );
  await writeFile(at('roots.pem'), `${roots[0]}\n`);
  expect(roots.length).toBeGreaterThan(50);
  const { chain } = await inspectFile(at('roots.pem'), { now: new Date() });
  expect(chain?.end).toBe('trusted');
});
