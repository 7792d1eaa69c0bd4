import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../lib/testing-ports.ts';
import * as x509 from '../pki/x509.ts';
import { issue, type Pair } from '../verify/testing/pki.ts';
import { http } from '../verify/testing/servers.ts';
import { type FileQuestion, inspectFile } from './inspect.ts';
import { middle, root } from './testing/wrong.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-published-'));
  await write('root.pem', root.cert);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const write = (name: string, content: string | Uint8Array) => writeFile(at(name), content, { mode: 0o600 });
const day = 86_400_000;
const serve = (answer: string | Uint8Array, status = 200) =>
  http((_, response) => response.writeHead(status).end(answer)).then(
    (port) => `http://127.0.0.1:${port}/published`,
  );
const der = ({ certificate }: Pair) => new Uint8Array(certificate.rawData);
const access = (params: x509.AuthorityInfoAccessParams) => new x509.AuthorityInfoAccessExtension(params);

async function inspect(certificates: string, more: Partial<FileQuestion> = {}) {
  await write('file.pem', certificates);
  const inspection = await inspectFile(at('file.pem'), { now: new Date(), ca: at('root.pem'), ...more });
  return { ...inspection, codes: inspection.found.map(({ code }) => code) };
}

async function crl(
  wanted: { by?: Pair; serials?: readonly string[]; from?: number; until?: number } = {},
): Promise<x509.X509Crl> {
  const { by = middle, serials = [], from = -1, until = 7 } = wanted;
  return x509.X509CrlGenerator.create({
    issuer: by.certificate.subject,
    thisUpdate: new Date(Date.now() + from * day),
    nextUpdate: new Date(Date.now() + until * day),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    signingKey: by.keys.privateKey,
    entries: serials.map((serialNumber) => ({
      serialNumber,
      revocationDate: new Date('2026-11-20T10:00:00Z'),
      reason: x509.X509CrlReason.keyCompromise,
    })),
  });
}

describe('a missing intermediate', () => {
  const below = async (url: string) =>
    (await issue({ names: ['app.example.fr'], by: middle, extensions: [access({ caIssuers: url })] })).cert;

  test('is named, and fetched when allowed', async () => {
    const url = await serve(der(middle));
    const alone = await inspect(await below(url));
    expect(alone.found).toMatchObject([
      { code: 'cert.chain.incomplete', params: { issuer: 'CN=Middle', url } },
    ]);
    const completed = await inspect(await below(url), { fetching: { private: true } });
    expect(completed.found).toMatchObject([
      { code: 'cert.chain.fetched', params: { issuer: 'CN=Middle', url } },
    ]);
    expect(completed.chain?.end).toBe('trusted');
    expect(completed.fetched?.map(({ subject }) => subject)).toEqual(['CN=Middle']);
  });

  test('is not asked of a private address unless that is allowed', async () => {
    const { found } = await inspect(await below(await serve(der(middle))), { fetching: { private: false } });
    expect(found).toMatchObject([
      { code: 'cert.chain.incomplete' },
      { code: 'cert.fetch.private', params: { address: '127.0.0.1' } },
    ]);
  });

  test('that is another, no certificate, moved, too large or of another protocol', async () => {
    const codes = async (url: string) =>
      (await inspect(await below(url), { fetching: { private: true } })).codes[1];
    expect(await codes(await serve(der(root)))).toBe('cert.fetch.other');
    expect(await codes(await serve('hello'))).toBe('cert.fetch.other');
    expect(await codes(await serve('', 302))).toBe('cert.fetch.failed');
    expect(await codes(await serve(Buffer.alloc(17 << 20)))).toBe('cert.fetch.failed');
    expect(await codes(`http://127.0.0.1:${await freePort()}/`)).toBe('cert.fetch.failed');
    // Never asked.
    expect(await codes('ldap://127.0.0.1/')).toBeUndefined();
    expect(await codes('file:///etc/passwd')).toBeUndefined();
  });
});

