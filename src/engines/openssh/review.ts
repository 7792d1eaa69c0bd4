import { accountsOf, bastionOf } from '../../lib/access.ts';
import type { Finding } from '../../model/finding.ts';
import { message } from '../../model/message.ts';
import { isManaged, type Site } from '../../model/site.ts';
import { settingsOf } from './schema.ts';

/** Hosts that somebody may enter, and whose SSH server was to be left as it is. */
export function review(site: Site): readonly Finding[] {
  if (!bastionOf(site)) return [];
  return site.hosts
    .filter((host) => isManaged(host) && !settingsOf(host) && accountsOf(site, host.name).length > 0)
    .map(({ name, pointer }) => ({
      severity: 'warning',
      code: 'ssh-server.left',
      params: { name },
      pointer: `${pointer}/ssh-server`,
      hint: message('ssh-server.left.hint'),
    }));
}
