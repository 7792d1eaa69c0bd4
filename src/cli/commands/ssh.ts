import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { sshAuthority } from './ssh/authority.ts';

/** `poterne ssh`: access to machines through the bastion. */
export function ssh(context: Context): Command {
  return command(context, 'ssh', 'ssh.about', ['ssh authority'])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions()
    .addCommand(sshAuthority(context));
}
