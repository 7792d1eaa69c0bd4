import type { BundleFile, BundlePart } from '../../model/bundle.ts';
import type { Network } from '../../model/network.ts';
import { type Host, isManaged } from '../../model/site.ts';
import { wallPlaces } from '../../model/wall.ts';
import {
  allowForwarding,
  checks,
  dropInPath,
  forwardingPath,
  load,
  observe,
  restore,
  rulesetPath,
  undo,
  unitName,
  unitPath,
} from './actions.ts';
import { render } from './render.ts';
import { settingsOf } from './schema.ts';

/** The firewall of a host that Poterne acts on, unless the description leaves it alone. */
export function part(network: Network, host: Host): BundlePart | undefined {
  const settings = settingsOf(host);
  if (!isManaged(host) || !settings) return undefined;
  const because = host.pointer;
  const ruleset = render(network, host, settings);
  const file = (path: string, mode: number, text: string, more: Partial<BundleFile> = {}): BundleFile => ({
    path,
    mode,
    owner: 'root',
    group: 'root',
    content: { text },
    secret: false,
    because,
    ...more,
  });
  const forwarding = forwardingText(network, host);
  return {
    name: 'nftables',
    packages: forwarding === undefined ? ['nftables'] : ['nftables', 'procps'],
    carried: [],
    accounts: [],
    folders: [],
    files: [
      file(rulesetPath, 0o640, ruleset.text, { origins: ruleset.origins }),
      file(unitPath, 0o644, unitText(forwarding !== undefined)),
      file(dropInPath, 0o644, dropInText),
      ...(forwarding === undefined ? [] : [file(forwardingPath, 0o644, forwarding)]),
    ],
    checks,
    actions: forwarding === undefined ? [load] : [load, allowForwarding],
    undo,
    observe,
    restore,
    units: [{ name: unitName, enabled: true, running: true, onChange: 'nothing' }],
    confirm: Math.max(1, Math.ceil(settings.confirm / 1000)),
  };
}

/** What a router, or a gateway whose ports lead elsewhere, needs of the kernel; the firewall says what passes. */
function forwardingText({ forwardings }: Network, host: Host): string | undefined {
  const led = forwardings.filter(({ at }) => at === host.name).flatMap(({ to }) => to);
  const router = host.roles.includes('router');
  const keys = [
    ...(router || led.some(({ address }) => !address.includes(':')) ? ['net.ipv4.ip_forward'] : []),
    ...(router || led.some(({ address }) => address.includes(':')) ? ['net.ipv6.conf.all.forwarding'] : []),
  ];
  if (keys.length === 0) return undefined;
  const why = '# Written by Poterne: this host passes on what /etc/poterne/firewall.nft lets through.';
  return `${[why, ...keys.map((key) => `${key} = 1`)].join('\n')}\n`;
}

/** A pattern: nft takes it when there is no such file. */
const keptWall = wallPlaces.kept.replace('.nft', '*.nft');

const loadCommand = `/usr/sbin/nft -f ${rulesetPath}`;
const loadWallCommand = `/usr/sbin/nft 'include "${keptWall}"'`;

/**
 * Within Debian's service, not beside it: a reload that systemd hands on (ReloadPropagatedFrom=) is lost on a unit that is being
 * started at that moment, and the host stays open.
 */
const dropInText = `# Written by Poterne: this service flushes all rules, and those of ${unitName} are back in the same step.
[Service]
# Not loaded is told by that unit. This one would flush its own rules too if it failed.
ExecStartPost=-${loadCommand}
ExecStartPost=-${loadWallCommand}
ExecReload=${loadCommand}
ExecReload=-${loadWallCommand}
ExecStopPost=-${loadCommand}
ExecStopPost=-${loadWallCommand}
`;

/** Forwarding is allowed once the rules are there, at boot as well. */
const unitText = (forwards: boolean) => `# Written by Poterne.
[Unit]
Description=Firewall of this host, from ${rulesetPath}
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
# Debian's nftables.service begins with "flush ruleset", which takes every table away: these rules come after it, and
# ${dropInPath} brings them back whenever it is started, reloaded or stopped.
After=nftables.service systemd-modules-load.service local-fs.target
# However often: whoever is refused as started too often would leave the host open.
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${loadCommand}${forwards ? `\nExecStartPost=/usr/sbin/sysctl -q -p ${forwardingPath}` : ''}
ExecReload=${loadCommand}
# What was cut off and banned stays so, also where somebody flushed everything; nothing is wrong where there is none.
ExecStartPost=-${loadWallCommand}
ExecReload=-${loadWallCommand}
# There is no ExecStop: a stopped unit leaves the rules in the kernel, and the host closed.

[Install]
WantedBy=sysinit.target
`;
