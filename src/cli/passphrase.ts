import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { KeySource } from '../doctor/inspect.ts';
import { message } from '../model/message.ts';
import type { Context } from './context.ts';
import { WrongRequest } from './exit.ts';

/** A private key in a file, and how its passphrase is come by. */
export function keySource(context: Context, file: string, passphraseFile: string | undefined): KeySource {
  return { file, passphrase: () => passphraseFor(context, file, passphraseFile) };
}

/** What opens a private key: a file's first line, or what is typed at the terminal, unseen. `undefined` where nobody is at one. */
async function passphraseFor(
  { t }: Context,
  keyFile: string,
  passphraseFile: string | undefined,
): Promise<string | undefined> {
  if (passphraseFile !== undefined) return firstLine(passphraseFile);
  if (!process.stdin.isTTY) return undefined;
  return typedUnseen(t('cert.passphrase', { file: keyFile }));
}

/** What is typed at the terminal after a question, unseen. */
export async function typedUnseen(question: string): Promise<string> {
  process.stderr.write(`${question} `);
  const unseen = new Writable({ write: (_, __, done) => done() });
  const asking = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return await asking.question('');
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}

async function firstLine(file: string): Promise<string> {
  try {
    return ((await readFile(file, 'utf8')).split(/\r?\n/)[0] ?? '').trimEnd();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new WrongRequest(
      'cert.passphrase.file',
      { file, reason },
      { next: message('cert.passphrase.file.next') },
    );
  }
}
