import type { Command } from 'commander';
import type { Applied } from '../../apply/executor.ts';
import { short } from '../../apply/executor.ts';
import { converge, intend, requireOwn } from '../../daemon/gateway.ts';
import type { Site } from '../../model/site.ts';
import { type CommonOptions, commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { type Described, requireSite } from '../description.ts';
import { endWith, exit } from '../errors.ts';
import { stepTeller } from '../steps.ts';
import { withGateway } from '../with-gateway.ts';

/** `poterne apply`: this machine serves the description. */
export function apply(context: Context): Command {
  return commandOnFile(context, 'apply', 'apply.about', [
    'apply',
    'apply site.yaml --json',
    'apply site.yaml --state /srv/poterne',
  ]).action(async (file: string, options: CommonOptions) => {
    const description = await requireSite(context, file, options.json);
    const { site, findings, toJson } = description;
    const work = withGateway(stateFolder(options.state, process.env), async (gateway) => {
      requireOwn(gateway);
      if (!options.json) description.show(findings);
      const tell = options.json ? () => {} : stepTeller(context);
      const applied = await converge(gateway, await intend(gateway, site), tell);
      if (options.json) {
        const { findings: refused, ...rest } = applied;
        context.out(JSON.stringify({ ...rest, findings: toJson([...findings, ...refused]) }));
      } else {
        reportApplied(context, description, site, applied);
        context.err(context.t('cli.next', { text: context.t('apply.next', { file }) }));
      }
      if (applied.outcome === 'partial') process.exitCode = exit.failed;
    });
    await work.catch((error: unknown) => {
      process.exitCode = endWith(context, error, options.json === true, description);
    });
  });
}

/** Says what apply did, with the engine's complaints at the lines that caused them. */
export function reportApplied(context: Context, description: Described, site: Site, applied: Applied): void {
  description.show(applied.findings);
  const refused = applied.findings.filter((f) => f.severity === 'error').length;
  context.out(
    context.t(`apply.outcome.${applied.outcome}`, {
      site: site.name,
      hash: short(applied.hash),
      ...(applied.outcome === 'partial' ? { count: refused } : {}),
    }),
  );
}
