import type { Command } from 'commander';
import { type AccountOptions, type AccountWork, changeAccounts } from '../account-run.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { endWith } from '../errors.ts';
import { publicKeysIn } from '../public-keys.ts';
import { missing, wrong } from '../run-request.ts';
import { upkeepCommand } from '../upkeep.ts';

interface CreateOptions extends AccountOptions {
  readonly uid?: string;
  readonly shell?: string;
  readonly home?: string;
  readonly comment?: string;
  readonly group: readonly string[];
  readonly system?: boolean;
  readonly key: readonly string[];
  readonly end?: boolean;
  readonly removeHome?: boolean;
}

const actions = ['create', 'keys', 'lock', 'unlock', 'remove'] as const;
type Action = (typeof actions)[number];

/** `poterne hosts accounts`: accounts on many machines, shown first, and never with a password. */
export function hostsAccounts(context: Context): Command {
  const { t } = context;
  const made = command(context, 'accounts', 'account.about', [
    'hosts accounts create deploy --on group:web --comment "releases" --group adm --key deploy.pub',
    'hosts accounts keys deploy --on group:web --key deploy.pub --key alice.pub',
    'hosts accounts lock alice --on all --end',
    'hosts accounts remove alice --on all --remove-home',
  ])
    .usage(t('cli.usage.commands'))
    .helpCommand(false);
  for (const action of actions) made.addCommand(sub(context, action));
  return made;
}

const examples: Readonly<Record<Action, string>> = {
  create: 'hosts accounts create deploy --on group:web --shell /bin/bash --group adm --key deploy.pub',
  keys: 'hosts accounts keys deploy --on group:web --key deploy.pub',
  lock: 'hosts accounts lock alice --on all --end',
  unlock: 'hosts accounts unlock alice --on all',
  remove: 'hosts accounts remove alice --on group:web --dry-run',
};

function sub(context: Context, action: Action): Command {
  const { t } = context;
  const many = (value: string, before: readonly string[]) => [...before, value];
  const made = upkeepCommand(context, action, `account.${action}.about`, [examples[action]], { limit: '5m' })
    .usage(t('account.usage'))
    .argument('<account>', t('account.name'))
    .option('--dry-run', t('account.dry-run'));
  if (action === 'create')
    made
      .option('--uid <number>', t('account.uid.option'))
      .option('--shell <program>', t('account.shell.option'))
      .option('--home <folder>', t('account.home.option'))
      .option('--comment <text>', t('account.comment.option'))
      .option('--group <group>', t('account.group.option'), many, [])
      .option('--system', t('account.system.option'));
  if (action === 'create' || action === 'keys')
    made.option('--key <file>', t('account.key.option'), many, []);
  if (action === 'lock' || action === 'remove') made.option('--end', t('account.end.option'));
  if (action === 'remove') made.option('--remove-home', t('account.remove-home.option'));
  return made.action(async (name: string, options: CreateOptions) => {
    try {
      process.exitCode = await changeAccounts(context, await workOf(action, name, options), options);
    } catch (error) {
      process.exitCode = endWith(context, error, options.json === true);
    }
  });
}

/** What adduser takes for a name; `passwd`(5) has no more. */
const plainName = /^[a-z_][a-z0-9_.-]{0,31}$/i;

async function workOf(action: Action, name: string, options: CreateOptions): Promise<AccountWork> {
  if (!plainName.test(name)) throw wrong('ACCOUNT', name, 'deploy');
  const { uid, shell, home, comment, group = [], system, key = [], end, removeHome } = options;
  if (uid !== undefined && !/^[1-9]\d{0,8}$/.test(uid)) throw wrong('--uid', uid, '--uid 2001');
  if (shell !== undefined && !isPath(shell)) throw wrong('--shell', shell, '--shell /bin/bash');
  if (home !== undefined && !isPath(home)) throw wrong('--home', home, '--home /srv/deploy');
  // What would be another field of /etc/passwd, or another line.
  if (comment !== undefined && /[:\p{Cc}]/u.test(comment))
    throw wrong('--comment', comment, '--comment releases');
  const bad = group.find((each) => !plainName.test(each));
  if (bad !== undefined) throw wrong('--group', bad, '--group adm');
  if (action === 'keys' && key.length === 0) throw missing('--key');
  const keys = await publicKeysIn(key);
  const words = [
    ...(uid === undefined ? [] : [`uid=${uid}`]),
    ...(shell === undefined ? [] : [`shell=${shell}`]),
    ...(home === undefined ? [] : [`home=${home}`]),
    ...(comment === undefined ? [] : [`comment=${comment}`]),
    ...(group.length > 0 ? [`groups=${group.join(' ')}`] : []),
    ...(system ? ['system=1'] : []),
    ...(key.length > 0 ? [`keys=${keys.map((line) => `${line}\n`).join('')}`] : []),
    ...(end ? ['end=1'] : []),
    ...(removeHome ? ['remove-home=1'] : []),
  ];
  return {
    ...{ script: 'accounts', name, looks: [['look', action, name, ...words]] },
    ...{ args: ['do', action, name, ...words], task: { kind: 'account', name } },
  };
}

function isPath(path: string): boolean {
  return /^\/[^:\p{Cc}]*$/u.test(path) && !path.split('/').includes('..');
}
