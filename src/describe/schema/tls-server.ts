import { z } from 'zod';
import { word } from '../../lib/words.ts';
import { identities } from '../../model/tls.ts';
import { filename } from './words.ts';

const headerName = () =>
  word('value.header', (text) => (/^[A-Za-z0-9-]{1,60}$/.test(text) ? text : undefined));

/** OCSP answers are signed: they come over plain http, and the responder's own certificate may be what is asked about. */
const responder = () =>
  word('value.url.http', (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== 'http:' || url.username || url.password || url.search || url.hash) return undefined;
    return /^[\x21-\x7e]+$/.test(text) && !text.includes('$') ? text : undefined;
  });

const headers = z.strictObject({
  verified: headerName().optional().describe('SUCCESS or NONE; default X-Client-Verified.'),
  identity: headerName().optional().describe('What identity selects; default X-Client-Identity.'),
  subject: headerName().optional().describe('The whole subject (RFC 2253); default X-Client-Subject.'),
  issuer: headerName().optional().describe('The issuer (RFC 2253); default X-Client-Issuer.'),
  serial: headerName().optional().describe('The serial number, hexadecimal; default X-Client-Serial.'),
  certificate: headerName()
    .optional()
    .describe('The certificate itself, PEM percent-encoded; not told unless a name is written.'),
});

/** The words of a configuration for publications: which client certificates are asked for. */
/** Files of another certificate for proofs. */
const probePair = (what: string) =>
  z
    .strictObject({
      certificate: filename().describe(`PEM file of ${what}; and its chain.`),
      key: filename().describe('PEM file of its private key.'),
    })
    .describe(`A client certificate for proofs: ${what}.`);

export const serverWords = {
  'client-certificate': z
    .enum(['required', 'optional'])
    .optional()
    .describe(
      'For publications: required, nobody gets in without a certificate; optional, a certificate that is shown must be good.',
    ),
  authorities: z
    .array(filename())
    .min(1)
    .optional()
    .describe('PEM files of the authorities whose certificates are accepted; internal is Poterne’s own CA.'),
  depth: z
    .number()
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe('How many certificates may stand above the client’s own; default 2.'),
  crl: z
    .union([filename(), z.array(filename()).min(1)])
    .optional()
    .describe(
      'PEM files of revocation lists, one of each authority in the chain. That of internal is there by itself.',
    ),
  ocsp: z
    .strictObject({
      responder: responder().describe('URL of the responder, http://…'),
      check: z
        .enum(['leaf', 'chain'])
        .default('chain')
        .describe('chain (the default): those in between too; leaf: only the client’s own certificate.'),
    })
    .optional()
    .describe(
      'A responder that is asked whether a certificate is revoked; without an answer, it is refused.',
    ),
  identity: z
    .enum(identities)
    .optional()
    .describe('What of a certificate says who the client is; default subject.'),
  headers: headers
    .optional()
    .describe('The request headers that tell the service who the client is; nobody else can set them.'),
  probe: z
    .strictObject({
      certificate: filename().describe('PEM file of a client certificate that is accepted, and its chain.'),
      key: filename().describe('PEM file of its private key.'),
      expired: probePair('one that has expired, and must be refused').optional(),
      revoked: probePair('one that is revoked, and must be refused').optional(),
    })
    .optional()
    .describe('Certificates for proofs, since nobody but their authority can issue them.'),
};
