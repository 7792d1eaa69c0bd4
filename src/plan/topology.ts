import type { Reach } from '../model/plan.ts';
import type { Site } from '../model/site.ts';

/** Who can reach what: one line for each audience entry and route, in the description's order. */
export function exposure(site: Site): Reach[] {
  return site.publications.flatMap((publication) =>
    publication.routes.flatMap((route) =>
      publication.audience.from.map((who) => ({
        who,
        what: publication.name + (route.match === 'regex' ? ` ~${route.path}` : route.path),
        service: route.service,
      })),
    ),
  );
}
