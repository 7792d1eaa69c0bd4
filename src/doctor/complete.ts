import { type Certificate, isIssuedBy, isSelfSigned, parseCertificate } from './certificate.ts';
import { buildChain } from './chain.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import { type Fetching, fetchPublished } from './fetch.ts';

/** What was missing of a chain. */
export interface Completed {
  readonly fetched: readonly Certificate[];
  readonly found: readonly Diagnosis[];
}

const most = 4;

/** Fetches the intermediates that a chain lacks from where the certificates say that they are published. */
export async function completeChain(
  leaf: Certificate,
  given: readonly Certificate[],
  trusted: (some: readonly Certificate[]) => readonly Certificate[],
  fetching: Fetching,
): Promise<Completed> {
  const fetched: Certificate[] = [];
  const found: Diagnosis[] = [];
  for (let n = 0; n < most; n++) {
    const all = [...given, ...fetched];
    const { path, end } = buildChain(leaf, all, trusted(all));
    const last = path.at(-1) as Certificate;
    const url = last.issuerUrls.find((each) => each.startsWith('http:'));
    if (end !== 'open' || url === undefined) break;
    const answer = await fetchPublished(url, fetching);
    if ('found' in answer) return { fetched, found: [...found, answer.found] };
    const issuer = read(answer.bytes);
    if (!issuer || !isIssuedBy(last, issuer))
      return {
        fetched,
        found: [...found, diagnosis('warning', 'cert.fetch.other', { url, issuer: last.issuer })],
      };
    fetched.push(issuer);
    // A root is not sent: that it is not in the file is as it should be.
    if (!isSelfSigned(issuer))
      found.push(
        diagnosis('error', 'cert.chain.fetched', { subject: last.subject, issuer: issuer.subject, url }),
      );
  }
  return { fetched, found };
}

function read(bytes: Buffer): Certificate | undefined {
  try {
    return parseCertificate(bytes);
  } catch {
    return undefined;
  }
}
