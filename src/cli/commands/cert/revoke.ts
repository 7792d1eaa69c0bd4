import { type Command, Option } from 'commander';
import { type RevocationReason, revocationReasons } from '../../../model/authority.ts';
import { askAuthority } from '../../authority-at.ts';
import type { Context } from '../../context.ts';
import { exit } from '../../exit.ts';
import { type GatewayOptions, gatewayCommand } from '../../reach.ts';

interface RevokeOptions extends GatewayOptions {
  readonly reason: RevocationReason;
}

/** `poterne cert revoke`: takes certificates of Poterne's own authority back, at once where the gateway asks for them. */
export function certRevoke(context: Context): Command {
  const { t, out, err } = context;
  return gatewayCommand(context, 'revoke', 'cert.revoke.about', [
    'cert revoke alice@example.fr --reason key-compromise',
    'cert revoke 5f3a9c… --reason superseded',
  ])
    .usage(t('cert.revoke.usage'))
    .argument('<what>', t('cert.revoke.what'))
    .addOption(
      new Option('--reason <reason>', t('cert.revoke.reason', { values: revocationReasons.join(', ') }))
        .choices(revocationReasons)
        .makeOptionMandatory(),
    )
    .action(async (what: string, options: RevokeOptions) => {
      const { reason } = options;
      const { revoked, gateway } = await askAuthority(context, options, { verb: 'revoke', what, reason });
      if (options.json) out(JSON.stringify({ revoked, gateway }));
      else {
        for (const { name, serial } of revoked) out(t('cert.revoke.done', { name, serial }));
        err(t(`cert.revoke.gateway.${gateway}`));
      }
      if (gateway === 'failed') process.exitCode = exit.failed;
    });
}
