import type { Command } from 'commander';
import { issueManagement } from '../../../daemon/management.ts';
import { publicKey } from '../../../lib/public-key.ts';
import { bastionState } from '../../bastion-state.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { localAccount } from '../../local-account.ts';

interface ManagementOptions extends CommonOptions {
  readonly by?: string;
}

/**
 * `poterne ssh management`: a certificate of a quarter of an hour with which Poterne logs in to the hosts of the site. Another
 * machine's Poterne asks for it over SSH, as root.
 */
export function sshManagement(context: Context): Command {
  const { t, out } = context;
  return command(context, 'management', 'ssh.management.about', ["ssh management 'ssh-ed25519 AAAA…'"])
    .usage(t('ssh.management.usage'))
    .argument('<key>', t('ssh.management.key'))
    .option('--by <text>', t('ssh.management.by'))
    .action(async (written: string, options: ManagementOptions) => {
      const key = publicKey(written);
      if (key === undefined) throw new WrongRequest('value.public-key', { value: written.slice(0, 60) });
      // It ends up in a certificate and in logs of hosts.
      const by = (options.by ?? localAccount()).replace(/[^\w.@ ()-]+/g, '_').slice(0, 100) || 'root';
      const certificate = (await issueManagement(
        bastionState(options.state, process.env),
        key,
        by,
        localAccount(),
      )) as string;
      out(options.json ? JSON.stringify({ certificate }) : certificate);
    });
}
