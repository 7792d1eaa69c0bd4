import type { Command } from 'commander';
import { targetOf } from '../../daemon/reach.ts';
import { type Asked, askFacts } from '../../fleet/facts.ts';
import { shortDuration } from '../../lib/duration.ts';
import { shortList } from '../../lib/hints.ts';
import { shortSize } from '../../lib/size.ts';
import type { HostFacts } from '../../model/host-facts.ts';
import type { Host } from '../../model/site.ts';
import { commandOnFile } from '../command.ts';
import type { Context } from '../context.ts';
import { faultJson, showFault } from '../errors.ts';
import { exit } from '../exit.ts';
import { ageOf, type HostsOptions, onHosts, staleAfter, wayTo } from '../hosts.ts';
import { reaching } from '../reach.ts';
import { table } from '../table.ts';

interface FactsOptions extends HostsOptions {
  readonly refresh?: boolean;
}

/** `poterne hosts facts`: asks hosts about themselves, where that was long ago; exit 1 when one does not answer. */
export function hostsFacts(context: Context): Command {
  const { t } = context;
  const made = commandOnFile(context, 'facts', 'hosts.facts.about', [
    'hosts facts',
    'hosts facts --on group:web --refresh',
    'hosts facts site.yaml --json',
  ]);
  return reaching(made, context)
    .option('--on <selector>', t('hosts.on'))
    .option('--refresh', t('hosts.facts.refresh'))
    .action(async (file: string, options: FactsOptions) => {
      await onHosts(context, file, options, async ({ site, chosen, facts: known, reach, store }) => {
        const isOld = ({ name }: Host) =>
          Date.now() - Date.parse(known.get(name)?.at ?? '1970-01-01') > staleAfter;
        const [silent, reachable] = [
          chosen.filter((host) => wayTo(host, reach) === 'no'),
          chosen.filter((host) => wayTo(host, reach) !== 'no'),
        ];
        const targets = reachable
          .filter((host) => options.refresh || isOld(host))
          .map((host) => targetOf(site, host, reach.here));
        let done = 0;
        const asked = await askFacts(targets, {
          settings: reach.settings,
          now: () => new Date(),
          told: () => {
            done++;
            const isTold = process.stderr.isTTY && !options.json;
            if (isTold)
              process.stderr.write(`\r${t('hosts.facts.progress', { done, total: targets.length })}`);
          },
        });
        if (process.stderr.isTTY && !options.json && done > 0) context.err('');
        await store.rememberFacts(
          site.name,
          asked.flatMap((each) => ('facts' in each ? [each.facts] : [])),
        );
        const facts = new Map(known);
        for (const each of asked) if ('facts' in each) facts.set(each.host, each.facts);
        show(context, reachable, silent, facts, asked, options.json);
      });
    });
}

function show(
  context: Context,
  reachable: readonly Host[],
  silent: readonly Host[],
  facts: ReadonlyMap<string, HostFacts>,
  asked: readonly Asked[],
  json: boolean | undefined,
): void {
  const { t } = context;
  const failed = asked.flatMap((each) => ('fault' in each ? [each] : []));
  if (failed.length > 0) process.exitCode = exit.failed;
  if (json) {
    const faults = new Map(failed.map(({ host, fault }) => [host, faultJson(context, fault)]));
    const rows = [...reachable, ...silent].map(({ name }) => ({
      host: name,
      facts: facts.get(name) ?? null,
      ...(faults.has(name) ? { fault: faults.get(name) } : {}),
    }));
    context.out(JSON.stringify(rows));
    return;
  }
  const now = Date.now();
  const told = reachable.flatMap(({ name }) => facts.get(name) ?? []);
  if (told.length > 0) context.out(draw(context, told, now));
  else if (reachable.length === 0 && silent.length === 0) context.out(t('hosts.none'));
  const names = (some: readonly string[]) => shortList(some);
  if (silent.length > 0)
    context.err(t('hosts.facts.unreached', { hosts: names(silent.map(({ name }) => name)) }));
  for (const { fault } of failed) showFault(context, fault);
  if (failed.length > 0)
    context.err(
      t('hosts.facts.failed', {
        failed: failed.length,
        count: asked.length,
        hosts: names(failed.map(({ host }) => host)),
      }),
    );
}

function draw(context: Context, told: readonly HostFacts[], now: number): string {
  const { t } = context;
  const head = ['system', 'kernel', 'up', 'memory', 'disks', 'packages', 'root', 'accounts'] as const;
  return table(
    [t('hosts.name'), ...head.map((column) => t(`hosts.facts.${column}`)), t('hosts.facts')],
    told.map((facts) => [facts.host, ...cells(context, facts), ageOf(context, facts, now)]),
  );
}

function cells({ t }: Context, facts: HostFacts): readonly string[] {
  const { os, kernel, architecture, uptimeSeconds, memory, disks, packages, accounts, root } = facts;
  const part = (used: number, total: number) =>
    t('hosts.facts.part', { share: Math.round((100 * used) / total), size: shortSize(total) });
  return [
    os ? [os.id, os.version].filter(Boolean).join(' ') : '–',
    [kernel, architecture].filter(Boolean).join(' ') || '–',
    uptimeSeconds === undefined ? '–' : shortDuration(uptimeSeconds * 1000),
    memory ? part(memory.totalBytes - memory.availableBytes, memory.totalBytes) : '–',
    disks.map(({ path, usedBytes, totalBytes }) => `${path} ${part(usedBytes, totalBytes)}`).join('\n') ||
      '–',
    packages ? t('hosts.facts.security', packages) : '–',
    t(`hosts.facts.root.${root}`),
    shortList(accounts.login) || '–',
  ];
}
