import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import type { PemBlock, PemFile } from './pem.ts';

/** A private key that was read, or why not. */
export type KeyRead =
  | {
      readonly key: KeyObject /** As it stands in the file. */;
      readonly pem: string;
      readonly encrypted: boolean;
      readonly found: readonly Diagnosis[];
    }
  | {
      readonly key?: undefined;
      readonly pem?: undefined;
      readonly encrypted: boolean;
      readonly found: readonly Diagnosis[];
    };

/** Whether a passphrase is needed: PKCS#8's own encryption, or OpenSSL's older one by headers (RFC 1423). */
export function isEncrypted({ label, text }: PemBlock): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(text);
}

/** The first private key of a file: PKCS#8, PKCS#1 or SEC1, of any type that OpenSSL has. */
export function readKey({ keys, labels, found }: PemFile, passphrase: string | undefined): KeyRead {
  const [block] = keys;
  if (!block) {
    const broken = found.filter(({ severity }) => severity === 'error');
    const held = labels.join(', ') || '—';
    return {
      encrypted: false,
      found: broken.length > 0 ? found : [...found, diagnosis('error', 'cert.key.none', { held })],
    };
  }
  const encrypted = isEncrypted(block);
  const fail = (code: Parameters<typeof diagnosis>[1]): KeyRead => ({
    encrypted,
    found: [...found, diagnosis('error', code, { line: block.line, label: block.label })],
  });
  if (block.label === 'OPENSSH PRIVATE KEY') return fail('cert.key.openssh');
  if (encrypted && passphrase === undefined) return fail('cert.key.encrypted');
  try {
    const key = createPrivateKey({ key: block.text, ...(passphrase === undefined ? {} : { passphrase }) });
    return { key, pem: block.text, encrypted, found };
  } catch {
    return fail(encrypted ? 'cert.key.passphrase' : 'cert.key.broken');
  }
}
