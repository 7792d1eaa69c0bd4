import { canEnter, shownFor } from '../../lib/client-proofs.ts';
import type { Door, Expectation } from '../../model/expectation.ts';
import { message } from '../../model/message.ts';
import {
  clientVerification,
  isRequired,
  isVerified,
  type Publication,
  type Route,
  type Site,
} from '../../model/site.ts';
import { checkedPath, serviceOf } from './routes.ts';

/** How a route is arrived at: with a certificate where one is needed, and not at all where none can be had. */
export function clientDoor(site: Site, publication: Publication, route: Route, door: Door): Door | undefined {
  const verification = clientVerification(site, publication);
  if (!verification || !isVerified(verification, route)) return door;
  const { configuration } = verification;
  if (canEnter(configuration)) return { ...door, client: configuration.name };
  return isRequired(verification, route) ? undefined : door;
}

/** Who is refused for the certificate shown, or for showing none, and who is not. */
export function clientPromises(
  site: Site,
  publication: Publication,
  door: Door,
  home: string,
): Expectation[] {
  const verification = clientVerification(site, publication);
  if (!verification) return [];
  const { configuration, everywhere, byRule } = verification;
  const tried = publication.routes
    .filter((route) => isVerified(verification, route))
    .map((route) => checkedPath(publication, route, serviceOf(site, route)))
    .filter((path) => path !== undefined);
  const paths = everywhere ? [tried[0] ?? '/'] : tried;
  return paths.flatMap((path, n) =>
    shownFor(configuration)
      // What is wrong with a certificate is the same on every path; whether one is needed is not.
      .filter((shown) => n === 0 || shown === 'none')
      // A rule of the audience asks for more than that, and others let in without.
      .filter((shown) => !byRule || (shown !== 'none' && shown !== 'right'))
      .map((shown) => ({
        id: `${publication.name}${everywhere ? '' : path}#client-${shown}`,
        about: publication.name,
        promise: message(`promise.client.${shown}`, { url: home + path, configuration: configuration.name }),
        because: configuration.pointer,
        probe: {
          kind: 'asks-client',
          door,
          path,
          configuration: configuration.name,
          shown,
          ...(publication.audience.networks ? { from: publication.audience.networks } : {}),
        },
      })),
  );
}
