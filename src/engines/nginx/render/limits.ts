import type { Pointer } from '../../../model/pointer.ts';
import type { Publication, Route } from '../../../model/site.ts';
import { type Limits, publicationOptions, routeOptions } from '../schema.ts';
import { line, type Node } from '../syntax.ts';

/** The shared memory that counts for a publication (`undefined`) or one of its routes. */
export type Zones = ReadonlyMap<Route | undefined, string>;

const limitsOf = (publication: Publication, route: Route | undefined): Limits =>
  (route ? routeOptions(route) : publicationOptions(publication)).limits ?? {};

const pointerOf = (publication: Publication, route: Route | undefined): Pointer =>
  `${(route ?? publication).pointer}/limits`;

/** The name under which each part that is limited counts. */
export function zonesOf(publication: Publication): Zones {
  const parts: (Route | undefined)[] = [undefined, ...publication.routes];
  return new Map(parts.map((part, n) => [part, n === 0 ? publication.id : `${publication.id}_route_${n}`]));
}

/** The zones themselves. A mebibyte counts about 8,000 addresses; the least recently seen make room. */
export function zoneLines(publication: Publication, zones: Zones): Node[] {
  return [...zones].flatMap(([part, zone]) => {
    const { requests, connections } = limitsOf(publication, part);
    const at = pointerOf(publication, part);
    return [
      ...(requests
        ? [
            line(
              `${at}/requests`,
              'limit_req_zone',
              '$binary_remote_addr',
              `zone=${zone}_requests:1m`,
              `rate=${requests.count}r/${requests.per}`,
            ),
          ]
        : []),
      ...(connections
        ? [line(`${at}/connections`, 'limit_conn_zone', '$binary_remote_addr', `zone=${zone}_connections:1m`)]
        : []),
    ];
  });
}

/** The limits of a publication's server or of one of its locations, where they take the place of the server's. */
export function limitLines(publication: Publication, part: Route | undefined, zones: Zones): Node[] {
  const { requests, burst: written, connections } = limitsOf(publication, part);
  const at = pointerOf(publication, part);
  const zone = zones.get(part) as string;
  // nginx alone reads 20/s as one each 50 ms; people mean twenty in a second, and browsers ask several at once.
  const burst = written ?? (requests?.count ?? 1) - 1;
  const now = burst > 0 ? [`burst=${burst}`, 'nodelay'] : [];
  return [
    ...(requests ? [line(`${at}/requests`, 'limit_req', `zone=${zone}_requests`, ...now)] : []),
    ...(connections
      ? [line(`${at}/connections`, 'limit_conn', `${zone}_connections`, `${connections}`)]
      : []),
  ];
}
