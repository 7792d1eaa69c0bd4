import { existsSync } from 'node:fs';
import { denied } from '../daemon/denied.ts';
import { activeManifest } from '../daemon/gateway.ts';
import { servedGateway } from '../daemon/reach.ts';
import { type Walled, walled } from '../daemon/waf/log.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Publication, Site } from '../model/site.ts';
import { type Context, stateFolder } from './context.ts';
import { requireSite } from './description.ts';
import { WrongRequest } from './exit.ts';
import { type AskedThere, answerOfGateway } from './gateway-answer.ts';
import { publicationNamed } from './publication-named.ts';
import { type GatewayOptions, reachOf } from './reach.ts';
import { becomeOwner } from './with-gateway.ts';

/**
 * What the gateway says: `here` reads it where it is this machine, as the account that it belongs to; on the one that the description
 * has Poterne act on, the same command is run over SSH.
 */
export async function askGateway<T extends object>(
  context: Context,
  options: GatewayOptions,
  here: (state: string) => Promise<T>,
  asked: AskedThere = { words: [], has: [] },
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
  return answerOfGateway<T>(site, name, options, {
    ...asked,
    words: ['waf', ...asked.words],
    silent: 'waf.gateway',
  });
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
