import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as x509 from '@peculiar/x509';

/** A certificate of its own making for a server of a test, and its key, in PEM. */
export async function testCertificate(): Promise<{ readonly cert: string; readonly key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keys,
    signingAlgorithm: algorithm,
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: made.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}

/** What a service was asked last, as it came in. */
export interface Heard {
  readonly line: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/**
 * A service to be attacked: it answers everything, and at `/reflect` what it is told to (status, headers, body, encodedBody), as the CRS's
 * own does (https://github.com/coreruleset/albedo).
 */
export function reflecting(hear: (heard: Heard) => void = () => {}) {
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const line = `${incoming.method} ${incoming.url} HTTP/${incoming.httpVersion}`;
      hear({ line, headers: incoming.rawHeaders, body });
      if (incoming.url !== '/reflect') return void outgoing.end('Here is nothing to be seen.\n');
      const asked = JSON.parse(body.toString()) as Readonly<{
        status?: number;
        headers?: Record<string, string>;
        body?: string;
        encodedBody?: string;
      }>;
      outgoing.writeHead(asked.status ?? 200, asked.headers);
      outgoing.end(asked.encodedBody ? Buffer.from(asked.encodedBody, 'base64') : asked.body);
    });
  };
}
