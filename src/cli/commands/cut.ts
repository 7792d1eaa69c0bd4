import { type Command, Option } from 'commander';
import { requestCut, requestRestore } from '../../daemon/cut/desk.ts';
import { readCuts } from '../../daemon/cut/records.ts';
import { targetOf } from '../../daemon/cut/target.ts';
import { denied } from '../../daemon/denied.ts';
import { activeManifest } from '../../daemon/gateway.ts';
import { parseDuration } from '../../lib/duration.ts';
import { type Cut, type CutReceipt, type CutTarget, cutTargetText, type Tally } from '../../model/cut.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { elsewhere } from '../cut-elsewhere.ts';
import { listHere, listSite, local } from '../cut-list.ts';
import { exit, WrongRequest } from '../exit.ts';
import { localAccount } from '../local-account.ts';
import { type ReachOptions, reaching } from '../reach.ts';

interface CutOptions extends ReachOptions {
  readonly reason?: string;
  readonly say?: boolean;
  readonly for?: string;
  readonly until?: string;
  readonly list?: boolean;
  readonly site?: string;
}

/** `poterne cut`: nothing new is let in, and what is under way ends; says what was ended, and how fast. */
export function cut(context: Context): Command {
  const { t } = context;
  const made = command(context, 'cut', 'cut.about', [
    'cut erp.example.fr --reason "ransom note on a share"',
    'cut user:alice --reason "laptop stolen" --for 12h',
    'cut address:198.51.100.7 --reason "scans us"',
    'cut address:203.0.113.0/24 --reason "scans us"',
    'cut all --reason "incident 2026-031" --say',
    'cut --list',
    'cut --list --site site.yaml',
    'cut sftp.example.fr --site site.yaml --reason "scans us"',
  ]);
  return reaching(made, context)
    .usage(t('cut.usage'))
    .argument('[what]', t('cut.what'))
    .option('--reason <text>', t('cut.reason'))
    .option('--say', t('cut.say'))
    .addOption(new Option('--for <duration>', t('cut.for')).conflicts('until'))
    .option('--until <time>', t('cut.until'))
    .option('--list', t('cut.list'))
    .option('--site <file>', t('cut.site'))
    .action(async (what: string | undefined, options: CutOptions) => {
      const state = stateFolder(options.state, process.env);
      if (options.list) {
        if (options.site !== undefined) return listSite(context, options.site, options);
        return listHere(context, await allowed(state, () => readCuts(state)), options);
      }
      if (what === undefined)
        throw new WrongRequest('cut.what.missing', {}, { next: message('cut.what.next') });
      const reason = reasonOf(options.reason);
      const at = new Date();
      const until = untilOf(options, at);
      if (options.site !== undefined)
        return elsewhere(context, options.site, options, {
          ...{ what: 'cut', to: what, reason },
          ...(until === undefined ? {} : { until }),
        });
      const asked: Cut = {
        target: await chosen(state, what),
        ...{ at: at.toISOString(), by: localAccount(), reason, say: options.say ?? false },
        ...(until === undefined ? {} : { until: until.toISOString() }),
      };
      const receipt = await allowed(state, () => requestCut(state, asked));
      if (options.json) context.out(JSON.stringify(receipt));
      else context.out(draw(context, receipt));
      if (receipt.troubles.length > 0) process.exitCode = exit.failed;
    });
}

