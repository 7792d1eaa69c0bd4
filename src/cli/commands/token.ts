import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { tokenCreate } from './token/create.ts';
import { tokenList } from './token/list.ts';
import { tokenRevoke } from './token/revoke.ts';

/** `poterne token`: what machines show in the place of a person. */
export function token(context: Context): Command {
  const made = command(context, 'token', 'token.about', [
    'token create backup --as monitoring --for api.example.fr --path /rfe/ --expires 90d',
    'token list',
    'token revoke backup',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [tokenCreate, tokenList, tokenRevoke]) made.addCommand(make(context));
  return made;
}
