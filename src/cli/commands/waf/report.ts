import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { activeManifest } from '../../../daemon/gateway.ts';
import { evidenceOf } from '../../../daemon/waf/evidence.ts';
import {
  eventOfReference,
  personOf,
  reportOf,
  type ToldReport,
  type Walled,
} from '../../../daemon/waf/log.ts';
import { type Message, message } from '../../../model/message.ts';
import type { WafEvent } from '../../../waf/events.ts';
import { familyOf } from '../../../waf/families.ts';
import { foldPath } from '../../../waf/mask.ts';
import type { WafGroup, WafPeople, WafPerson } from '../../../waf/report.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { type GatewayOptions, gatewayCommand } from '../../reach.ts';
import { sinceOf } from '../../since.ts';
import { askGateway, servedSite, walledNamed } from '../../waf-at.ts';

interface ReportOptions extends GatewayOptions {
  readonly since: string;
  readonly reference?: string;
  readonly all?: boolean;
  /** False with `--no-names`. */
  readonly names: boolean;
}

/** As JSON has it: times as text, the path folded. */
type Told = Omit<WafEvent, 'at'> & {
  readonly at: string;
  readonly person?: WafPerson;
  readonly trouble?: Message;
};

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
    .option('--no-names', t('waf.report.no-names'))
    .action(async (name: string | undefined, options: ReportOptions) => {
      if (options.reference !== undefined) return showReference(context, options, options.reference);
      if (name === undefined)
        throw new WrongRequest('waf.name.missing', {}, { next: message('waf.name.missing.next') });
      const since = sinceOf(options.since);
      const report = await askGateway(
        context,
        options,
        async (state) => {
          const site = await servedSite(state);
          const told = await reportOf(state, site, walledNamed(site, name), new Date(since));
          return options.names ? told : withoutNames(told);
        },
        {
          words: ['report', '--since', since, ...unnamed(options), name],
          has: ['mode', 'groups', 'log'],
        },
      );
      if (options.json) context.out(JSON.stringify(report));
      else show(context, report, options.all === true);
    });
}

/** Hidden: what `plan` asks of a gateway whose publications are to block; they come by standard input. */
export function wafEvidence(context: Context): Command {
  return gatewayCommand(context, 'evidence', 'waf.report.about', []).action(
    async (options: GatewayOptions) => {
      const found = await askGateway(context, options, async (state) =>
        // Read by the process that works: this one may have gone on as the gateway's account.
        evidenceOf(state, JSON.parse(await text(process.stdin)) as Walled[]),
      );
      context.out(JSON.stringify(found));
    },
  );
}

const unnamed = ({ names }: ReportOptions): readonly string[] => (names ? [] : ['--no-names']);

/** How many people there were, and not who. */
function withoutNames(report: ToldReport): ToldReport {
  const bare = <T extends { readonly people?: WafPeople }>(part: T): T =>
    part.people ? { ...part, people: { ...part.people, among: [] } } : part;
  return { ...bare(report), groups: report.groups.map(bare) };
}

async function showReference(context: Context, options: ReportOptions, reference: string): Promise<void> {
  if (!/^[0-9a-f]{32}$/.test(reference))
    throw new WrongRequest('waf.reference.form', { reference }, { next: message('waf.reference.form.next') });
  const event = await askGateway(
    context,
    options,
    async (state): Promise<Told> => {
      const found = await eventOfReference(state, reference);
      if (found) {
        const site = (await activeManifest(state))?.site;
        const person = site && options.names ? await personOf(state, site, found) : {};
        const known = site?.publications.find(({ id }) => id === found.publication)?.name;
        const named = known === undefined ? {} : { publication: known };
        return { ...found, ...named, ...person, at: found.at.toISOString(), path: foldPath(found.path) };
      }
      throw new WrongRequest(
        'waf.reference.unknown',
        { reference },
        { next: message('waf.reference.unknown.next') },
      );
    },
    { words: ['report', '--reference', reference, ...unnamed(options)], has: ['request', 'matches'] },
  );
  if (options.json) return context.out(JSON.stringify(event));
  context.out(eventText(context, event));
  if (event.trouble) context.err(context.t('waf.people.unknown', { reason: context.say(event.trouble) }));
}

