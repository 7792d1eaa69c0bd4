import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls';
import { type Message, message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { excerptOf, printable } from '../excerpt.ts';
import type { ProbeFunction } from '../probe.ts';
import { revocationTrouble } from '../revocation.ts';
import { connectTls, trustedRoots } from '../tls.ts';

const day = 86_400_000;
/** TLS Web Server Authentication (RFC 5280 §4.2.1.12). */
const serverAuth = '1.3.6.1.5.5.7.3.1';

/**
 * The certificate is for the name (RFC 9525), valid now and for `minDays` more (or a share of its life), and leads to a trusted root
 * (RFC 5280 §6). What is wrong is reported in that order: the wrong certificate is often untrusted as well.
 */
export const certificate: ProbeFunction<'certificate'> = ({ door, minDays, minShare, internal }, context) =>
  attempting(context, async (attempt) => {
    const { socket } = await connectTls(
      door,
      attempt,
      trustedRoots(internal ? context.internalAuthorities : context.authorities),
    );
    const peer = socket.getPeerCertificate();
    const excerpt = describe(peer);
    const needed = minShare === undefined ? minDays : Math.min(minDays, minShare * lifeOf(peer));
    const trouble = judge(peer, chainError(socket), door.name, needed, context.now());
    if (trouble) return broken(trouble, excerpt);
    const unasked = await revocationTrouble(peer.raw, door, attempt);
    if (unasked) return broken(unasked, excerpt);
    return kept(
      message('seen.certificate.held', { issuer: issuer(peer), ...lifetime(peer, context.now()) }),
      excerpt,
    );
  });

/** What is wrong with a certificate, in that order; `undefined` when nothing is. */
export function judge(
  peer: PeerCertificate,
  chain: string | undefined,
  name: string,
  minDays: number,
  now: Date,
): Message | undefined {
  if (checkServerIdentity(name, peer)) return message('seen.certificate.name', { name, names: names(peer) });
  const { days, until } = lifetime(peer, now);
  if (now > new Date(peer.valid_to)) return message('seen.certificate.expired', { until });
  const since = new Date(peer.valid_from);
  if (now < since) return message('seen.certificate.future', { since: date(since) });
  const usages = peer.ext_key_usage ?? [];
  if (chain === 'INVALID_PURPOSE' && usages.length > 0 && !usages.includes(serverAuth))
    return message('seen.certificate.usage');
  if (chain) return chainMessage(chain, peer);
  if (left(peer, now) < minDays)
    return message('seen.certificate.soon', { days, until, minDays: Math.ceil(minDays) });
  return undefined;
}

// OpenSSL's X509_V_ERR_* name for the first thing wrong with the chain; Node declares an Error and stores this string.
export function chainError(socket: TLSSocket): string | undefined {
  if (socket.authorized) return undefined;
  const error: unknown = socket.authorizationError;
  return typeof error === 'string'
    ? error
    : String((error as NodeJS.ErrnoException | undefined)?.code ?? error);
}

function chainMessage(error: string, peer: PeerCertificate): Message {
  switch (error) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return message('seen.certificate.self-signed');
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return message('seen.certificate.untrusted', { issuer: issuer(peer) });
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return message('seen.certificate.incomplete', { issuer: issuer(peer) });
    // The leaf's own dates are fine when it comes to this.
    case 'CERT_HAS_EXPIRED':
      return message('seen.certificate.chain-expired', { issuer: issuer(peer) });
    default:
      return message('seen.certificate.chain', { error: printable(error) });
  }
}

/** Days from its beginning to its end. */
function lifeOf({ valid_from, valid_to }: PeerCertificate): number {
  return (Date.parse(valid_to) - Date.parse(valid_from)) / day;
}

/** Days that it has left. */
function left({ valid_to }: PeerCertificate, now: Date): number {
  return (Date.parse(valid_to) - now.getTime()) / day;
}

/** How long a certificate is valid: whole days from now, and the last of them. */
export function lifetime(peer: PeerCertificate, now: Date): { days: number; until: string } {
  const until = new Date(peer.valid_to);
  return { days: Math.floor((until.getTime() - now.getTime()) / day), until: date(until) };
}

function date(at: Date): string {
  return Number.isNaN(at.getTime()) ? '?' : at.toISOString().slice(0, 10);
}

function names(peer: PeerCertificate): string {
  const alternative = peer.subjectaltname?.replaceAll(/\b(?:DNS|IP Address):/g, '');
  return printable(alternative || text(peer.subject?.CN) || '—');
}

/** Who issued it, as people call that authority. */
export function issuer(peer: PeerCertificate): string {
  return printable(text(peer.issuer?.CN) || text(peer.issuer?.O) || '—', 100);
}

// A distinguished name may hold an attribute several times.
function text(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

function describe(peer: PeerCertificate): string {
  const { valid_from, valid_to, fingerprint256 } = peer;
  return excerptOf(
    `names: ${names(peer)}\nissuer: ${issuer(peer)}\nvalid: ${valid_from} – ${valid_to}\nSHA-256: ${fingerprint256}`,
  );
}
