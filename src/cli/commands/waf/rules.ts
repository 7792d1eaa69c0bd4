import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { applicationsIn, debianRules, readRuleSet, ruleIdsIn } from '../../../lib/crs.ts';
import { type CommonOptions, command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { exit, WrongRequest } from '../../exit.ts';

/** `poterne waf rules`: which rules are in a folder, and the digest that pins them. */
export function wafRules(context: Context): Command {
  const { t } = context;
  return command(context, 'rules', 'waf.rules.about', [
    'waf rules',
    'waf rules coreruleset-4.27.0',
    'waf rules crs --json',
  ])
    .usage(t('waf.rules.usage'))
    .argument('[folder]', t('waf.rules.folder'), debianRules)
    .action(async (named: string, { json }: CommonOptions) => {
      const folder = resolve(named);
      const files = { list: (path: string) => readdir(path), bytes: (path: string) => readFile(path) };
      const set = await readRuleSet(folder, files);
      if ('lack' in set) throw new WrongRequest(`waf.rules.${set.lack}`, set.params);
      let rules = 0;
      for (const { name } of set.files)
        if (name.endsWith('.conf')) rules += ruleIdsIn(await readFile(`${folder}/${name}`, 'utf8')).length;
      const applications = [...applicationsIn(set.files.map(({ name }) => name)).keys()];
      const told = {
        folder,
        version: set.version,
        sha256: set.sha256,
        files: set.files.length,
        rules,
        applications,
      };
      if (json) context.out(JSON.stringify(told, null, 2));
      else
        for (const [key, value] of Object.entries(told))
          context.out(
            `${t(`waf.rules.told.${key as keyof typeof told}`).padEnd(13)}${Array.isArray(value) ? value.join(', ') : value}`,
          );
      process.exitCode = exit.done;
    });
}
