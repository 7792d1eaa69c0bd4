import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { certInspect } from './cert/inspect.ts';
import { certRenew } from './cert/renew.ts';

/**
 * `poterne cert`: certificates. Subcommands load what reads certificates in their actions: it takes longer than most of what
 * the others do.
 */
export function cert(context: Context): Command {
  const made = command(context, 'cert', 'cert.about', [
    'cert inspect fullchain.pem --purpose server --name example.fr',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [certInspect, certRenew]) made.addCommand(make(context));
  return made;
}
