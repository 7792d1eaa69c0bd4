import type { Command } from 'commander';
import { type Reach, targetOf } from '../../daemon/reach.ts';
import { zoneOfHost } from '../../lib/zones.ts';
import type { HostFacts } from '../../model/host-facts.ts';
import type { Host, Site } from '../../model/site.ts';
import { commandOnFile } from '../command.ts';
import type { Context } from '../context.ts';
import { ageOf, type HostsOptions, onHosts, wayTo } from '../hosts.ts';
import { reaching } from '../reach.ts';
import { table } from '../table.ts';
import { hostsAccounts } from './hosts-accounts.ts';
import { hostsFacts } from './hosts-facts.ts';
import { hostsImport } from './hosts-import.ts';
import { hostsKeys } from './hosts-keys.ts';
import { hostsUpdate } from './hosts-update.ts';

/** `poterne hosts`: the described hosts, and what is known of them. */
export function hosts(context: Context): Command {
  const { t } = context;
  const made = commandOnFile(context, 'hosts', 'hosts.about', [
    'hosts',
    "hosts --on 'group:web and not web-3'",
    "hosts facts --on 'zone:dmz or name:db-*'",
    'hosts import inventory.ini --out hosts.yaml',
  ]);
  return reaching(made, context)
    .enablePositionalOptions()
    .option('--on <selector>', t('hosts.on'))
    .addCommand(hostsFacts(context))
    .addCommand(hostsImport(context))
    .addCommand(hostsUpdate(context))
    .addCommand(hostsAccounts(context))
    .addCommand(hostsKeys(context))
    .action(async (file: string, options: HostsOptions) => {
      await onHosts(context, file, options, async ({ site, chosen, facts, reach }) => {
        const now = Date.now();
        if (options.json) {
          const rows = chosen.map((host) => jsonOf(site, host, reach, facts.get(host.name)));
          context.out(JSON.stringify(rows));
          return;
        }
        context.out(list(context, site, chosen, reach, facts, now));
        context.err(t('hosts.count', { count: chosen.length }));
      });
    });
}

function list(
  context: Context,
  site: Site,
  chosen: readonly Host[],
  reach: Reach,
  facts: ReadonlyMap<string, HostFacts>,
  now: number,
): string {
  const { t } = context;
  if (chosen.length === 0) return t('hosts.none');
  const head = ['name', 'address', 'zone', 'roles', 'groups', 'managed', 'facts'] as const;
  return table(
    head.map((column) => t(`hosts.${column}`)),
    chosen.map((host) => [
      host.name,
      host.addresses.join(', ') || '–',
      zoneOfHost(site, host) ?? '–',
      host.roles.join(', ') || '–',
      host.groups.join(', ') || '–',
      t(`hosts.managed.${wayTo(host, reach)}`),
      ageOf(context, facts.get(host.name), now),
    ]),
  );
}

function jsonOf(site: Site, host: Host, reach: Reach, facts: HostFacts | undefined): object {
  const way = wayTo(host, reach);
  const { port, user } = targetOf(site, host, reach.here);
  return {
    name: host.name,
    addresses: host.addresses,
    zone: zoneOfHost(site, host) ?? null,
    roles: host.roles,
    groups: host.groups,
    reached: way,
    ...(way === 'ssh' ? { ssh: { port: port ?? 22, ...(user === undefined ? {} : { user }) } } : {}),
    facts: facts ?? null,
  };
}
