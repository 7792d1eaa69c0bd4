import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTls, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describe } from '../../describe/index.ts';
import { type Authority, openAuthority } from '../../pki/authority/authority.ts';
import { standingOf } from '../../pki/authority/offline.ts';
import { certificatesOf } from './list.ts';

/** Certificates in files, and as real servers show them. */

const now = new Date();
const day = 86_400_000;
let folder: string;
let authority: Authority;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-list-'));
  authority = await openAuthority(join(folder, 'ca'), 'Test CA', now);
  await authority.issue(['first.example.fr'], 1, now);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A mail server as far as TLS; `silent` never says a word. */
async function mailServer(kind: 'mail' | 'silent', days: number): Promise<number> {
  const { certificate: cert, key } = await authority.issue(['mail.example.fr'], days, now);
  return listening(
    createServer((socket) => {
      socket.on('error', () => undefined);
      if (kind === 'silent') return;
      socket.write('220-mail\r\n220 ready\r\n');
      socket.on('data', (bytes) => {
        const said = bytes.toString();
        if (said.startsWith('EHLO')) socket.write('250-mail.example.fr\r\n250 STARTTLS\r\n');
        if (!said.startsWith('STARTTLS')) return;
        socket.write('220 go ahead\r\n');
        socket.removeAllListeners('data');
        new TLSSocket(socket, { isServer: true, cert, key }).on('error', () => undefined);
      });
    }),
  );
}

async function tlsServer(
  days: number,
  requestCert: boolean,
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
): Promise<number> {
  const { certificate: cert, key } = await authority.issue(['internal.example.fr'], days, now);
  const server = createTls({ cert, key, requestCert, rejectUnauthorized: requestCert, maxVersion });
  return listening(server.on('tlsClientError', () => undefined));
}

test('what a site depends on, wherever it comes from, the least days first', async () => {
  const pem = async (name: string, days: number, at = now) => {
    const { certificate, key } = await authority.issue(['own.example.fr'], days, at);
    await writeFile(join(folder, `${name}.pem`), certificate);
    await writeFile(join(folder, `${name}.key`), key);
  };
  await pem('over', 30, new Date(now.getTime() - 32 * day));
  await pem('soon', 100, new Date(now.getTime() - 85 * day));
  await writeFile(join(folder, 'root.pem'), authority.root);
  await writeFile(join(folder, 'broken.pem'), 'not a certificate');
  await mkdir(join(folder, 'state', 'certificates'), { recursive: true });
  const [good, picky, mail, silent] = await Promise.all([
    tlsServer(200, false, 'TLSv1.3'),
    tlsServer(200, true, 'TLSv1.2'),
    mailServer('mail', 25),
    mailServer('silent', 25),
  ]);
  const owner = 'owner: { name: IT, email: it@example.fr }';
  await writeFile(
    join(folder, 'site.yaml'),
    `site: test
services:
  good: { url: "https://127.0.0.1:${good}", ${owner}, trust: { ca: root.pem, name: internal.example.fr } }
  picky: { url: "https://127.0.0.1:${picky}", ${owner}, trust: { ca: root.pem, name: internal.example.fr } }
  silent: { url: "https://127.0.0.1:${silent}", ${owner}, trust: { ca: broken.pem, name: internal.example.fr } }
acme: { email: it@example.fr, directory: "https://ca.example.fr/dir", terms: agreed }
mail: { smtp: { host: 127.0.0.1, port: ${mail} }, from: it@example.fr }
publications:
  over.example.fr: { service: good, audience: everyone, tls: { certificate: over.pem, key: over.key } }
  soon.example.fr: { service: picky, audience: everyone, tls: { certificate: soon.pem, key: soon.key } }
  gone.example.fr: { service: silent, audience: everyone, tls: { certificate: gone.pem, key: soon.key } }
  new.example.fr: { service: good, audience: everyone, tls: acme }
`,
  );
  const { site, findings } = await describe(join(folder, 'site.yaml'));
  if (!site) throw new Error(JSON.stringify(findings));
  const begun = Date.now();
  const found = await certificatesOf(site, {
    ...{ now, state: join(folder, 'state'), patience: 1000 },
    ...{ standing: await standingOf(authority), records: await authority.records() },
  });
  expect(Date.now() - begun).toBeLessThan(5000);
  const seen = found.map(({ origin, for: what, lasting, days, trouble }) => [
    origin,
    what,
    lasting,
    days ?? trouble,
  ]);
  expect(seen).toEqual([
    ['file', 'over.example.fr', 'expired', -3],
    ['file', 'soon.example.fr', 'soon', 14],
    ['mail', 'mail', 'good', 24],
    ['service', 'good', 'good', 199],
    ['service', 'picky', 'good', 199],
    ['issuing', 'authority', 'good', 1094],
    ['root', 'authority', 'good', 3649],
    ['trusted', 'good', 'good', 3649],
    ['trusted', 'picky', 'good', 3649],
    ['file', 'gone.example.fr', 'unseen', 'ENOENT'],
    ['acme', 'new.example.fr', 'missing', undefined],
    ['trusted', 'silent', 'unseen', 'PEM'],
    ['service', 'silent', 'unseen', 'ETIMEDOUT'],
  ]);
});
