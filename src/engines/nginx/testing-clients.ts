import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { ServerTls } from '../../model/tls.ts';

/** Authorities of client certificates for this engine's tests, and certificates of every kind. */

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

export interface Client {
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
}

export interface ClientWish {
  /** As text (RFC 2253), or part by part where that is too hard to read back. */
  readonly subject?: string | x509.JsonName;
  readonly names?: x509.JsonGeneralNames;
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
}

export interface ClientAuthority {
  readonly pem: string;
  /** Its own key, in PEM. */
  key(): Promise<string>;
  client(wish?: ClientWish): Promise<Client>;
  /** An authority under this one. */
  under(subject: string): Promise<ClientAuthority>;
  /** A revocation list of these serial numbers; `until` in days from now. */
  list(serials?: readonly string[], until?: number): Promise<string>;
}

export const clientAuthority = async (subject: string): Promise<ClientAuthority> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject,
    notBefore: new Date(Date.now() - 30 * day),
    notAfter: new Date(Date.now() + 30 * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return authorityOf(made, keys);
};

let serials = 1;

function authorityOf(own: x509.X509Certificate, keys: webcrypto.CryptoKeyPair): ClientAuthority {
  const sign = async (
    subject: string | x509.JsonName,
    extensions: x509.Extension[],
    from: number,
    until: number,
  ): Promise<{ made: x509.X509Certificate; keys: webcrypto.CryptoKeyPair; serial: string }> => {
    const theirs = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const serial = `0${(serials++).toString(16)}`.slice(-2);
    const made = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject,
      issuer: own.subjectName,
      notBefore: new Date(Date.now() + from * day),
      notAfter: new Date(Date.now() + until * day),
      publicKey: theirs.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions,
    });
    return { made, keys: theirs, serial };
  };
  return {
    pem: `${own.toString('pem')}\n`,
    key: async () =>
      x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    async client({ subject = 'O=Org\\, Inc,CN=alice', names, from = -1, until = 5 } = {}) {
      const {
        made,
        keys: theirs,
        serial,
      } = await sign(
        subject,
        [
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
          ...(names ? [new x509.SubjectAlternativeNameExtension(names)] : []),
        ],
        from,
        until,
      );
      const key = await webcrypto.subtle.exportKey('pkcs8', theirs.privateKey);
      return {
        cert: `${made.toString('pem')}\n`,
        key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
        serial,
      };
    },
    async under(subject) {
      const made = await sign(subject, [new x509.BasicConstraintsExtension(true, undefined, true)], -1, 20);
      return authorityOf(made.made, made.keys);
    },
    async list(revoked = [], until = 5) {
      const list = await x509.X509CrlGenerator.create({
        issuer: own.subjectName,
        thisUpdate: new Date(Date.now() - 10 * day),
        nextUpdate: new Date(Date.now() + until * day),
        entries: revoked.map((serialNumber) => ({ serialNumber, revocationDate: new Date() })),
        signingAlgorithm: algorithm,
        signingKey: keys.privateKey,
      });
      return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
    },
  };
}

/** A configuration of these authorities, whose files stand in a folder of the test's. */
export async function configuration(
  folder: string,
  name: string,
  authorities: readonly string[],
  more: Partial<ServerTls> & { readonly lists?: readonly string[] } = {},
): Promise<ServerTls> {
  const { lists = [], ...rest } = more;
  const at = `/tls-configurations/${name}`;
  const write = async (what: string, text: string) => {
    const file = join(folder, `${name}-${what}`);
    await writeFile(file, text);
    return file;
  };
  return {
    kind: 'server',
    name,
    client: 'required',
    authorities: [{ kind: 'file', file: await write('ca.pem', authorities.join('')), pointer: at }],
    crls: lists.length > 0 ? [{ file: await write('crl.pem', lists.join('')), pointer: at }] : [],
    depth: 2,
    identity: 'subject',
    headers: {
      verified: 'X-Client-Verified',
      identity: 'X-Client-Identity',
      subject: 'X-Client-Subject',
      issuer: 'X-Client-Issuer',
      serial: 'X-Client-Serial',
    },
    pointer: at,
    ...rest,
  };
}
