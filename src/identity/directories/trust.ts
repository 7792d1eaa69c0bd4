import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Directory } from '../../model/sign-in.ts';
import { systemRoots } from '../../verify/tls.ts';

/** Of what is sent to a directory, nothing is worth an older version. */
const minVersion = 'TLSv1.2';

let system: SecureContext | undefined;

/** The PEM text of the authority that a directory's servers are trusted by; `undefined` for the system's. Throws `directory.ca`. */
export async function authorityOf({ trust }: Directory): Promise<string | undefined> {
  if (!trust) return undefined;
  const fault = (reason: string, cause?: unknown) => {
    const params = { file: trust.ca, reason };
    return new Fault('directory.ca', params, {
      cause,
      pointer: trust.pointer,
      next: message('directory.ca.next', params),
    });
  };
  const pem = await readFile(trust.ca, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fault(error.code ?? error.message, error);
  });
  // An empty list of roots would be none to Node, which then takes its own.
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw fault('PEM');
  try {
    createSecureContext({ ca: pem });
  } catch (error) {
    throw fault((error as Error).message, error);
  }
  return pem;
}

/** What judges the certificates of a directory's servers: the described authority alone, else the system's. Throws `directory.ca`. */
export async function trustOf(directory: Directory): Promise<SecureContext> {
  const ca = await authorityOf(directory);
  // 150 roots take tens of milliseconds to read; a file of one's own may be replaced at any time.
  if (ca !== undefined) return createSecureContext({ ca, minVersion });
  system ??= createSecureContext({ ca: [...systemRoots()], minVersion });
  return system;
}
