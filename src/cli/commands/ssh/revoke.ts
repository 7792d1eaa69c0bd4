import type { Command } from 'commander';
import { openAudit } from '../../../audit/log.ts';
import { heedRevocations } from '../../../daemon/revocations.ts';
import { openSshAuthority } from '../../../pki/ssh-authority.ts';
import { bastionState } from '../../bastion-state.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { localAccount } from '../../local-account.ts';

interface RevokeOptions extends CommonOptions {
  readonly undo?: boolean;
}

/** `poterne ssh revoke`, on the bastion: a certificate by its serial number, or all of a person, whose sessions end. */
export function sshRevoke(context: Context): Command {
  const { t, out, err } = context;
  return command(context, 'revoke', 'ssh.revoke.about', [
    'ssh revoke alice',
    'ssh revoke 42',
    'ssh revoke --undo alice',
  ])
    .usage(t('ssh.revoke.usage'))
    .argument('<what>', t('ssh.revoke.what'))
    .option('--undo', t('ssh.revoke.undo'))
    .action(async (what: string, options: RevokeOptions) => {
      const state = bastionState(options.state, process.env);
      const authority = await openSshAuthority(state, await openAudit(state));
      const by = { who: localAccount(), from: 'here' };
      const isSerial = /^\d{1,15}$/.test(what);
      if (!isSerial && !/^[a-z_][a-z0-9_-]{0,30}$/.test(what))
        throw new WrongRequest('ssh.revoke.form', { what });
      if (options.undo) {
        if (isSerial) throw new WrongRequest('ssh.revoke.undo.serial', { serial: what });
        await authority.restore(what, by);
        if (options.json) out(JSON.stringify({ restored: what }));
        else out(t('ssh.revoke.undone', { person: what }));
        return;
      }
      const serials = await authority.revoke(isSerial ? { serial: Number(what) } : { person: what }, by);
      await heedRevocations(authority);
      if (options.json) return out(JSON.stringify({ revoked: serials }));
      out(
        isSerial
          ? t('ssh.revoke.serial', { serial: what })
          : t('ssh.revoke.person', { person: what, count: serials.length }),
      );
      err(t('cli.next', { text: t('ssh.revoke.next') }));
    });
}