/** `poterne restore`: undoes what `cut` did. */
export function restore(context: Context): Command {
  const { t } = context;
  const made = command(context, 'restore', 'restore.about', [
    'restore erp.example.fr',
    'restore user:alice --reason "laptop found"',
    'restore all',
    'restore sftp.example.fr --site site.yaml',
  ]);
  return reaching(made, context)
    .usage(t('restore.usage'))
    .argument('<what>', t('cut.what'))
    .option('--reason <text>', t('restore.reason'))
    .option('--site <file>', t('cut.site'))
    .action(async (what: string, options: CutOptions) => {
      if (options.site !== undefined)
        return elsewhere(context, options.site, options, {
          ...{ what: 'restore', to: what, reason: options.reason ?? '' },
        });
      const state = stateFolder(options.state, process.env);
      const target = await chosenCut(state, what);
      const ask = { target, by: localAccount(), reason: options.reason ?? '', at: new Date().toISOString() };
      const restored = await allowed(state, () => requestRestore(state, ask));
      if (options.json) context.out(JSON.stringify({ restored: restored ?? null }));
      else if (restored)
        context.out(t('restore.done', { what: cutTargetText(target), at: local(restored.at) }));
      if (!restored)
        throw new Fault(
          'restore.none',
          { what: cutTargetText(target) },
          { next: message('restore.none.next') },
        );
    });
}

/** What a receipt says, for people. */
function draw(
  { t, say }: Context,
  { cut, again, refused, finished, ended, sessions, ports, troubles }: CutReceipt,
): string {
  const named = (code: 'publications' | 'people' | 'addresses', tally: Tally) => {
    const names = Object.entries(tally);
    if (names.length === 0) return [];
    const shown = names.slice(0, most).map(([name, count]) => `${name} (${count})`);
    const rest = names.length > most ? [t('cut.receipt.more', { count: names.length - most })] : [];
    return [`  ${t(`cut.receipt.${code}`)}: ${[...shown, ...rest].join(', ')}`];
  };
  const what = cutTargetText(cut.target);
  return [
    t(again ? 'cut.receipt.again' : 'cut.receipt', { what, refused }),
    // nginx has none of what the firewall passes on.
    ...(ports.length > 0 && ended.connections === 0
      ? []
      : [t('cut.receipt.ended', { count: ended.connections, finished })]),
    ...(ports.length === 0 ? [] : [t('cut.receipt.ports', { ports: ports.join(', ') })]),
    ...named('publications', ended.publications),
    ...named('people', ended.people),
    ...named('addresses', ended.addresses),
    ...(cut.target.kind === 'user' ? [t('cut.receipt.sessions', { count: sessions })] : []),
    ...(cut.until === undefined ? [] : [t('cut.receipt.until', { until: local(cut.until) })]),
    ...troubles.map((trouble) =>
      t('cut.receipt.trouble', { text: say(trouble as Parameters<typeof say>[0]) }),
    ),
    t('cut.receipt.restore', { command: `poterne restore ${what}` }),
  ].join('\n');
}

/** The most names of a kind that a receipt shows; `--json` has all. */
const most = 8;

async function chosen(state: string, what: string): Promise<CutTarget> {
  const target = targetOf(what, (await allowed(state, () => activeManifest(state)))?.site);
  if ('code' in target) throw new WrongRequest(target.code, target.params);
  return target;
}

/** What is cut off already can be restored also where it is published no more. */
async function chosenCut(state: string, what: string): Promise<CutTarget> {
  const found = (await allowed(state, () => readCuts(state))).find(
    ({ target }) => cutTargetText(target) === what || target.name === what,
  );
  return found?.target ?? chosen(state, what);
}

function reasonOf(reason: string | undefined): string {
  const text = reason?.trim() ?? '';
  if (text === '') throw new WrongRequest('cut.reason.missing', {}, { next: message('cut.reason.next') });
  return text;
}

function untilOf({ for: lasts, until }: CutOptions, now: Date): Date | undefined {
  if (lasts !== undefined) {
    const milliseconds = parseDuration(lasts);
    if (!milliseconds) throw new WrongRequest('cut.for.form', { value: lasts });
    return new Date(now.getTime() + milliseconds);
  }
  if (until === undefined) return undefined;
  const time = /^\d{4}-\d\d-\d\d/.test(until) ? new Date(until.replace(' ', 'T')) : new Date(Number.NaN);
  if (!(time > now)) throw new WrongRequest('cut.until.form', { value: until });
  return time;
}

async function allowed<T>(state: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw denied(state, cause) ?? cause;
  }
}
