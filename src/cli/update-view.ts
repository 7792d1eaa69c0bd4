import { shortDuration } from '../lib/duration.ts';
import { shortList } from '../lib/hints.ts';
import type { PackageChange, UpdateReport } from '../model/upkeep.ts';
import type { Context } from './context.ts';
import { table } from './table.ts';

type Reports = ReadonlyMap<string, UpdateReport>;

/** What an update changes, or changed: a row for each package and version, with the hosts, and what there is to know besides. */
export function showUpdates(context: Context, reports: Reports): void {
  const { t, out, err } = context;
  const rows = grouped(reports, ({ packages }) => packages.map((change) => [keyOf(change), change] as const));
  if (rows.length > 0)
    out(
      table(
        [t('update.head.package'), t('update.head.from'), t('update.head.to'), '', t('update.head.hosts')],
        rows.map(({ item, hosts }) => cells(context, item, hosts)),
      ),
    );
  const kept = grouped(reports, (report) =>
    report.kept.map((each) => [`${each.name} ${each.why}`, each] as const),
  );
  for (const { item, hosts } of kept)
    err(t(`update.kept.${item.why}`, { package: item.name, hosts: shortList(hosts) }));
  for (const [host, { refused }] of reports)
    if (refused.length > 0) err(t('update.refused', { host, packages: refused.join(', ') }));
  for (const [host, report] of reports) notes(context, host, report);
}

function notes({ t, err }: Context, host: string, report: UpdateReport): void {
  const { conffiles, unfinished, interrupted, repaired, reboot, rebooted } = report;
  if (interrupted) err(t('update.interrupted', { host }));
  if (repaired) err(t('update.repaired', { host }));
  if (unfinished.length > 0) err(t('update.unfinished', { host, packages: unfinished.join(', ') }));
  for (const path of conffiles) err(t('update.conffile', { host, path }));
  if (rebooted !== undefined) err(t('update.rebooted', { host, time: shortDuration(rebooted) }));
  for (const { why, what } of reboot) err(t(`update.reboot.${why}`, { host, what }));
}

function cells({ t }: Context, change: PackageChange, hosts: readonly string[]): readonly string[] {
  const { name, from, to, security } = change;
  return [
    name,
    from ?? t('update.new'),
    to ?? t('update.gone'),
    security ? t('update.of-security') : '',
    hosts.length > 3 ? t('update.hosts', { count: hosts.length, hosts: shortList(hosts) }) : hosts.join(', '),
  ];
}

function keyOf({ name, from = '', to = '' }: PackageChange): string {
  return [name, from, to].join(' ');
}

/** The same things of several hosts, once. */
function grouped<T>(
  reports: Reports,
  of: (report: UpdateReport) => readonly (readonly [string, T])[],
): readonly { readonly item: T; readonly hosts: readonly string[] }[] {
  const found = new Map<string, { readonly item: T; readonly hosts: string[] }>();
  for (const [host, report] of reports)
    for (const [key, item] of of(report)) {
      const known = found.get(key);
      if (known) known.hosts.push(host);
      else found.set(key, { item, hosts: [host] });
    }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}
