import { z } from 'zod';
import { duration, network, word } from '../../lib/words.ts';
import { keyTypes } from '../../model/authority.ts';
import { isDnsName } from '../names.ts';

/** A DNS name that stands for itself and all below it. */
const suffix = () =>
  word('value.suffix', (text) => {
    const name = text.toLowerCase().replace(/^\./, '');
    return isDnsName(name) ? name : undefined;
  });

/** Poterne's own certification authority. */
export const authority = z.strictObject({
  names: z
    .array(suffix())
    .optional()
    .describe(
      'DNS names that it may sign, each with all below it (example.fr); left out, those that are published.',
    ),
  networks: z
    .array(network())
    .default([])
    .describe('Addresses that it may sign, by network; none, when left out.'),
  'key-type': z
    .enum(keyTypes)
    .default('ecdsa-p256')
    .describe('The key that signs day to day: ecdsa-p256 (the default), ecdsa-p384, rsa-3072, rsa-4096.'),
  lifetime: duration()
    .default(90 * 86_400_000)
    .describe('How long certificates of publications are valid (default: 90d); renewed with a third left.'),
  at: word('value.dns', (text) => (isDnsName(text) ? text.toLowerCase() : undefined))
    .optional()
    .describe(
      'The published name under which revocations are fetched over http, which certificates tell; default: the first.',
    ),
});
