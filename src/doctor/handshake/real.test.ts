import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../hosts/local.ts';
import { freePort } from '../../lib/testing-ports.ts';
import { thisMachine } from '../../verify/network/local.ts';
import { issue, type Pair } from '../../verify/testing/pki.ts';
import { tcp } from '../../verify/testing/servers.ts';
import { good, middle, root } from '../testing/wrong.ts';
import { examineServer, type HandshakeQuestion } from './index.ts';
import { reach } from './reach.ts';

let folder: string;
let stranger: Pair;
let ports: { mutual: number; stapled12: number; stapled13: number };
let stop: () => void = () => {};

const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFile(at(name), text, { mode: 0o600 });
const openssl = (...argv: string[]) => execFileSync('openssl', argv, { stdio: 'pipe' });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-nginx-'));
  stranger = await issue({ names: ['client.example.fr'] });
  await write('root.pem', root.cert);
  await write('middle.pem', middle.cert);
  await write('middle.key', middle.key);
  await write('good.pem', good.cert + middle.cert);
  await write('good.key', good.key);
  await write('stranger.pem', stranger.cert);
  await write('stranger.key', stranger.key);
  const serial = good.certificate.serialNumber.toUpperCase();
  await write('index', `R\t270301000000Z\t261120100000Z,keyCompromise\t${serial}\tunknown\t/CN=app\n`);
  const signs = [
    '-index',
    at('index'),
    '-CA',
    at('middle.pem'),
    '-rsigner',
    at('middle.pem'),
    '-rkey',
    at('middle.key'),
  ];
  openssl(
    'ocsp',
    '-issuer',
    at('middle.pem'),
    '-cert',
    at('good.pem'),
    '-no_nonce',
    '-reqout',
    at('request'),
  );
  openssl('ocsp', ...signs, '-ndays', '1', '-reqin', at('request'), '-respout', at('response'));
  ports = { mutual: await freePort(), stapled12: await freePort(), stapled13: await freePort() };
  await write('nginx.conf', configuration());
  const nginx = (await findProgram('nginx')) ?? 'nginx';
  const child = spawn(nginx, ['-p', folder, '-e', at('error.log'), '-c', at('nginx.conf')], {
    stdio: 'ignore',
  });
  stop = () => void child.kill();
  for (let tries = 0; tries < 50; tries++) {
    if ('address' in (await reach({ host: '127.0.0.1', port: ports.stapled13 }, 1000, thisMachine))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('nginx does not start');
});
afterAll(async () => {
  stop();
  await rm(folder, { recursive: true, force: true });
});

function configuration(): string {
  const own = `ssl_certificate ${at('good.pem')}; ssl_certificate_key ${at('good.key')};`;
  const stapling = `ssl_stapling on; ssl_stapling_file ${at('response')};`;
  const server = (port: number, more: string) =>
    `server { listen 127.0.0.1:${port} ssl; ${own} ${more} return 204; }`;
  return `daemon off; master_process off; pid ${at('pid')};
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${at(kind)};`).join(' ')}
  ${server(ports.mutual, `ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate ${at('root.pem')};`)}
  ${server(ports.stapled12, `${stapling} ssl_protocols TLSv1.2;`)}
  ${server(ports.stapled13, `${stapling} ssl_protocols TLSv1.3;`)}
}
`;
}

const client = (name: string) => ({
  certificate: at(`${name}.pem`),
  key: { file: at(`${name}.key`), passphrase: async () => undefined },
});

async function examine(port: number, more: Partial<HandshakeQuestion> = {}) {
  const server = { host: '127.0.0.1', port };
  const asked = { now: new Date(), server, name: 'app.example.fr', ca: at('root.pem'), timeout: 8000 };
  const report = await examineServer({ ...asked, ...more });
  return { ...report, codes: report.found.map(({ code }) => code) };
}

describe('nginx', () => {
  test('refuses a client after the handshake, by a page', async () => {
    expect((await examine(ports.mutual, { client: client('good') })).codes).toEqual([]);
    const { found, shake } = await examine(ports.mutual);
    expect(found).toMatchObject([
      { code: 'cert.tls.required.http', params: { answer: '400 Bad Request', accepts: 'CN=Root' } },
    ]);
    expect(shake?.alerts.filter(({ fatal }) => fatal)).toEqual([]);
    const other = await examine(ports.mutual, { client: client('stranger') });
    expect(other.codes).toEqual(['cert.tls.refused.http', 'cert.tls.unlisted']);
  });

  test.each(['stapled12', 'stapled13'] as const)('%s: its own proof of revocation is read', async (kind) => {
    const { found } = await examine(ports[kind]);
    expect(found).toMatchObject([
      {
        code: 'cert.revoked',
        params: { reason: 'keyCompromise', source: 'OCSP staple', since: 'Nov 20 10:00:00 2026 GMT' },
      },
    ]);
  });
});

test('a mail server turns to TLS when asked', async () => {
  const secureContext = createSecureContext({ cert: good.cert + middle.cert, key: good.key });
  const port = await tcp((socket) => {
    socket.write('220 mx.example.fr ESMTP\r\n');
    socket.on('data', function answer(bytes) {
      const said = bytes.toString();
      if (/^EHLO/i.test(said)) socket.write('250-mx.example.fr\r\n250 STARTTLS\r\n');
      if (!/^STARTTLS/i.test(said)) return;
      socket.off('data', answer);
      socket.write('220 go ahead\r\n');
      new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => {});
    });
  });
  const { codes, shake } = await examine(port, { starttls: 'smtp' });
  expect(codes).toEqual([]);
  expect(shake?.version).toBe('TLSv1.3');
  expect((await examine(port)).codes).toEqual(['cert.tls.starttls']);
});
