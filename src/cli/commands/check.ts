import type { Command } from 'commander';
import { type CommonOptions, commandOnFile } from '../command.ts';
import type { Context } from '../context.ts';
import { readDescription } from '../description.ts';
import { exit } from '../exit.ts';

/** `poterne check`: every finding, and nothing done. */
export function check(context: Context): Command {
  return commandOnFile(context, 'check', 'check.about', [
    'check',
    'check examples/constellation/site.yaml',
    'check site.yaml --json',
  ]).action(async (file: string, options: CommonOptions) => {
    const { site, findings, show, toJson } = await readDescription(context, file);
    if (options.json) context.out(JSON.stringify({ ok: site !== undefined, findings: toJson(findings) }));
    else if (findings.length > 0) show(findings);
    else if (site)
      context.out(
        context.t('check.clean', {
          file,
          publications: site.publications.length,
          services: site.services.length,
        }),
      );
    if (!site) process.exitCode = exit.wrong;
  });
}
