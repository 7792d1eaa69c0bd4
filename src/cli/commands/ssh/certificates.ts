import type { Command } from 'commander';
import { openAudit } from '../../../audit/log.ts';
import { openSshAuthority } from '../../../pki/ssh-authority.ts';
import { bastionState } from '../../bastion-state.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { table } from '../../table.ts';

/** `poterne ssh certificates`, on the bastion: those that are valid now, and what was revoked. */
export function sshCertificates(context: Context): Command {
  const { t, out } = context;
  return command(context, 'certificates', 'ssh.certificates.about', [
    'ssh certificates',
    'ssh certificates --json',
  ]).action(async (options: CommonOptions) => {
    const state = bastionState(options.state, process.env);
    const authority = await openSshAuthority(state, await openAudit(state));
    const [valid, revoked] = await Promise.all([authority.valid(), authority.revoked()]);
    if (options.json) return out(JSON.stringify({ valid, revoked }));
    if (valid.length === 0) out(t('ssh.certificates.none'));
    else
      out(
        table(
          (['serial', 'id', 'for', 'until'] as const).map((column) => t(`ssh.certificates.${column}`)),
          valid.map(({ serial, id, principals, until }) => [
            `${serial}${revoked.serials.includes(serial) ? ` ${t('ssh.certificates.revoked')}` : ''}`,
            id,
            principals.join(' '),
            new Date(until).toLocaleString('sv-SE'),
          ]),
        ),
      );
    if (revoked.people.length > 0) out(t('ssh.certificates.people', { people: revoked.people.join(', ') }));
  });
}
