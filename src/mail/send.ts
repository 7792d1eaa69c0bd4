import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Mail } from '../model/mail.ts';
import { readSecret } from '../secrets/read.ts';
import { caFault, faultOf, reasonOf } from './faults.ts';
import { checked, type Letter } from './letter.ts';

/** What a mail server did with a letter. */
export interface Sent {
  readonly to: readonly string[];
  /** Whom it would not take it for, and why; the others have it. */
  readonly refused: readonly { readonly address: string; readonly reason: string }[];
}

/** Beyond these, a server is not there. Milliseconds. */
const patience = {
  connectionTimeout: 15_000,
  greetingTimeout: 15_000,
  dnsTimeout: 15_000,
  socketTimeout: 60_000,
};

/** Looks whether what is needed to log in is there, before it is needed. Throws what `readSecret` throws. */
export async function requireSecrets({ smtp }: Mail): Promise<void> {
  if (smtp.login) await readSecret(smtp.login.password);
}

/**
 * Sends a letter through the described server, over TLS that is verified, and logs in only there. Throws a fault that
 * says what to do: `mail.unreachable`, `mail.certificate`, `mail.tls`, `mail.login.refused`, `mail.sender.refused`,
 * `mail.recipient.refused` (nobody is left to get it), `mail.large`, `mail.busy`, `mail.refused`, and those of its
 * secret. `id` is the same for each attempt to send the same letter.
 */
export async function sendMail(mail: Mail, letter: Letter, id?: string): Promise<Sent> {
  const { smtp, from } = mail;
  const { to, subject, text, attachment } = checked(letter);
  const password = smtp.login ? await readSecret(smtp.login.password) : '';
  const ca =
    smtp.ca === undefined
      ? undefined
      : await readFile(smtp.ca).catch((error) => {
          throw caFault(smtp, error);
        });
  // Runs that send nothing do without.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    ...patience,
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === 'implicit',
    requireTLS: true,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
    ...(smtp.login ? { auth: { user: smtp.login.user, pass: password } } : {}),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const content = attachment ? createReadStream(attachment.path) : undefined;
  try {
    const info = await transport.sendMail({
      from: { name: from.name ?? '', address: from.address },
      to: to.map((address) => ({ name: '', address })),
      subject,
      text,
      ...(id === undefined ? {} : { messageId: `<${id}@${from.address.split('@')[1]}>` }),
      // Whoever is away does not answer a machine (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...(attachment && content
        ? { attachments: [{ filename: attachment.name, contentType: attachment.type, content }] }
        : {}),
    });
    const refused = (info.rejectedErrors ?? []).map((error) => ({
      address: String((error as { recipient?: unknown }).recipient ?? ''),
      reason: reasonOf(error),
    }));
    return { to: to.filter((address) => !refused.some((each) => each.address === address)), refused };
  } catch (error) {
    throw faultOf(mail, to, error);
  } finally {
    content?.destroy();
    transport.close();
  }
}
