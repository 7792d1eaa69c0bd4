import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { pinOf } from '../../lib/partner-pins.ts';
import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { excerptOf } from '../excerpt.ts';
import type { ProbeContext, ProbeFunction, ProbeOf } from '../probe.ts';
import { handshake, systemRoots, tlsMessage } from '../tls.ts';
import { chainError, issuer, judge, lifetime } from './certificate.ts';

/**
 * A partner's own certificate, as the gateway verifies it: TLS 1.2 or later, name, dates, chain, and (what the gateway's nginx
 * cannot do) one of the pinned keys in the chain (RFC 7469 §2.4: SHA-256 of the SubjectPublicKeyInfo).
 */
export const partnerCertificate: ProbeFunction<'partner-certificate'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { door, name, pins, minDays } = probe;
    const roots = createSecureContext({ ...(await material(probe, context)), minVersion: 'TLSv1.2' });
    const result = await handshake(door, { sni: name, roots }, attempt);
    if (!result.done) return broken(tlsMessage(result.failure));
    const { socket } = result;
    const peer = socket.getPeerCertificate(true);
    const chain = chainOf(peer);
    const excerpt = excerptOf(
      chain.map(({ subject, issuer, pin }) => `${subject}\n  issuer: ${issuer}\n  sha256/${pin}`).join('\n'),
    );
    const trouble = judge(peer, chainError(socket), name, minDays, context.now());
    // That it ends soon matters less than whose it is.
    const isSoon = trouble?.code === 'seen.certificate.soon';
    if (trouble && !isSoon) return broken(trouble, excerpt);
    if (pins.length > 0 && !chain.some(({ pin }) => pins.includes(pin)))
      return broken(
        message('seen.partner.pin', { pins: chain.map(({ pin }) => `sha256/${pin}`).join(', ') }),
        excerpt,
      );
    if (trouble) return broken(trouble, excerpt);
    return kept(
      message('seen.partner.certificate', {
        protocol: protocolOf(socket),
        ...lifetime(peer, context.now()),
        chain: chain.map(({ subject }) => subject).join(' → '),
      }),
      excerpt,
    );
  });

/** What to trust, and what to show where it can be read. */
async function material({ ca, shown, door }: ProbeOf<'partner-certificate'>, { clients }: ProbeContext) {
  const given = door.client === undefined ? undefined : await clients?.(door.client, 'right');
  const own =
    given && 'key' in given
      ? [given.certificate, given.key]
      : shown &&
        (await Promise.all([readFile(shown.certificate), readFile(shown.key)]).catch(() => undefined));
  const trusted = { ca: ca === undefined ? [...systemRoots()] : [await readFile(ca, 'utf8')] };
  if (!own) return trusted;
  const [cert, key] = own;
  try {
    createSecureContext({ cert, key });
    return { ...trusted, cert, key };
  } catch {
    // Encrypted, or not its own: another promise speaks of that.
    return trusted;
  }
}

const protocolOf = (socket: TLSSocket): string => (socket.getProtocol() ?? '?').replace('TLSv', 'TLS ');

/** The chain as it was built, from the partner's own certificate up. */
function chainOf(peer: DetailedPeerCertificate) {
  const found: { readonly subject: string; readonly issuer: string; readonly pin: string }[] = [];
  for (let one = peer; one?.raw && found.length < 10; one = one.issuerCertificate) {
    const certificate = new X509Certificate(one.raw);
    found.push({
      subject: issuer({ ...one, issuer: one.subject }),
      issuer: issuer(one),
      pin: pinOf(certificate),
    });
    const above = one.issuerCertificate;
    // Node puts these together by their names; a key counts when it signed.
    if (!above?.raw || above === one || !certificate.verify(new X509Certificate(above.raw).publicKey)) break;
  }
  return found;
}
