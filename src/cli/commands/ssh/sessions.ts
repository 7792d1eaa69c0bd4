import type { Command } from 'commander';
import type { SessionRecord } from '../../../bastion/record.ts';
import { openRecordings } from '../../../bastion/recordings.ts';
import { shortDuration } from '../../../lib/duration.ts';
import { type BastionOptions, bastionCommandLine, onBastion, readJson } from '../../bastion.ts';
import type { Context } from '../../context.ts';
import { table } from '../../table.ts';

interface SessionsOptions extends BastionOptions {
  readonly who?: string;
  readonly to?: string;
  readonly live?: boolean;
}

/** `poterne ssh sessions`: what the bastion recorded. */
export function sshSessions(context: Context): Command {
  const { t, out } = context;
  return bastionCommandLine(context, 'sessions', 'ssh.sessions.about', [
    'ssh sessions',
    'ssh sessions --who alice --to prod1',
    'ssh sessions --live --json',
  ])
    .option('--who <person>', t('ssh.sessions.who'))
    .option('--to <host>', t('ssh.sessions.to'))
    .option('--live', t('ssh.sessions.live'))
    .action(async (options: SessionsOptions) => {
      const all = await onBastion(
        context,
        options,
        ['ssh', 'sessions'],
        async (state) => (await openRecordings(state)).list(),
        (printed) => readJson<readonly SessionRecord[]>(printed),
      );
      const { who, to, live } = options;
      const found = all.filter(
        (each) =>
          (who === undefined || each.person === who) &&
          (to === undefined || each.host === to) &&
          (!live || each.ended === undefined),
      );
      if (options.json) return out(JSON.stringify(found));
      out(found.length === 0 ? t('ssh.sessions.none') : list(context, found));
    });
}

function list(context: Context, sessions: readonly SessionRecord[]): string {
  const { t } = context;
  const head = ['id', 'person', 'target', 'what', 'began', 'length', 'end'] as const;
  return table(
    head.map((column) => t(`ssh.sessions.${column}`)),
    sessions.map((each) => [
      each.id,
      each.person,
      `${each.account}@${each.host}`,
      whatText(context, each),
      new Date(each.began).toLocaleString('sv-SE'),
      shortDuration(Date.parse(each.ended ?? new Date().toISOString()) - Date.parse(each.began)),
      endText(context, each),
    ]),
  );
}

/** The longest command that a table shows. */
const longest = 60;

function whatText({ t }: Context, { activity, command, transfers, breakGlass }: SessionRecord): string {
  const said = command === undefined ? '' : ` ${command.replaceAll(/\s+/g, ' ').slice(0, longest)}`;
  // Through the catalogue: what people typed drives no terminal.
  const what = t('ssh.sessions.what.of', {
    activity: t(`ssh.sessions.activity.${activity}`, { count: transfers }),
    said,
  });
  return breakGlass === undefined ? what : `${what}\n${t('ssh.sessions.glass', { reason: breakGlass })}`;
}

function endText({ t }: Context, { ended, ending, status = 0, because }: SessionRecord): string {
  if (ended === undefined || ending === undefined) return t('ssh.sessions.live.now');
  const end = t(`ssh.ending.${ending}`, { status });
  return because === undefined ? end : t('ssh.ending.because', { end, because });
}
