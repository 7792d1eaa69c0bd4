import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deepFreeze } from '../../model/freeze.ts';
import type { ProxiedPublication, Site } from '../../model/site.ts';
import type { WafExclusion } from '../../model/waf.ts';
import { send } from '../../waf/crs/send.ts';
import { converge, intend, openGateway, stopGateway } from '../gateway.ts';
import type { Walled } from './log.ts';

/** A gateway of its own that has one publication several times, each with other exclusions. */
export interface Trial {
  /** What becomes of a request, made for a name, at the variant of this number; `other`: nginx refused it before the rules. */
  ask(variant: number, request: (host: string) => Buffer): Promise<'passed' | 'refused' | 'other'>;
}

const marker = 'passed the rules';
/** Milliseconds that an answer may be waited for. */
const patience = 10_000;

/**
 * Applies the publication to an nginx of its own, on ports of loopback that nobody uses and below a folder that goes away: by the same
 * way as to the gateway, with the same rules, but for a service that answers everything. All variants block.
 */
export async function withTrial<T>(
  site: Site,
  publication: Walled,
  variants: readonly (readonly WafExclusion[])[],
  work: (trial: Trial) => Promise<T>,
): Promise<T> {
  const service = createServer((request, response) => {
    request.resume();
    response.end(marker);
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'poterne-trial-'));
  // Workers of a root nginx are another account; what is secret below has its own rights.
  await chmod(folder, 0o711);
  const gateway = await openGateway(join(folder, 'state'));
  try {
    const [httpPort = 0, httpsPort = 0] = await freePorts(2);
    const at = { httpPort, httpsPort, service: (service.address() as AddressInfo).port };
    const trial = trialSite(site, publication, variants, at);
    await converge(gateway, await intend(gateway, trial), () => {});
    return await work({
      async ask(variant, request) {
        const name = nameOf(variant);
        const door = { address: '127.0.0.1', port: httpsPort, name, proxyProtocol: false };
        const { status, bytes } = await send(door, request(name), patience);
        if (status === 200 && bytes.includes(marker)) return 'passed';
        return status === 403 || status === 413 ? 'refused' : 'other';
      },
    });
  } finally {
    await stopGateway(gateway.state);
    await gateway.close();
    service.closeAllConnections();
    service.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const nameOf = (variant: number): string => `variant-${variant}.localhost`;

function trialSite(
  { name, language, timezone, waf, keeping, gateway }: Site,
  publication: Walled,
  variants: readonly (readonly WafExclusion[])[],
  at: { readonly httpPort: number; readonly httpsPort: number; readonly service: number },
): Site {
  const upstream = {
    scheme: 'http',
    address: { kind: 'tcp', host: '127.0.0.1', port: at.service },
    ...{ weight: 1, backup: false, pointer: '' },
  } as const;
  const published = variants.map((exclusions, n): ProxiedPublication => {
    const example = nameOf(n);
    return {
      ...{ id: `variant_${n}`, name: example, match: 'exact', example, dns: [], scenario: 'proxy+waf' },
      waf: { ...publication.waf, mode: 'block', exclusions },
      tls: { kind: 'internal', names: [example], pointer: '' },
      audience: { from: ['everyone'], pointer: '' },
      routes: [
        { path: '/', match: 'prefix', service: 'all', strip: false, options: { nginx: {} }, pointer: '' },
      ],
      ...{ options: { nginx: {} }, pointer: publication.pointer },
    };
  });
  return deepFreeze({
    ...{ name, language, timezone, keeping, ...(waf ? { waf } : {}) },
    ...{ zones: [], hosts: [], partners: [], tlsConfigurations: [], grants: [], assertions: [] },
    ...{ confirm: [], people: [], access: [], jobs: [] },
    services: [
      { name: 'all', upstreams: [upstream], events: [], needs: [], options: { nginx: {} }, pointer: '' },
    ],
    publications: published,
    gateway: {
      host: 'localhost',
      listen: ['127.0.0.1'],
      ...{ httpPort: at.httpPort, httpsPort: at.httpsPort, publicPort: at.httpsPort },
      ...{ publicAddresses: [], trustedFronts: [], proxyProtocol: false },
      ...{ options: { nginx: {} }, pointer: gateway.pointer },
    },
  });
}

/** Ports of loopback that nobody uses now. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createTcp().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
