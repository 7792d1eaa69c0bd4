import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeTrust, type TrustFile, trustText } from '../lib/client-trust.ts';
import { bounded } from '../lib/crs-bounds.ts';
import { sha256 } from '../lib/digest.ts';
import { logoMarkup } from '../lib/logo.ts';
import { markKeyOf } from '../lib/marks.ts';
import { pinnedAuthorities } from '../lib/partner-pins.ts';
import type { Finding } from '../model/finding.ts';
import type { ClientTrust, Input } from '../model/plan.ts';
import type { Pointer } from '../model/pointer.ts';
import { acmeCertificateFile } from '../pki/acme-files.ts';
import type { Authority } from '../pki/authority/authority.ts';
import { certificateFile, ensureCertificates } from '../pki/certificates.ts';
import { machineKey } from '../pki/machine-key.ts';
import { readSecret } from '../secrets/read.ts';

const nothing = Buffer.alloc(0);

/** The text of an input, or why it cannot be had: in a few words, and in full where there is more to say. */
export type Material =
  | { readonly text: string }
  | { readonly reason: string; readonly findings?: readonly Finding[] };

/** Turns the inputs that a plan names into bytes, at the last moment. */
export interface Materials {
  /** Has the certificates of ours among these inputs be there, issued or renewed when they must be: all at once is faster. */
  prepare(inputs: readonly Input[]): Promise<void>;
  /** The input's text, or why it cannot be had. */
  read(input: Input): Promise<Material>;
  /** Ids of the certificates issued so far. */
  readonly issued: readonly string[];
}

/** Materials of a state folder: its internal certificates are signed by `authority`, others were obtained over ACME. */
export function materialsOf(state: string, authority: Authority, now: Date): Materials {
  const folder = join(state, 'certificates');
  const issued: string[] = [];
  const prepared = new Set<string>();
  const forbidden = new Map<string, string>();
  const prepare: Materials['prepare'] = async (inputs) => {
    const needs = inputs.flatMap(({ from }) =>
      'certificate' in from && !prepared.has(from.certificate.id) ? [from.certificate] : [],
    );
    if (needs.length === 0) return;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const made = await ensureCertificates(folder, needs, authority, now);
    issued.push(...made.issued.map((need) => need.id));
    for (const [id, name] of made.forbidden) forbidden.set(id, name);
    for (const need of needs) prepared.add(need.id);
  };
  return {
    issued,
    prepare,
    async read(input) {
      const { from } = input;
      if ('certificate' in from) {
        await prepare([input]);
        const name = forbidden.get(from.certificate.id);
        if (name !== undefined) return { reason: `authority.name.forbidden: ${name}` };
        return { text: await readFile(certificateFile(folder, from.certificate.id), 'utf8') };
      }
      if ('authorities' in from || 'revocations' in from) return readTrust(from, authority, now);
      try {
        if ('markKey' in from) {
          const key = await machineKey(state);
          if (key === undefined && !from.spared) return { reason: 'machine.key' };
          return { text: `${from.markKey} ${markKeyOf(key ?? randomBytes(32).toString('base64'))};\n` };
        }
        if ('logo' in from) return { text: logoMarkup(await readFile(from.logo).catch(() => nothing)) };
        if ('secret' in from) return { text: `${await readSecret(from.secret)}\n` };
        if ('rules' in from) {
          const read = await readSmall(from.rules.file);
          if ('reason' in read) return read;
          return sha256(read.text) === from.rules.sha256
            ? { text: bounded(read.text) }
            : { reason: `${from.rules.file}: not what it was when it was looked at` };
        }
        if ('pinned' in from) {
          const read = await readSmall(from.pinned);
          return 'text' in read ? { text: pinnedAuthorities(read.text, from.pins) ?? read.text } : read;
        }
        return await readSmall('acme' in from ? acmeCertificateFile(state, from.acme) : from.file);
      } catch (error) {
        return { reason: (error as Error).message };
      }
    },
  };
}

/**
 * Whose client certificates are accepted, or what these authorities have revoked. The two are judged together each time: what one says
 * without the other would let in more than is described.
 */
async function readTrust(
  from: { readonly authorities: ClientTrust } | { readonly revocations: ClientTrust },
  authority: Authority,
  now: Date,
): Promise<Material> {
  const trust = 'authorities' in from ? from.authorities : from.revocations;
  const read = async ({ file, pointer }: { readonly file: string; readonly pointer: Pointer }) => ({
    name: file,
    pointer,
    content: await readSmall(file).catch((error: Error) => ({ reason: error.message })),
  });
  const internal = trust.authorities.find(({ kind }) => kind === 'internal');
  const own = (text: string): TrustFile[] =>
    internal ? [{ name: 'internal', pointer: internal.pointer, content: { text } }] : [];
  const authorities = [
    ...(await Promise.all(trust.authorities.flatMap((each) => (each.kind === 'file' ? [read(each)] : [])))),
    ...own(internal ? await authority.authorities() : ''),
  ];
  const revocations = [
    ...(await Promise.all(trust.crls.map(read))),
    ...own(internal ? await authority.crl(now) : ''),
  ];
  const wrong = judgeTrust({ authorities, revocations }, now).filter(({ severity }) => severity === 'error');
  const [first] = wrong;
  if (first) return { reason: `${first.params?.file} (${first.code})`, findings: wrong };
  return {
    text: 'authorities' in from ? trustText(authorities, 'CERTIFICATE') : trustText(revocations, 'X509 CRL'),
  };
}

/** A certificate, a key or a bundle of authorities is never larger; a device or a pipe would never end. */
const largest = 4 << 20;

async function readSmall(path: string): Promise<{ readonly text: string } | { readonly reason: string }> {
  const found = await stat(path);
  if (!found.isFile() || found.size > largest)
    return { reason: `${path}: not a file of at most ${largest} bytes` };
  return { text: await readFile(path, 'utf8') };
}
