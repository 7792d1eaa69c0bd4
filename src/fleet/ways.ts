import type { SshTarget } from '../hosts/target.ts';
import { batchesOf } from '../lib/batches.ts';

/**
 * Batches in which hosts that others are reached through come last, the farthest first, and one at a time: a reboot or a
 * new key there would cut the others off.
 */
export function batchesWaysLast(
  targets: readonly SshTarget[],
  sizes: readonly string[],
): readonly (readonly SshTarget[])[] {
  const ways = new Set(targets.flatMap(hops));
  const isWay = ({ name }: SshTarget) => ways.has(name);
  const last = targets.filter(isWay).sort((a, b) => hops(b).length - hops(a).length);
  const ends = targets.filter((target) => !isWay(target));
  return batchesOf([...ends, ...last], sizes).flatMap((batch) => {
    const rest = batch.filter((target) => !isWay(target));
    const apart = batch.filter(isWay).map((target) => [target]);
    return rest.length > 0 ? [rest, ...apart] : apart;
  });
}

function hops({ via }: SshTarget): readonly string[] {
  return via ? [via.name, ...hops(via)] : [];
}
