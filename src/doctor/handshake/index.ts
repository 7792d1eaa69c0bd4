import { isIP } from 'node:net';
import { thisMachine } from '../../verify/network/local.ts';
import type { Network } from '../../verify/network/network.ts';
import type { Certificate } from '../certificate.ts';
import type { Chain } from '../chain.ts';
import { judgeClock } from '../clock.ts';
import { judgeKey } from '../diagnose.ts';
import { type Diagnosis, diagnosis, seenAt, worstFirst } from '../diagnosis.ts';
import type { Fetching } from '../fetch.ts';
import { readPemFile } from '../files.ts';
import { inspectFile, type KeySource, openKey, readAuthorities } from '../inspect.ts';
import { judgeInterception, judgePin } from '../interception.ts';
import { judgeVerdict } from '../verdict.ts';
import { judgeWhole, readLists } from '../whole.ts';
import { type Shake, type Starttls, shake, type Wish } from './client.ts';
import { askHttp, type HttpAnswer } from './http.ts';
import { judgeOld, judgeShake } from './judge.ts';
import { reach, type Server, speaksInClear } from './reach.ts';
import { relayThrough } from './relay.ts';

/** A handshake to look at. */
export interface HandshakeQuestion {
  readonly now: Date;
  readonly server: Server;
  /** The name that the certificate is to cover; the server's own where it is left out. */
  readonly name?: string;
  readonly ca?: string;
  readonly starttls?: Starttls;
  readonly client?: { readonly certificate: string; readonly key: KeySource };
  /** SHA-256 of certificates or keys, one of which must be in the chain. */
  readonly pins?: readonly string[];
  /** Files of lists of revoked certificates. */
  readonly crls?: readonly string[];
  /** Whether missing intermediates, CRLs and OCSP answers are fetched from where certificates say. */
  readonly fetching?: Fetching;
  /** Another machine to look from. */
  readonly via?: { readonly name: string; readonly network: Network };
  /** Milliseconds for each step. */
  readonly timeout?: number;
}

/** What was seen. */
export interface HandshakeReport {
  readonly found: readonly Diagnosis[];
  readonly address?: string;
  readonly shake?: Shake;
  /** The answer to a request for `/`, where the server speaks HTTP. */
  readonly http?: HttpAnswer;
  /** Of the server's certificates; absent when it sent none. */
  readonly chain?: Chain;
}

/** Makes a handshake with a server, and judges all that is seen of it. Throws `host.command.missing` without OpenSSL. */
export async function examineServer(question: HandshakeQuestion): Promise<HandshakeReport> {
  const { server, now, ca, starttls, crls = [], fetching, pins = [], timeout = 10_000 } = question;
  const { host, port } = server;
  const place = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const own = question.client && (await openClient(question.client, now));
  const authorities = ca === undefined ? undefined : await readAuthorities(ca);
  const lists = await readLists(crls);
  const before = [...(own?.found ?? []), ...(authorities?.found ?? []), ...lists.found];
  // Without the files that were named, the handshake would be another one.
  if ((question.client && !own?.wish) || authorities?.certificates.length === 0)
    return { found: worstFirst(before) };

  const { name: vantage, network = thisMachine } = question.via ?? {};
  const there = vantage === undefined ? place : `${place} (${vantage})`;
  const reached = await reach(server, timeout, network);
  if ('found' in reached) return { found: worstFirst([...before, ...seenAt(there, [reached.found])]) };
  const { address } = reached;
  const name = question.name ?? host;
  const relay = question.via && (await relayThrough(network, address, port));
  const wish: Wish = {
    ...(relay ? { address: '127.0.0.1', port: relay.port } : { address, port }),
    ...{ name, timeout },
    ...(ca === undefined ? {} : { ca }),
    ...(starttls === undefined ? {} : { starttls }),
    ...(own?.wish ? { client: own.wish } : {}),
  };
  const { done, answer, found } = await converse(wish, own?.certificates).finally(() => relay?.close());
  const [first, ...rest] = done.served;
  const served = first
    ? await judgeWhole([first, ...rest], {
        ...{ now, name, purpose: 'server', lists: lists.lists },
        ...(authorities ? { authorities: authorities.certificates } : {}),
        ...(fetching ? { fetching } : {}),
        ...(done.staple ? { staple: done.staple } : {}),
      })
    : undefined;
  const http = answer === 'dropped' ? undefined : answer;
  const clock = judgeClock(now, http?.date, place);
  const isTrusted = served?.chain.end === 'trusted';
  const path = served?.chain.path ?? [];
  const seen = [
    ...found,
    ...clock,
    ...judgeInterception(path, isTrusted),
    ...(path.length > 0 ? judgePin(path, pins) : []),
    ...(served?.found ?? []),
    ...(done.verify && served ? judgeVerdict(done.verify, served.found) : []),
  ];
  return {
    found: worstFirst([...before, ...seenAt(there, seen)]),
    address,
    shake: done,
    ...(http ? { http } : {}),
    ...(served ? { chain: served.chain } : {}),
  };
}

