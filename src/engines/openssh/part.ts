import { accountsOf, bastionOf } from '../../lib/access.ts';
import { accountPrincipal, bastionPlaces, managementPrincipal } from '../../model/access.ts';
import type { BundleFile, BundlePart } from '../../model/bundle.ts';
import type { Network } from '../../model/network.ts';
import { type Host, isManaged, type Site } from '../../model/site.ts';
import { activate, bring, checks, effectiveScript, makeAccounts, observe, undo } from './actions.ts';
import { peopleFiles } from './people.ts';
import {
  authorityPath,
  configPath,
  effectivePath,
  frontUnit,
  peopleFolder,
  principalsFolder,
} from './places.ts';
import { render, wantedOfAll } from './render.ts';
import { settingsOf } from './schema.ts';

/** The SSH server of a host that Poterne acts on, once the site has a bastion, unless the description leaves it alone. */
export function part({ site }: Network, host: Host): BundlePart | undefined {
  const settings = settingsOf(host);
  const bastion = bastionOf(site);
  if (!isManaged(host) || !settings || !bastion) return undefined;
  const isBastion = bastion.host === host.name;
  const file = (path: string, mode: number, text: string, more: Partial<BundleFile> = {}): BundleFile => ({
    path,
    mode,
    owner: 'root',
    group: 'root',
    content: { text },
    secret: false,
    because: bastion.pointer,
    ...more,
  });
  const config = render(site, host);
  const folder = (path: string) => ({ path, mode: 0o755, owner: 'root', group: 'root' });
  return {
    name: 'openssh',
    packages: ['openssh-server'],
    carried: [],
    accounts: [],
    folders: [bastionPlaces.ssh, principalsFolder, ...(isBastion ? [peopleFolder] : [])].map(folder),
    files: [
      file(configPath, 0o644, config.text, { origins: config.origins }),
      file(authorityPath, 0o644, `${bastion.authority}\n`),
      ...principals(site, host).map(([account, names]) =>
        file(`${principalsFolder}/${account}`, 0o644, names.map((name) => `${name}\n`).join('')),
      ),
      file(effectivePath, 0o755, effectiveScript(wantedOfAll(site))),
      ...(isBastion ? peopleFiles(site, file) : []),
    ],
    checks,
    actions: isBastion ? [makeAccounts, bring, ...activate] : [bring, ...activate],
    undo,
    observe,
    units: isBastion ? [{ name: frontUnit, enabled: true, running: true, onChange: 'restart' }] : [],
    confirm: Math.max(1, Math.ceil(settings.confirm / 1000)),
  };
}

/** For whom a certificate must be to become each account of the host. */
function principals(site: Site, host: Host): readonly (readonly [string, readonly string[]])[] {
  const accounts = new Set([
    ...accountsOf(site, host.name),
    ...(host.ssh?.user === undefined ? [] : [host.ssh.user]),
  ]);
  return [...accounts]
    .sort()
    .map((account) => [
      account,
      [
        ...(accountsOf(site, host.name).includes(account) ? [accountPrincipal(host.name, account)] : []),
        ...(account === host.ssh?.user ? [managementPrincipal] : []),
      ],
    ]);
}