function eventText({ t }: Context, event: Told): string {
  const { at, method, path, publication = '–', address, score, outboundScore, blocked, wouldBlock } = event;
  const what = blocked ? 'waf.event.blocked' : wouldBlock ? 'waf.event.would' : 'waf.event.below';
  return [
    t(what, { at: local(at), method, path, publication, address }),
    ...(event.person ? [t('waf.event.person', { who: nameOf(t, event.person) })] : []),
    t('waf.event.score', { score, outbound: outboundScore }),
    ...(event.unfinished ? [t('waf.event.unfinished')] : []),
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

function show(context: Context, report: ToldReport, all: boolean): void {
  const { t, out, err } = context;
  const {
    publication: name,
    mode,
    since,
    blocked,
    wouldBlock,
    below,
    first,
    last,
    groups,
    others,
    log,
  } = report;
  const counts = { name, since: local(since), blocked, would: wouldBlock, below };
  const isBefore = (mode === 'observe' ? blocked : wouldBlock) > 0;
  out(
    [
      t(`waf.report.${mode}`, counts),
      ...(isBefore ? [t(`waf.report.${mode}.before`, counts)] : []),
      ...(below > 0 ? [t('waf.report.below', counts)] : []),
      // A gateway of before does not tell.
      ...(report.unfinished > 0 ? [t('waf.report.unfinished', { count: report.unfinished })] : []),
    ].join(' '),
  );
  if (first && last)
    out(
      t(first === last ? 'waf.report.once' : 'waf.report.span', {
        ...{ first: local(first), last: local(last), addresses: addressesOf(report) },
      }),
    );
  if (report.people && first) out(peopleText(context, report.people));
  const shown = all ? groups : groups.slice(0, most);
  for (const group of shown) out(`\n${groupText(context, group)}`);
  if (groups.length > shown.length) out(`\n${t('waf.report.more', { count: groups.length - shown.length })}`);
  if (others > 0) out(`\n${t('waf.report.others', { count: others })}`);
  if (report.trouble) err(t('waf.people.unknown', { reason: context.say(report.trouble) }));
  if (log.broken + log.cut > 0) err(t('waf.report.broken', { ...log }));
  if (groups.length > 0) err(t('cli.next', { text: t('waf.report.next', { name }) }));
  // Nothing found may mean that nobody came.
  else if (blocked + wouldBlock + below === 0) err(t('waf.report.nothing'));
}

/** The most people that are named in a line; `--json` has ten. */
const named = 3;

/** How many people, how many of the requests were theirs, and who sent the most. */
function peopleText({ t }: Context, people: WafPeople): string {
  const { count, more, requests, among } = people;
  if (count === 0) return t('waf.people.none');
  const names = among.slice(0, named).map((each) => `${nameOf(t, each)} (${each.requests})`);
  const params = { count: more ? `≥ ${count}` : count, requests, names: names.join(', ') };
  if (names.length === 0) return t('waf.people.unnamed', params);
  return t(count > names.length ? 'waf.people.among' : 'waf.people.all', params);
}

const nameOf = (t: Context['t'], { who, token }: WafPerson): string =>
  token === undefined ? who : t('waf.people.token', { who, token });

function groupText(context: Context, group: WafGroup): string {
  const { t } = context;
  const { rule, message: said, path, target, requests, blocked, first, last, examples } = group;
  const where = target === undefined ? path : `${path}  ${target}`;
  return [
    `${requests} × ${rule}  ${where}`,
    `  ${t(familyOf(rule))}`,
    `  ${t('waf.group.says', { message: said })}`,
    `  ${[
      t(first === last ? 'waf.group.once' : 'waf.group.counts', {
        ...{ addresses: addressesOf(group), first: local(first), last: local(last) },
      }),
      ...(blocked > 0 && blocked < requests ? [t('waf.group.blocked', { blocked })] : []),
    ].join(', ')}`,
    ...(group.people ? [`  ${peopleText(context, group.people)}`] : []),
    ...examples.map(({ request, value = '' }) => `  ${t('waf.example', { request, value })}`.trimEnd()),
  ].join('\n');
}

const addressesOf = ({ addresses, moreAddresses }: Pick<WafGroup, 'addresses' | 'moreAddresses'>): string =>
  moreAddresses ? `≥ ${addresses}` : String(addresses);

const local = (iso: string): string => new Date(iso).toLocaleString('sv-SE');
