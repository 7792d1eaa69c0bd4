import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { rotateWords } from '../../fleet/upkeep/rotate.ts';
import { localhost } from '../../hosts/local.ts';
import { publicKey } from '../../lib/public-key.ts';
import { message } from '../../model/message.ts';
import type { RotateTask } from '../../model/upkeep.ts';
import { type AccountOptions, type AccountWork, changeAccounts } from '../account-run.ts';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { endWith } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { publicKeyIn } from '../public-keys.ts';
import { accountOf, missing, unreadable } from '../run-request.ts';
import { upkeepCommand } from '../upkeep.ts';

interface RotateOptions extends AccountOptions {
  readonly old?: string;
  readonly new?: string;
  readonly account?: string;
}

/** `poterne hosts keys`: a new key in place of an old one. */
export function hostsKeys(context: Context): Command {
  const { t } = context;
  const examples = [
    'hosts keys rotate --on all --old ~/.ssh/id_ed25519.pub --new ~/.ssh/poterne',
    'hosts keys rotate --on group:web --account deploy --old alice.pub --new alice-2027.pub',
  ];
  const rotate = upkeepCommand(context, 'rotate', 'keys.rotate.about', examples, {
    limit: '5m',
    batches: '1,10%',
  })
    .option('--old <file>', t('keys.old'))
    .option('--new <file>', t('keys.new'))
    .option('--account <account>', t('keys.account'))
    .option('--dry-run', t('account.dry-run'))
    .action(async (options: RotateOptions) => {
      try {
        process.exitCode = await rotated(context, options);
      } catch (error) {
        process.exitCode = endWith(context, error, options.json === true);
      }
    });
  return command(context, 'keys', 'keys.about', examples)
    .usage(t('cli.usage.commands'))
    .helpCommand(false)
    .addCommand(rotate);
}

async function rotated(context: Context, options: RotateOptions): Promise<number> {
  const { old: oldFile, new: newFile, account, json = false } = options;
  if (options.on === undefined) throw missing('--on');
  if (oldFile === undefined) throw missing('--old');
  if (newFile === undefined) throw missing('--new');
  const old = publicKey(await publicKeyIn(oldFile)) ?? '';
  if (account !== undefined) {
    const line = await publicKeyIn(newFile);
    requireOther(old, line);
    return changeAccounts(context, personsWork(accountOf(account, '--account'), old, line), options);
  }
  const file = resolve(newFile);
  if (!existsSync(file) && !options.dryRun) await makeKey(context, file, json);
  const line = await publicKeyIn(`${file}.pub`);
  requireOther(old, line);
  const task: RotateTask = { kind: 'rotate', old, next: { line, file } };
  const status = await changeAccounts(context, ownWork(task), options);
  if (status === exit.done && !options.dryRun && !json)
    context.err(context.t('cli.next', { text: context.t('keys.next', { file }) }));
  return status;
}

/** The new key in the lines of the old one. */
function personsWork(name: string, old: string, line: string): AccountWork {
  const words = ['swap', name, `key=${old}`, `line=${line}`];
  return {
    ...{ script: 'keys', name, looks: [['look', ...words]], args: ['do', ...words] },
    task: { kind: 'account', name },
  };
}

function ownWork(task: RotateTask): AccountWork {
  return {
    ...{ script: 'keys', name: '', args: [], task },
    looks: [rotateWords('look', 'add', task), rotateWords('look', 'drop', task)],
  };
}

function requireOther(old: string, line: string): void {
  if (publicKey(line) === old) throw new WrongRequest('keys.same', {}, { next: message('keys.same.next') });
}

/** A key without a passphrase, that its owner alone may read. */
async function makeKey({ t, err }: Context, file: string, json: boolean): Promise<void> {
  const { code, stderr } = await localhost.run([
    ...['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'poterne', '-f', file],
  ]);
  if (code !== 0) throw unreadable(file, new Error(stderr.trim()));
  if (!json) err(t('keys.made', { file }));
}
