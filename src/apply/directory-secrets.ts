import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import type { Site } from '../model/site.ts';
import { readSecret } from '../secrets/read.ts';

/**
 * The passwords of directories that cannot be read by the account that runs this: people of that directory could not sign in, and only
 * they would notice. To be asked as the account of the gateway.
 */
export async function directorySecretFindings({
  directories = [],
}: Pick<Site, 'directories'>): Promise<readonly Finding[]> {
  const found = await Promise.all(
    directories.map(async (directory): Promise<Finding[]> => {
      const secret = directory.kind === 'openid' ? directory.clientSecret : directory.bind.password;
      try {
        if (secret) await readSecret(secret);
        return [];
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const { code, params, pointer = '', next } = error;
        return [{ severity: 'warning', code, params, pointer, ...(next ? { hint: next } : {}) }];
      }
    }),
  );
  return found.flat();
}
