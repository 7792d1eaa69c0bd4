import { styleText } from 'node:util';
import type { Command } from 'commander';
import { directorySecretFindings } from '../../apply/directory-secrets.ts';
import { readGenerated } from '../../apply/generations.ts';
import { intendSite, type OpenGateway, wantedOf } from '../../daemon/perimeter.ts';
import { evidenceFor } from '../../daemon/waf/evidence.ts';
import type { Change, ReachChange } from '../../model/change.ts';
import type { Finding } from '../../model/finding.ts';
import type { Params } from '../../model/message.ts';
import type { Plan } from '../../model/plan.ts';
import { changes, exposureDiff } from '../../plan/diff.ts';
import { enforcementFindings } from '../../plan/waf.ts';
import { wafCosts } from '../../plan/waf-costs.ts';
import { commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { unifiedDiff } from '../diff.ts';
import { exit } from '../exit.ts';
import { differs, isWell, machineJson, showMachine } from '../machines.ts';
import { type ReachOptions, reaching, reachOf } from '../reach.ts';
import { withGateway } from '../with-gateway.ts';

const signs = { add: '+', change: '~', remove: '-' } as const;
const colours = { add: 'green', change: 'yellow', remove: 'red' } as const;

/** `poterne plan`: what would change, and who gains or loses reach to what. */
export function plan(context: Context): Command {
  const { t, out } = context;
  const made = commandOnFile(context, 'plan', 'plan.about', ['plan', 'plan site.yaml --diff', 'plan --json']);
  return reaching(made, context)
    .option('--diff', t('plan.diff'))
    .action(async (file: string, options: ReachOptions & { diff?: boolean }) => {
      const { site, findings, sources, show, toJson } = await requireSite(context, file, options.json);
      const state = stateFolder(options.state, process.env);
      const asked = await wantedOf(site, sources, () => {});
      const open: OpenGateway = (work) => withGateway(state, work);
      const reach = reachOf(site, options);
      const intent = await intendSite(open, asked, reach, { tell: () => {} });
      const { machines, active } = intent;
      const served = active === 'unknown' ? undefined : active;
      const at = { state, reach, ...(asked.served ? { served: asked.served.host } : {}) };
      const evidence = await evidenceFor(intent.plan.site, served, at);
      const known = [
        ...findings,
        ...lacks(intent.plan, findings),
        ...enforcementFindings(served, intent.plan.site, evidence),
        // What it serves now being unknown, so is what is new.
        ...(active === 'unknown' ? [] : wafCosts(served, intent.plan.site)),
        // Another machine's apply tells of its own.
        ...(active === 'unknown' ? [] : await directorySecretFindings(intent.plan.site)),
      ];
      // What it serves now being unknown, no change can be told.
      const wanted = active === 'unknown' ? [] : changes(active, intent.plan);
      const exposure = active === 'unknown' ? { gained: [], lost: [] } : exposureDiff(active, intent.plan);
      if (options.json) {
        const said = wanted.map((c) => ({
          kind: c.kind,
          ...c.say,
          text: context.say(c.say),
          because: c.because,
        }));
        return out(
          JSON.stringify({
            ...(active === 'unknown' ? {} : { changes: said, exposure }),
            ...(machines.length > 0 ? { machines: machines.map((each) => machineJson(context, each)) } : {}),
            findings: toJson(known),
          }),
        );
      }
      show(known);
      if (active === 'unknown') out(t('plan.unknown'));
      else if (wanted.length === 0) out(t(machines.some(differs) ? 'plan.none.published' : 'plan.none'));
      else out([t('plan.changes'), ...wanted.map((c) => line(context, c))].join('\n'));
      for (const [title, sentence, reaches] of [
        ['plan.gained', 'plan.reach', exposure.gained],
        ['plan.lost', 'plan.unreach', exposure.lost],
      ] as const)
        if (reaches.length > 0)
          out(
            [
              `\n${t(title)}`,
              ...reaches.map((r) => `  ${t(sentenceOf(sentence, r), asParams(context, r))}`),
            ].join('\n'),
          );
      if (active !== 'unknown' && exposure.gained.length + exposure.lost.length === 0)
        out(`\n${t('plan.exposure.same')}`);
      if (options.diff)
        out(unifiedDiff(await readGenerated(state, intent.plan.artefacts), intent.plan.artefacts));
      for (const machine of machines) showMachine(context, machine);
      if (!machines.every(isWell)) process.exitCode = exit.failed;
      if (wanted.length > 0 || machines.some(differs))
        context.err(`\n${t('cli.next', { text: t('plan.next', { file }) })}`);
    });
}

/** What the gateway lacks, but for what the description's own findings tell. */
const lacks = ({ artefacts }: Plan, told: readonly Finding[]): Finding[] => {
  const missing = new Map(artefacts.flatMap(({ lack }) => (lack ? [[lack.code, lack] as const] : [])));
  return [...missing.values()].filter(({ code }) => !told.some((one) => one.code === code));
};

function line(context: Context, change: Change): string {
  const text = `  ${signs[change.kind]} ${context.say(change.say)}`;
  return context.colour ? styleText(colours[change.kind], text) : text;
}

function sentenceOf(base: 'plan.reach' | 'plan.unreach', { certificate, without }: ReachChange) {
  if (certificate) return `${base}.certificate` as const;
  return without ? (`${base}.without` as const) : base;
}

/** A zone with its networks, which may be what changes. */
function asParams(
  { t }: Context,
  { who, networks = [], what, service, certificate, rule }: ReachChange,
): Params {
  const isZone = networks.length > 0 && !networks.includes(who) && !rule;
  const configuration = certificate?.configuration ?? '';
  const named = who === 'everyone' ? t('docs.everyone') : who;
  return { who: isZone ? `${who} (${networks.join(', ')})` : named, what, service, configuration };
}
