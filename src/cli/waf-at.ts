import { existsSync } from 'node:fs';
import { denied } from '../daemon/denied.ts';
import { activeManifest } from '../daemon/gateway.ts';
import { servedGateway, targetOf } from '../daemon/reach.ts';
import { type Walled, walled } from '../daemon/waf/log.ts';
import { sshHost } from '../hosts/ssh.ts';
import { en } from '../i18n/en.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import type { Publication, Site } from '../model/site.ts';
import { installedGateway } from '../plan/gateway-part.ts';
import { type Context, stateFolder } from './context.ts';
import { requireSite } from './description.ts';
import { WrongRequest } from './exit.ts';
import { publicationNamed } from './publication-named.ts';
import { type GatewayOptions, reachOf } from './reach.ts';
import { becomeOwner } from './with-gateway.ts';

/**
 * What the gateway says: `here` reads it where it is this machine, as the account that it belongs to; on the one that the description
 * has Poterne act on, the same command is run with these words.
 */
export async function askGateway<T>(
  context: Context,
  options: GatewayOptions,
  words: readonly string[],
  here: (state: string) => Promise<T>,
): Promise<T> {
  const there = await otherGateway(context, options);
  if (!there) {
    const state = stateFolder(options.state, process.env);
    await becomeOwner(state);
    try {
      return await here(state);
    } catch (cause) {
      throw denied(state, cause) ?? cause;
    }
  }
  const { site, name } = there;
  const reach = reachOf(site, options);
  const gateway = site.hosts.find((host) => host.name === name);
  if (!gateway) throw new Error(`no host ${name}`);
  const host = sshHost(targetOf(site, gateway, reach.here), reach.settings);
  const argv = ['poterne', 'waf', ...words, '--json', '--state', installedGateway.state];
  const { stdout, stderr } = await host.run(argv, { timeout: 10 * 60_000 });
  return answerOf<T>(name, stdout, stderr);
}

/** The gateway that is another machine than this one. */
export async function otherGateway(
  context: Context,
  options: GatewayOptions,
): Promise<{ readonly site: Site; readonly name: string } | undefined> {
  if (options.state || process.env.POTERNE_STATE || !existsSync(options.site)) return undefined;
  const { site } = await requireSite(context, options.site, options.json);
  const gateway = servedGateway(site);
  return gateway && gateway.name !== reachOf(site, options).here ? { site, name: gateway.name } : undefined;
}

function answerOf<T>(host: string, stdout: string, stderr: string): T {
  let answer: { readonly fault?: { readonly code: string; readonly params: Record<string, string> } };
  try {
    answer = JSON.parse(stdout);
  } catch {
    const reason = (stderr.trim().split('\n').at(-1) || stdout).slice(0, 200);
    throw new Fault('waf.gateway', { host, reason }, { next: message('waf.gateway.next', { host }) });
  }
  if (!answer.fault) return answer as T;
  const { code, params } = answer.fault;
  if (!Object.hasOwn(en, code)) throw new Fault('waf.gateway', { host, reason: code });
  const next = `${code}.next`;
  const what = code as Message['code'];
  throw new WrongRequest(
    what,
    params,
    Object.hasOwn(en, next) ? { next: { code: next, params } as Message } : {},
  );
}

/** The site that the gateway of a state folder serves. Throws `waf.unserved`. */
export async function servedSite(state: string): Promise<Site> {
  const site = (await activeManifest(state))?.site;
  if (site) return site;
  throw new Fault('waf.unserved', { state }, { next: message('waf.unserved.next') });
}

/** The publication of a name with its firewall. Throws `publication.undescribed`, `waf.unwatched`. */
export const walledNamed = (site: Site, name: string): Walled => withWall(site, publicationNamed(site, name));

/** The same publication where it has a firewall. Throws `waf.unwatched`. */
export function withWall(site: Site, { id, name }: Publication): Walled {
  const found = walled(site).find((each) => each.id === id);
  if (found) return found;
  throw new WrongRequest('waf.unwatched', { name }, { next: message('waf.unwatched.next', { name }) });
}
