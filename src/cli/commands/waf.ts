import type { Command } from 'commander';
import { command } from '../command.ts';
import type { Context } from '../context.ts';
import { wafCrs } from './waf/crs.ts';
import { wafMark } from './waf/mark.ts';
import { wafEvidence, wafReport } from './waf/report.ts';
import { wafRules } from './waf/rules.ts';
import { wafTrial, wafTune } from './waf/tune.ts';

/** `poterne waf`: what the web application firewall finds, and how one lives with it. */
export function waf(context: Context): Command {
  const made = command(context, 'waf', 'waf.about', [
    'waf report erp.example.fr',
    'waf report --reference 701d97570632d38610268e84fff5bd72',
    'waf tune erp.example.fr --reference 701d97570632d38610268e84fff5bd72',
    'waf rules coreruleset-4.27.0',
    'waf crs coreruleset-3.3.4/tests/regression/tests --publication crs.localhost',
  ])
    .usage(context.t('cli.usage.commands'))
    .helpCommand(false)
    .enablePositionalOptions();
  for (const make of [wafReport, wafTune, wafRules, wafCrs]) made.addCommand(make(context));
  for (const make of [wafTrial, wafEvidence, wafMark]) made.addCommand(make(context), { hidden: true });
  return made;
}
