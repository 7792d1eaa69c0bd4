import { bastionPlaces } from '../../model/access.ts';
import type { BundleFile, BundlePart } from '../../model/bundle.ts';
import type { Host, Site } from '../../model/site.ts';
import { carriedOf, type OwnPackages } from '../gateway-part.ts';
import { bastionEtc, innerAccounts, innerConfig, innerKeys, innerPrincipals, machineNames } from './inner.ts';
import { ledBy, rulesText } from './rules.ts';
import { enterable, standInPort, standIns } from './stand-in.ts';

/** Where the daemon finds the description, as `servedSite` made it. */
export const servedSitePath = `${bastionEtc}/site.json`;

/** The authority of the mail server, where the description names one. */
const mailCaPath = `${bastionEtc}/mail-ca.pem`;

const socketUnit = 'poterne-ssh.socket';

/** Whether the bastion is set up on a host: the description names it, and has what signs for it. */
export function isBastion({ bastion }: Site, { name }: Host): boolean {
  return bastion?.host === name && bastion.authority !== undefined && bastion.hostAuthority !== undefined;
}

/** What the daemon needs of the description: nothing of what is published, whose secrets are others'. */
export function servedSite(site: Site): Site {
  const { store: _, mail, ...kept } = site;
  const smtp = mail?.smtp.ca === undefined ? mail?.smtp : { ...mail.smtp, ca: mailCaPath };
  return {
    ...{
      ...kept,
      zones: [],
      services: [],
      publications: [],
      partners: [],
      grants: [],
      assertions: [],
      jobs: [],
    },
    ...(mail && smtp ? { mail: { ...mail, smtp } } : {}),
  };
}

/**
 * What makes a host the bastion: its daemon, the sshd that answers in the machines' place, and the rules that lead people's
 * connections there. A description that takes something away ends sessions as soon as it is there. Without packages, another part
 * of the host brings them.
 */
export function bastionPart(site: Site, packages: OwnPackages | undefined): BundlePart {
  const because = site.bastion?.pointer ?? '';
  const file = (name: string, text: string, more: Partial<BundleFile> = {}): BundleFile => ({
    ...{ path: `${bastionEtc}/${name}`, mode: 0o644, owner: 'root', group: 'root' },
    ...{ content: { text }, secret: false, because, ...more },
  });
  const { account } = bastionPlaces;
  const held = { mode: 0o640, group: account } as const;
  return {
    name: 'bastion',
    packages: ['openssh-server', 'openssh-client', 'nftables', 'iproute2'],
    carried: packages ? carriedOf(packages) : [],
    // The package makes its accounts.
    accounts: [],
    folders: [
      { path: '/etc/poterne', mode: 0o755, owner: 'root', group: 'root' },
      { path: bastionEtc, mode: 0o755, owner: 'root', group: 'root' },
    ],
    files: [
      file('site.json', `${JSON.stringify(servedSite(site))}\n`, held),
      ...(site.mail?.smtp.ca === undefined
        ? []
        : [file('mail-ca.pem', '', { content: { file: site.mail.smtp.ca } })]),
      file('sshd_config', innerConfig(site)),
      file('authority.pub', `${site.bastion?.authority}\n`),
      file('principals', innerPrincipals(site)),
      file('keys', innerKeys(site)),
      file('accounts', innerAccounts(site)),
      file('hosts', machineNames(site, ledBy)),
      file('nsswitch.conf', nsswitch),
      file('rules.nft', rulesText(site), { mode: 0o640 }),
      file(socketUnit, socketText(site), { path: `/etc/systemd/system/${socketUnit}` }),
    ],
    checks: [['nft', '-c', '-f', { staged: `${bastionEtc}/rules.nft` }]],
    actions: [],
    undo: [],
    units: [
      { name: 'poterne-bastion-ground.service', enabled: true, running: true, onChange: 'reload' },
      { name: 'poterne-bastion.service', enabled: true, running: true, onChange: 'reload' },
      { name: socketUnit, enabled: true, running: true, onChange: 'restart' },
    ],
  };
}

/** Accounts come from the files that the session sees, and from nowhere else. */
const nsswitch = `# Written by Poterne.
passwd: files
group: files
shadow: files
hosts: files dns
`;

function socketText(site: Site): string {
  const machines = new Set(enterable(site).map(({ name }) => name));
  const listens = standIns(site)
    .filter(({ host }) => machines.has(host))
    .map(({ host, address }) => `# ${host}\nListenStream=${address}:${standInPort}`);
  return `# Written by Poterne.
[Unit]
Description=Machines behind the bastion, for people who come through it
# Sockets usually stand before any service starts: this one comes after the rules that lead to it.
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target
Requires=poterne-bastion-ground.service
After=poterne-bastion-ground.service

[Socket]
${listens.join('\n')}
Accept=yes
FreeBind=yes
MaxConnections=500
# Many at once wait: they do not end it for everybody.
TriggerLimitIntervalSec=0

[Install]
WantedBy=multi-user.target
`;
}
