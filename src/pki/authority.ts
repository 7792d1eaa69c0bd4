import { randomBytes, webcrypto } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from '../hosts/files.ts';
import * as x509 from './x509.ts';

const day = 86_400_000;
const rootDays = 3650;
/** Clocks of visitors lag: a certificate is valid from an hour before it was made. */
const backdate = 3_600_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A certificate and its key, in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** Poterne's own certification authority: what signs the certificates of `tls: internal`. */
export interface Authority {
  /** The root certificate in PEM: what visitors must trust. */
  readonly root: string;
  /** A server certificate for these DNS names (RFC 5280 profile, ECDSA P-256), valid `days` from `now`. */
  issue(names: readonly string[], days: number, now: Date): Promise<Issued>;
}

/** The authority kept in a folder (mode 0700), made there the first time. */
export async function openAuthority(folder: string, label: string, now: Date): Promise<Authority> {
  const [rootFile, keyFile] = [join(folder, 'root.pem'), join(folder, 'root.key')];
  const [root, key] = await Promise.all([readIfThere(rootFile), readIfThere(keyFile)]);
  if (root !== undefined && key !== undefined) return load(root, key);
  const made = await createRoot(label, now);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  // The key first: a root without its key would be taken for a whole authority after a crash.
  await writeDurably(keyFile, made.key, 0o600);
  await writeDurably(rootFile, made.certificate, 0o644);
  return load(made.certificate, made.key);
}

async function createRoot(label: string, now: Date): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [label] }, { O: ['Poterne'] }],
    notBefore: new Date(now.getTime() - backdate),
    notAfter: new Date(now.getTime() + rootDays * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${root.toString('pem')}\n`, key: await privatePem(keys.privateKey) };
}

async function load(rootPem: string, keyPem: string): Promise<Authority> {
  const root = new x509.X509Certificate(rootPem);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(keyPem),
    algorithm,
    false,
    ['sign'],
  );
  return {
    root: rootPem,
    async issue(names, days, now) {
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const commonName = names.find((name) => name.length <= 64);
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial(),
        // A common name holds 64 characters at most (RFC 5280 appendix A); names count by their SAN anyway.
        subject: commonName ? [{ CN: [commonName] }] : [{ O: ['Poterne'] }],
        issuer: root.subject,
        notBefore: new Date(now.getTime() - backdate),
        notAfter: new Date(now.getTime() + days * day),
        signingAlgorithm: algorithm,
        publicKey: keys.publicKey,
        signingKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
          await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
          await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
        ],
      });
      return { certificate: `${certificate.toString('pem')}\n`, key: await privatePem(keys.privateKey) };
    },
  };
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

/** Positive and 127 bits wide, as RFC 5280 §4.1.2.2 allows (20 octets at most). */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] as number) & 0x7f;
  return bytes.toString('hex');
}
