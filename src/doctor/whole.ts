import { systemAuthorities } from './authorities.ts';
import type { Certificate } from './certificate.ts';
import type { Chain } from './chain.ts';
import { completeChain } from './complete.ts';
import { judge, leafOf, type Question } from './diagnose.ts';
import { type Diagnosis, diagnosis, seenAt, worstFirst } from './diagnosis.ts';
import type { Fetching } from './fetch.ts';
import { readBytes } from './files.ts';
import { judgeRevocation, parseCrl, type RevocationList } from './revocation.ts';

/** How certificates are judged where others may be asked as well. */
export interface WholeQuestion extends Pick<Question, 'now' | 'purpose' | 'name' | 'key'> {
  /** The system's where it is left out. */
  readonly authorities?: readonly Certificate[];
  /** Nothing is fetched where it is left out. */
  readonly fetching?: Fetching;
  readonly lists?: readonly RevocationList[];
  readonly staple?: Uint8Array;
}

/** What was found out, also by asking others. */
export interface Whole {
  readonly chain: Chain;
  readonly found: readonly Diagnosis[];
  /** Intermediates that were missing. */
  readonly fetched: readonly Certificate[];
}

/** Judges certificates as `judge` does, and fetches and asks what may be: missing intermediates, revocation. */
export async function judgeWhole(
  certificates: readonly [Certificate, ...Certificate[]],
  question: WholeQuestion,
): Promise<Whole> {
  const { authorities, fetching, lists, staple, ...asked } = question;
  const trusted = (some: readonly Certificate[]) => authorities ?? systemAuthorities(some);
  const completed = fetching
    ? await completeChain(leafOf(certificates), certificates, trusted, fetching)
    : { fetched: [], found: [] };
  const { fetched } = completed;
  const { chain, found } = judge(certificates, {
    ...{ ...asked, known: fetched, authorities: trusted([...certificates, ...fetched]) },
  });
  const revocation = await judgeRevocation(chain, {
    now: asked.now,
    ...(lists ? { lists } : {}),
    ...(staple ? { staple } : {}),
    ...(fetching ? { fetching } : {}),
  });
  return { chain, fetched, found: worstFirst([...revocation, ...completed.found, ...found]) };
}

/** Reads lists of revoked certificates from files; what holds none is a finding. */
export async function readLists(
  files: readonly string[],
): Promise<{ readonly lists: readonly RevocationList[]; readonly found: readonly Diagnosis[] }> {
  const read = await Promise.all(
    files.map(async (file) => {
      const { bytes, found } = await readBytes(file);
      const list = bytes && parseCrl(file, bytes);
      const none = bytes && !list ? [diagnosis('error', 'cert.crl.form', { source: file })] : [];
      return { lists: list ? [list] : [], found: seenAt(file, [...found, ...none]) };
    }),
  );
  return { lists: read.flatMap(({ lists }) => lists), found: read.flatMap(({ found }) => found) };
}
