import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../lib/testing-ports.ts';
import { issue, type Pair } from '../../verify/testing/pki.ts';
import { http, mute, tcp, tls } from '../../verify/testing/servers.ts';
import { good, middle, root } from '../testing/wrong.ts';
import { examineServer, type HandshakeQuestion } from './index.ts';

let folder: string;
let stranger: Pair;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-handshake-'));
  stranger = await issue({ names: ['client.example.fr'] });
  await write('root.pem', root.cert);
  await write('good.pem', good.cert + middle.cert);
  await write('good.key', good.key);
  await write('middle.pem', middle.cert);
  await write('stranger.pem', stranger.cert);
  await write('stranger.key', stranger.key);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFile(at(name), text, { mode: 0o600 });
const client = (name: string, passphrase?: string) => ({
  certificate: at(`${name}.pem`),
  key: { file: at(`${name}.key`), passphrase: async () => passphrase },
});

/** A server with the right certificate, unless told otherwise. */
const serve = (options: TlsOptions = {}, said = '') =>
  tls((socket) => socket.once('data', () => socket.end(said)), {
    ...{ cert: good.cert + middle.cert, key: good.key, ca: root.cert, ALPNProtocols: ['http/1.1'] },
    ...options,
  });
/** OpenSSL's own server, which says by an alert why it refuses. */
async function opensslServer(version: string): Promise<number> {
  const port = await freePort();
  const own = [
    '-cert',
    at('good.pem'),
    '-cert_chain',
    at('middle.pem'),
    '-key',
    at('good.key'),
    '-CAfile',
    at('root.pem'),
  ];
  const argv = [
    's_server',
    '-accept',
    `127.0.0.1:${port}`,
    `-${version}`,
    ...own,
    '-Verify',
    '2',
    '-verify_return_error',
  ];
  const child = spawn('openssl', argv, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill());
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return port;
}

const mutual = { requestCert: true, rejectUnauthorized: true } as const;

async function examine(port: number, more: Partial<HandshakeQuestion> = {}) {
  const report = await examineServer({
    ...{
      now: new Date(),
      server: { host: '127.0.0.1', port },
      name: 'app.example.fr',
      ca: at('root.pem'),
      timeout: 8000,
    },
    ...more,
  });
  return { ...report, codes: report.found.map(({ code }) => code) };
}

describe('what is seen of a handshake', () => {
  test('version, cipher, both chains, authorities that are accepted, and OpenSSL’s verdict', async () => {
    const {
      codes,
      shake,
      chain,
      http: answer,
    } = await examine(await serve(mutual, 'HTTP/1.1 204 No Content\r\n\r\n'), {
      client: client('good'),
    });
    expect(codes).toEqual([]);
    expect(shake).toMatchObject({
      ...{ version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', alpn: 'http/1.1', accepts: ['CN=Root'] },
      verify: { number: 0, text: 'ok' },
    });
    expect(answer).toMatchObject({ status: 204, reason: 'No Content' });
    expect(shake?.served.map(({ commonName }) => commonName)).toEqual(['app.example.fr', 'Middle']);
    expect(shake?.shown?.map(({ commonName }) => commonName)).toEqual(['app.example.fr', 'Middle']);
    expect(chain?.end).toBe('trusted');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'with %s, a certificate is required and none is shown',
    async (maxVersion) => {
      const { found, shake } = await examine(await serve({ ...mutual, maxVersion }));
      const alert = maxVersion === 'TLSv1.3' ? 'certificate_required (116)' : 'handshake_failure (40)';
      expect(found).toMatchObject([{ code: 'cert.tls.required', params: { alert, accepts: 'CN=Root' } }]);
      expect(shake?.version).toBe(maxVersion);
    },
  );

  test.each(['tls1_2', 'tls1_3'] as const)(
    'with %s, a certificate of nobody that the server knows',
    async (version) => {
      const { found } = await examine(await opensslServer(version), { client: client('stranger') });
      expect(found).toMatchObject([
        {
          code: 'cert.tls.refused.authority',
          params: { alert: 'unknown_ca (48)', accepts: 'CN=Root', issuer: 'CN=client.example.fr' },
        },
        { code: 'cert.tls.unlisted' },
      ]);
    },
  );

  test('a server that hangs up on a certificate without a word', async () => {
    const { codes } = await examine(await serve(mutual), { client: client('stranger') });
    expect(codes).toEqual(['cert.tls.dropped', 'cert.tls.unlisted']);
  });

  test('a server that asks for nothing', async () => {
    const { codes, shake } = await examine(await serve(), { client: client('good') });
    expect(codes).toEqual(['cert.tls.unasked']);
    expect(shake?.shown).toBeUndefined();
  });

  test('a web server that refuses only the request, as nginx does', async () => {
    const asked = { requestCert: true, rejectUnauthorized: false };
    const page = (why: string) =>
      `HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<center>${why}</center>`;
    const bare = await examine(await serve(asked, page('No required SSL certificate was sent')));
    expect(bare.found).toMatchObject([
      { code: 'cert.tls.required.http', params: { answer: '400 Bad Request' } },
    ]);
    const wrong = await examine(await serve(asked, page('The SSL certificate error')), {
      client: client('good'),
    });
    expect(wrong.codes).toEqual(['cert.tls.refused.http']);
    const shut = await serve(asked, 'HTTP/1.1 403 Forbidden\r\n\r\n');
    expect((await examine(shut)).codes).toEqual(['cert.tls.required.http']);
    expect((await examine(shut, { client: client('good') })).codes).toEqual(['cert.tls.forbidden']);
    const stranger = await examine(shut, { client: client('stranger') });
    expect(stranger.codes).toEqual(['cert.tls.refused.http', 'cert.tls.unlisted']);
  });

  test('a clock that differs from the server’s', async () => {
    const date = new Date(Date.now() - 7_200_000).toUTCString();
    const { found } = await examine(await serve({}, `HTTP/1.1 200 OK\r\nDate: ${date}\r\n\r\n`));
    expect(found).toMatchObject([{ code: 'cert.clock', severity: 'warning' }]);
    expect(Number(found[0]?.params.seconds)).toBeGreaterThan(7190);
  });

  test('a key that needs its passphrase', async () => {
    execFileSync('openssl', [
      'pkcs8',
      '-topk8',
      '-in',
      at('good.key'),
      '-passout',
      'pass:sésame',
      '-out',
      at('sealed.key'),
    ]);
    await write('sealed.pem', good.cert + middle.cert);
    const port = await serve(mutual, 'HTTP/1.1 200 OK\r\n\r\n');
    expect((await examine(port, { client: client('sealed', 'sésame') })).codes).toEqual([]);
    expect((await examine(port, { client: client('sealed', 'wrong') })).codes).toEqual([
      'cert.key.passphrase',
    ]);
    expect((await examine(port, { client: client('sealed') })).codes).toEqual(['cert.key.encrypted']);
  });

  test('a pin', async () => {
    const port = await serve();
    const { chain } = await examine(port);
    const [leaf] = chain?.path ?? [];
    expect((await examine(port, { pins: [leaf?.sha256 ?? ''] })).codes).toEqual([]);
    expect((await examine(port, { pins: [`sha256/${leaf?.keySha256}`] })).codes).toEqual([]);
    expect((await examine(port, { pins: ['00'] })).codes).toEqual(['cert.tls.pin']);
  });

  test('somebody on the way', async () => {
    const fortinet = await issue({ common: 'FortiGate CA', authority: true });
    const leaf = await issue({ names: ['app.example.fr'], by: fortinet });
    const { found } = await examine(await serve({ cert: leaf.cert + fortinet.cert, key: leaf.key }));
    expect(found.filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'cert.tls.intercepted', params: { product: 'Fortinet FortiGate', issuer: 'CN=FortiGate CA' } },
      { code: 'cert.chain.untrusted' },
    ]);
  });

  test('the certificate of the server is judged as it was sent', async () => {
    const { codes } = await examine(await serve({ cert: good.cert }), { name: 'other.example.fr' });
    expect(codes).toEqual(['cert.name', 'cert.chain.incomplete']);
  });
});

