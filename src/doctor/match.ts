import { buildChain, judgeOrder } from './chain.ts';
import { judgeKey, keyObjectText, leafOf } from './diagnose.ts';
import { type Diagnosis, seenAt, worstFirst } from './diagnosis.ts';
import { type KeySource, openKey, readAuthorities } from './inspect.ts';
import { keyText } from './judged.ts';

/** What a key and a certificate are. */
export interface MatchFacts {
  readonly subject: string;
  /** The key that the certificate is for, and the one that is in the file. */
  readonly wanted: string;
  readonly key: string;
  /** Whether they belong together. */
  readonly belongs: boolean;
}

/** Whether the private key of one file belongs to the certificate of another, which may have authorities beside it. */
export async function matchFiles(
  key: KeySource,
  file: string,
): Promise<{ readonly found: readonly Diagnosis[]; readonly facts?: MatchFacts }> {
  const [read, pem] = [await openKey(key), await readAuthorities(file)];
  const found = [...seenAt(key.file, read.found), ...pem.found];
  const [first, ...rest] = pem.certificates;
  if (!first || !read.key) return { found: worstFirst(found) };
  const certificate = leafOf([first, ...rest]);
  const mismatch = judgeKey(certificate, read.key);
  const order = judgeOrder(pem.certificates, buildChain(certificate, pem.certificates, []));
  return {
    found: worstFirst([
      ...seenAt(key.file, mismatch),
      ...seenAt(
        file,
        order.filter(({ severity }) => severity === 'error'),
      ),
      ...found,
    ]),
    facts: {
      ...{ subject: certificate.subject, wanted: keyText(certificate), key: keyObjectText(read.key) },
      belongs: mismatch.length === 0,
    },
  };
}