describe('a list of revoked certificates', () => {
  test('has the certificate, with reason and date; in PEM and in DER', async () => {
    const leaf = await issue({ names: ['app.example.fr'], by: middle });
    const list = await crl({ serials: [leaf.certificate.serialNumber] });
    for (const content of [list.toString('pem'), new Uint8Array(list.rawData)]) {
      await write('list.crl', content);
      const { found } = await inspect(leaf.cert + middle.cert, { crls: [at('list.crl')] });
      expect(found).toMatchObject([
        {
          code: 'cert.revoked',
          params: { since: '2026-11-20 10:00Z', reason: 'keyCompromise', source: at('list.crl') },
        },
      ]);
    }
  });

  test('is as long as those of large authorities are', async () => {
    const leaf = await issue({ names: ['app.example.fr'], by: middle });
    const revoked = (serial: string) =>
      `R\t351125000000Z\t251125000000Z,keyCompromise\t${serial}\tunknown\t/CN=x\n`;
    const others = Array.from({ length: 30_000 }, (_, n) =>
      revoked((0x10000000 + n).toString(16).toUpperCase()),
    );
    const own = revoked(leaf.certificate.serialNumber.toUpperCase());
    await write('index.txt', others.join('') + own);
    await write('middle.pem', middle.cert);
    await write('middle.key', middle.key);
    await write('ca.cnf', `[ca]\ndefault_ca=own\n[own]\ndatabase=${at('index.txt')}\ndefault_md=sha256\n`);
    const signing = ['-cert', at('middle.pem'), '-keyfile', at('middle.key'), '-crldays', '7'];
    execFileSync('openssl', ['ca', '-config', at('ca.cnf'), '-gencrl', ...signing, '-out', at('long.crl')], {
      stdio: 'pipe',
    });
    const { found } = await inspect(leaf.cert + middle.cert, { crls: [at('long.crl')] });
    expect(found).toMatchObject([{ code: 'cert.revoked', params: { reason: 'keyCompromise' } }]);
  });

  test('does not have it; has expired; is signed by another; is none', async () => {
    const leaf = await issue({ names: ['app.example.fr'], by: middle });
    const codes = async (content: string) => {
      await write('list.crl', content);
      return (await inspect(leaf.cert + middle.cert, { crls: [at('list.crl')] })).codes;
    };
    const other = await issue({ common: 'Middle', authority: true });
    expect(await codes((await crl()).toString('pem'))).toEqual([]);
    expect(await codes((await crl({ from: -9, until: -2 })).toString('pem'))).toEqual(['cert.crl.expired']);
    expect(await codes((await crl({ by: other })).toString('pem'))).toEqual(['cert.crl.signature']);
    expect(await codes('hello')).toEqual(['cert.crl.form']);
  });

  test('is fetched from where the certificate says', async () => {
    const serials: string[] = [];
    const port = await http(async (_, response) =>
      response.end(Buffer.from((await crl({ serials })).rawData)),
    );
    const points = new x509.CRLDistributionPointsExtension([`http://127.0.0.1:${port}/list.crl`]);
    const leaf = await issue({ names: ['app.example.fr'], by: middle, extensions: [points] });
    const asked = { fetching: { private: true } };
    expect((await inspect(leaf.cert + middle.cert, asked)).codes).toEqual([]);
    serials.push(leaf.certificate.serialNumber);
    expect((await inspect(leaf.cert + middle.cert, asked)).codes).toEqual(['cert.revoked']);
  });
});

describe('OpenSSL’s own OCSP responder', () => {
  /** Answers for certificates below the intermediate; gives its port. */
  async function responder(port: number, index: string, by: Pair): Promise<void> {
    await write('index', index);
    await write('middle.pem', middle.cert);
    await write('by.pem', by.cert);
    await write('by.key', by.key);
    const signs = ['-CA', at('middle.pem'), '-rsigner', at('by.pem'), '-rkey', at('by.key'), '-ndays', '1'];
    const child = spawn('openssl', ['ocsp', '-port', String(port), '-index', at('index'), ...signs], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill());
    await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
  }

  test.each([
    ['good', 'V', []],
    ['revoked', 'R', ['cert.revoked']],
    ['unknown', undefined, ['cert.ocsp.unknown']],
  ] as const)('says %s', async (_, state, codes) => {
    const port = await freePort();
    const leaf = await issue({
      names: ['app.example.fr'],
      by: middle,
      extensions: [access({ ocsp: `http://127.0.0.1:${port}/` })],
    });
    const serial = leaf.certificate.serialNumber.toUpperCase();
    const since = state === 'R' ? '261120100000Z,keyCompromise' : '';
    await responder(
      port,
      state ? `${state}\t270301000000Z\t${since}\t${serial}\tunknown\t/CN=app\n` : '',
      middle,
    );
    const { found } = await inspect(leaf.cert + middle.cert, { fetching: { private: true } });
    expect(found.map(({ code }) => code)).toEqual(codes);
    if (state === 'R')
      expect(found[0]?.params).toMatchObject({ reason: 'keyCompromise', since: 'Nov 20 10:00:00 2026 GMT' });
  });

  test('that nobody made one is not believed, and one that is away is not a verdict', async () => {
    const port = await freePort();
    const leaf = await issue({
      names: ['a.example.fr'],
      by: middle,
      extensions: [access({ ocsp: `http://127.0.0.1:${port}/` })],
    });
    const asked = { fetching: { private: true } };
    expect((await inspect(leaf.cert + middle.cert, asked)).codes).toEqual(['cert.fetch.failed']);
    const impostor = await issue({ common: 'Impostor' });
    await responder(
      port,
      `V\t270301000000Z\t\t${leaf.certificate.serialNumber.toUpperCase()}\tunknown\t/CN=a\n`,
      impostor,
    );
    expect((await inspect(leaf.cert + middle.cert, asked)).codes).toEqual(['cert.ocsp.signature']);
  });
});
