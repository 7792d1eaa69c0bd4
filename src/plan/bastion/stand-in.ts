import { createHash } from 'node:crypto';
import type { Host, Site } from '../../model/site.ts';
import { isManaged } from '../../model/site.ts';

/** The loopback address of the bastion at which it answers in a machine's place. */
export interface StandIn {
  /** The machine, by name. */
  readonly host: string;
  readonly address: string;
}

/** The port of all of them: the machine's own sshd has 22 of every address. */
export const standInPort = 22022;

/** The machines that people may be led to: those that somebody may enter at some time. */
export function enterable(site: Site): readonly Host[] {
  const rules = [...site.access, ...(site.bastion?.breakGlass ? [site.bastion.breakGlass] : [])];
  const named = new Set(rules.flatMap(({ hosts }) => hosts));
  return site.hosts.filter((host) => named.has(host.name) && isManaged(host));
}

/**
 * An address for each machine. It follows from the name, so that it stays what it is as others come and go: a connection that
 * waits while the description is reloaded never becomes one to another machine.
 */
export function standIns(site: Site): readonly StandIn[] {
  const taken = new Set<number>();
  return site.hosts.map(({ name }) => {
    let at = createHash('sha256').update(name).digest().readUInt16BE(0);
    // Neither the network's first address nor its last.
    while (at === 0 || at === 0xffff || taken.has(at)) at = (at + 1) % 0x10000;
    taken.add(at);
    return { host: name, address: `127.83.${at >> 8}.${at & 0xff}` };
  });
}
