import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { wafCrs } from './waf/crs.ts';

/** `poterne waf`: the web application firewall of publications. */
export function waf(context: Context): Command {
  const made = command(context, 'waf', 'waf.about', [
    'waf crs coreruleset-3.3.4/tests/regression/tests --publication crs.localhost',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [wafCrs]) made.addCommand(make(context));
  return made;
}
