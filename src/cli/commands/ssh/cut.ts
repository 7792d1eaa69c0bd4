import type { Command } from 'commander';
import { askBastion } from '../../../bastion/control.ts';
import type { SessionRecord } from '../../../bastion/record.ts';
import { type BastionOptions, bastionCommandLine, onBastion, readJson } from '../../bastion.ts';
import type { Context } from '../../context.ts';
import { exit, WrongRequest } from '../../exit.ts';
import { localAccount } from '../../local-account.ts';

interface CutOptions extends BastionOptions {
  readonly reason?: string;
  readonly by?: string;
}

/** `poterne ssh cut`: ends sessions now. */
export function sshCut(context: Context): Command {
  const { t, out, err } = context;
  return bastionCommandLine(context, 'cut', 'ssh.cut.about', [
    "ssh cut 20261125-191336-npa2n4 --reason 'maintenance begins'",
    "ssh cut alice --reason 'laptop stolen'",
  ])
    .argument('<session|person>', t('ssh.cut.what'))
    .requiredOption('--reason <text>', t('ssh.cut.reason'))
    .option('--by <who>', t('ssh.cut.by'))
    .action(async (name: string, options: CutOptions) => {
      const { reason = '', by = localAccount() } = options;
      if (!reason.trim() || /\p{Cc}/u.test(reason)) throw new WrongRequest('ssh.reason.control', {});
      const found = await onBastion(
        context,
        options,
        ['ssh', 'cut', `--reason=${reason}`, `--by=${by}`, '--', name],
        (state) => askBastion<readonly SessionRecord[]>(state, '/cut', { name, reason, by }),
        (printed) => readJson<readonly SessionRecord[]>(printed),
      );
      if (options.json) out(JSON.stringify(found));
      else if (found.length === 0) err(t('ssh.cut.none'));
      else out(t('ssh.cut.done', { sessions: found.map(({ id }) => id).join(', ') }));
      // Whoever asked there is told by what comes back.
      if (found.length === 0 && !options.local) process.exitCode = exit.failed;
    });
}
