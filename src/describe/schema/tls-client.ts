import { secret } from './mail.ts';
import { filename } from './words.ts';

/** The words of a configuration for partners: the certificate that the gateway shows. */
export const clientWords = {
  certificate: filename()
    .optional()
    .describe('For partners: PEM file of the client certificate that the gateway shows, and its chain.'),
  key: filename().optional().describe('For partners: PEM file of its private key.'),
  passphrase: secret()
    .optional()
    .describe('For partners: what the key is encrypted with, by the file that holds it.'),
};
