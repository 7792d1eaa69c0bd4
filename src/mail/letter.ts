import { isMailAddress } from '../lib/mailbox.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';

/** A letter that Poterne writes, to people or to their systems. */
export interface Letter {
  readonly to: readonly string[];
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  readonly attachment?: Attachment;
}

/** A file that goes with a letter; read when it is sent. */
export interface Attachment {
  readonly path: string;
  readonly name: string;
  readonly type: string;
}

/** The same letter in a form that no header can be broken out of. Throws `mail.address` for what is no address. */
export function checked(letter: Letter): Letter {
  const wrong = letter.to.find((address) => !isMailAddress(address));
  if (wrong !== undefined || letter.to.length === 0)
    throw new Fault('mail.address', { address: wrong ?? '' }, { next: message('mail.address.next') });
  return {
    ...letter,
    to: [...new Set(letter.to)],
    subject: oneLine(letter.subject).slice(0, 300),
    // Bare CR is forbidden (RFC 5322, 2.3), and other control characters would steer whoever reads it on a terminal.
    text: letter.text
      .replace(/\r\n?/g, '\n')
      .replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd'),
    ...(letter.attachment
      ? { attachment: { ...letter.attachment, name: oneLine(letter.attachment.name).replaceAll('/', '_') } }
      : {}),
  };
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}
