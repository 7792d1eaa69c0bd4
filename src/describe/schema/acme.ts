import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isAddress } from '../../lib/ip.ts';
import { duration, word } from '../../lib/words.ts';
import { certificateKeyTypes, challengeKinds, letsEncrypt } from '../../model/acme-site.ts';
import { isDnsName, isHost } from '../names.ts';
import { secret } from './mail.ts';
import { filename, text } from './words.ts';

const email = () =>
  z.string().refine((t) => /^[^\s\p{Cc}@<>]+@[^\s\p{Cc}@<>]+$/u.test(t), { params: { code: 'value.email' } });

/** A name of DNS, or a wildcard. */
export const certificateName = () =>
  word('value.dns', (t) => (isDnsName(t.replace(/^\*\./, '')) ? t.toLowerCase() : undefined));

/** `10.0.0.53`, `ns.example.fr:5353`, `[2001:db8::53]:53`. */
function isServer(text: string): boolean {
  const [, bracketed, bare, port] = /^(?:\[([\da-f:.]+)\]|([^:\s[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  return isPort && (bracketed === undefined ? bare !== undefined && isHost(bare) : isAddress(bracketed));
}

/** RFC 8555 §6.1: over https only. */
const directory = () =>
  word('value.acme.directory', (written) => {
    if (written === 'letsencrypt') return letsEncrypt.directory;
    if (written === 'letsencrypt-staging') return letsEncrypt.staging;
    const url = URL.canParse(written) ? new URL(written) : undefined;
    return url?.protocol === 'https:' && !url.username && !url.password && !url.hash ? url.href : undefined;
  });

const challenge = () => z.enum(challengeKinds);
const keyType = () => z.enum(certificateKeyTypes);

const rfc2136 = z.strictObject({
  server: word('value.acme.server', (t) => (isServer(t) ? t : undefined)).describe(
    'Name or address of the server that takes updates, with :port when it is not 53.',
  ),
  zone: word('value.dns', (t) => (isDnsName(t) ? t.toLowerCase() : undefined))
    .optional()
    .describe('The zone to update; left out, the one that holds the name.'),
  key: z
    .strictObject({
      name: word('value.dns', (t) => (isHost(t) ? t.toLowerCase() : undefined)).describe('The key’s name.'),
      algorithm: z
        .enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'])
        .default('hmac-sha256')
        .describe('Its algorithm; hmac-sha256, left out.'),
      secret: secret().describe('The key itself, in base64, by the file that holds it.'),
    })
    .describe('The TSIG key (RFC 8945) that signs updates.'),
});

/** The ACME server (RFC 8555) that certificates of `tls: acme` come from. */
export const acme = z.strictObject({
  directory: directory()
    .optional()
    .describe('The server: letsencrypt (left out), letsencrypt-staging, or the https URL of a directory.'),
  staging: directory()
    .optional()
    .describe('The directory to rehearse with; left out, Let’s Encrypt’s own one, or else the same.'),
  trust: filename()
    .optional()
    .describe('For a private server: PEM file of the CA that signs its https certificate.'),
  email: email().optional().describe('Where its operator can write to you.'),
  terms: z.literal('agreed').optional().describe('You agree to the terms of service of that server.'),
  eab: z
    .strictObject({
      'key-id': text().describe('The identifier that the operator gave you.'),
      key: secret().describe('The key that came with it (base64url), by the file that holds it.'),
    })
    .optional()
    .describe('External account binding, for servers that ask for it.'),
  challenge: challenge()
    .default('http')
    .describe('How names are validated: http (left out; wildcards by dns all the same), or dns.'),
  dns: z
    .strictObject({
      rfc2136: rfc2136.optional().describe('By dynamic updates (RFC 2136), signed with TSIG.'),
      hook: z
        .tuple(
          [word('value.file.absolute', (t) => (isAbsolute(t) && /^[^\p{Cc}]+$/u.test(t) ? t : undefined))],
          text(),
        )
        .optional()
        .describe('By a program: absolute path and arguments; present or cleanup, name and value follow.'),
      'hook-limit': duration().prefault('2m').describe('How long it may take; 2m, left out.'),
    })
    .optional()
    .describe('How a record gets into the DNS: rfc2136 or hook.'),
  profile: text().optional().describe('A profile of the server, such as shortlived.'),
  chain: text()
    .optional()
    .describe('Common name of the root that the chain leads to, when the server offers several.'),
  'key-type': keyType().default('ecdsa-p256').describe('The key of certificates; ecdsa-p256, left out.'),
  shared: z
    .strictObject({
      key: secret().describe('The key that encrypts what is shared, by the file that holds it.'),
    })
    .optional()
    .describe('Several gateways keep one account and its certificates in the store: one orders, all serve.'),
});

/** `tls: { acme: … }` of a publication. */
export const acmeTls = z.strictObject({
  names: z
    .array(certificateName())
    .min(1)
    .optional()
    .describe('Names of the certificate; left out, the publication’s own.'),
  certificate: z
    .string()
    .refine((t) => /^[a-z0-9][a-z0-9-]{0,60}$/.test(t), { params: { code: 'value.name' } })
    .optional()
    .describe('A name for the certificate: publications that give the same one share it.'),
  challenge: challenge().optional().describe('How its names are validated; left out, as the section says.'),
  profile: text().optional().describe('A profile of the server; left out, as the section says.'),
  'key-type': keyType().optional().describe('Its key; left out, as the section says.'),
});
