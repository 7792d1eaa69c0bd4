import { z } from 'zod';
import { publicKey } from '../../lib/public-key.ts';
import { duration, hours, word } from '../../lib/words.ts';
import { accessKinds } from '../../model/access.ts';
import { text } from './words.ts';

const key = () => word('value.public-key', publicKey);
const day = () => word('value.day', (t) => (isDay(t) ? t : undefined));
/** What useradd takes, and sshd's %u cannot be led astray by; capitals are in use on machines. */
const account = () => word('value.account', (t) => (/^[a-z_][a-z0-9_-]{0,31}$/i.test(t) ? t : undefined));

function isDay(written: string): boolean {
  const time = Date.parse(`${written}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(written) && new Date(time).toISOString().startsWith(written);
}

/** Somebody who reaches machines. */
export const person = {
  name: text().optional().describe('The name as people write it.'),
  email: z
    .string()
    .refine((t) => /^[^\s\p{Cc}@<>]+@[^\s\p{Cc}@<>]+$/u.test(t), { params: { code: 'value.email' } })
    .optional()
    .describe('Where to write to them.'),
  keys: z
    .array(key())
    .default([])
    .describe('Their public SSH keys, each as a .pub file has it; of security keys (sk-…) too.'),
  groups: z.array(text()).default([]).describe('Groups of people, to name several at once.'),
  until: day().optional().describe('The last day of their access, such as 2026-12-31; it ends by itself.'),
};

const who = {
  people: z.array(text()).default([]).describe('People, by name.'),
  groups: z.array(text()).default([]).describe('Groups of people.'),
};

const accounts = z.array(account()).min(1).describe('The accounts of the machines that they may be.');
const allow = z
  .array(z.enum(accessKinds))
  .min(1)
  .default([...accessKinds])
  .describe('shell (a shell or a command) and files (sftp, scp); both, left out.');

/** Who may enter which machines. */
export const rule = z.strictObject({
  ...who,
  to: text().describe(
    'The machines, by name, group:, zone: or role:, with and, or, not and parentheses; all is every one.',
  ),
  as: accounts,
  allow,
  when: hours()
    .optional()
    .describe(
      'The hours of the week, such as Mon-Fri 07:00-20:00, in the time zone of the site; left out, any.',
    ),
});

/** The machine that people go through. */
export const bastion = z.strictObject({
  host: text().optional().describe('The host that people go through; left out, the gateway.'),
  authority: key()
    .optional()
    .describe('The public key of the SSH authority: "poterne ssh authority" makes it, and prints this line.'),
  'host-authority': key()
    .optional()
    .describe('The public key that signs the host keys which the bastion shows; printed with authority.'),
  certificates: duration()
    .prefault('10m')
    .describe('How long a person’s certificate is valid: a minute to a day; 10m, left out.'),
  'static-keys': z
    .union([z.literal('on'), z.literal('off'), z.boolean()])
    .default('on')
    .describe(
      'off: machines take nothing but certificates, and a registered key yields one and nothing else; on, left out.',
    ),
  keep: duration().prefault('90d').describe('How long recordings of sessions are kept; 90d, left out.'),
  'break-glass': z
    .strictObject({
      ...who,
      to: text().default('all').describe('The machines, as in access; all, left out.'),
      as: accounts,
      allow,
    })
    .optional()
    .describe('Who may enter outside the rules, with a reason; everybody is told.'),
});
