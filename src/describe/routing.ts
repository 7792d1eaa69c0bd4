import { regexOf } from './names.ts';
import type { RouteEntry } from './schema.ts';

/** Whether the service does not see the route's prefix; what contradicts itself is reported elsewhere. */
export function strips(route: RouteEntry): boolean {
  return route['strip-path'] ?? route['keep-path'] === false;
}

/** The route that takes a path: regular expressions in the order written, then the longest prefix. */
export function routeTaking(routes: readonly string[], path: string): string | undefined {
  const bare = path.split('?')[0] as string;
  const byRegex = routes.find((r) => regexOf(r)?.regex?.test(bare));
  if (byRegex !== undefined) return byRegex;
  return routes.filter((r) => r.startsWith('/') && bare.startsWith(r)).sort((a, b) => b.length - a.length)[0];
}

/** Where visitors find a path of the service when they come by this route; `undefined` when it leads elsewhere. */
export function visible(
  routes: readonly string[],
  key: string,
  strip: boolean,
  path: string,
): string | undefined {
  const outside = strip && key.startsWith('/') ? `${key.replace(/\/$/, '')}${path}` : path;
  return routeTaking(routes, outside) === key ? outside : undefined;
}
