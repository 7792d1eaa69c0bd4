import { atLeast, type Facts } from '../../../model/facts.ts';
import type { Pointer } from '../../../model/pointer.ts';
import type { Gateway, Site } from '../../../model/site.ts';
import { line, type Node, ownPath } from '../syntax.ts';

/** What every part of the rendering needs to know. */
export interface Context {
  readonly site: Site;
  readonly facts: Facts;
  /** The absolute path of something below the engine's prefix. */
  readonly path: (below: string) => string;
  /** Pointer to a word of the gateway's section. */
  readonly gatewayAt: (word: string) => Pointer;
  /** `:8443` when people type a port, nothing when it is https's own. */
  readonly publicPort: string;
}

/** The context of one rendering. */
export function contextOf(site: Site, facts: Facts): Context {
  const prefix = facts.prefixes.nginx;
  if (!prefix?.startsWith('/')) throw new Error('the facts name no absolute prefix for nginx');
  return {
    site,
    facts,
    path: (below) => ownPath(`${prefix}/${below}`),
    gatewayAt: (word) => `${site.gateway.pointer}/${word}`,
    publicPort: portSuffix(site.gateway),
  };
}

/** What stands after a name in a URL of the gateway. */
export const portSuffix = (gateway: Gateway): string =>
  gateway.publicPort === 443 ? '' : `:${gateway.publicPort}`;

/** Debian 12's, for when the binary is not there to ask. */
const assumedVersion = '1.22.1';

/** Whether `http2` is a directive of its own instead of a word of `listen`. */
export const http2Directive = (facts: Facts): boolean =>
  atLeast(facts.versions.nginx ?? assumedVersion, '1.25.1');

/** The `listen` lines of a server. All servers of a socket must ask for the same protocols. */
export function listens(
  { site: { gateway }, facts, gatewayAt }: Context,
  scheme: 'http' | 'https',
  isDefault = false,
): Node[] {
  const port = scheme === 'http' ? gateway.httpPort : gateway.httpsPort;
  const sockets =
    gateway.listen.length === 0
      ? [`${port}`, `[::]:${port}`]
      : gateway.listen.map((a) => (a.includes(':') ? `[${a}]:${port}` : `${a}:${port}`));
  const words = [
    ...(isDefault ? ['default_server'] : []),
    ...(scheme === 'https' ? ['ssl', ...(http2Directive(facts) ? [] : ['http2'])] : []),
    ...(gateway.proxyProtocol ? ['proxy_protocol'] : []),
  ];
  return sockets.map((socket) => line(gatewayAt('listen'), 'listen', socket, ...words));
}
