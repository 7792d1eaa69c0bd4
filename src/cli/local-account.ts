import { userInfo } from 'node:os';

/** Who runs this command, for the audit log: the account that became root by sudo, else the account. */
export function localAccount(environment: NodeJS.ProcessEnv = process.env): string {
  const { username } = userInfo();
  const before = environment.SUDO_USER;
  return username === 'root' && before && before !== 'root' ? `${before} (root)` : username;
}
