import { isAddress } from '../../lib/ip.ts';
import { bastionPlaces } from '../../model/access.ts';
import type { Host, Site } from '../../model/site.ts';
import { enterable, standInPort, standIns } from './stand-in.ts';

/** The table of the kernel that leads people's connections, beside the firewall's own. */
export const rulesTable = 'poterne_bastion';

/** How many connections to machines a person may have at once. */
const mostOfOne = 40;

/** The IPv4 addresses of a machine: those that people's connections are led by. */
export const ledBy = ({ addresses }: Host): readonly string[] =>
  addresses.filter((address) => isAddress(address) && !address.includes(':'));

/** The addresses from which the bastion reaches the machines. */
export function bastionAddresses({ hosts, bastion }: Site): readonly string[] {
  const { addresses = [] } = hosts.find(({ name }) => name === bastion?.host) ?? {};
  return addresses.filter(isAddress);
}

/**
 * The rules (an nft script) for what the sshd that people are logged in to connects to for them: a machine's address leads to the
 * bastion's own sshd, and there is no way anywhere else. They go by the group of the people's accounts.
 */
export function rulesText(site: Site): string {
  const stands = new Map(standIns(site).map(({ host, address }) => [host, address]));
  const led = enterable(site).flatMap((host) =>
    ledBy(host).map(
      (address) => `${address} . ${host.ssh?.port ?? 22} : ${stands.get(host.name)} . ${standInPort}`,
    ),
  );
  const elements = led.length === 0 ? '' : `\n    elements = {\n      ${led.join(',\n      ')}\n    }`;
  return `# Written by Poterne: where people's connections through this bastion lead.
table inet ${rulesTable}
delete table inet ${rulesTable}
table inet ${rulesTable} {
  map machines {
    type ipv4_addr . inet_service : ipv4_addr . inet_service${elements}
  }
  set connections {
    type uid
    size 65535
    flags dynamic
  }
  chain lead {
    type nat hook output priority -100; policy accept;
    meta skgid "${bastionPlaces.people}" dnat ip to ip daddr . tcp dport map @machines
  }
  chain hold {
    type filter hook output priority 0; policy accept;
    meta skgid "${bastionPlaces.people}" jump confined
  }
  chain confined {
    ct direction reply accept
    # One person leaves room for others.
    ip daddr ${bastionPlaces.standIns} tcp dport ${standInPort} ct state new add @connections { meta skuid ct count over ${mostOfOne} } reject with tcp reset
    ip daddr ${bastionPlaces.standIns} tcp dport ${standInPort} accept
    udp dport 53 accept
    tcp dport 53 accept
    meta l4proto tcp reject with tcp reset
    reject
  }
  # Nobody else has business there, not even a program of this machine.
  chain guard {
    type filter hook output priority 0; policy accept;
    meta skgid != "${bastionPlaces.people}" ct direction original ip daddr ${bastionPlaces.standIns} tcp dport ${standInPort} reject with tcp reset
  }
}
`;
}
