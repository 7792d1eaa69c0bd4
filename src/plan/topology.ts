import { contains } from '../lib/ip.ts';
import type { Reach } from '../model/plan.ts';
import type { Publication, Site } from '../model/site.ts';

/** Who can reach what: one line for each audience entry and route, in the description's order. */
export function exposure(site: Site): Reach[] {
  const zones = new Map(site.zones.map((zone) => [zone.name, zone.networks]));
  return site.publications.flatMap((publication) =>
    publication.routes.flatMap((route) =>
      publication.audience.from.map((who) => ({
        who,
        ...(publication.audience.networks ? { networks: zones.get(who) ?? [who] } : {}),
        what: publication.name + (route.match === 'regex' ? ` ~${route.path}` : route.path),
        service: route.service,
      })),
    ),
  );
}

/** Whether all of one reach's people are among the other's; both speak of the same thing. */
export function covers(outer: Pick<Reach, 'networks'>, inner: Pick<Reach, 'networks'>): boolean {
  const { networks } = outer;
  if (networks === undefined) return true;
  return inner.networks?.every((network) => networks.some((block) => contains(block, network))) ?? false;
}

/** Whether one version of a publication lets people in that the other does not. */
export function letsInMore(one: Publication, other: Publication): boolean {
  return !covers(other.audience, one.audience);
}
