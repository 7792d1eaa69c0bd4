import type { Command } from 'commander';
import type { Transfer } from '../../../bastion/protocol.ts';
import { openRecordings } from '../../../bastion/recordings.ts';
import { type BastionOptions, bastionCommandLine, onBastion, readJson } from '../../bastion.ts';
import type { Context } from '../../context.ts';
import { table } from '../../table.ts';
import { unknownSession } from './replay.ts';

/** `poterne ssh transfers`: the files of a session. */
export function sshTransfers(context: Context): Command {
  const { t, out } = context;
  return bastionCommandLine(context, 'transfers', 'ssh.transfers.about', [
    'ssh transfers 20261125-191336-npa2n4',
    'ssh transfers 20261125-191336-npa2n4 --json',
  ])
    .argument('<session>', t('ssh.sessions.id'))
    .action(async (id: string, options: BastionOptions) => {
      const found = await onBastion(
        context,
        options,
        ['ssh', 'transfers', id],
        async (state) => {
          const recordings = await openRecordings(state);
          if (!(await recordings.list()).some((each) => each.id === id)) throw unknownSession(id);
          return recordings.transfers(id);
        },
        (printed) => readJson<readonly Transfer[]>(printed),
      );
      if (options.json) return out(JSON.stringify(found));
      if (found.length === 0) return out(t('ssh.transfers.none'));
      const head = ['action', 'path', 'bytes', 'result'] as const;
      out(
        table(
          head.map((column) => t(`ssh.transfers.${column}`)),
          found.map(({ action, path, to, bytes, result }) => [
            t(`ssh.transfer.${action}`),
            t('ssh.transfers.name', { path: to === undefined ? path : `${path} → ${to}` }),
            bytes === undefined ? '–' : String(bytes),
            t(`ssh.transfer.${result}`),
          ]),
        ),
      );
    });
}
