import type { Facts } from '../../model/facts.ts';
import type { Partner } from '../../model/partner.ts';
import { pointer } from '../../model/pointer.ts';
import type {
  DirectPublication,
  Gateway,
  ProxiedPublication,
  Publication,
  Route,
  Service,
  Site,
  Upstream,
} from '../../model/site.ts';

/** Helpers of this engine's tests: Sites in a few words, without describe. */

/** An upstream from `http://10.0.0.15:8069`, `https://…` or `unix:/run/app.sock`. */
export function upstream(url: string, more: Partial<Upstream> = {}): Upstream {
  const base = { weight: 1, backup: false, pointer: '' };
  if (url.startsWith('unix:'))
    return { ...base, scheme: 'http', address: { kind: 'unix', path: url.slice(5) }, ...more };
  const [, scheme, host, port] = /^(https?|tcp):\/\/(.*?)(?::(\d+))?$/.exec(url) as RegExpExecArray;
  const kind = {
    kind: 'tcp',
    host: host as string,
    port: Number(port ?? (scheme === 'https' ? 443 : 80)),
  } as const;
  return { ...base, scheme: scheme as Upstream['scheme'], address: kind, ...more };
}

/** A service by its upstreams; `nginx` are its options as the schema gives them. */
export function service(
  name: string,
  urls: string | Upstream | readonly (string | Upstream)[],
  { nginx = {}, ...more }: Partial<Service> & { readonly nginx?: unknown } = {},
): Service {
  const at = pointer('services', name);
  const upstreams = [urls].flat().map((url, n) => {
    const one = typeof url === 'string' ? upstream(url) : (url as Upstream);
    return { ...one, pointer: `${at}/upstreams/${n}` };
  });
  return { name, upstreams, events: [], needs: [], options: { nginx }, pointer: at, ...more };
}

/** A route; `~` begins a regular expression and `>` a stripped prefix. */
export function route(path: string, to: string, nginx: unknown = {}): Route {
  const strip = path.startsWith('>');
  const regex = path.startsWith('~');
  return {
    path: path.replace(/^[>~]\s*/, ''),
    match: regex ? 'regex' : 'prefix',
    service: to,
    strip,
    options: { nginx },
    pointer: pointer('routes', path),
  };
}

/** A publication of a service, or of several by path. */
export function publication(
  name: string,
  to: string | readonly Route[],
  { nginx = {}, ...more }: Partial<ProxiedPublication> & { readonly nginx?: unknown } = {},
): ProxiedPublication {
  const at = pointer('publications', name);
  const routes = typeof to === 'string' ? [{ ...route('/', to), pointer: at }] : to;
  return {
    id: name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_|_$/g, ''),
    name,
    match: name.startsWith('~') ? 'regex' : name.startsWith('*') ? 'wildcard' : 'exact',
    example: name.replace(/^\*/, 'check'),
    scenario: 'proxy',
    tls: {
      kind: 'internal',
      names: [more.example && !name.startsWith('*') ? more.example : name],
      pointer: at,
    },
    dns: [],
    audience: { from: ['everyone'], pointer: `${at}/audience` },
    routes: routes.map((r) => ({ ...r, pointer: r.pointer.replace('/routes', `${at}/routes`) })),
    options: { nginx },
    pointer: at,
    ...more,
  };
}

/** A publication that is passed through to its service (or, with `port`, forwarded). */
export function directPublication(
  name: string,
  to: string,
  more: Partial<DirectPublication> & { readonly nginx?: unknown } = {},
): DirectPublication {
  const { tls: _, scenario: __, ...ground } = publication(name, to, { nginx: more.nginx });
  const { nginx: ___, ...rest } = more;
  return { ...ground, scenario: 'direct', ...rest };
}

/** A partner at `https://host:port/base/`, that any machine of 10.0.0.0/24 may call. */
export function partner(name: string, url: string, more: Partial<Partner> = {}): Partner {
  const { hostname, port, pathname } = new URL(url);
  const at = pointer('partners', name);
  return {
    id: `partner_${name.replaceAll('-', '_')}`,
    name,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 443),
    base: pathname,
    trust: { name: hostname },
    pins: [],
    callers: ['10.0.0.0/24'],
    networks: ['10.0.0.0/24'],
    paths: [{ path: '/', pointer: `${at}/paths/0` }],
    methods: ['GET', 'HEAD', 'POST'],
    size: 16_000_000,
    timeouts: { connect: 5000, send: 60_000, read: 60_000 },
    pointer: at,
    ...more,
  };
}

/** A whole site. */
export function site(
  services: readonly Service[],
  publications: readonly Publication[],
  gateway: Partial<Gateway> = {},
  partners: readonly Partner[] = [],
): Site {
  return {
    name: 'maison',
    language: 'en',
    timezone: 'UTC',
    zones: [],
    grants: [],
    assertions: [],
    confirm: [],
    people: [],
    access: [],
    tlsConfigurations: [],
    keeping: { lastRuns: 10 },
    jobs: [],
    hosts: [],
    services,
    publications,
    partners,
    gateway: {
      host: 'localhost',
      listen: [],
      httpPort: 80,
      httpsPort: 443,
      publicPort: gateway.httpsPort ?? 443,
      publicAddresses: [],
      trustedFronts: [],
      proxyProtocol: false,
      options: {},
      pointer: '/gateway',
      ...gateway,
    },
  };
}

/** Facts of a machine with Debian 12's nginx. */
export const facts = (more: Partial<Facts> = {}): Facts => ({
  prefixes: { nginx: '/var/lib/poterne/nginx' },
  versions: { nginx: '1.22.1' },
  account: 'www-data',
  addresses: {},
  ...more,
});
