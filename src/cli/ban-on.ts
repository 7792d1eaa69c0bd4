import { openAudit } from '../audit/log.ts';
import type { Banned } from '../daemon/bans/banning.ts';
import { bansOn, unbanOn } from '../daemon/bans/on-host.ts';
import type { BanRecord } from '../daemon/bans/records.ts';
import { targetOf } from '../daemon/reach.ts';
import { sshHost } from '../hosts/ssh.ts';
import { message } from '../model/message.ts';
import { type Host, isManaged, type Site } from '../model/site.ts';
import { type Context, controllerFolder } from './context.ts';
import { requireSite } from './description.ts';
import { WrongRequest } from './exit.ts';
import { answerOfGateway } from './gateway-answer.ts';
import { localAccount } from './local-account.ts';
import { type GatewayOptions, hostNamed, reachOf } from './reach.ts';

/** The options of `poterne ban` that look at another machine. */
export interface OnOptions extends GatewayOptions {
  readonly on?: string;
}

/** The bans of another machine: all of a gateway's, or those of a host's own sshd. */
export interface BansThere {
  readonly site: Site;
  list(): Promise<readonly BanRecord[]>;
  add(network: string, reason: string, lasts: string | undefined): Promise<Banned>;
  remove(network: string, reason: string): Promise<readonly BanRecord[]>;
}

/** The bans of the host that `--on` names. Throws `host.undescribed`, `ban.on.gateway`, `ban.on.unreached`. */
export async function bansThere(context: Context, name: string, options: OnOptions): Promise<BansThere> {
  const { site } = await requireSite(context, options.site, options.json);
  const described = hostNamed(site, name);
  const isGateway = name === site.gateway.host;
  if (!isManaged(described)) {
    const code = isGateway ? 'ban.on.gateway' : 'ban.on.unreached';
    throw new WrongRequest(code, { host: name }, { next: message(`${code}.next`, { host: name }) });
  }
  return isGateway ? ofGateway(site, name, options) : ofHost(site, described, options);
}

function ofGateway(site: Site, name: string, options: OnOptions): BansThere {
  const ask = <T extends object>(has: readonly string[], ...words: readonly string[]) =>
    answerOfGateway<T>(site, name, options, { words: ['ban', ...words], has, silent: 'ban.gateway' });
  const isList = ['length'];
  const because = (reason: string) => (reason === '' ? [] : ['--reason', reason]);
  return {
    site,
    list: () => ask(isList, 'list', '--all'),
    add: (network, reason, lasts) =>
      ask(
        ['ban', 'ended', 'troubles'],
        'add',
        network,
        ...because(reason),
        ...(lasts === undefined ? [] : ['--for', lasts]),
      ),
    remove: (network, reason) => ask(isList, 'remove', network, ...because(reason)),
  };
}

function ofHost(site: Site, described: Host, options: OnOptions): BansThere {
  const reach = reachOf(site, options);
  const host = sshHost(targetOf(site, described, reach.here), reach.settings);
  return {
    site,
    list: () => bansOn(host),
    add: async () => {
      const params = { host: described.name };
      throw new WrongRequest('ban.on.hand', params, { next: message('ban.on.hand.next') });
    },
    remove: async (network, reason) => {
      const audit = await openAudit(controllerFolder(options.state, process.env));
      return unbanOn(host, { network, by: localAccount(), reason }, audit);
    },
  };
}
