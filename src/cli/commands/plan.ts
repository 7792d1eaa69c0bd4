import { styleText } from 'node:util';
import type { Command } from 'commander';
import { readGenerated } from '../../apply/generations.ts';
import { intend } from '../../daemon/gateway.ts';
import type { Change } from '../../model/change.ts';
import type { Params } from '../../model/message.ts';
import type { Reach } from '../../model/plan.ts';
import { changes, exposureDiff } from '../../plan/diff.ts';
import { type CommonOptions, commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { unifiedDiff } from '../diff.ts';
import { withGateway } from '../with-gateway.ts';

const signs = { add: '+', change: '~', remove: '-' } as const;
const colours = { add: 'green', change: 'yellow', remove: 'red' } as const;

/** `poterne plan`: what would change, and who gains or loses reach to what. */
export function plan(context: Context): Command {
  const { t, out } = context;
  return commandOnFile(context, 'plan', 'plan.about', ['plan', 'plan site.yaml --diff', 'plan --json'])
    .option('--diff', t('plan.diff'))
    .action(async (file: string, options: CommonOptions & { diff?: boolean }) => {
      const { site, findings, show, toJson } = await requireSite(context, file, options.json);
      const state = stateFolder(options.state, process.env);
      await withGateway(state, async (gateway) => {
        const intent = await intend(gateway, site);
        const wanted = changes(intent.active, intent.plan);
        const exposure = exposureDiff(intent.active, intent.plan);
        if (options.json) {
          const said = wanted.map((c) => ({
            kind: c.kind,
            ...c.say,
            text: context.say(c.say),
            because: c.because,
          }));
          return out(JSON.stringify({ changes: said, exposure, findings: toJson(findings) }));
        }
        show(findings);
        if (wanted.length === 0) out(t('plan.none'));
        else out([t('plan.changes'), ...wanted.map((c) => line(context, c))].join('\n'));
        for (const [title, sentence, reaches] of [
          ['plan.gained', 'plan.reach', exposure.gained],
          ['plan.lost', 'plan.unreach', exposure.lost],
        ] as const)
          if (reaches.length > 0)
            out([`\n${t(title)}`, ...reaches.map((r) => `  ${t(sentence, asParams(r))}`)].join('\n'));
        if (exposure.gained.length + exposure.lost.length === 0) out(`\n${t('plan.exposure.same')}`);
        if (options.diff)
          out(unifiedDiff(await readGenerated(state, intent.plan.artefacts), intent.plan.artefacts));
        if (wanted.length > 0) context.err(`\n${t('cli.next', { text: t('plan.next', { file }) })}`);
      });
    });
}

function line(context: Context, change: Change): string {
  const text = `  ${signs[change.kind]} ${context.say(change.say)}`;
  return context.colour ? styleText(colours[change.kind], text) : text;
}

/** A zone with its networks, which may be what changes. */
function asParams({ who, networks = [], what, service }: Reach): Params {
  const isZone = networks.length > 0 && !networks.includes(who);
  return { who: isZone ? `${who} (${networks.join(', ')})` : who, what, service };
}
