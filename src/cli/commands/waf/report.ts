import type { Command } from 'commander';
import { evidenceOf } from '../../../daemon/waf/evidence.ts';
import { eventOfReference, reportOf, type Walled } from '../../../daemon/waf/log.ts';
import { message } from '../../../model/message.ts';
import type { WafEvent } from '../../../waf/events.ts';
import { familyOf } from '../../../waf/families.ts';
import { foldPath } from '../../../waf/mask.ts';
import type { WafGroup, WafReport } from '../../../waf/report.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { type GatewayOptions, gatewayCommand } from '../../reach.ts';
import { sinceOf } from '../../since.ts';
import { askGateway, walledNamed } from '../../waf-at.ts';

interface ReportOptions extends GatewayOptions {
  readonly since: string;
  readonly reference?: string;
  readonly all?: boolean;
}

/** As JSON has it: times as text, the path folded. */
type Told = Omit<WafEvent, 'at'> & { readonly at: string };

/** The most groups that are shown; `--all` and `--json` have all. */
const most = 20;

/** `poterne waf report`: what was blocked, or would have been, by rule, path and parameter. */
export function wafReport(context: Context): Command {
  const { t } = context;
  return gatewayCommand(context, 'report', 'waf.report.about', [
    'waf report erp.example.fr',
    'waf report erp.example.fr --since 24h --all',
    'waf report --reference 701d97570632d38610268e84fff5bd72',
    'waf report erp.example.fr --json',
  ])
    .usage(t('waf.report.usage'))
    .argument('[name]', t('waf.name'))
    .option('--since <time>', t('audit.since'), '7d')
    .option('--reference <id>', t('waf.report.reference'))
    .option('--all', t('waf.report.all', { count: most }))
    .action(async (name: string | undefined, options: ReportOptions) => {
      if (options.reference !== undefined) return showReference(context, options, options.reference);
      if (name === undefined)
        throw new WrongRequest('waf.name.missing', {}, { next: message('waf.name.missing.next') });
      const since = sinceOf(options.since);
      const words = ['report', '--since', since, name];
      const report = await askGateway(context, options, words, async (state) =>
        reportOf(state, await walledNamed(state, name), new Date(since)),
      );
      if (options.json) context.out(JSON.stringify(report));
      else show(context, name, report, options.all === true);
    });
}

/** Hidden: what `plan` asks of a gateway whose publications are to block. */
export function wafEvidence(context: Context): Command {
  return gatewayCommand(context, 'evidence', 'waf.report.about', [])
    .argument('<publications>', '')
    .action(async (asked: string, options: GatewayOptions) => {
      const publications = JSON.parse(asked) as Walled[];
      const found = await askGateway(context, options, [], (state) => evidenceOf(state, publications));
      context.out(JSON.stringify(found));
    });
}

async function showReference(context: Context, options: ReportOptions, reference: string): Promise<void> {
  if (!/^[0-9a-f]{32}$/.test(reference)) throw new WrongRequest('waf.reference.form', { reference });
  const event = await askGateway(
    context,
    options,
    ['report', '--reference', reference],
    async (state): Promise<Told> => {
      const found = await eventOfReference(state, reference);
      if (found) return { ...found, at: found.at.toISOString(), path: foldPath(found.path) };
      throw new WrongRequest(
        'waf.reference.unknown',
        { reference },
        { next: message('waf.reference.unknown.next') },
      );
    },
  );
  if (options.json) context.out(JSON.stringify(event));
  else context.out(eventText(context, event));
}

function eventText({ t }: Context, event: Told): string {
  const { at, method, path, publication = '–', address, score, outboundScore, blocked, wouldBlock } = event;
  const what = blocked ? 'waf.event.blocked' : wouldBlock ? 'waf.event.would' : 'waf.event.below';
  return [
    t(what, { at: local(at), method, path, publication, address }),
    t('waf.event.score', { score, outbound: outboundScore }),
    ...(event.cut ? [t('waf.event.cut')] : []),
    ...event.matches.flatMap(({ rule, target, value, message: said }) => [
      '',
      `  ${rule}  ${t(familyOf(rule))}`,
      `  ${t('waf.group.says', { message: said })}`,
      ...(target === undefined ? [] : [`  ${t('waf.group.in', { target })}`]),
      ...(value === undefined ? [] : [`  ${t('waf.example.value', { value })}`]),
    ]),
  ].join('\n');
}

function show(context: Context, name: string, report: WafReport, all: boolean): void {
  const { t, out, err } = context;
  const { mode, since, blocked, wouldBlock, below, first, last, groups, others, log } = report;
  const counts = { name, since: local(since), blocked, would: wouldBlock, below };
  out(t(`waf.report.${mode}`, counts));
  if (first && last)
    out(t('waf.report.span', { first: local(first), last: local(last), addresses: addressesOf(report) }));
  const shown = all ? groups : groups.slice(0, most);
  for (const group of shown) out(`\n${groupText(context, group)}`);
  if (groups.length > shown.length) out(`\n${t('waf.report.more', { count: groups.length - shown.length })}`);
  if (others > 0) out(`\n${t('waf.report.others', { count: others })}`);
  if (log.broken + log.cut > 0) err(t('waf.report.broken', { ...log }));
  if (groups.length > 0) err(t('cli.next', { text: t('waf.report.next', { name }) }));
  // Nothing found may mean that nobody came.
  else if (blocked + wouldBlock + below === 0) err(t('waf.report.nothing'));
}

function groupText({ t }: Context, group: WafGroup): string {
  const { rule, message: said, path, target, requests, blocked, first, last, examples } = group;
  const where = target === undefined ? path : `${path}  ${target}`;
  return [
    `${requests} × ${rule}  ${where}`,
    `  ${t(familyOf(rule))}`,
    `  ${t('waf.group.says', { message: said })}`,
    `  ${t('waf.group.counts', { blocked, addresses: addressesOf(group), first: local(first), last: local(last) })}`,
    ...examples.map(({ request, value = '' }) => `  ${t('waf.example', { request, value })}`.trimEnd()),
  ].join('\n');
}

const addressesOf = ({ addresses, moreAddresses }: Pick<WafGroup, 'addresses' | 'moreAddresses'>): string =>
  moreAddresses ? `≥ ${addresses}` : String(addresses);

const local = (iso: string): string => new Date(iso).toLocaleString('sv-SE');
