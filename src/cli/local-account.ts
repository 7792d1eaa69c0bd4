import { userInfo } from 'node:os';

/** Has who asked, where root went on as the account of a service. That account could say anything here, and in its log. */
export const askedBy = 'POTERNE_ASKED_BY';

/** Who runs this command, for the audit log: the account that became root by sudo, else the account. */
export function localAccount(environment: NodeJS.ProcessEnv = process.env): string {
  const { username } = userInfo();
  const asked = environment[askedBy];
  if (asked && username !== 'root') return asked;
  const before = environment.SUDO_USER;
  return username === 'root' && before && before !== 'root' ? `${before} (root)` : username;
}
