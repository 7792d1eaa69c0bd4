import type { Certificate } from './certificate.ts';
import type { Chain } from './chain.ts';
import type { Question } from './diagnose.ts';
import { type Diagnosis, diagnosis, seenAt, worstFirst } from './diagnosis.ts';
import type { Fetching } from './fetch.ts';
import { readPemFile } from './files.ts';
import { isEncrypted, type KeyRead, readKey } from './key.ts';
import { judgeWhole, readLists } from './whole.ts';

/** The file of a private key, and how to ask for what opens it. */
export interface KeySource {
  readonly file: string;
  /** Asked once, when the key is encrypted; `undefined` where nobody answers. */
  passphrase(): Promise<string | undefined>;
}

/** What a certificate in a file is judged by. */
export interface FileQuestion extends Pick<Question, 'now' | 'purpose' | 'name'> {
  /** A file of authorities; left out, the system's, and that none of them vouches is a warning only. */
  readonly ca?: string;
  readonly key?: KeySource;
  /** Files of lists of revoked certificates. */
  readonly crls?: readonly string[];
  /** Whether missing intermediates, CRLs and OCSP answers are fetched from where certificates say. */
  readonly fetching?: Fetching;
}

/** What was found out about the certificates of a file. */
export interface Inspection {
  readonly found: readonly Diagnosis[];
  /** Absent where the file has no certificate. */
  readonly chain?: Chain;
  /** Intermediates that were missing, and were fetched. */
  readonly fetched?: readonly Certificate[];
}

/** Reads a file of certificates, judges them, and says where what it found was seen. */
export async function inspectFile(file: string, question: FileQuestion): Promise<Inspection> {
  const { ca, key, crls = [], ...asked } = question;
  const pem = await readPemFile(file);
  const authorities = ca === undefined ? undefined : await readAuthorities(ca);
  const keyRead = key === undefined ? undefined : await openKey(key);
  const lists = await readLists(crls);
  // What the certificates were to be judged by comes first: without it the rest says little.
  const before = [...(authorities?.found ?? []), ...lists.found];
  const ofKey = keyRead && key ? seenAt(key.file, keyRead.found) : [];
  const [first, ...rest] = pem.certificates;
  if (!first) return { found: worstFirst([...seenAt(file, withNone(pem)), ...before, ...ofKey]) };
  const { chain, found, fetched } = await judgeWhole([first, ...rest], {
    ...asked,
    lists: lists.lists,
    ...(authorities ? { authorities: authorities.certificates } : {}),
    ...(keyRead?.key ? { key: keyRead.key } : {}),
  });
  // Of a file that is broken only a part was read: what it lacks would be told of the rest.
  const isWhole = pem.found.every(
    ({ severity, code }) => severity !== 'error' || !code.startsWith('cert.pem.'),
  );
  const judged = !isWhole ? [] : ca === undefined ? found.map((each) => lessened(each)) : found;
  const isBlind = authorities?.certificates.length === 0;
  const told = judged.filter((each) => !isBlind || !isOfTrust(each));
  return {
    ...{ chain, fetched },
    found: worstFirst([...before, ...seenAt(file, [...pem.found, ...told]), ...ofKey]),
  };
}

/** The authorities of a file; one that holds none is a finding. */
export async function readAuthorities(
  file: string,
): Promise<{ readonly certificates: readonly Certificate[]; readonly found: readonly Diagnosis[] }> {
  const pem = await readPemFile(file);
  const found = pem.certificates.length > 0 ? pem.found : withNone(pem);
  return { certificates: pem.certificates, found: seenAt(file, found) };
}

/** Reads a private key, and asks for its passphrase where it needs one. */
export async function openKey({ file, passphrase }: KeySource): Promise<KeyRead> {
  const pem = await readPemFile(file);
  const needs = pem.keys[0] !== undefined && isEncrypted(pem.keys[0]);
  return readKey(pem, needs ? await passphrase() : undefined);
}

/** What is wrong with a file that should hold certificates and holds none. */
function withNone({
  labels,
  found,
}: {
  labels: readonly string[];
  found: readonly Diagnosis[];
}): readonly Diagnosis[] {
  if (found.some(({ severity }) => severity === 'error')) return found;
  return [...found, diagnosis('error', 'cert.none', { held: labels.join(', ') || '—' })];
}

/** Nobody said whom to trust: a private authority's certificate is no fault of the file. */
function lessened(each: Diagnosis): Diagnosis {
  return isOfTrust(each) ? { ...each, severity: 'warning' } : each;
}

function isOfTrust({ code }: Diagnosis): boolean {
  return ['cert.chain.untrusted', 'cert.chain.incomplete', 'cert.self-signed'].includes(code);
}
