import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localhost } from '../hosts/local.ts';
import { type Certificate, called } from './certificate.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import { type Fetching, fetchPublished } from './fetch.ts';

/** Asks an OCSP responder (RFC 6960) for a certificate. OpenSSL writes the request and judges the answer; fetching is ours. */
export async function askOcsp(
  url: string,
  certificate: Certificate,
  issuer: Certificate,
  fetching: Fetching,
): Promise<readonly Diagnosis[]> {
  const request = await inFolder(certificate, issuer, async (at, argv) => {
    await localhost.run([...argv, '-no_nonce', '-reqout', at('request')], { timeout: 10_000 });
    return readFile(at('request'));
  });
  const answer = await fetchPublished(url, fetching, { type: 'application/ocsp-request', body: request });
  return 'found' in answer ? [answer.found] : judgeOcsp(answer.bytes, certificate, issuer, url);
}

/** What an OCSP response says of a certificate, and whether its authority vouches for it. */
export async function judgeOcsp(
  response: Uint8Array,
  certificate: Certificate,
  issuer: Certificate,
  source: string,
): Promise<readonly Diagnosis[]> {
  const { stdout, stderr } = await inFolder(certificate, issuer, async (at, argv) => {
    await writeFile(at('response'), response);
    // Who signed is the authority itself, or a responder that it made.
    const trust = ['-CAfile', at('issuer.pem'), '-partial_chain', '-no-CApath', '-no-CAstore'];
    return localhost.run([...argv, '-no_nonce', '-respin', at('response'), ...trust], { timeout: 10_000 });
  });
  const params = { subject: called(certificate), source };
  const status = /^\S*cert\.pem: (good|revoked|unknown)/m.exec(stdout)?.[1];
  const reason = /Responder Error: (\w+)/.exec(stdout + stderr)?.[1];
  if (status === undefined)
    return [diagnosis('warning', 'cert.ocsp.unusable', { ...params, reason: reason ?? '?' })];
  if (!/Response verify OK/.test(stderr)) return [diagnosis('error', 'cert.ocsp.signature', params)];
  const found: Diagnosis[] = [];
  if (/Status times invalid/i.test(stdout + stderr))
    found.push(diagnosis('error', 'cert.ocsp.stale', params));
  if (status === 'unknown') found.push(diagnosis('error', 'cert.ocsp.unknown', params));
  if (status === 'revoked')
    found.push(
      diagnosis('error', 'cert.revoked', {
        ...params,
        since: /Revocation Time: (.*)/.exec(stdout)?.[1] ?? '?',
        reason: /Reason: (.*)/.exec(stdout)?.[1] ?? 'unspecified',
      }),
    );
  return found;
}

async function inFolder<T>(
  certificate: Certificate,
  issuer: Certificate,
  act: (at: (name: string) => string, argv: readonly string[]) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-ocsp-'));
  const at = (name: string) => join(folder, name);
  try {
    await writeFile(at('issuer.pem'), issuer.x509.toString());
    await writeFile(at('cert.pem'), certificate.x509.toString());
    return await act(at, ['openssl', 'ocsp', '-issuer', at('issuer.pem'), '-cert', at('cert.pem')]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
