import type { CutReceipt, CutTarget } from '../../model/cut.ts';
import { direct, type Site } from '../../model/site.ts';
import { forwarderOf } from '../../plan/forwardings.ts';
import { wallHas } from '../wall.ts';
import type { Known } from './live.ts';

/**
 * Publications with a port of their own, which the firewall passes on and nginx never sees. Where the gateway's own firewall does, it is asked
 * to refuse the port (`../wall.ts`); a router elsewhere is told by whoever can reach it.
 */

/** How long the firewall may take, in milliseconds. */
const patience = 5000;

/** What is asked of the firewall for what is cut off, by the publications' ids. */
export function portLines(publications: readonly Known[], cut: ReadonlySet<string>): readonly string[] {
  const ports = publications.flatMap(({ id, port }) => (port !== undefined && cut.has(id) ? [port] : []));
  return [...new Set(ports)].sort((a, b) => a - b).map((port) => `port ${port}`);
}

/** The ports that a target stands for, and the host that passes them on. */
export function forwardedOf(
  site: Site,
  target: CutTarget,
): { readonly at: string; readonly isHere: boolean; readonly ports: readonly number[] } {
  const { at } = forwarderOf(site);
  const isOf = ({ id }: { readonly id: string }) =>
    target.kind === 'all' || (target.kind === 'publication' && target.id === id);
  const ports = direct(site).flatMap(({ port, ...one }) => (port !== undefined && isOf(one) ? [port] : []));
  return { at, isHere: at === site.gateway.host, ports };
}

/** Waits until the firewall refuses the ports of a target; gives them, and what did not work. */
export async function shutPorts(
  site: Site,
  target: CutTarget,
): Promise<{ readonly ports: readonly number[]; readonly troubles: CutReceipt['troubles'] }> {
  const { at, isHere, ports } = forwardedOf(site, target);
  if (ports.length === 0) return { ports, troubles: [] };
  const named = { host: at, ports: ports.join(', ') };
  if (!isHere) return { ports: [], troubles: [{ code: 'cut.forwarded.elsewhere', params: named }] };
  const lines = ports.map((port) => `port ${port}`);
  const left = await wallHas(lines, { inForce: true, patience });
  if (left.length === 0) return { ports, troubles: [] };
  return { ports: [], troubles: [{ code: 'cut.forwarded.open', params: named }] };
}
