import { dirname } from 'node:path/posix';
import { atLeast, type Facts } from '../../../model/facts.ts';
import type { Pointer } from '../../../model/pointer.ts';
import {
  type Gateway,
  type ProxiedPublication,
  passedThrough,
  proxied,
  type Site,
} from '../../../model/site.ts';
import { publicationOptions } from '../schema.ts';
import { line, type Node, ownPath } from '../syntax.ts';

/** What every part of the rendering needs to know. */
export interface Context {
  readonly site: Site;
  readonly facts: Facts;
  /** The absolute path of something below the engine's prefix. */
  readonly path: (below: string) => string;
  /** The absolute path of something in the state folder, beside the engine's prefix. */
  readonly statePath: (below: string) => string;
  /** Pointer to a word of the gateway's section. */
  readonly gatewayAt: (word: string) => Pointer;
  /** `:8443` when people type a port, nothing when it is https's own. */
  readonly publicPort: string;
  /** TLS of some names is passed through, or slowed down, by what listens on the https port; the proxy's servers stand behind it. */
  readonly passesThrough: boolean;
}

/** Where the pages are that no firewall looks at: of who was refused before it looked, or would have been. */
export const early = '/.poterne/with/early';

/** The context of one rendering. */
export function contextOf(site: Site, facts: Facts): Context {
  const prefix = facts.prefixes.nginx;
  if (!prefix?.startsWith('/')) throw new Error('the facts name no absolute prefix for nginx');
  return {
    site,
    facts,
    path: (below) => ownPath(`${prefix}/${below}`),
    statePath: (below) => ownPath(`${dirname(prefix)}/${below}`),
    gatewayAt: (word) => `${site.gateway.pointer}/${word}`,
    publicPort: portSuffix(site.gateway),
    passesThrough: sharesPort(site),
  };
}

/** The publications of the proxy to which connections send no faster than they may. */
export const slowed = (site: Pick<Site, 'publications'>): readonly ProxiedPublication[] =>
  proxied(site).filter((each) => publicationOptions(each).limits?.upload !== undefined);

/** Whether something else has the https port, and the proxy's servers stand behind it. */
const sharesPort = (site: Pick<Site, 'publications'>): boolean =>
  passedThrough(site).length > 0 || slowed(site).length > 0;

/** Where a gateway listens and how, to compare. */
export function listening(site: Site): string {
  const { listen, httpPort, httpsPort, proxyProtocol } = site.gateway;
  return JSON.stringify([listen, httpPort, httpsPort, proxyProtocol, sharesPort(site)]);
}

/** The server that tells names apart passes on whom a load balancer names, and keeps the load balancer's own port to itself. */
export const losesPeers = (site: Site): boolean => site.gateway.proxyProtocol && sharesPort(site);

/** Where the proxy's https servers listen when something else has the https port. */
export const httpsSocket = ({ path }: Pick<Context, 'path'>): string => `unix:${path('run/https.sock')}`;

/** A size of nginx's hash tables. */
export const powerOfTwo = (atLeast: number, smallest: number): number =>
  Math.max(smallest, 2 ** Math.ceil(Math.log2(Math.max(1, atLeast))));

/** What stands after a name in a URL of the gateway. */
export const portSuffix = (gateway: Gateway): string =>
  gateway.publicPort === 443 ? '' : `:${gateway.publicPort}`;

/** Debian 12's, for when the binary is not there to ask. */
const assumedVersion = '1.22.1';

/** Whether `http2` is a directive of its own instead of a word of `listen`. */
export const http2Directive = (facts: Facts): boolean =>
  atLeast(facts.versions.nginx ?? assumedVersion, '1.25.1');

/**
 * Whether nginx may go on with a connection of HTTP/2 for as long as its requests are reset faster than it takes them in (CVE-2023-44487),
 * and let everybody else wait: it hangs up on such connections from 1.25.3 on. Debian 12's has been patched since 1.22.1-9+deb12u11, of
 * which its version says nothing.
 */
export const endlessResets = (facts: Facts): boolean =>
  !atLeast(facts.versions.nginx ?? assumedVersion, '1.25.3');

/** The `listen` lines of a server of the proxy. All servers of a socket must ask for the same protocols. */
export function listens(context: Context, scheme: 'http' | 'https', isDefault = false): Node[] {
  const { site, facts, gatewayAt, passesThrough } = context;
  const behind = scheme === 'https' && passesThrough;
  const sockets = behind ? [httpsSocket(context)] : publicSockets(site.gateway, scheme);
  const words = [
    ...(isDefault ? ['default_server'] : []),
    ...(scheme === 'https' ? ['ssl', ...(http2Directive(facts) ? [] : ['http2'])] : []),
    ...(behind || site.gateway.proxyProtocol ? ['proxy_protocol'] : []),
  ];
  return sockets.map((socket) => line(gatewayAt('listen'), 'listen', socket, ...words));
}

/** Where visitors arrive. */
export function publicSockets(gateway: Gateway, scheme: 'http' | 'https'): string[] {
  const port = scheme === 'http' ? gateway.httpPort : gateway.httpsPort;
  return gateway.listen.length === 0
    ? [`${port}`, `[::]:${port}`]
    : gateway.listen.map((a) => (a.includes(':') ? `[${a}]:${port}` : `${a}:${port}`));
}
