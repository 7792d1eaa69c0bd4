import { createPublicKey } from 'node:crypto';
import { hostname } from 'node:os';
import type { Purpose, RevocationReason } from '../model/authority.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { CertificateRecord } from '../pki/authority/ledger.ts';
import { bringRoot, removeRoot, type Standing, standingOf, takeRoot } from '../pki/authority/offline.ts';
import { refreshGateway } from './authority-refresh.ts';
import type { Gateway } from './gateway.ts';

/** What somebody asks of the authority. JSON-safe: it is asked from another account, or another machine. No secret is in it. */
export type Asked = { readonly who: string } & (
  | {
      readonly verb: 'certify';
      readonly name: string;
      readonly purpose: Purpose;
      readonly names: readonly string[];
      readonly days: number;
      /** SubjectPublicKeyInfo in PEM. */
      readonly publicKey: string;
    }
  | { readonly verb: 'revoke'; readonly what: string; readonly reason: RevocationReason }
  | { readonly verb: 'replace-issuing'; readonly reason: RevocationReason }
  | { readonly verb: 'records' }
  | { readonly verb: 'standing' }
  /** The root's key as it lies there: encrypted by the machine's key. */
  | { readonly verb: 'root-take' }
  | { readonly verb: 'root-remove' }
  | { readonly verb: 'root-bring'; readonly key: string }
);

export interface Answers {
  readonly certify: {
    /** With its chain, in PEM. */
    readonly certificate: string;
    readonly record: CertificateRecord;
    readonly root: string;
  };
  readonly revoke: {
    readonly revoked: readonly CertificateRecord[];
    /** What became of the gateway: whether it heeds the new list. */
    readonly gateway: 'heeds' | 'stopped' | 'failed';
  };
  readonly 'replace-issuing': {
    /** What the key of before signed for people and machines; those of publications are new already. */
    readonly worthless: readonly CertificateRecord[];
    readonly standing: Standing;
    readonly gateway: 'heeds' | 'stopped' | 'failed';
  };
  readonly records: { readonly records: readonly CertificateRecord[] };
  readonly standing: Standing;
  readonly 'root-take': { readonly key: string; readonly folder: string };
  readonly 'root-remove': { readonly until: string };
  readonly 'root-bring': Standing;
}

/** Does what is asked with the authority of this gateway. */
export async function answerAt(gateway: Gateway, asked: Asked): Promise<Answers[Asked['verb']]> {
  const { authority } = gateway;
  const now = new Date();
  const by = { who: asked.who, from: hostname() };
  switch (asked.verb) {
    case 'certify': {
      const { name, purpose, names, days } = asked;
      const request = { name, purpose, names, days, publicKey: createPublicKey(asked.publicKey) };
      const [made] = await authority.certify([request], by, now);
      if (!made) throw new Error('nothing was signed');
      return { ...made, root: authority.root };
    }
    case 'revoke': {
      const found = await namedBy(gateway, asked.what, now);
      for (const { serial } of found) await authority.revoke(serial, asked.reason, by, now);
      return { revoked: found, gateway: await refreshGateway(gateway) };
    }
    case 'replace-issuing': {
      const signed = await authority.replaceIssuing(asked.reason, by, now);
      const heeded = await refreshGateway(gateway);
      const worthless = signed.filter(({ who }) => who !== 'poterne');
      return { worthless, standing: await standingOf(authority), gateway: heeded };
    }
    case 'records':
      return { records: await authority.records() };
    case 'standing':
      return standingOf(authority);
    case 'root-take':
      return { key: await takeRoot(authority), folder: authority.folder.path };
    case 'root-remove':
      return { until: await removeRoot(authority, by, now) };
    case 'root-bring':
      await bringRoot(authority, asked.key, by, now);
      await refreshGateway(gateway);
      return standingOf(authority);
  }
}

/** The certificates that a serial number or a name means, of those that are valid. Throws `cert.revoke.unknown`. */
async function namedBy(
  { authority }: Gateway,
  what: string,
  now: Date,
): Promise<readonly CertificateRecord[]> {
  const valid = (await authority.records()).filter(
    ({ revoked, until }) => !revoked && Date.parse(until) > now.getTime(),
  );
  const serial = what.replaceAll(':', '').toLowerCase();
  const found = valid.filter((record) => record.serial === serial || record.name === what);
  if (found.length > 0) return found;
  throw new Fault('cert.revoke.unknown', { what }, { next: message('cert.revoke.unknown.next') });
}
