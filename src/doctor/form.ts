import { createPrivateKey } from 'node:crypto';
import { type Certificate, parseCertificate } from './certificate.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';

/** What kind of file this is, by its first bytes. */
export type Form =
  | { readonly kind: 'text'; readonly text: string; readonly byteOrderMark: boolean }
  | { readonly kind: 'der-certificate'; readonly certificate: Certificate }
  /** Nothing that is read here; the finding says how to convert it. */
  | { readonly kind: 'other'; readonly found: Diagnosis };

const other = (code: Parameters<typeof diagnosis>[1]): Form => ({
  kind: 'other',
  found: diagnosis('error', code),
});

/** ContentInfo whose type is signedData (RFC 5652 §5.1). */
const signedData = Buffer.from('06092a864886f70d010702', 'hex');

/** Tells PEM text from DER, PKCS#12, Java key stores and the rest. */
export function formOf(bytes: Uint8Array): Form {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length === 0) return other('cert.form.empty');
  const magic = buffer.subarray(0, 4).toString('hex');
  if (magic === 'feedfeed' || magic === 'cececece') return other('cert.form.jks');
  if (magic.startsWith('fffe') || magic.startsWith('feff')) return other('cert.form.utf16');
  if (buffer[0] === 0x30 && (buffer[1] ?? 0) >= 0x20 && buffer.includes(0)) return derForm(buffer);
  const byteOrderMark = magic.startsWith('efbbbf');
  return { kind: 'text', text: buffer.subarray(byteOrderMark ? 3 : 0).toString('utf8'), byteOrderMark };
}

function derForm(buffer: Buffer): Form {
  const certificate = attempt(() => parseCertificate(buffer));
  if (certificate) return { kind: 'der-certificate', certificate };
  const header = (buffer[1] as number) & 0x80 ? 2 + ((buffer[1] as number) & 0x7f) : 2;
  const content = buffer.subarray(header);
  // PFX begins with its version, 3 (RFC 7292 §4).
  if (content.subarray(0, 3).equals(Buffer.from([2, 1, 3]))) return other('cert.form.pkcs12');
  if (content.subarray(0, signedData.length).equals(signedData)) return other('cert.form.pkcs7');
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const)
    if (attempt(() => createPrivateKey({ key: buffer, format: 'der', type })))
      return other('cert.form.der-key');
  return other('cert.form.unknown');
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
