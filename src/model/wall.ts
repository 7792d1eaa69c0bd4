/**
 * What the gateway asks of its machine's firewall, which it has no right to change: it writes it down below its state folder, and a unit of
 * root's (`packaging/poterne/wall`) does what is asked for and no more.
 */
export const wallPlaces = {
  /** Below the state folder: lines such as `port 2222`. */
  ports: 'wall/ports',
  /** The same: `shut 192.0.2.7 1764136800` and `drop 2001:db8::/64 1764136800`, until that second. */
  bans: 'wall/bans',
  /** That it is there says that there is something new. */
  asked: 'wall/asked',
  /** Absolute: the lines that are in force. */
  done: '/run/poterne-wall/done',
  /** Absolute: what is in force, as nft reads it. The firewall's unit loads it after its rules. */
  kept: '/etc/poterne/wall.nft',
} as const;

/** What root changes: a table of its own, which a new ruleset leaves alone. */
export const wallTable = {
  name: 'poterne_bans',
  /** Ports that lead to other machines and are cut off. */
  ports: 'cut_ports',
  /** Addresses of which nothing comes in but on the ports of visitors, where nginx tells them why, and of which nothing does. */
  shut: ['shut4', 'shut6'],
  drop: ['drop4', 'drop6'],
  /** Those whom fail2ban bans for sshd, which are `shut` as well once the gateway has heard of them. */
  ssh: ['ssh4', 'ssh6'],
} as const;
