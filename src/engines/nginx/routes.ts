import type { Publication, Route, Service, Site } from '../../model/site.ts';
import { encoded } from './syntax.ts';

/** Services by name, once for each site: a site of a thousand publications asks thousands of times. */
const byName = new WeakMap<Site, ReadonlyMap<string, Service>>();

/** The service of a route; describe has made sure that there is one. */
export function serviceOf(site: Site, route: Route): Service {
  const services = byName.get(site) ?? new Map(site.services.map((service) => [service.name, service]));
  byName.set(site, services);
  const service = services.get(route.service);
  if (!service) throw new Error(`route ${route.path}: no service "${route.service}"`);
  return service;
}

/** A path of the service as the public sees it under a route; `undefined` when the route does not lead there. */
export function publicPath(route: Route, path: string): string | undefined {
  if (route.strip) return route.path + (route.path.endsWith('/') ? path.replace(/^\//, '') : path);
  if (route.match === 'regex')
    return compiled(route.path)?.test(path.replace(/[?#].*$/s, '')) ? path : undefined;
  return path.startsWith(route.path) ? path : undefined;
}

/** The route that answers for a path: regular expressions in the order written, then the longest prefix. */
export function routeFor(publication: Publication, path: string): Route | undefined {
  const regex = publication.routes.find((r) => r.match === 'regex' && compiled(r.path)?.test(path));
  return regex ?? prefixFor(publication, path);
}

/** The longest prefix that leads to a path. */
export function prefixFor(publication: Publication, path: string): Route | undefined {
  return publication.routes
    .filter((r) => r.match === 'prefix' && path.startsWith(r.path))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** A PCRE as far as JavaScript understands it. */
export function compiled(regex: string): RegExp | undefined {
  try {
    return new RegExp(regex);
  } catch {
    return undefined;
  }
}

/** The public path at which a route is tried; `undefined` when none is sure to lead there. */
export function checkedPath(publication: Publication, route: Route, service: Service): string | undefined {
  return (
    (service.healthy && reached(publication, route, service.healthy.path)) ??
    (route.match === 'prefix' && routeFor(publication, route.path) === route
      ? encoded(route.path)
      : undefined)
  );
}

/** A path of the service as the public asks for it, when it is this route that answers there. */
export function reached(publication: Publication, route: Route, path: string): string | undefined {
  const seen = publicPath(route, path);
  if (seen === undefined || routeFor(publication, seen.replace(/[?#].*$/s, '')) !== route) return undefined;
  return /[^\x21-\x7e]/.test(seen) ? encodeURI(seen) : seen;
}

/** The paths of a service where an answer may last: server-sent events, and the WebSocket that is proved. */
export const livePaths = (service: Service): string[] => [
  ...service.events,
  ...(service.websocket ? [service.websocket.path.replace(/\?.*$/s, '')] : []),
];
