import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { TestAuthority } from './testing-gateway.ts';

/** A partner that asks for certificates of an authority, and remembers what it was asked. */

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The serial number of the certificate that the caller showed. */
  readonly serial: string;
  readonly connection: number;
}

export interface TestPartner {
  readonly port: number;
  /** Its certificate, and its key. */
  readonly pem: string;
  readonly asked: Asked[];
  close(): void;
}

/** `own` is the authority of its certificate, `clients` of those that it accepts. */
export async function testPartner(
  own: TestAuthority,
  clients: TestAuthority,
  name = 'partner.example',
): Promise<TestPartner> {
  const pem = await own.issue([name]);
  const asked: Asked[] = [];
  const server = https.createServer(
    { cert: pem, key: pem, ca: clients.pem, requestCert: true, rejectUnauthorized: true },
    (incoming, outgoing) => {
      let body = '';
      incoming.setEncoding('latin1');
      incoming.on('data', (piece: string) => {
        body += piece;
      });
      incoming.on('end', () => {
        const { method = '', url = '', headers } = incoming;
        const serial = (incoming.socket as TLSSocket).getPeerCertificate().serialNumber;
        asked.push({ method, url, headers, body, serial, connection: incoming.socket.remotePort ?? 0 });
        outgoing.setHeader('x-accel-redirect', '/elsewhere');
        if (url.startsWith('/v1/moved')) {
          outgoing.writeHead(302, { location: `https://${headers.host}/v1/endpoint/there` });
          outgoing.end();
        } else if (url.startsWith('/v1/endpoint/failing')) {
          outgoing.writeHead(502);
          outgoing.end('the partner’s own failure');
        } else outgoing.end(`partner ${method} ${url}`);
      });
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    pem,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The certificate and key of a client, in a file. */
export async function clientFile(clients: TestAuthority, name = 'iris.example'): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'poterne-client-')), 'client.pem');
  await writeFile(file, await clients.issue([name]));
  return file;
}

/** Sends bytes as they are, and gives what comes back until the other end hangs up. */
export function raw(to: { port: number } | { path: string }, bytes: string, wait = 3000): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect({
      ...to,
      ...('port' in to ? { host: '127.0.0.1' } : {}),
    } as net.NetConnectOpts);
    socket.setEncoding('latin1');
    socket.setTimeout(wait, () => socket.destroy());
    socket.on('data', (piece: string) => {
      answer += piece;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(bytes, 'latin1');
  });
}
