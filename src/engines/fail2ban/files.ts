import { banNetwork } from '../../lib/bans.ts';
import { fail2banPlaces } from '../../model/bans.ts';
import { wallTable } from '../../model/wall.ts';

// What is the same on every host.

const [ssh4, ssh6] = wallTable.ssh;

/** What counts against an address, as the gateway tells it in the journal. */
export const filterText = `# Written by Poterne: what the gateway tells in the journal.
[Definition]
failregex = ^\\s*\\S+ \\S+: offence <kind> <ADDR>$
journalmatch = _SYSTEMD_UNIT=poterne.service

[Init]
kind = none
`;

/** What is done with whom is banned. */
export const actionText = `# Written by Poterne.
[Definition]
actionstart =
actionstop =
actioncheck =
actionban = ${fail2banPlaces.program} ban <kind> <ip> <bantime> <restored>
actionunban = ${fail2banPlaces.program} unban <kind> <ip> 0 0

[Init]
kind = none
`;

/** How long bans are remembered, so that who comes back is banned for longer. */
export const serverText = `# Written by Poterne.
[DEFAULT]
dbpurgeage = 30d
`;

/**
 * fail2ban counts IPv6 address by address, and whoever has one has a /64 of them: of each failure at sshd it asks this program whether to
 * leave it out (`ignorecommand`, jail.conf(5)), which has the /64 counted in its place. Never a /64 that somebody who is never banned is in.
 */
export const seenScript = (never: readonly string[]): string => `#!/usr/bin/python3 -I
# Written by Poterne. usage: fail2ban-seen ADDRESS
# 0: the /64 of this address was counted in its place. 1: it is to be counted itself.
import subprocess
import sys
from ipaddress import ip_address, ip_network

# Somebody in them is never banned.
apart = [${narrow(never)
  .map((network) => `'${network}'`)
  .join(', ')}]

address = ip_address(sys.argv[1])
if address.version == 4:
    sys.exit(1)
network = ip_network((address, 64), strict=False)
if network in map(ip_network, apart):
    sys.exit(1)
# Why is asked later: the address is kept with it. While fail2ban stops it answers nobody.
count = ['/usr/bin/fail2ban-client', 'set', 'sshd', 'attempt', str(network), str(address)]
done = subprocess.run(count, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=3)
sys.exit(0 if done.returncode == 0 else 1)
`;

/** The /64 of IPv6 of which only a part is never banned. */
function narrow(never: readonly string[]): readonly string[] {
  const networks = never.flatMap((network) => {
    const [address = '', bits] = network.split('/');
    return address.includes(':') && Number(bits) > 64 ? (banNetwork(address) ?? []) : [];
  });
  return [...new Set(networks)];
}

/**
 * Who failed at sshd is dropped by nftables, and what is live of them ends; whom the gateway's own lists are about is told to the gateway,
 * which does it on all gateways. The table is the firewall's where there is one.
 */
export const toldScript = (never: readonly string[]): string => `#!/bin/sh
# Written by Poterne. usage: fail2ban-told ban|unban KIND ADDRESS SECONDS RESTORED
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 022
table='inet ${wallTable.name}'
case $3 in
  *[!0-9a-f:./]*) echo "not an address: $3" >&2; exit 1 ;;
  *:*) set=${ssh6} ;;
  *) set=${ssh4} ;;
esac
if [ "$2" = ssh ]; then
  nft list chain $table banned 2>/dev/null | grep -q '@${ssh4}' || nft -f - <<END
add table $table
add set $table ${ssh4} { type ipv4_addr; flags interval,timeout; }
add set $table ${ssh6} { type ipv6_addr; flags interval,timeout; }
add chain $table banned { type filter hook prerouting priority -310; policy accept; }
${never.map((network) => `add rule $table banned ${network.includes(':') ? 'ip6' : 'ip'} saddr ${network} accept\n`).join('')}\
add rule $table banned ip saddr @${ssh4} counter drop
add rule $table banned ip6 saddr @${ssh6} counter drop
END
  nft delete element $table $set "{ $3 }" 2>/dev/null || true
  if [ "$1" = ban ]; then
    nft add element $table $set "{ $3 timeout \${4}s }"
    # What stands would only be heard no more. A kernel without INET_DIAG_DESTROY ends none: Debian's has it.
    ss --kill --no-header --tcp dst "$3" >/dev/null || true
  fi
fi
told=${fail2banPlaces.told}
if [ "$1$5" = ban0 ] && [ -d "$(dirname $told)" ]; then
  # The gateway has read it long before it is so large.
  [ "$(stat -c %s $told 2>/dev/null || echo 0)" -lt 1000000 ] || mv -f $told $told.old
  echo "$(date +%s) $2 \${3%/64} $4" >>$told
fi
`;
