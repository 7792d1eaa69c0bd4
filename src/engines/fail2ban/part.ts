import { neverBanned } from '../../lib/bans.ts';
import { fail2banPlaces } from '../../model/bans.ts';
import type { BundleFile, BundlePart } from '../../model/bundle.ts';
import type { Network } from '../../model/network.ts';
import { type Host, isManaged } from '../../model/site.ts';
import { actionPath, checks, filterPath, jailsPath, serverPath, undo, unit } from './actions.ts';
import { actionText, filterText, seenScript, serverText, toldScript } from './files.ts';
import { countedOn, render } from './render.ts';
import { isWanted } from './schema.ts';

/** fail2ban on a host that Poterne acts on, where the site has bans and something is counted there. */
export function part({ site }: Network, host: Host): BundlePart | undefined {
  const { bans } = site;
  if (!bans || !isManaged(host) || !isWanted(host) || countedOn(site, host).length === 0) return undefined;
  const jails = render(site, bans, host);
  const never = neverBanned(site).map(({ network }) => network);
  const file = (path: string, mode: number, text: string, more: Partial<BundleFile> = {}): BundleFile => ({
    ...{ path, mode, owner: 'root', group: 'root', content: { text }, secret: false },
    because: bans.pointer,
    ...more,
  });
  const folder = (path: string) => ({ path, mode: 0o755, owner: 'root', group: 'root' });
  return {
    name: 'fail2ban',
    // netbase names ports and protocols; python3-systemd reads the journal; ss of iproute2 ends connections.
    packages: ['fail2ban', 'python3-systemd', 'nftables', 'iproute2', 'netbase'],
    carried: [],
    accounts: [],
    folders: [
      folder('/etc/poterne'),
      ...(host.name === site.gateway.host ? [folder(fail2banPlaces.folder)] : []),
    ],
    files: [
      file(jailsPath, 0o644, jails.text, { origins: jails.origins }),
      file(filterPath, 0o644, filterText),
      file(actionPath, 0o644, actionText),
      file(serverPath, 0o644, serverText),
      file(fail2banPlaces.program, 0o755, toldScript(never)),
      file(fail2banPlaces.seen, 0o755, seenScript(never)),
    ],
    checks,
    actions: [],
    undo,
    units: [{ name: unit, enabled: true, running: true, onChange: 'restart' }],
  };
}
