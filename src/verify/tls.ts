import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type SecureVersion,
  type TLSSocket,
  connect as tlsConnect,
} from 'node:tls';
import type { Door, ShownCertificate } from '../model/expectation.ts';
import { type Message, message } from '../model/message.ts';
import { type Attempt, broken, kept, Settled, Trouble } from './attempt.ts';
import { standing } from './audience.ts';
import { type Connection, connect } from './connect.ts';
import type { ClientCertificate, Outcome } from './probe.ts';

/** How to make a handshake; what is left out is what browsers do today: TLS 1.2 and 1.3, HTTP/1.1. */
export interface TlsOptions {
  /** Server Name Indication (RFC 6066 §3); left out, the client names nobody. */
  readonly sni?: string;
  /** Offer this version and no other. */
  readonly version?: SecureVersion;
  /** Shown when the server asks for one. */
  readonly client?: ClientCertificate;
  /** Judge the chain against these roots; left out, the certificate is not looked at. */
  readonly roots?: SecureContext;
}

/** Why no handshake came about. */
export interface TlsFailure {
  /** `unoffered`: this side could not even ask. `refused`: an alert. `closed`: hung up without a word. */
  readonly kind: 'unoffered' | 'refused' | 'closed' | 'not-tls' | 'failed';
  /** OpenSSL's word for it, e.g. `tlsv1 alert protocol version`. */
  readonly reason: string;
  /** The alert's number (RFC 8446 §6), when it is one. */
  readonly alert?: number;
  readonly place: string;
}

export type Handshake =
  | { readonly done: true; readonly socket: TLSSocket; readonly connection: Connection }
  | { readonly done: false; readonly failure: TlsFailure; readonly connection: Connection };

/** Connects and tries a TLS handshake; throws `Trouble` only when not even TCP connects. */
export async function handshake(door: Door, options: TlsOptions, attempt: Attempt): Promise<Handshake> {
  const connection = await connect(door, attempt);
  const { place, socket: tcp, prelude } = connection;
  attempt.waitFor(message('seen.timeout.tls', { place, seconds: attempt.seconds }));
  const fail = (error: unknown): Handshake => {
    const unoffered = tcp.bytesWritten <= prelude;
    return { done: false, failure: { ...classify(error, unoffered), place }, connection };
  };
  let socket: TLSSocket;
  try {
    socket = attempt.own(
      tlsConnect({
        socket: tcp,
        // Only the `certificate` probe judges the certificate: one broken thing turns exactly one promise red.
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        secureContext: contextOf(options),
        // An address is no server name (RFC 6066 §3).
        ...(options.sni && !isIP(options.sni) ? { servername: options.sni } : {}),
        checkServerIdentity: () => undefined,
      }),
      tcp,
    );
  } catch (error) {
    return fail(error);
  }
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve({ done: true, socket, connection }));
    socket.once('error', (error) => resolve(fail(error)));
    socket.once('close', () => resolve(fail(undefined)));
  });
}

/** Connects with TLS under the door's own name; throws `Trouble` when that fails, `Settled` when it is shut to this end. */
export async function connectTls(
  door: Door,
  attempt: Attempt,
  roots?: SecureContext,
): Promise<{ socket: TLSSocket; connection: Connection }> {
  const client =
    door.client === undefined ? undefined : await shownCertificate(door.client, 'right', attempt);
  const options = { sni: door.name, ...(roots ? { roots } : {}), ...(client ? { client } : {}) };
  const result = await handshake(door, options, attempt);
  const shut = shutOut(result, door.from);
  if (shut) throw new Settled(shut);
  if (!result.done) throw new Trouble(tlsMessage(result.failure));
  return result;
}

/** A client certificate to show; throws `Trouble` when there is none here. */
export async function shownCertificate(
  configuration: string,
  kind: Exclude<ShownCertificate, 'none'>,
  { context }: Attempt,
): Promise<ClientCertificate> {
  const client = await context.clients?.(configuration, kind);
  if (!client) throw new Trouble(message('seen.client.none', { configuration }));
  if ('reason' in client) throw new Trouble(client.reason);
  return client;
}

/** What to tell about a failed handshake. */
export function tlsMessage({ kind, reason, place }: TlsFailure): Message {
  switch (kind) {
    case 'refused':
      return message('seen.tls.refused', { place, reason });
    case 'closed':
      return message('seen.tls.closed', { place });
    case 'not-tls':
      return message('seen.tls.not-tls', { place });
    default:
      return message('seen.tls.failed', { place, reason });
  }
}

function contextOf({ client, roots, version }: TlsOptions): SecureContext {
  if (client) return createSecureContext({ cert: client.certificate, key: client.key });
  return roots ?? offering(version);
}

const offers = new Map<SecureVersion | undefined, SecureContext>();

// One context for all handshakes alike, since making one takes a quarter of a millisecond.
function offering(version: SecureVersion | undefined): SecureContext {
  let context = offers.get(version);
  if (!context) {
    context = createSecureContext({
      ...(version ? { minVersion: version, maxVersion: version } : {}),
      // At its usual security level OpenSSL 3 refuses TLS 1.0 and 1.1 by itself, and the refusal must be the server's.
      ...(version === 'TLSv1' || version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
    });
    offers.set(version, context);
  }
  return context;
}

/** What an error in a handshake means; `unoffered`: not one byte of it left this side. */
export function classify(error: unknown, unoffered: boolean): Omit<TlsFailure, 'place'> {
  const {
    code = '',
    message: text = '',
    reason,
  } = (error ?? {}) as NodeJS.ErrnoException & { reason?: string };
  const alert = /SSL alert number (\d+)/.exec(text)?.[1];
  const why = reason ?? (code || text);
  if (alert !== undefined) return { kind: 'refused', reason: why, alert: Number(alert) };
  if (error === undefined || code === 'ECONNRESET' || code === 'EPIPE')
    return { kind: 'closed', reason: why };
  if (unoffered) return { kind: 'unoffered', reason: why };
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|RECORD_TOO/.test(code))
    return { kind: 'not-tls', reason: why };
  return { kind: 'failed', reason: why };
}

/** Where distributions keep the roots that their administrators trust: Debian, Red Hat, Alpine and the BSDs. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/** The roots that this system trusts, in PEM, one or several in each text; Node's own where the system has none. */
export function systemRoots(): readonly string[] {
  const bundle = systemBundles.find((file) => existsSync(file));
  return bundle ? [readFileSync(bundle, 'utf8')] : rootCertificates;
}

const contexts = new WeakMap<readonly string[], SecureContext>();

/**
 * What to trust: the system's roots (Node's own list where the system has none) and the given authorities.
 * Reading 150 roots takes tens of milliseconds, so one context serves all who pass the same array.
 * Throws what Node throws when an authority is no PEM certificate.
 */
export function trustedRoots(authorities: readonly string[]): SecureContext {
  let context = contexts.get(authorities);
  if (!context) {
    context = createSecureContext({ ca: [...systemRoots(), ...authorities] });
    contexts.set(authorities, context);
  }
  return context;
}

/**
 * The outcome for whoever stands outside what a door opens to: that it hangs up is what is promised, and any handshake
 * lets them in. `undefined` for everyone else, and for a failure that is no answer to that.
 */
function shutOut(result: Handshake, from: readonly string[] | undefined): Outcome | undefined {
  const { where, address, networks } = standing(from, result.connection.local);
  if (where !== 'outside') return undefined;
  if (result.done) return broken(message('seen.outside.open', { address, networks }));
  return result.failure.kind === 'closed'
    ? kept(message('seen.outside.closed', { address, networks }))
    : undefined;
}
