import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../hosts/files.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { decryptKey, encryptKey } from '../pki/at-rest.ts';
import type { PublishedKey } from '../store/service-tokens.ts';

/** Who somebody is, as an application reads it (RFC 7519, OpenID Connect Core §5.1 for the names of claims). */
export interface Identity {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
  readonly groups: readonly string[];
  /** The session's public id. */
  readonly sid?: string;
  /** RFC 8176. */
  readonly amr?: readonly string[];
  /** When they signed in, in seconds. */
  readonly auth_time?: number;
}

/** Signs who people are, for applications that check. */
export interface Signing {
  /** A JWT for one publication (`aud`) from one portal (`iss`), valid for five minutes. */
  sign(identity: Identity, issuer: string, audience: string): string;
  /** The public keys of this gateway, those that sign now and those that come next or were before. */
  published(): readonly PublishedKey[];
  /** Takes the next key when it is time; true when the keys are others now. */
  rotate(): Promise<boolean>;
}

/** Milliseconds. A key signs for a month; applications have a day to learn of the next one and to forget the last. */
const times = { signs: 30 * 86_400_000, overlap: 86_400_000, valid: 300_000, skew: 30_000 } as const;

interface Kept {
  readonly kid: string;
  readonly pem: string;
  readonly made: string;
  /** When it began to sign; absent: it comes next. */
  readonly since?: string;
  /** When another began to. */
  readonly until?: string;
}

interface Opened extends Kept {
  readonly key: KeyObject;
  readonly jwk: string;
}

const fileOf = (folder: string): string => join(folder, 'signing.json');

/**
 * Opens the keys of a folder, made the first time: P-256 (ES256, RFC 7518 §3.4), locked by the machine's key where there is one. Keys that
 * cannot be read are put aside, and new ones made: what the old ones signed is refused by applications within five minutes, and nobody is
 * signed out. `told` hears of that.
 */
export async function openSigning(
  folder: string,
  secret: string | undefined,
  told: (fault: Fault) => void,
  now: () => Date = () => new Date(),
): Promise<Signing> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = fileOf(folder);
  let keys = await readKeys(file, secret).catch(async (cause: unknown) => {
    const aside = `${file}.${now().getTime()}.unreadable`;
    await rename(file, aside);
    told(new Fault('signing.lost', { file: aside }, { cause, next: message('signing.lost.next') }));
    return undefined;
  });

  const write = async (next: readonly Opened[]) => {
    const kept = next.map(({ key: _, jwk: __, ...each }) => each);
    await writeDurably(file, `${JSON.stringify(kept)}\n`, 0o600);
    keys = next;
  };
  if (!keys) await write([{ ...make(secret, now()), since: now().toISOString() }, make(secret, now())]);
  const signing = () => (keys ?? []).find(({ since, until }) => since !== undefined && until === undefined);

  const rotate = async (): Promise<boolean> => {
    const at = now();
    const over = (when: string | undefined, after: number) =>
      when !== undefined && Math.abs(at.getTime() - Date.parse(when)) >= after;
    const before = keys ?? [];
    const ours = signing();
    let next = before.filter(({ until }) => !over(until, times.overlap));
    if (!ours || over(ours.since, times.signs)) {
      const coming = next.find(({ since }) => since === undefined) ?? make(secret, at);
      next = [
        { ...coming, since: at.toISOString() },
        ...(ours ? [{ ...ours, until: at.toISOString() }] : []),
      ];
    } else if (next.length < 2) next = [...next, make(secret, at)];
    if (next.length === before.length && next.every((each, i) => each === before[i])) return false;
    await write(next);
    return true;
  };
  await rotate();

  return {
    sign(identity, issuer, audience) {
      const ours = signing() as Opened;
      const seconds = Math.floor(now().getTime() / 1000);
      const holds = { iat: seconds, nbf: seconds - times.skew / 1000, exp: seconds + times.valid / 1000 };
      const head = encode({ alg: 'ES256', typ: 'JWT', kid: ours.kid });
      const body = encode({ iss: issuer, aud: audience, ...identity, ...holds, jti: randomUUID() });
      const signature = sign('sha256', Buffer.from(`${head}.${body}`), {
        ...{ key: ours.key, dsaEncoding: 'ieee-p1363' },
      });
      return `${head}.${body}.${signature.toString('base64url')}`;
    },
    published: () =>
      (keys ?? []).map(({ kid, jwk, until }) => ({
        ...{ kid, jwk },
        // A gateway that is gone for good is forgotten.
        until: new Date(
          (until === undefined ? now().getTime() + times.overlap : Date.parse(until)) + times.overlap,
        ).toISOString(),
      })),
    rotate,
  };
}

async function readKeys(file: string, secret: string | undefined): Promise<readonly Opened[] | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const kept = JSON.parse(text) as readonly Kept[];
  const opened = kept.map((each) => open(each, decryptKey(each.pem, secret ?? '', file)));
  if (!opened.some(({ since, until }) => since !== undefined && until === undefined))
    throw new Error('none of the keys signs');
  return opened;
}

function make(secret: string | undefined, at: Date): Opened {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem =
    secret === undefined
      ? String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      : encryptKey(privateKey, secret);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  // The thumbprint of RFC 7638: its members in this order.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return open({ kid, pem, made: at.toISOString() }, privateKey);
}

function open(kept: Kept, key: KeyObject): Opened {
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
  return { ...kept, key, jwk: JSON.stringify({ kty, crv, x, y, kid: kept.kid, alg: 'ES256', use: 'sig' }) };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
