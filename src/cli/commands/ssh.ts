import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { sshAuthority } from './ssh/authority.ts';
import { sshCertificates } from './ssh/certificates.ts';
import { sshConfig } from './ssh/config.ts';
import { sshCut } from './ssh/cut.ts';
import { entering } from './ssh/enter.ts';
import { sshHosts } from './ssh/hosts.ts';
import { sshLogin } from './ssh/login.ts';
import { sshManagement } from './ssh/management.ts';
import { sshReplay } from './ssh/replay.ts';
import { sshRevoke } from './ssh/revoke.ts';
import { sshSessions } from './ssh/sessions.ts';
import { sshTransfers } from './ssh/transfers.ts';

/** `poterne ssh`: access to machines through the bastion. */
export function ssh(context: Context): Command {
  const made = command(context, 'ssh', 'ssh.about', [
    'ssh prod1',
    "ssh prod1 --as debian -- 'df -h | head'",
    "ssh prod1 --break-glass --reason 'the night shift is ill'",
    'ssh hosts',
    'ssh sessions --live',
    'ssh login',
    'ssh authority',
  ])
    .usage(context.t('ssh.usage'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [
    sshLogin,
    sshHosts,
    sshConfig,
    sshSessions,
    sshTransfers,
    sshReplay,
    sshCut,
    sshAuthority,
    sshCertificates,
    sshRevoke,
    sshManagement,
  ])
    made.addCommand(make(context));
  return entering(made, context);
}
