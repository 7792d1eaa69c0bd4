import { parseNetwork } from '../../lib/ip.ts';
import { message } from '../../model/message.ts';
import { attempting, broken, kept, Trouble } from '../attempt.ts';
import { connectTo } from '../connect.ts';
import type { ProbeFunction } from '../probe.ts';
import { resolveName } from '../resolve.ts';

/**
 * The name resolves here, to the wanted addresses only if there are any, and, when the probe has a port, every address of
 * it accepts connections: one that does not makes visitors wait. A vantage's own address is not used, since it says nothing about the name.
 * For `localhost` names one of the two loopback addresses is enough.
 */
export const resolves: ProbeFunction<'resolves'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { name, port, addresses: wanted } = probe;
    const { addresses, by } = await resolveName(name, attempt);
    if (wanted && by !== 'localhost' && !addresses.every((address) => isOneOf(address, wanted)))
      return broken(
        message('seen.resolves.elsewhere', {
          name,
          addresses: addresses.join(', '),
          wanted: wanted.join(', '),
        }),
      );
    const silent: Trouble[] = [];
    for (const address of addresses) {
      if (port === undefined) break;
      try {
        (await connectTo(address, port, attempt)).destroy();
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        silent.push(error);
      }
    }
    const [first] = silent;
    if (first && silent.length === addresses.length) throw first;
    if (by === 'localhost') return kept(message('seen.resolves.localhost', { name }));
    if (first) {
      const places = silent.map((trouble) => trouble.seen.params.place).join(', ');
      return broken(message('seen.resolves.partly', { name, places }));
    }
    return kept(message('seen.resolves.held', { name, addresses: addresses.join(', ') }));
  });

function isOneOf(address: string, wanted: readonly string[]): boolean {
  return wanted.some((other) => parseNetwork(other) === parseNetwork(address));
}
