import { judgeKey, keyObjectText } from './diagnose.ts';
import { type Diagnosis, seenAt, worstFirst } from './diagnosis.ts';
import { type KeySource, openKey, readAuthorities } from './inspect.ts';
import { keyText } from './judged.ts';

/** What a key and a certificate are. */
export interface MatchFacts {
  readonly subject: string;
  /** The key that the certificate is for, and the one that is in the file. */
  readonly wanted: string;
  readonly key: string;
}

/** Whether the private key of one file belongs to the first certificate of another. */
export async function matchFiles(
  key: KeySource,
  file: string,
): Promise<{ readonly found: readonly Diagnosis[]; readonly facts?: MatchFacts }> {
  const [read, pem] = [await openKey(key), await readAuthorities(file)];
  const found = [...seenAt(key.file, read.found), ...pem.found];
  const [certificate] = pem.certificates;
  if (!certificate || !read.key) return { found: worstFirst(found) };
  return {
    found: worstFirst([...found, ...seenAt(key.file, judgeKey(certificate, read.key))]),
    facts: { subject: certificate.subject, wanted: keyText(certificate), key: keyObjectText(read.key) },
  };
}
