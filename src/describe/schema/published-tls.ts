import { z } from 'zod';
import { acmeTls, certificateName } from './acme.ts';
import { filename } from './words.ts';

/** Where the certificate of something published comes from. */
export const publishedTls = z
  .union([
    z.enum(['internal', 'acme']),
    z.strictObject({
      names: z
        .array(certificateName())
        .min(1)
        .describe('Names of the certificate that Poterne’s own CA issues.'),
    }),
    z.strictObject({
      certificate: filename().describe('PEM file of the certificate and its chain.'),
      key: filename().describe('PEM file of its private key.'),
    }),
    z.strictObject({ acme: acmeTls.describe('From the server of the section acme.') }),
  ])
  .optional()
  .describe(
    'Where the certificate comes from: internal (Poterne’s own CA, the default), acme, or your files.',
  );
export type PublishedTlsEntry = NonNullable<z.output<typeof publishedTls>>;
