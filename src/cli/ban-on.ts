import { openAudit } from '../audit/log.ts';
import { bansOn, unbanOn } from '../daemon/bans/on-host.ts';
import type { BanRecord } from '../daemon/bans/records.ts';
import { targetOf } from '../daemon/reach.ts';
import { sshHost } from '../hosts/ssh.ts';
import { message } from '../model/message.ts';
import { isManaged, type Site } from '../model/site.ts';
import { type Context, controllerFolder } from './context.ts';
import { requireSite } from './description.ts';
import { WrongRequest } from './exit.ts';
import { localAccount } from './local-account.ts';
import { type GatewayOptions, hostNamed, reachOf } from './reach.ts';

/** The options of `poterne ban` that look at another machine. */
export interface OnOptions extends GatewayOptions {
  readonly on?: string;
}

/** What a host other than the gateway bans for its own sshd. */
export interface BansThere {
  readonly site: Site;
  list(): Promise<readonly BanRecord[]>;
  remove(network: string, reason: string): Promise<readonly BanRecord[]>;
}

/** The bans of the host that `--on` names. Throws `host.undescribed`, `ban.on.gateway`, `ban.on.unreached`. */
export async function bansThere(context: Context, name: string, options: OnOptions): Promise<BansThere> {
  const { site } = await requireSite(context, options.site, options.json);
  const described = hostNamed(site, name);
  if (name === site.gateway.host)
    throw new WrongRequest('ban.on.gateway', { host: name }, { next: message('ban.on.gateway.next') });
  if (!isManaged(described))
    throw new WrongRequest(
      'ban.on.unreached',
      { host: name },
      { next: message('ban.on.unreached.next', { host: name }) },
    );
  const reach = reachOf(site, options);
  const host = sshHost(targetOf(site, described, reach.here), reach.settings);
  return {
    site,
    list: () => bansOn(host),
    remove: async (network, reason) => {
      const audit = await openAudit(controllerFolder(options.state, process.env));
      return unbanOn(host, { network, by: localAccount(), reason }, audit);
    },
  };
}
