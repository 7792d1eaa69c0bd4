import type { Command } from 'commander';
import { openAudit } from '../../../audit/log.ts';
import { prepareBastionState } from '../../../daemon/bastion-state.ts';
import { createSshAuthority, openSshAuthority, sshAuthorityFolder } from '../../../pki/ssh-authority.ts';
import { bastionState } from '../../bastion-state.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { localAccount } from '../../local-account.ts';

/** `poterne ssh authority`: makes the SSH authority of this machine, if there is none, and prints what the description needs of it. */
export function sshAuthority(context: Context): Command {
  const { t, out, err } = context;
  return command(context, 'authority', 'ssh.authority.about', [
    'ssh authority',
    'ssh authority --json',
  ]).action(async (options: CommonOptions) => {
    const state = bastionState(options.state, process.env);
    await prepareBastionState(state);
    const audit = await openAudit(state);
    const isNew = await createSshAuthority(state);
    const { userKey, hostKey } = await openSshAuthority(state, audit);
    if (isNew)
      await audit.append({ who: localAccount(), what: 'authority.create', from: 'here', result: 'done' });
    const folder = sshAuthorityFolder(state);
    if (options.json) {
      out(JSON.stringify({ created: isNew, folder, authority: userKey, 'host-authority': hostKey }));
      return;
    }
    err(t(isNew ? 'ssh.authority.made' : 'ssh.authority.there', { folder }));
    out(`bastion:\n  authority: ${userKey}\n  host-authority: ${hostKey}`);
    err(t('cli.next', { text: t('ssh.authority.copy') }));
  });
}
