import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import { sha256 } from '../../lib/digest.ts';
import { message } from '../../model/message.ts';
import { readSecret } from '../../secrets/read.ts';
import { externalBinding } from './jws.ts';
import { Refusal } from './problem.ts';
import type { Session } from './session.ts';
import type { Account } from './types.ts';

const keptSchema = z.object({
  directory: z.string(),
  url: z.string(),
  thumbprint: z.string(),
  contact: z.array(z.string()),
});

/** The file that an authority's account is remembered in. */
function accountFile({ folder, authority }: Session): string {
  return join(folder, 'accounts', `${sha256(authority.directory).slice(0, 16)}.json`);
}

/** What is remembered of our account there, without asking. A file that is no memory of ours, or is another key's, is as good as none. */
export async function keptAccount(session: Session) {
  const text = await readIfThere(accountFile(session));
  try {
    const kept = keptSchema.parse(JSON.parse(text ?? 'null'));
    return kept.thumbprint === session.key.thumbprint ? kept : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Our account at the authority: registered the first time, remembered from then on, and told when whom to write to has changed. Throws
 * `acme.agreement`, `acme.eab.missing`, `acme.eab.form`, `acme.eab.refused`, `acme.contact`, and whatever else it refuses with.
 */
export async function openAccount(session: Session): Promise<Account> {
  const { authority } = session;
  const file = accountFile(session);
  const kept = await keptAccount(session);
  const contact = authority.contact.map((address) => `mailto:${address}`);
  if (!kept) return remember(session, file, await register(session, contact));
  if (kept.contact.join() !== contact.join()) {
    await session.post(kept.url, { contact }, { kid: kept.url });
    await remember(session, file, kept.url);
  }
  return { directory: kept.directory, url: kept.url, thumbprint: kept.thumbprint };
}

/** Does what needs an account; one that the authority has forgotten is registered anew, once. */
export async function withAccount<T>(session: Session, act: (account: Account) => Promise<T>): Promise<T> {
  try {
    return await act(await openAccount(session));
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'acme.account.gone') throw error;
    await rm(accountFile(session), { force: true });
    return act(await openAccount(session));
  }
}

async function register(session: Session, contact: readonly string[]): Promise<string> {
  const { authority, key } = session;
  const { newAccount, meta } = await session.directory();
  const terms = meta.termsOfService;
  if (terms !== undefined && !authority.termsAgreed) throw session.fault('acme.agreement', { url: terms });
  if (meta.externalAccountRequired && !authority.eab) throw session.fault('acme.eab.missing', { saw: '' });
  session.tell(message('acme.tell.account', { ca: session.ca }));
  const binding = authority.eab && {
    externalAccountBinding: externalBinding(key.jwk, newAccount, authority.eab.id, await macKey(session)),
  };
  const reply = await session
    .post(newAccount, { contact, ...(terms === undefined ? {} : { termsOfServiceAgreed: true }), ...binding })
    .catch((error) => {
      const isOurs = error instanceof Refusal && ['acme.forbidden', 'acme.refused'].includes(error.code);
      // No authority says in a type of its own that it does not know the key.
      if (!authority.eab || !isOurs) throw error;
      throw session.fault('acme.eab.refused', { id: authority.eab.id, saw: String(error.params.saw) }, error);
    });
  const url = reply.headers.location;
  if (url === undefined)
    throw session.fault('acme.protocol', { url: newAccount, status: reply.status, body: '' });
  return url;
}

async function macKey({ authority: { eab }, fault }: Session): Promise<Buffer> {
  if (!eab) return Buffer.alloc(0);
  const text = await readSecret(eab.key);
  if (!/^[\w+/-]{16,}={0,2}$/.test(text)) throw fault('acme.eab.form', { file: eab.key.file });
  // Both alphabets are read.
  return Buffer.from(text, 'base64url');
}

async function remember({ authority, key, folder }: Session, file: string, url: string): Promise<Account> {
  const account = { directory: authority.directory, url, thumbprint: key.thumbprint };
  const contact = authority.contact.map((address) => `mailto:${address}`);
  await mkdir(join(folder, 'accounts'), { recursive: true, mode: 0o700 });
  await writeDurably(file, `${JSON.stringify({ ...account, contact }, undefined, 2)}\n`, 0o600);
  return account;
}
