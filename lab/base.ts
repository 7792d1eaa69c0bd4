import { randomBytes } from 'node:crypto';
import { access, chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../src/lib/digest.ts';
import { LabError } from './error.ts';
import { aptOptions, type Release, sourcesOf } from './sources.ts';
import { cacheFolder, exec, locked } from './system.ts';

/** The unprivileged account of every host: logs in by the lab's key, and may do anything through sudo. */
export const labUser = 'debian';

/** What every host has, and why. */
const packages: Readonly<Record<string, string>> = {
  systemd: 'the service manager that real hosts have',
  'systemd-sysv': '/sbin/init, reboot, poweroff',
  dbus: 'systemctl for others than root, systemd-run, logind',
  'openssh-server': 'how Poterne and people reach a host',
  sudo: 'login as an unprivileged user',
  nftables: 'the firewall engine',
  iproute2: 'addresses and routes; ss',
  'iputils-ping': 'reachability',
  netbase: '/etc/services and /etc/protocols, which fail2ban and nft need to name ports',
  procps: 'sysctl and ps, on every Debian that the installer made',
  curl: 'a web client',
  'ca-certificates': 'the trust store, for curl and for authorities added to it',
  openssl: 'certificates and TLS clients',
  'bind9-dnsutils': 'dig',
  'netcat-openbsd': 'a listener or a connection by hand',
  nginx: 'the gateway, and anything that must answer HTTP',
  'libnginx-mod-stream': 'TLS passed through by its name',
};

/** Packages that only some releases have in a version that Poterne can use. */
const packagesOf: Readonly<Record<Release, Readonly<Record<string, string>>>> = {
  bookworm: {},
  trixie: { nodejs: 'Poterne itself as an installed service: 20 or later' },
};

/** Timers that would work on their own while a test looks, and logins on terminals that do not exist. */
const unwanted = {
  disable: [
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'fstrim.timer',
  ],
  mask: ['console-getty.service', 'getty-static.service', 'getty@tty1.service', 'systemd-firstboot.service'],
};

const files: Readonly<Record<string, { readonly content: string; readonly mode: number }>> = {
  '/etc/hosts': { content: '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n', mode: 0o644 },
  '/etc/fstab': { content: '', mode: 0o644 },
  '/etc/sudoers.d/lab': { content: `${labUser} ALL=(ALL) NOPASSWD: ALL\n`, mode: 0o440 },
  '/etc/ssh/sshd_config.d/lab.conf': {
    content:
      'PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n',
    mode: 0o644,
  },
};

/** What must be each host's own, or must not reach one. */
const removed = [
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/machine-id',
  '/etc/ssh/ssh_host_ecdsa_key',
  '/etc/ssh/ssh_host_ecdsa_key.pub',
  '/etc/ssh/ssh_host_ed25519_key',
  '/etc/ssh/ssh_host_ed25519_key.pub',
  '/etc/ssh/ssh_host_rsa_key',
  '/etc/ssh/ssh_host_rsa_key.pub',
  '/usr/sbin/policy-rc.d',
  '/var/lib/dbus/machine-id',
  '/var/lib/systemd/random-seed',
];

const dpkgOptions = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*'].map(
  (pattern) => `path-exclude=${pattern}`,
);

/** A root file system to boot hosts from: a release, and packages beyond those that every host has. */
export interface BaseRequest {
  readonly release: Release;
  readonly packages: readonly string[];
}

/** The folder of a base, whether or not it has been built: a change of the recipe changes its name. */
export function basePath({ release, packages: extra }: BaseRequest): string {
  const recipe = {
    revision: 1,
    packages: included({ release, packages: extra }),
    unwanted,
    files,
    removed,
    dpkgOptions,
    labUser,
  };
  return join(cacheFolder(), 'bases', `${release}-${sha256(JSON.stringify(recipe)).slice(0, 12)}`);
}

/**
 * The folder of a base, built if it is not there. It appears whole or not at all, and processes that want the same one
 * wait for one of them to build it.
 */
export async function ensureBase(request: BaseRequest, say: (message: string) => void): Promise<string> {
  const path = basePath(request);
  if (await exists(path)) return path;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return locked(`base-${name}`, 20 * 60_000, async () => {
    if (await exists(path)) return path;
    await mkdir(dirname(path), { recursive: true });
    // What a build that was killed left behind; ours is the only one of this name now.
    for (const left of await readdir(dirname(path)))
      if (left.startsWith(`.${name}.`)) await rm(join(dirname(path), left), { recursive: true, force: true });
    const aside = join(dirname(path), `.${name}.${randomBytes(4).toString('hex')}`);
    const begin = Date.now();
    say(`building ${name} (${[request.release, ...request.packages].join(', ')}): about a minute…`);
    try {
      await build(request, aside);
      await rename(aside, path);
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
    say(`built ${name} in ${Math.round((Date.now() - begin) / 1000)} s`);
    return path;
  });
}

function included({ release, packages: extra }: BaseRequest): readonly string[] {
  return [...new Set([...Object.keys(packages), ...Object.keys(packagesOf[release]), ...extra])].sort();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function build(request: BaseRequest, target: string): Promise<void> {
  const aptSettings = (await aptOptions()).map((option) => `--aptopt=${option}`);
  await exec(
    [
      // Killed with us, all of it: an orphan would go on writing to a folder that the next build removes.
      ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--pid', '--mount-proc', '--fork', '--kill-child'],
      ...['mmdebstrap', '--mode=root', '--variant=minbase', '--quiet', ...aptSettings],
      ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
      `--include=${included(request).join(',')}`,
      ...[request.release, target, ...(await sourcesOf(request.release))],
    ],
    { timeout: 15 * 60_000 },
  ).catch((cause) => {
    throw new LabError(`The base "${request.release}" could not be built: ${(cause as Error).message}`, {
      cause,
    });
  });
  const inside = (...argv: string[]) => exec(['chroot', target, ...argv]);
  await inside(
    'useradd',
    '--create-home',
    '--user-group',
    '--shell',
    '/bin/bash',
    '--password',
    '*',
    labUser,
  );
  for (const path of removed) await rm(join(target, path), { force: true });
  for (const [path, { content, mode }] of Object.entries(files)) {
    await writeFile(join(target, path), content, { mode });
    await chmod(join(target, path), mode);
  }
  await inside('systemctl', '--quiet', 'mask', ...unwanted.mask);
  const wanted = await servicesToDisable(target, ['nginx', ...request.packages]);
  // Not every release has each of them.
  for (const unit of [...unwanted.disable, ...wanted])
    await inside('systemctl', '--quiet', 'disable', unit).catch(() => undefined);
}

/** The services that packages bring: a host takes a role only when a test gives it one. */
async function servicesToDisable(root: string, names: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await exec(['chroot', root, 'dpkg', '--listfiles', ...names]);
  const units = [
    ...stdout.matchAll(/^(?:\/usr)?\/lib\/systemd\/system\/([^/@]+\.(?:service|socket|timer|path))$/gm),
  ];
  return [...new Set(units.map((match) => match[1] as string))];
}
