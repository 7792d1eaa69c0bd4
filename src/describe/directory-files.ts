import { judgeTrust, type TrustFile } from '../lib/client-trust.ts';
import type { Finding } from '../model/finding.ts';
import type { Directory } from '../model/sign-in.ts';
import type { Files } from './files.ts';

/**
 * What is wrong in the files of authorities that directories are trusted by. One that cannot be read from here may be readable where the
 * gateway is; a server's own certificate, signed by itself, is trusted as it is.
 */
export async function directoryFileFindings(
  directories: readonly Directory[],
  files: Files,
  now: Date,
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    directories.map(async ({ trust }) => {
      if (!trust) return [];
      const { ca: name, pointer } = trust;
      const content = await files.read(name).then(
        (text) => ({ text }),
        (error: NodeJS.ErrnoException) => ({ reason: error.code ?? error.message }),
      );
      const file: TrustFile = { name, pointer, content };
      return judgeTrust({ authorities: [file], revocations: [] }, now);
    }),
  );
  return found
    .flat()
    .map((each) => (/\.(?:unreadable|leaf)$/.test(each.code) ? { ...each, severity: 'warning' } : each));
}
