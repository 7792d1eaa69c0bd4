import { z } from 'zod';
import { word } from '../../lib/words.ts';
import { isDnsName } from '../names.ts';
import { secret } from './mail.ts';
import { filename } from './words.ts';

/** The words of a configuration for partners: the certificate that the gateway shows. */
export const clientWords = {
  authority: z
    .literal('internal')
    .optional()
    .describe(
      'For partners: internal, Poterne’s own CA issues what is shown, and renews it; instead of files.',
    ),
  names: z
    .array(word('value.dns', (t) => (isDnsName(t) ? t.toLowerCase() : undefined)))
    .min(1)
    .optional()
    .describe('For partners, with authority: the names in that certificate; the first is its subject.'),
  certificate: filename()
    .optional()
    .describe('For partners: PEM file of the client certificate that the gateway shows, and its chain.'),
  key: filename().optional().describe('For partners: PEM file of its private key.'),
  passphrase: secret()
    .optional()
    .describe('For partners: what the key is encrypted with, by the file that holds it.'),
};
