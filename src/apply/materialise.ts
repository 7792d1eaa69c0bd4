import { mkdir, readFile, stat } from 'node:fs/promises';
import type { Input } from '../model/plan.ts';
import type { Authority } from '../pki/authority.ts';
import { certificateFile, ensureCertificates } from '../pki/certificates.ts';

/** Turns the inputs that a plan names into bytes, at the last moment. */
export interface Materials {
  /** The input's text, or why it cannot be had. A certificate of ours is issued or renewed when it must be. */
  read(input: Input): Promise<{ readonly text: string } | { readonly reason: string }>;
  /** Ids of the certificates issued so far. */
  readonly issued: readonly string[];
}

/** Materials whose internal certificates are kept in `folder` and signed by `authority`. */
export function materialsOf(folder: string, authority: Authority, now: Date): Materials {
  const issued: string[] = [];
  return {
    issued,
    async read({ from }) {
      try {
        if ('file' in from) return await readSmall(from.file);
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const made = await ensureCertificates(folder, [from.certificate], authority, now);
        issued.push(...made.map((need) => need.id));
        return { text: await readFile(certificateFile(folder, from.certificate.id), 'utf8') };
      } catch (error) {
        if ('file' in from) return { reason: (error as Error).message };
        throw error;
      }
    },
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
