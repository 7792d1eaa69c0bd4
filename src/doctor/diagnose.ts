import type { KeyObject } from 'node:crypto';
import { type Certificate, called } from './certificate.ts';
import { buildChain, type Chain, judgeChain, judgeOrder } from './chain.ts';
import { type Diagnosis, diagnosis, worstFirst } from './diagnosis.ts';
import {
  judgeDates,
  judgeLeaf,
  judgeName,
  judgePurpose,
  judgeStrength,
  keyText,
  type Purpose,
} from './judged.ts';
import { judgeConstraints } from './name-constraints.ts';

/** What certificates are judged by. */
export interface Question {
  readonly now: Date;
  readonly purpose?: Purpose;
  /** A DNS name or address that the first certificate is to cover. */
  readonly name?: string;
  /** Whom to trust; left out, nothing is said about where the chain ends. */
  readonly authorities?: readonly Certificate[];
  /** The private key that is to belong to it. */
  readonly key?: KeyObject;
  /** Other certificates to build the chain with, that are not sent: fetched ones. */
  readonly known?: readonly Certificate[];
}

/** What is known of certificates after judging them. */
export interface Judgement {
  readonly chain: Chain;
  readonly found: readonly Diagnosis[];
}

/**
 * Everything that is wrong with certificates in the order in which a server sends them (its own, then those that lead to an
 * authority), the worst first. Pure: clock, authorities and key are arguments. The first must be there.
 */
export function judge(certificates: readonly [Certificate, ...Certificate[]], question: Question): Judgement {
  const { now, purpose, name, authorities, key, known = [] } = question;
  const leaf = leafOf(certificates);
  const chain = buildChain(leaf, [...certificates, ...known], authorities ?? []);
  const found = [
    ...judgeDates(leaf, now),
    ...(name === undefined ? [] : judgeName(leaf, name)),
    ...(purpose === undefined ? [] : judgePurpose(leaf, purpose)),
    ...judgeLeaf(leaf),
    ...judgeStrength(leaf),
    ...unknownExtensions(chain.path),
    ...judgeChain(chain, now, purpose).filter((each) => authorities !== undefined || !isOfEnd(each)),
    ...judgeConstraints(chain.path),
    ...judgeOrder(certificates, chain),
    ...(key === undefined ? [] : judgeKey(leaf, key)),
  ];
  return { chain, found: worstFirst(found) };
}

/** The same as a list of findings: none is healthy. */
export function diagnose(certificates: readonly Certificate[], question: Question): readonly Diagnosis[] {
  const [first, ...rest] = certificates;
  return first ? judge([first, ...rest], question).found : [];
}

/** The certificate that the others are sent for: the first, unless it is an authority of another that stands below. */
export function leafOf(certificates: readonly [Certificate, ...Certificate[]]): Certificate {
  const [first, ...rest] = certificates;
  if (!first.constraints?.ca) return first;
  return rest.find(({ constraints }) => !constraints?.ca) ?? first;
}

/** Whether a finding says only that the chain ends nowhere that is trusted. */
function isOfEnd({ code }: Diagnosis): boolean {
  return code.startsWith('cert.chain.') && code !== 'cert.chain.signature' && code !== 'cert.chain.key';
}

function unknownExtensions(path: readonly Certificate[]): readonly Diagnosis[] {
  return path.flatMap((certificate) =>
    certificate.unknownCritical.map((oid) =>
      diagnosis('error', 'cert.critical', { subject: called(certificate), oid }),
    ),
  );
}

/** Whether a private key belongs to a certificate, of whatever type both are. */
export function judgeKey(certificate: Certificate, key: KeyObject): readonly Diagnosis[] {
  if (certificate.x509.checkPrivateKey(key)) return [];
  return [
    diagnosis('error', 'cert.key.mismatch', {
      subject: called(certificate),
      wanted: keyText(certificate),
      key: keyObjectText(key),
    }),
  ];
}

/** A private key in words, as `keyText` says one of a certificate. */
export function keyObjectText({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string {
  const { modulusLength: bits, namedCurve: curve } = asymmetricKeyDetails;
  const details = { ...(bits === undefined ? {} : { bits }), ...(curve === undefined ? {} : { curve }) };
  return keyText({ key: { type: asymmetricKeyType ?? '?', ...details } });
}
