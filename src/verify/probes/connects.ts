import { message } from '../../model/message.ts';
import { attempting, broken, kept } from '../attempt.ts';
import { placesText, refusalMessage, tryPlaces } from '../port-states.ts';
import type { ProbeFunction } from '../probe.ts';

/** Every one of the addresses accepts TCP connections on the port. What listens there is not asked. */
export const connects: ProbeFunction<'connects'> = ({ addresses, port }, context) =>
  attempting(context, async (attempt) => {
    const tried = await tryPlaces(addresses, port, attempt);
    const shut = tried.filter(({ result }) => result.state !== 'open');
    if (shut.length > 0) return broken(refusalMessage(shut));
    return kept(message('seen.port.accepted', { places: placesText(tried.map(({ place }) => place)) }));
  });