describe('no handshake', () => {
  test('nothing listens; nobody is called so; silence', async () => {
    expect((await examine(await freePort())).codes).toEqual(['cert.tls.closed']);
    expect((await examine(443, { server: { host: 'nowhere.invalid', port: 443 } })).codes).toEqual([
      'cert.tls.unresolved',
    ]);
    expect((await examine(await mute(), { timeout: 1500 })).codes).toEqual(['cert.tls.timeout']);
  });

  test('the port speaks in clear', async () => {
    const web = await examine(await http((_, response) => response.end('hello')));
    expect(web.found).toMatchObject([
      { code: 'cert.tls.plain', params: { protocol: 'HTTP', said: 'HTTP/1.1 200 OK' } },
    ]);
    const mail = await examine(await tcp((socket) => socket.write('220 mx.example.fr ESMTP\r\n')));
    expect(mail.found).toMatchObject([{ code: 'cert.tls.starttls', params: { word: 'smtp' } }]);
    const bare = await tcp((socket) => {
      socket.write('220 mx.example.fr ESMTP\r\n');
      socket.on('data', () => socket.write('250 ok\r\n'));
    });
    expect((await examine(bare, { starttls: 'smtp' })).found).toMatchObject([
      { code: 'cert.tls.unturned', params: { protocol: 'smtp' } },
    ]);
  });

  test('an old server says what it speaks', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    expect((await examine(await serve(old))).found).toMatchObject([
      { code: 'cert.tls.old', params: { version: 'TLSv1.1' } },
    ]);
  });

  test('no cipher in common', async () => {
    const odd = { maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0' } as const;
    expect(
      (await examine(await serve(odd))).codes.some((code) => /^cert\.tls\.(cipher|old)$/.test(code)),
    ).toBe(true);
  });

  test('a name that is not served', async () => {
    const port = await serve({
      SNICallback: (name, done) =>
        name === 'app.example.fr'
          ? done(null, createSecureContext({ cert: good.cert, key: good.key }))
          : done(new Error('unknown')),
    });
    const alert = await tcp((socket) =>
      socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 112]))),
    );
    expect((await examine(alert)).found).toMatchObject([
      { code: 'cert.tls.name', params: { name: 'app.example.fr' } },
    ]);
    expect((await examine(port, { name: 'other.example.fr' })).codes[0]).toMatch(/^cert\.tls\./);
  });

  test('a file that was named and is not there ends it before', async () => {
    const { codes, shake } = await examine(await serve(), { ca: at('none.pem') });
    expect(codes).toEqual(['cert.file.missing']);
    expect(shake).toBeUndefined();
  });
});
