import { z } from 'zod';
import { word } from '../../lib/words.ts';
import { isHost } from '../names.ts';
import { secret } from './mail.ts';
import { filename, text } from './words.ts';

/** `ldaps://host[:port]`: TLS from the first byte; `ldap://host[:port]`: StartTLS before anything else. */
const server = () =>
  word('value.directory.server', (written) => {
    const [, scheme, host = '', port] =
      /^(ldaps?):\/\/(\[[\da-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i.exec(written) ?? [];
    const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
    const startTls = scheme?.toLowerCase() === 'ldap';
    const number = Number(port ?? (startTls ? 389 : 636));
    if (scheme === undefined || !isHost(bare) || number < 1 || number > 65_535) return undefined;
    return { host: bare, port: number, startTls };
  });

/** A distinguished name, as far as this can tell it from something else (RFC 4514). */
const dn = () => word('value.dn', (t) => (/^\s*[\w.-]+\s*=\s*[^\p{Cc}]+$/u.test(t) ? t.trim() : undefined));

/** RFC 4515, as far as its parentheses go; the directory reads the rest. */
const filter = () =>
  word('value.filter', (t) => {
    let depth = 0;
    for (const [i, c] of [...t].entries()) {
      if (c === '(') depth++;
      if (c === ')') depth--;
      if (depth < 0 || (depth === 0 && i < [...t].length - 1)) return undefined;
    }
    return depth === 0 && /^\([^\p{Cc}]+\)$/u.test(t) ? t : undefined;
  });

const attribute = () => word('value.attribute', (t) => (/^[a-z][a-z0-9-]*$/i.test(t) ? t : undefined));
const issuer = () =>
  word('value.issuer', (t) => {
    const url = URL.canParse(t) ? new URL(t) : undefined;
    // Compared letter by letter with what tokens say (OpenID Connect Core 1.0, 3.1.3.7): kept as it is written.
    return url?.protocol === 'https:' && !url.username && !url.password && !url.search && !url.hash
      ? t
      : undefined;
  });
const trust = z
  .strictObject({ ca: filename().describe('PEM file of the CA that signs its certificate.') })
  .optional()
  .describe('Which certificate to accept; left out, what the system trusts.');
const groups = z
  .record(z.string(), z.array(text()).min(1))
  .default({})
  .describe('Which of its groups give which of ours: our name, and a list of theirs.');

const ldap = z.strictObject({
  kind: z.enum(['ldap', 'active-directory']).describe('ldap, active-directory or openid.'),
  servers: z
    .array(server())
    .min(1)
    .describe(
      'ldaps://… (TLS from the first byte) or ldap://… (StartTLS, always), in the order in which they are asked.',
    ),
  trust,
  base: dn().describe('Where people are looked for, such as ou=people,dc=example,dc=lan.'),
  'group-base': dn().optional().describe('Where groups are looked for; left out, in base.'),
  bind: z
    .strictObject({
      user: text().describe('Who we are there: a DN, or poterne@example.lan in Active Directory.'),
      password: secret().describe('Its password, by the file that holds it.'),
    })
    .describe('The account that looks people up; it needs no right but to read.'),
  filter: filter()
    .optional()
    .describe('A filter that people must meet besides, such as (employeeType=staff).'),
  attributes: z
    .strictObject({
      login: attribute().optional().describe('What people type: uid, or sAMAccountName.'),
      name: attribute().optional().describe('The name as people write it: cn, or displayName.'),
      email: attribute().optional().describe('Their address: mail.'),
    })
    .prefault({})
    .describe('The attributes that are read; left out, those that are usual for the kind.'),
  groups,
});

const openid = z.strictObject({
  kind: z.literal('openid').describe('ldap, active-directory or openid.'),
  title: text().optional().describe('As people call it, on the button; left out, its name.'),
  issuer: issuer().describe('The provider’s issuer, an https URL, exactly as it says it.'),
  'client-id': text().describe('The name under which the provider knows Poterne.'),
  'client-secret': secret().optional().describe('The secret that came with it, by the file that holds it.'),
  trust,
  scopes: z
    .array(text())
    .min(1)
    .default(['openid', 'profile', 'email'])
    .describe('What is asked for; openid, profile and email, left out.'),
  'groups-claim': text().default('groups').describe('The claim that lists a person’s groups.'),
  'login-claim': text()
    .default('preferred_username')
    .describe('The claim that is what a person is called here; preferred_username, left out.'),
  'second-factor': z
    .array(text())
    .default([])
    .describe('Values of amr or acr that say that the provider asked for a second factor.'),
  groups,
});

/** A source of people beside the described ones. */
export const directory = z.discriminatedUnion('kind', [ldap, openid]);
export type DirectoryEntry = z.output<typeof directory>;
