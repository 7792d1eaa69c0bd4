import { randomBytes } from 'node:crypto';
import { sha256 } from '../lib/digest.ts';

/** How many are given at a time. */
const recoveryCodeCount = 10;

/** Without letters and digits that look like others (Crockford's base32), 32 of them: a byte's low five bits say which. */
const letters = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 16;

/** Fresh recovery codes: 80 bits each, so that a plain hash of one tells nothing. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: recoveryCodeCount }, () =>
    Array.from(randomBytes(length), (byte) => letters[byte & 31])
      .join('')
      .replace(/(.{4})(?=.)/g, '$1-'),
  );
}

/** What is kept of a code; however it was typed. `undefined` for what is none. */
export function recoveryHash(typed: string): string | undefined {
  const code = typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  return code.length === length && [...code].every((letter) => letters.includes(letter))
    ? sha256(`recovery ${code}`)
    : undefined;
}
