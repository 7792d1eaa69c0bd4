import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeDurably } from '../hosts/files.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { readSecret } from '../secrets/read.ts';
import { WrongRequest } from './exit.ts';

/** A passphrase that seals a file, and where whoever gets the file learns it. */
export interface Secret {
  readonly text: string;
  /** On this terminal, once. */
  readonly shown: boolean;
  readonly file?: string;
}

/**
 * The passphrase of a file that holds a key: that of `file`, which is made (mode 600) when it is not there; without, a new one that the
 * terminal shows. Throws `cert.passphrase.where` when nobody would see it.
 */
export async function secretFor(file: string | undefined): Promise<Secret> {
  const { makePassphrase } = await import('../pki/authority/pkcs12.ts');
  if (file === undefined) {
    if (process.stderr.isTTY) return { text: makePassphrase(), shown: true };
    throw new WrongRequest('cert.passphrase.where', {}, { next: message('cert.passphrase.where.next') });
  }
  const place = resolve(file);
  const text = makePassphrase();
  if (await made(place, text)) return { text, shown: false, file: place };
  return { text: await readSecret({ file: place, pointer: '' }), shown: false, file: place };
}

async function made(file: string, text: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${text}\n`);
    await handle.close();
    return true;
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw unwritten(file, code, cause);
  }
}

/** Throws `cert.out.there` for a file that something is in, and `cert.out.unwritten` for one that cannot be made. */
export async function requireFree(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    await rm(file);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new WrongRequest('cert.out.there', { file }, { next: message('cert.out.there.next') });
    throw unwritten(file, code, cause);
  }
}

/** Writes a file that only its owner reads. Throws `cert.out.unwritten`. */
export async function writeSecret(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeDurably(file, content, 0o600);
  } catch (cause) {
    throw unwritten(file, (cause as NodeJS.ErrnoException).code ?? '', cause);
  }
}

function unwritten(file: string, reason: string, cause: unknown): Fault {
  return new Fault(
    'cert.out.unwritten',
    { file, reason },
    { cause, next: message('cert.out.unwritten.next') },
  );
}
