import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { mailboxOf } from '../../lib/mailbox.ts';
import { duration, size, word } from '../../lib/words.ts';
import { isHost } from '../names.ts';
import { filename, mailAddress, text } from './words.ts';

const absolute = () =>
  word('value.file.absolute', (text) => (isAbsolute(text) && /^[^\p{Cc}]+$/u.test(text) ? text : undefined));

/** A secret by the file that holds it; one that is written out is refused (`secret.written`), and shown nowhere. */
export const secret = () =>
  z.strictObject({
    file: absolute().describe('Absolute path of a file that holds it, and that only its owner may read.'),
  });

/** A URL of a folder, with a final slash. */
const folderUrl = () =>
  word('value.url.folder', (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
    if (url.search || url.hash) return undefined;
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  });

const smtp = z.strictObject({
  host: word('value.host', (t: string) => (isHost(t) ? t : undefined)).describe(
    'The server that takes letters, by the name that its certificate has.',
  ),
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('Its port; default: 587, and 465 with tls: implicit.'),
  tls: z
    .enum(['starttls', 'implicit'])
    .default('starttls')
    .describe('starttls (the default): TLS is asked for and required; implicit: from the first byte.'),
  user: text().optional().describe('Who logs in there; left out, nobody does.'),
  password: secret().optional().describe('The password, by the file that holds it.'),
  ca: filename()
    .optional()
    .describe('PEM file of the authority that its certificate must come from; default: those of the system.'),
});

/** How letters leave. */
export const mail = z.strictObject({
  smtp: smtp.describe('The server that takes letters.'),
  from: word('value.mailbox', mailboxOf).describe(
    'The sender: an address, or a name and an address: Poterne <poterne@example.fr>.',
  ),
  limit: size()
    .default(10_000_000)
    .describe(
      'The largest attachment; instead of a larger one, the letter says where it is (default: 10MB).',
    ),
  alert: z
    .array(mailAddress())
    .default([])
    .describe(
      'Who is told when the gateway finds that it refuses no more what it must, and when it does again.',
    ),
});

/** Where archives are put for those who get a link to them. */
export const archives = z.strictObject({
  folder: absolute().describe('Folder of this machine that something else shows, by absolute path.'),
  url: folderUrl().describe('Where it is seen, such as https://fichiers.example.fr/runs/.'),
  keep: duration().default(2_592_000_000).describe('How long an archive stays there (default: 30d).'),
});

/** What is kept of runs. */
export const runs = z.strictObject({
  keep: duration().optional().describe('How long a run and its archive are kept; left out, for ever.'),
  last: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(10)
    .describe('The newest runs, which stay however old they are (default: 10).'),
});
