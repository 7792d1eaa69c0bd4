import { openAudit } from '../audit/log.ts';
import { forwardedOf } from '../daemon/cut/forwarded.ts';
import { atRouter, type RouterAsk } from '../daemon/cut/router.ts';
import { targetOf } from '../daemon/cut/target.ts';
import { message } from '../model/message.ts';
import { type Context, controllerFolder } from './context.ts';
import { requireSite } from './description.ts';
import { WrongRequest } from './exit.ts';
import { localAccount } from './local-account.ts';
import { type ReachOptions, reachOf } from './reach.ts';

/** `poterne cut` and `restore` with `--site`: what a router passes on, which no gateway has a hand in. */
export async function elsewhere(
  context: Context,
  file: string,
  options: ReachOptions,
  ask: Omit<RouterAsk, 'by'>,
): Promise<void> {
  const { site } = await requireSite(context, file, options.json);
  const found = targetOf(ask.to, site, 'router');
  if ('code' in found) throw new WrongRequest(found.code, found.params);
  const { at, isHere, ports } = forwardedOf(site, found);
  if (ports.length === 0 || isHere)
    throw new WrongRequest('cut.site.gateway', { what: ask.to }, { next: message('cut.site.gateway.next') });
  const audit = await openAudit(controllerFolder(options.state, process.env));
  const receipt = await atRouter(
    site,
    reachOf(site, options),
    { at, ports },
    { ...ask, by: localAccount() },
    audit,
  );
  if (options.json) return context.out(JSON.stringify(receipt));
  const { host, milliseconds, until } = receipt;
  const params = { what: ask.to, host, ports: ports.join(', '), milliseconds };
  context.out(context.t(ask.what === 'cut' ? 'cut.router.done' : 'cut.router.restored', params));
  if (until !== undefined)
    context.out(context.t('cut.receipt.until', { until: new Date(until).toLocaleString('sv-SE') }));
}
