import { largestLogo, logoType } from '../lib/logo.ts';
import type { Finding } from '../model/finding.ts';
import { message } from '../model/message.ts';
import type { SignIn } from '../model/sign-in.ts';
import type { Files } from './files.ts';

/** What is wrong with the file of the logo. One that cannot be read from here may be readable where the gateway is. */
export async function logoFindings(signIn: SignIn | undefined, files: Files): Promise<readonly Finding[]> {
  const file = signIn?.brand.logo;
  if (file === undefined) return [];
  const found = (severity: Finding['severity'], code: Finding['code'], more: Finding['params'] = {}) => [
    {
      severity,
      code,
      params: { file, ...more },
      pointer: '/sign-in/brand/logo',
      hint: message('sign-in.logo.hint', { most: largestLogo >> 10 }),
    },
  ];
  let bytes: Uint8Array;
  try {
    bytes = files.bytes ? await files.bytes(file) : new TextEncoder().encode(await files.read(file));
  } catch (error) {
    const { code, message: reason } = error as NodeJS.ErrnoException;
    return found('warning', 'sign-in.logo.unreadable', { reason: code ?? reason });
  }
  if (bytes.length > largestLogo)
    return found('error', 'sign-in.logo.large', { size: Math.ceil(bytes.length / 1024) });
  return logoType(bytes) === undefined ? found('error', 'sign-in.logo.broken') : [];
}
