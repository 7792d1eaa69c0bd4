import type { Flow, Reason } from './flow.ts';
import type { Site } from './site.ts';

/** What a site asks of networks: the ground that firewalls stand on. */
export interface Network {
  readonly site: Site;
  /** Everything that may be opened; nothing else may. */
  readonly flows: readonly Flow[];
  readonly forwardings: readonly Forwarding[];
}

/** A port of one machine that leads to another machine (destination NAT). */
export interface Forwarding {
  /** The host that forwards, by name. */
  readonly at: string;
  /** The addresses of it that visitors connect to; empty: all of its own. */
  readonly addresses: readonly string[];
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** Where it leads: one address of each family at most. */
  readonly to: readonly { readonly address: string; readonly port: number }[];
  /** Replies would not come back through `at` by themselves: its own address stands for the visitor's. */
  readonly masquerade: boolean;
  /** CIDR blocks that are let in; absent: everyone. */
  readonly networks?: readonly string[];
  readonly reasons: readonly Reason[];
}
