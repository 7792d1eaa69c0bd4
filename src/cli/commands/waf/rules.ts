import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { applicationsIn, debianRules, readRuleSet, ruleIdsIn } from '../../../lib/crs.ts';
import { knownHint } from '../../../lib/hints.ts';
import { message } from '../../../model/message.ts';
import type { WafRulesLack } from '../../../model/waf.ts';
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
      if ('lack' in set) throw await lacking(set, named);
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

/** Nothing is refused by what was only asked for: what there is instead, near by. */
async function lacking({ lack, params }: WafRulesLack, named: string): Promise<WrongRequest> {
  const code = lack === 'missing' || lack === 'unreadable' ? lack : 'none';
  if (named === debianRules)
    return new WrongRequest(`waf.rules.folder.${code}`, params, { next: message('waf.rules.debian.hint') });
  const known = (await releasesIn('.')).filter((name) => resolve(name) !== resolve(named));
  const next = known.length > 0 ? knownHint(named, known) : message('waf.rules.folder.next');
  return new WrongRequest(`waf.rules.folder.${code}`, params, { next });
}

/** The folders in a folder that look like a release of the Core Rule Set. */
async function releasesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.filter((name) => existsSync(join(folder, name, 'rules'))).slice(0, 12);
}
