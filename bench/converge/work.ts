/**
 * The work that both sides do on every host, once: a small service with its configuration, some of it written for each
 * host, its account, its folder, a package and a unit; and a file of yesterday's that goes.
 */
import type { Bundle, BundleFile, BundlePart } from '../../src/model/bundle.ts';

interface WorkFile {
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  /** `{host}` stands for the host's name. */
  readonly text: string;
}

const account = { name: 'beacon', home: '/var/lib/beacon' };
const folder = { path: '/etc/beacon', mode: 0o750, owner: 'root', group: account.name };
const unit = 'beacon.service';
/** Something tiny, with no service of its own. */
export const packageName = 'tree';
/** Stands on a host before the first pass, put there by the side that is to take it away. */
export const obsolete: WorkFile = {
  path: '/etc/sysctl.d/70-yesterday.conf',
  mode: 0o644,
  owner: 'root',
  group: 'root',
  text: '# kernel.panic = 10\n',
};

const ofRoot = { mode: 0o644, owner: 'root', group: 'root' };
const ofService = { mode: 0o640, owner: 'root', group: account.name };

const files: readonly WorkFile[] = [
  { ...ofService, path: '/etc/beacon/beacon.conf', text: settings('name = {host}', 40) },
  { ...ofService, path: '/etc/beacon/peers.conf', text: settings('self = {host}.lab.test', 120) },
  { ...ofService, path: '/etc/beacon/limits.conf', text: settings('profile = standard', 20) },
  { ...ofService, path: '/etc/beacon/routes.conf', text: settings('table = main', 400) },
  { ...ofService, mode: 0o400, owner: account.name, path: '/etc/beacon/token', text: 'not-a-real-token\n' },
  { ...ofRoot, path: '/etc/motd', text: 'This is {host}, looked after by its site.\n' },
  { ...ofRoot, path: '/etc/profile.d/site.sh', text: 'EDITOR=vi\nexport EDITOR\n' },
  { ...ofRoot, path: '/etc/logrotate.d/beacon', text: '/var/log/beacon.log {\n  weekly\n  missingok\n}\n' },
  {
    ...ofRoot,
    mode: 0o755,
    path: '/usr/local/sbin/beacon',
    text: '#!/bin/sh\ncat /etc/beacon/*.conf >/dev/null\nexec sleep infinity\n',
  },
  {
    ...ofRoot,
    path: `/etc/systemd/system/${unit}`,
    text: `[Unit]
Description=A service to be configured

[Service]
User=${account.name}
ExecStart=/usr/local/sbin/beacon

[Install]
WantedBy=multi-user.target
`,
  },
];

function settings(first: string, count: number): string {
  const more = Array.from({ length: count }, (_, n) => `option-${n} = ${(n * 7919) % 10_007}\n`);
  return `${first}\n${more.join('')}`;
}

/** What a host should be like, for Poterne. Before the first pass, `yesterday`: what the first pass takes away. */
export function bundleOf(host: string, when: 'today' | 'yesterday'): Bundle {
  const nothing = { packages: [], carried: [], accounts: [], folders: [], files: [] };
  const part: BundlePart = { name: 'beacon', ...nothing, checks: [], actions: [], units: [] };
  const fileOf = ({ text, ...rest }: WorkFile): BundleFile => ({
    ...rest,
    content: { text: text.replaceAll('{host}', host) },
    secret: false,
    because: '',
  });
  if (when === 'yesterday') return { host, parts: [{ ...part, files: [fileOf(obsolete)] }] };
  return {
    host,
    parts: [
      {
        ...part,
        packages: [packageName],
        accounts: [account],
        folders: [folder],
        files: files.map(fileOf),
        units: [{ name: unit, enabled: true, running: true, onChange: 'restart' }],
      },
    ],
  };
}

/** Variables of the playbook, and the files that it copies and fills in, by their names. */
export function forAnsible(): {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, string>;
} {
  const octal = (mode: number) => mode.toString(8).padStart(4, '0');
  const named = files.map((file) => ({ ...file, src: file.path.slice(1).replaceAll('/', '_') }));
  const rows = (isRendered: boolean) =>
    named
      .filter(({ text }) => text.includes('{host}') === isRendered)
      .map(({ src, path, mode, owner, group }) => ({ src, path, mode: octal(mode), owner, group }));
  return {
    variables: {
      package: packageName,
      account,
      folder: { ...folder, mode: octal(folder.mode) },
      copied: rows(false),
      rendered: rows(true),
      obsolete: obsolete.path,
      unit,
    },
    sources: new Map(
      named.map(({ src, text }) => [src, text.replaceAll('{host}', '{{ inventory_hostname }}')]),
    ),
  };
}

/** A script for sh, run on a host, that makes it as it was before any of this. */
export const pristine = [
  `systemctl disable --now ${unit} 2>/dev/null`,
  `DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge ${packageName} >/dev/null`,
  `rm -rf ${folder.path} /var/lib/poterne-host /root/.ansible ${[...files, obsolete].map(({ path }) => path).join(' ')}`,
  `if getent passwd ${account.name} >/dev/null; then userdel ${account.name}; fi`,
  'systemctl daemon-reload',
  'systemctl reset-failed',
  'sync -f /etc',
].join('\n');

/** A script for sh that prints all that the work is about, so that what both sides made can be compared. */
export const inspection = [
  `for path in ${folder.path} ${[...files, obsolete].map(({ path }) => path).join(' ')}; do`,
  '  stat -c "%n %a %U %G %F" "$path" 2>/dev/null || echo "$path is not there"',
  '  [ ! -f "$path" ] || sha256sum <"$path"',
  'done',
  `getent passwd ${account.name} | cut -d: -f 1,6,7`,
  `dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' ${packageName}`,
  `systemctl show --property=ActiveState,UnitFileState,NeedDaemonReload ${unit}`,
].join('\n');