/** The handshake, a request where the server speaks HTTP, and what both say. */
async function converse(wish: Wish, client: readonly Certificate[] | undefined) {
  const done = await shake(wish);
  const answer = done.alpn === 'http/1.1' && !isRefused(done) ? await askHttp(wish) : undefined;
  const found = judgeShake(done, { name: wish.name, answer, ...(client ? { client } : {}) });
  return { done, answer, found: done.version === undefined ? await explained(wish, done, found) : found };
}

function isRefused({ alerts }: Shake): boolean {
  return alerts.some(({ from, fatal }) => from === 'server' && fatal);
}

/** Why there was no handshake at all: what else the server speaks, or which old version. */
async function explained(
  wish: Wish,
  done: Shake,
  found: readonly Diagnosis[],
): Promise<readonly Diagnosis[]> {
  const { address, port, starttls } = wish;
  if (found.some(({ code }) => code === 'cert.tls.protocol' || code === 'cert.tls.cipher')) {
    const lax = await shake({ ...wish, lax: true });
    return lax.version === undefined ? found : judgeOld(lax, found);
  }
  if (starttls !== undefined)
    return done.unturned ? [diagnosis('error', 'cert.tls.unturned', { protocol: starttls })] : found;
  const clear = await speaksInClear(address, port);
  if (!clear) return found;
  const { protocol, said, starttls: word } = clear;
  return word
    ? [diagnosis('error', 'cert.tls.starttls', { protocol, said, word })]
    : [diagnosis('error', 'cert.tls.plain', { protocol, said })];
}

/** The client's own certificate: judged as a file, and as what is sent. */
async function openClient(
  { certificate, key }: { readonly certificate: string; readonly key: KeySource },
  now: Date,
): Promise<{
  readonly found: readonly Diagnosis[];
  readonly certificates?: readonly Certificate[];
  readonly wish?: Wish['client'] & object;
}> {
  let asked: Promise<string | undefined> | undefined;
  const once: KeySource = { file: key.file, passphrase: () => (asked ??= key.passphrase()) };
  const { found, chain } = await inspectFile(certificate, { now, purpose: 'client' });
  const read = await openKey(once);
  // Who trusts a client's certificate is the server's matter.
  const ofTrust = /^cert\.(chain\.(untrusted|incomplete)|self-signed)$/;
  const all = [...found.filter(({ code }) => !ofTrust.test(code)), ...seenAt(key.file, read.found)];
  if (!chain || !read.key) return { found: all };
  const pem = await readPemFile(certificate);
  const [leaf, ...rest] = pem.certificates as [Certificate, ...Certificate[]];
  const mismatch = seenAt(key.file, judgeKey(leaf, read.key));
  if (mismatch.length > 0) return { found: [...all, ...mismatch] };
  const passphrase = read.encrypted ? await once.passphrase() : undefined;
  return {
    found: all,
    certificates: pem.certificates,
    wish: {
      ...{ certificate, key: key.file, chain: rest.map(({ x509 }) => x509.toString()).join('') },
      pem: pem.certificates.map(({ x509 }) => x509.toString()).join(''),
      keyPem: read.pem ?? '',
      ...(passphrase === undefined ? {} : { passphrase }),
    },
  };
}
