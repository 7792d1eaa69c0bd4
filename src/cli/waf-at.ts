import { existsSync } from 'node:fs';
import { denied } from '../daemon/denied.ts';
import { activeManifest } from '../daemon/gateway.ts';
import { servedGateway, targetOf } from '../daemon/reach.ts';
import { type Walled, walled } from '../daemon/waf/log.ts';
import { sshHost } from '../hosts/ssh.ts';
import { en } from '../i18n/en.ts';
import { harmless } from '../lib/harmless.ts';
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

/** How a gateway that is another machine is asked. */
interface AskedThere {
  /** What follows `poterne waf`. */
  readonly words: readonly string[];
  /** What an answer has: what lacks it comes from another version of Poterne. */
  readonly has: readonly string[];
  /** Goes by standard input: an argument has not room for everything, and everybody on a machine sees it. */
  readonly input?: unknown;
  /** Told how far it is, where the command tells that (`progressLine`). */
  readonly tell?: (done: number, total: number) => void;
}

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
  const reach = reachOf(site, options);
  const gateway = site.hosts.find((host) => host.name === name);
  if (!gateway) throw new Error(`no host ${name}`);
  const host = sshHost(targetOf(site, gateway, reach.here), reach.settings);
  const { words, has, input, tell } = asked;
  const argv = ['poterne', 'waf', ...words, '--json', '--state', installedGateway.state];
  const { stdout, stderr } = await host.run(argv, {
    timeout: 10 * 60_000,
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
    ...(tell ? { told: (line: string) => told(line, tell) } : {}),
  });
  return answerOf<T>(name, stdout, stderr, has);
}

/** How far work is, on a line of standard error that another Poterne reads. */
export const progressLine = (progress: { readonly done: number; readonly total: number }): string =>
  JSON.stringify(progress);

function told(line: string, tell: (done: number, total: number) => void): void {
  const [, done, total] = /^\{"done":(\d{1,9}),"total":(\d{1,9})\}$/.exec(line) ?? [];
  if (done !== undefined) tell(Number(done), Number(total));
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

function answerOf<T extends object>(host: string, stdout: string, stderr: string, has: readonly string[]): T {
  const strange = (reason: string) =>
    new Fault('waf.gateway', { host, reason }, { next: message('waf.gateway.next', { host }) });
  let answer: (T & { readonly fault?: Told }) | null;
  try {
    // Whatever it says drives no terminal.
    answer = JSON.parse(stdout, (_, value) => (typeof value === 'string' ? harmless(value) : value));
  } catch {
    throw strange((stderr.trim().split('\n').at(-1) || stdout).slice(0, 200));
  }
  if (answer === null || typeof answer !== 'object') throw strange(stdout.slice(0, 200));
  if (!answer.fault) {
    const lacks = has.filter((key) => !(key in (answer as object)));
    if (lacks.length > 0) throw strange(`{ ${Object.keys(answer).join(', ')} }`.slice(0, 200));
    return answer;
  }
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

/** A fault as `--json` tells it. */
interface Told {
  readonly code: string;
  readonly params: Record<string, string>;
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
