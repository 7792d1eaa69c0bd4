/** Messages of the nftables engine: code → text; `{name}` stands for a value. */
export const nftables = {
  'firewall.interface':
    '"{value}" is not the name of a network interface, nor the beginning of one and a star (docker0, br-*)',
  'firewall.address.unknown':
    'the description does not tell the addresses of {name}: no firewall can let through what is asked here',
  'firewall.address.unknown.hint':
    'describe it as a host, such as hosts: { …: { address: 10.0.0.15 } }, and name that host here',
  'firewall.mute':
    'nothing lets host "{name}" ask a name server, and its firewall lets nothing out that nothing asks for',
  'firewall.mute.hint':
    'say what it needs, such as flows: [{ from: {name}, to: 10.0.0.53, protocol: udp, ports: [53], why: names }], or let its zone out with outgoing: free',
  // Why a rule exists, when there are several reasons.
  'firewall.more': '{reason}, and {count} more',
} as const;
