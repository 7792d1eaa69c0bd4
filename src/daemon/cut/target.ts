import { networkFiles } from '../../lib/cut-networks.ts';
import { parseNetwork } from '../../lib/ip.ts';
import { userIdOf } from '../../lib/user-id.ts';
import type { CutTarget } from '../../model/cut.ts';
import { type Message, message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { forwardedOf } from './forwarded.ts';

/** What `NAME`, `user:X`, `address:Y` or `all` means, to the gateway or to the router before it; or what is wrong with it. */
export function targetOf(
  text: string,
  site: Site | undefined,
  by: 'gateway' | 'router' = 'gateway',
): CutTarget | Message {
  if (text === 'all') return { kind: 'all', name: 'all' };
  const [, kind, rest = ''] = /^(user|address|publication):(.*)$/s.exec(text) ?? [];
  if (kind === 'user') return rest.trim() === '' ? message('cut.user') : { kind, name: userIdOf(rest) };
  if (kind === 'address') {
    const network = parseNetwork(rest);
    if (network === undefined) return message('cut.address', { value: rest });
    if (!networkFiles(network)) return message('cut.address.wide', { network });
    return { kind, name: network };
  }
  const name = kind ? rest : text;
  const publications = site?.publications ?? [];
  const found = publications.find(
    (each) => each.name === name.toLowerCase() || each.name === name || each.id === name,
  );
  if (!found)
    return message('cut.unknown', { name, known: publications.map((each) => each.name).join(', ') });
  const target: CutTarget = { kind: 'publication', name: found.name, id: found.id };
  const { ports, isHere, at } = forwardedOf(site as Site, target);
  if (by === 'gateway' && ports.length > 0 && !isHere)
    return message('cut.forwarded', { name: found.name, host: at });
  return target;
}
