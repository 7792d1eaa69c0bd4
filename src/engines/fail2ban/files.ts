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
 * Who failed at sshd is dropped by nftables; whom the gateway's own lists are about is told to the gateway, which does it on all gateways. The
 * table is the firewall's where there is one.
 */
export const toldScript = `#!/bin/sh
# Written by Poterne. usage: fail2ban-told ban|unban KIND ADDRESS SECONDS RESTORED
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 022
table='inet ${wallTable.name}'
case $3 in
  *[!0-9a-f:.]*) echo "not an address: $3" >&2; exit 1 ;;
  *:*) set=${ssh6}; element=$3/64 ;;
  *) set=${ssh4}; element=$3 ;;
esac
if [ "$2" = ssh ]; then
  nft list chain $table banned 2>/dev/null | grep -q '@${ssh4}' || nft -f - <<END
add table $table
add set $table ${ssh4} { type ipv4_addr; flags interval,timeout; }
add set $table ${ssh6} { type ipv6_addr; flags interval,timeout; }
add chain $table banned { type filter hook prerouting priority -310; policy accept; }
add rule $table banned ip saddr @${ssh4} counter drop
add rule $table banned ip6 saddr @${ssh6} counter drop
END
  nft delete element $table $set "{ $element }" 2>/dev/null || true
  [ "$1" = unban ] || nft add element $table $set "{ $element timeout \${4}s }"
fi
told=${fail2banPlaces.told}
if [ "$1$5" = ban0 ] && [ -d "$(dirname $told)" ]; then
  # The gateway has read it long before it is so large.
  [ "$(stat -c %s $told 2>/dev/null || echo 0)" -lt 1000000 ] || mv -f $told $told.old
  echo "$(date +%s) $2 $3 $4" >>$told
fi
`;
