import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { placesText, refusalMessage, tryPlaces } from '../port-states.ts';
import type { ProbeFunction } from '../probe.ts';

/**
 * None of the addresses accepts TCP connections on the port. A refusal, silence and the lack of any way there all keep
 * this promise, and which of them it was is said: silence from a machine that is off proves little.
 */
export const refusesConnection: ProbeFunction<'refuses-connection'> = ({ addresses, port }, context) =>
  attempting(context, async (attempt) => {
    const tried = await tryPlaces(addresses, port, attempt);
    const open = tried.filter(({ result }) => result.state === 'open');
    if (open.length > 0)
      return broken(message('seen.port.open', { places: placesText(open.map(({ place }) => place)) }));
    return kept(refusalMessage(tried));
  });
