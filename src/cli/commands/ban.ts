import type { Command } from 'commander';
import { requestBan, requestUnban } from '../../daemon/bans/desk.ts';
import { type BanRecord, banned, readBans } from '../../daemon/bans/records.ts';
import { denied } from '../../daemon/denied.ts';
import { activeManifest } from '../../daemon/gateway.ts';
import { askedNetwork, neverBanned, neverOf } from '../../lib/bans.ts';
import { parseDuration } from '../../lib/duration.ts';
import { harmless } from '../../lib/harmless.ts';
import { networkText, overlaps } from '../../lib/ip.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { type BansThere, bansThere, type OnOptions } from '../ban-on.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { exit, WrongRequest } from '../exit.ts';
import { localAccount } from '../local-account.ts';
import { gatewayCommand } from '../reach.ts';
import { table } from '../table.ts';

/** `poterne ban`: who is banned for a time, by the gateway itself or by hand. */
export function ban(context: Context): Command {
  const made = command(context, 'ban', 'ban.about', [
    'ban list',
    'ban add 198.51.100.7 --reason "scans us" --for 12h',
    'ban remove 198.51.100.7 --reason "a customer who had forgotten a password"',
    'ban why 198.51.100.7',
    'ban list --on erp',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [list, add, remove, why]) made.addCommand(make(context));
  return made;
}

interface BanOptions extends OnOptions {
  readonly reason?: string;
  readonly for?: string;
  readonly all?: boolean;
}

/** A command about the bans of this gateway, or with `--on` of another machine's. */
function somewhere(...args: Parameters<typeof command>): Command {
  return gatewayCommand(...args).option('--on <host>', args[0].t('ban.on'));
}

const thereOf = async (context: Context, options: BanOptions): Promise<BansThere | undefined> =>
  options.on === undefined ? undefined : bansThere(context, options.on, options);

/** All that is known there of who is or was banned. */
async function known(options: BanOptions, there: BansThere | undefined): Promise<readonly BanRecord[]> {
  return there ? there.list() : allowed(options, readBans);
}

function list(context: Context): Command {
  const { t, out } = context;
  return somewhere(context, 'list', 'ban.list.about', [
    'ban list',
    'ban list --all --json',
    'ban list --on erp',
  ])
    .option('--all', t('ban.all'))
    .action(async (options: BanOptions) => {
      const all = await known(options, await thereOf(context, options));
      const shown = options.all ? all : banned(all);
      if (options.json) return out(JSON.stringify(shown));
      if (shown.length === 0) return out(t('ban.none'));
      const head = ['network', 'kind', 'at', 'until', 'before', 'by', 'reason'] as const;
      const rows = shown.map((one) => [
        networkText(one.network),
        t(`ban.kind.${one.kind}`),
        local(one.at),
        endOf(one),
        String(one.before),
        `${one.by} (${one.gateway})`,
        one.reason,
      ]);
      out(
        table(
          head.map((column) => t(`ban.column.${column}`)),
          rows.map((row) => row.map((text) => harmless(text).replace(/[\n\t]/g, ' '))),
        ),
      );
    });
}

function add(context: Context): Command {
  const { t, out, say } = context;
  return somewhere(context, 'add', 'ban.add.about', [
    'ban add 198.51.100.7 --reason "scans us" --for 12h',
    'ban add 198.51.100.7 --reason "scans us" --on gateway',
    'ban add 2001:db8:1:2::/64 --reason "scans us"',
  ])
    .usage(t('ban.add.usage'))
    .argument('<address>', t('ban.address'))
    .option('--reason <text>', t('ban.reason'))
    .option('--for <duration>', t('ban.for'))
    .action(async (address: string, options: BanOptions) => {
      const network = networkOf(address);
      const reason = reasonOf(options.reason);
      const lasts = options.for === undefined ? undefined : lastsOf(options.for);
      const there = await thereOf(context, options);
      const ask = { network, reason, by: localAccount(), ...(lasts === undefined ? {} : { lasts }) };
      const made = there
        ? await there.add(network, reason, options.for)
        : await allowed(options, (state) => requestBan(state, ask));
      if (made.troubles.length > 0) process.exitCode = exit.failed;
      if (options.json) return out(JSON.stringify(made));
      const { until } = made.ban;
      const params = { network: networkText(network), count: made.ended.connections };
      out(
        until === undefined ? t('ban.done.open', params) : t('ban.done', { ...params, until: local(until) }),
      );
      for (const trouble of made.troubles)
        out(t('ban.trouble', { text: say(trouble as Parameters<typeof say>[0]) }));
    });
}

function remove(context: Context): Command {
  const { t, out } = context;
  return somewhere(context, 'remove', 'ban.remove.about', [
    'ban remove 198.51.100.7',
    'ban remove 198.51.100.7 --on erp',
    'ban remove 198.51.100.0/24 --reason "a customer"',
  ])
    .usage(t('ban.address.usage'))
    .argument('<address>', t('ban.address'))
    .option('--reason <text>', t('ban.reason'))
    .action(async (address: string, options: BanOptions) => {
      const network = networkOf(address);
      const reason = options.reason ?? '';
      const ask = { network, by: localAccount(), reason, at: new Date().toISOString() };
      const there = await thereOf(context, options);
      const removed = there
        ? await there.remove(network, reason)
        : await allowed(options, (state) => requestUnban(state, ask));
      if (removed.length === 0)
        throw new Fault(
          'ban.remove.none',
          { network: networkText(network) },
          { next: message('ban.remove.none.next') },
        );
      if (options.json) return out(JSON.stringify(removed));
      for (const { network: of, at, kind } of removed)
        out(t('ban.removed', { network: networkText(of), at: local(at), kind: t(`ban.kind.${kind}`) }));
    });
}

function why(context: Context): Command {
  const { t, out } = context;
  return somewhere(context, 'why', 'ban.why.about', [
    'ban why 198.51.100.7',
    'ban why 198.51.100.7 --json',
    'ban why 198.51.100.7 --on erp',
  ])
    .usage(t('ban.address.usage'))
    .argument('<address>', t('ban.address'))
    .action(async (address: string, options: BanOptions) => {
      const network = networkOf(address);
      const there = await thereOf(context, options);
      const all = await known(options, there);
      const about = all.filter((one) => overlaps(one.network, network));
      const site = there?.site ?? (await allowed(options, activeManifest))?.site;
      const never = site && neverOf(network, neverBanned(site));
      const now = banned(about);
      if (options.json)
        return out(JSON.stringify({ network, never: never ?? null, banned: now, known: about }));
      const named = networkText(network);
      if (never)
        out(
          t('ban.why.never', {
            network: named,
            of: networkText(never.network),
            why: t(`ban.never.${never.why}`),
          }),
        );
      else if (about.length === 0) out(t('ban.why.not', { network: named }));
      for (const one of about) draw(context, one, now.includes(one));
    });
}

/** What is known of one ban, for people. */
function draw({ t, out }: Context, one: BanRecord, isNow: boolean): void {
  const { network, kind, at, until, by, gateway, reason, before, offences } = one;
  const params = {
    network: networkText(network),
    until: isNow
      ? t(until === undefined ? 'ban.until.removed' : 'ban.until', { until: endOf(one) })
      : endOf(one),
    at: local(at),
    kind: t(`ban.kind.${kind}`),
    by: harmless(by),
    gateway: harmless(gateway),
    // What was counted says itself why.
    because: kind === 'hand' ? t('ban.because', { reason: harmless(reason) }) : '',
  };
  out(t(isNow ? 'ban.why.banned' : 'ban.why.was', params));
  if (before > 0) out(t('ban.why.before', { count: before }));
  if (offences.length === 0) return;
  out(t('ban.why.offences'));
  for (const offence of offences)
    out(`  ${local(offence.at)} ${offence.kind} ${harmless(offence.address)} ${harmless(offence.what)}`);
}

const endOf = ({ removed, until }: BanRecord): string => {
  const end = removed ?? until;
  return end === undefined ? '–' : local(end);
};

const local = (iso: string): string => new Date(iso).toLocaleString('sv-SE');

function networkOf(text: string): string {
  const network = askedNetwork(text);
  if (network === undefined) throw new WrongRequest('ban.address.form', { value: text });
  return network;
}

function reasonOf(reason: string | undefined): string {
  const text = reason?.trim() ?? '';
  if (text === '') throw new WrongRequest('ban.reason.missing', {}, { next: message('ban.reason.next') });
  return text;
}

function lastsOf(text: string): number {
  const lasts = parseDuration(text);
  if (!lasts) throw new WrongRequest('ban.for.form', { value: text });
  return lasts;
}

/** Works with a state folder, or says whose it is. */
async function allowed<T>({ state: asked }: CommonOptions, work: (state: string) => Promise<T>): Promise<T> {
  const state = stateFolder(asked, process.env);
  try {
    return await work(state);
  } catch (cause) {
    throw denied(state, cause) ?? cause;
  }
}
