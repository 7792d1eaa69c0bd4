/** The servers that the benches of the proxy compare: configurations of one service, one certificate, one machine. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quitEngine } from '../../src/apply/engine-process.ts';
import { converge, intend, openGateway } from '../../src/daemon/gateway.ts';
import { describe } from '../../src/describe/index.ts';
import { serverEngines } from '../../src/engines/index.ts';
import type { Site } from '../../src/model/site.ts';
import { openAuthority } from '../../src/pki/authority/authority.ts';
import { fillFile } from '../measure.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Where each side listens. */
export const ports = { upstream: 21080, poterneHttp: 21081, poterne: 21443, nginx: 22443, caddy: 23443 };

/** A folder with everything that the sides read, until it is removed. */
export interface Sides {
  /** A configuration of this folder with its `{places}` filled in, written where its program runs. */
  fill(name: string, side: string, more?: Readonly<Record<string, number>>): Promise<string>;
  /** Publishes the service with Poterne, whose nginx runs from then on. Returns what stops it. */
  poterne(): Promise<() => Promise<void>>;
  /** The certificate of all sides, and its key. */
  readonly certificate: string;
  readonly key: string;
  /** Where Poterne keeps its nginx. */
  readonly poternePrefix: string;
  remove(): Promise<void>;
}

/** Has Poterne serve a description, from a state folder of its own. */
export async function serve(
  file: string,
  state: string,
): Promise<{ readonly site: Site; quit(): Promise<void>; stop(): Promise<void> }> {
  const described = await describe(file);
  if (!described.site) throw new Error(JSON.stringify(described.findings));
  const gateway = await openGateway(state);
  await converge(gateway, await intend(gateway, described.site), () => {});
  const quit = async () => {
    await Promise.all(serverEngines.map((engine) => quitEngine(engine, join(state, engine.name))));
  };
  return {
    site: described.site,
    quit,
    async stop() {
      await quit();
      await gateway.close();
    },
  };
}

/** Makes that folder, with a certificate for all sides. */
export async function openSides(): Promise<Sides> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-bench-'));
  await chmod(folder, 0o755);
  const authority = await openAuthority(join(folder, 'authority'), 'bench', new Date());
  const issued = await authority.issue(['localhost'], 7, new Date());
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(certificate, issued.certificate);
  await writeFile(key, issued.key, { mode: 0o600 });
  const state = join(folder, 'state');
  return {
    certificate,
    key,
    async fill(name, side, more = {}) {
      const prefix = join(folder, side);
      await mkdir(prefix, { recursive: true });
      const values: Readonly<Record<string, string | number>> = {
        ...{ prefix, certificate, key, upstream: ports.upstream, body: 'x'.repeat(2048) },
        port: side === 'caddy' ? ports.caddy : ports.nginx,
        ...more,
      };
      const path = join(prefix, basename(name));
      await fillFile(join(here, name), path, values);
      return path;
    },
    async poterne() {
      const site = join(folder, 'site.yaml');
      await writeFile(
        site,
        `site: bench
gateway: { listen: [127.0.0.1], http-port: ${ports.poterneHttp}, https-port: ${ports.poterne} }
services:
  application: { url: "http://127.0.0.1:${ports.upstream}", healthy: { path: / } }
publications:
  localhost: { service: application, audience: everyone, tls: { certificate: ${certificate}, key: ${key} } }
`,
      );
      return (await serve(site, state)).stop;
    },
    poternePrefix: join(state, 'nginx'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
