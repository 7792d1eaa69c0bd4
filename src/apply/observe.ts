import { lookup } from 'node:dns/promises';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerEngine } from '../engines/engine.ts';
import { findProgram, localhost } from '../hosts/local.ts';
import { debianRules, readRuleSet } from '../lib/crs.ts';
import { isAddress } from '../lib/ip.ts';
import type { AcmeSite } from '../model/acme-site.ts';
import type { Facts } from '../model/facts.ts';
import { deepFreeze } from '../model/freeze.ts';
import { proxied, type Site } from '../model/site.ts';
import { openAccountKey } from '../pki/acme/account-key.ts';
import { acmeFolder, presentCertificates } from '../pki/acme-files.ts';

/** The account that engines drop to when they are started as root (Debian's for the web); absent when we are not. */
export const engineAccount = (): string | undefined => (process.getuid?.() === 0 ? 'www-data' : undefined);

/**
 * What planning must know of this machine: engines and their versions, who we are, and where upstream names lead.
 * A name that does not resolve now keeps the addresses of `remembered`: a resolver that is away takes nothing down.
 */
export async function observe(
  site: Site,
  state: string,
  engines: readonly ServerEngine[],
  remembered: Readonly<Record<string, readonly string[]>>,
): Promise<Facts> {
  const versions: Record<string, string> = {};
  const account = engineAccount();
  for (const engine of engines) {
    const version = await versionOf(engine);
    if (version) versions[engine.name] = version;
  }
  return deepFreeze({
    prefixes: Object.fromEntries(engines.map((engine) => [engine.name, join(state, engine.name)])),
    versions,
    ...(account === undefined ? {} : { account }),
    addresses: await resolveNames(upstreamNames(site), remembered),
    ...(proxied(site).some(({ waf }) => waf) ? { waf: await wafFacts(site, engines) } : {}),
    ...(site.acme && site.acme.certificates.length > 0 ? { acme: await acmeFacts(site.acme, state) } : {}),
  });
}

/** The key is made here the first time: challenges are answered before an account exists. */
async function acmeFacts({ certificates }: AcmeSite, state: string): Promise<NonNullable<Facts['acme']>> {
  const { thumbprint } = await openAccountKey(acmeFolder(state));
  return { thumbprint, present: await presentCertificates(state, certificates) };
}

async function wafFacts(site: Site, engines: readonly ServerEngine[]): Promise<NonNullable<Facts['waf']>> {
  const modules = engines.flatMap((engine) => engine.modules(site)).filter(({ spared }) => spared);
  const there = await Promise.all(modules.map(({ file }) => stat(file).catch(() => undefined)));
  const { folder = debianRules, sha256: wanted } = site.waf ?? {};
  const files = { list: (path: string) => readdir(path), bytes: (path: string) => readFile(path) };
  return {
    module: there.every((each) => each !== undefined),
    rules: await readRuleSet(folder, files, wanted),
  };
}

async function versionOf(engine: ServerEngine): Promise<string | undefined> {
  if (!(await findProgram(engine.binary))) return undefined;
  const { stdout, stderr } = await localhost.run(engine.actions.version.argv);
  return engine.actions.version.read(stdout + stderr);
}

/** The host names (not addresses) of every upstream and every partner. */
function upstreamNames(site: Site): string[] {
  const hosts = site.services.flatMap((service) =>
    service.upstreams.flatMap(({ address }) => (address.kind === 'tcp' ? [address.host] : [])),
  );
  const partners = site.partners.map(({ host }) => host);
  return [...new Set([...hosts, ...partners])].filter((host) => !isAddress(host));
}

/** Each name's addresses, sorted, so that a resolver's rotation changes nothing. */
async function resolveNames(
  names: readonly string[],
  remembered: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const addresses = await lookup(name, { all: true }).catch(() => []);
      found[name] = addresses.length > 0 ? addresses.map((a) => a.address).sort() : (remembered[name] ?? []);
    }
  };
  // getaddrinfo runs on libuv's four threads: more workers would only wait there.
  await Promise.all(Array.from({ length: 4 }, worker));
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
