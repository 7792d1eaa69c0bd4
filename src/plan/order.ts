import { type Host, isManaged, type Site } from '../model/site.ts';

/** Hosts that are worked on at the same time. */
export interface Wave {
  /** `settle`: everything that cannot lock the operator out; `guard`: firewalls, after everything else. */
  readonly phase: 'settle' | 'guard';
  readonly hosts: readonly string[];
}

/**
 * In which order hosts are converged: all at once but for peers (hosts of one role), of which one serves while the other
 * changes; then their firewalls, what is reached through others before those, and routers last.
 */
export function waves(site: Site): readonly Wave[] {
  const hosts = site.hosts.filter(isManaged);
  const settle = apart(hosts).map((group): Wave => ({ phase: 'settle', hosts: names(group) }));
  const ranks = [...new Set(hosts.map((host) => rank(site, host)))].sort((a, b) => b - a);
  const guard = ranks.flatMap((wanted) =>
    apart(hosts.filter((host) => rank(site, host) === wanted)).map(
      (group): Wave => ({ phase: 'guard', hosts: names(group) }),
    ),
  );
  return [...settle, ...guard];
}

/** Groups without peers: the first of each role, then the second, and so on. */
function apart(hosts: readonly Host[]): Host[][] {
  const groups: Host[][] = [];
  for (const host of hosts) {
    const free = groups.find((group) => !group.some((other) => arePeers(other, host)));
    if (free) free.push(host);
    else groups.push([host]);
  }
  return groups;
}

function arePeers(one: Host, other: Host): boolean {
  return one.roles.some((role) => other.roles.includes(role));
}

/** How far behind others a host is, twice; a router comes after its equals, for they may be reached through it. */
function rank(site: Site, host: Host): number {
  return 2 * depth(site, host) + (host.roles.includes('router') ? 0 : 1);
}

function depth(site: Site, host: Host): number {
  const via = site.hosts.find(({ name }) => name === host.ssh?.via);
  return via ? 1 + depth(site, via) : 0;
}

function names(hosts: readonly Host[]): readonly string[] {
  return hosts.map(({ name }) => name);
}
