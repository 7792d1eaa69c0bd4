import { dirname } from 'node:path/posix';
import { serverEngines } from '../engines/index.ts';
import type { BundleFile, BundlePart, CarriedPackage } from '../model/bundle.ts';
import type { Shipment } from '../model/shipment.ts';

/** The account that runs an installed gateway, and where its things are: as the Debian package has them. */
export const installedGateway = {
  account: 'poterne',
  unit: 'poterne.service',
  wall: 'poterne-wall.path',
  state: '/var/lib/poterne',
  description: '/etc/poterne/site.yaml',
  /** Certificates, keys and authorities that the description names. */
  files: '/etc/poterne/files',
} as const;

/** Poterne's own Node is for hosts whose Debian has none of this version or later. */
const nodeNeeded = { name: 'nodejs', version: '20.12' } as const;

/** The Debian packages that this repository builds. */
export interface OwnPackages {
  readonly poterne: CarriedPackage;
  /** For hosts whose Debian has a Node that is too old; absent when this machine's cannot be carried. */
  readonly node?: CarriedPackage;
}

/**
 * What makes a host the gateway of a shipped description (files in `installedGateway.files`): the service, installed and
 * running. Converging it leaves the service with the new description unread: `reloadCommand` has it read, and says what
 * came of that, also when nothing was changed now.
 */
export function gatewayPart(shipment: Shipment, packages: OwnPackages): BundlePart {
  const { account, unit, wall, description, files } = installedGateway;
  const held = { mode: 0o640, owner: 'root', group: account } as const;
  const carried: BundleFile[] = shipment.files.map(({ from, to, because }) => ({
    ...{ ...held, path: to, content: { file: from }, secret: true, because },
  }));
  return {
    name: 'gateway',
    packages: [
      ...new Set([
        ...['nginx', 'libnginx-mod-stream', 'logrotate'],
        ...serverEngines.flatMap((engine) => engine.modules(shipment.site).map((module) => module.package)),
      ]),
    ],
    carried: carriedOf(packages),
    // The package makes its account.
    accounts: [],
    folders: [
      { path: '/etc/poterne', mode: 0o755, owner: 'root', group: 'root' },
      { path: files, mode: 0o750, owner: 'root', group: account },
      ...below(files, shipment.files).map((path) => ({ path, mode: 0o750, owner: 'root', group: account })),
    ],
    files: [
      { ...held, path: description, content: { text: shipment.yaml }, secret: false, because: '' },
      ...carried,
    ],
    checks: [],
    actions: [],
    units: [
      { name: unit, enabled: true, running: true, onChange: 'nothing' },
      // What the service asks of the firewall (`src/model/wall.ts`).
      { name: wall, enabled: true, running: true, onChange: 'nothing' },
    ],
  };
}

/** The folders in which files are carried below another one, parents first. */
function below(folder: string, carried: Shipment['files']): string[] {
  const found = new Set<string>();
  for (const { to } of carried)
    for (let at = dirname(to); at.startsWith(`${folder}/`); at = dirname(at)) found.add(at);
  return [...found].sort();
}

/** The packages that a machine is brought which Poterne runs on. */
export function carriedOf({ poterne, node }: OwnPackages): readonly CarriedPackage[] {
  // The first is what the second needs.
  return node ? [{ ...node, unless: nodeNeeded }, poterne] : [poterne];
}

/** The command, for root on the gateway, that has the description read again; `readReloaded` understands what it prints. */
export function reloadCommand(): readonly string[] {
  return ['poterne', 'reload', '--json', '--state', installedGateway.state];
}
