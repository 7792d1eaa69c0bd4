import type { SshTarget } from '../hosts/target.ts';

/** Hosts that others are reached through come after the rest of their batch, one at a time: what ends there ends their connections. */
export function waysApart(
  targets: readonly SshTarget[],
): (batch: readonly SshTarget[]) => readonly (readonly SshTarget[])[] {
  const ways = new Set(targets.flatMap(hops));
  return (batch) => {
    const rest = batch.filter(({ name }) => !ways.has(name));
    const apart = batch.filter(({ name }) => ways.has(name)).map((target) => [target]);
    return rest.length > 0 ? [rest, ...apart] : apart;
  };
}

function hops({ via }: SshTarget): readonly string[] {
  return via ? [via.name, ...hops(via)] : [];
}
