import type { Command } from 'commander';
import { type Applied, short } from '../../apply/executor.ts';
import { complaintsOf } from '../../daemon/machines.ts';
import { applySite, type SiteApplied, wantedOf } from '../../daemon/perimeter.ts';
import type { Finding } from '../../model/finding.ts';
import { isManaged, type Site } from '../../model/site.ts';
import { commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { type Described, type DescribedSite, requireSite } from '../description.ts';
import { endWith } from '../errors.ts';
import { exit } from '../exit.ts';
import { isWell, machineJson, showMachine } from '../machines.ts';
import { askEntry } from '../prompt.ts';
import { type ReachOptions, reaching, reachOf } from '../reach.ts';
import { stepTeller } from '../steps.ts';
import { withOwnGateway } from '../with-gateway.ts';

/** `poterne apply`: the machines of the description become what it says, this one or others. */
export function apply(context: Context): Command {
  const made = commandOnFile(context, 'apply', 'apply.about', [
    'apply',
    'apply site.yaml --json',
    'apply site.yaml --state /srv/poterne',
    'apply site.yaml --here passerelle',
  ]);
  return reaching(made, context).action(async (file: string, options: ReachOptions) => {
    const description = await requireSite(context, file, options.json);
    const { site, sources } = description;
    const reach = reachOf(site, options);
    const state = stateFolder(options.state, process.env);
    const carryOut = async () => {
      if (!options.json) description.show(description.findings);
      const tell = options.json ? () => {} : stepTeller(context);
      const wanted = await wantedOf(site, sources, tell);
      const applied = await applySite((work) => withOwnGateway(state, work), wanted, reach, {
        tell,
        done: options.json ? () => {} : (outcome) => showMachine(context, outcome),
        canStillEnter: (host, seconds) => askEntry(context, host, seconds),
      });
      report(context, description, file, options, applied, complaintsOf(wanted.bundles, applied.machines));
    };
    await carryOut().catch((error: unknown) => {
      process.exitCode = endWith(context, error, options.json === true, description);
    });
  });
}

/** What only the gateway found: the rest of what it says of the description was said before. */
function news(known: readonly Finding[], { findings }: Applied): Finding[] {
  const key = ({ code, params, pointer }: Finding) => JSON.stringify([code, params, pointer]);
  const told = new Set(known.map(key));
  return findings.filter((finding) => !told.has(key(finding)));
}

function report(
  context: Context,
  description: DescribedSite,
  file: string,
  { json }: ReachOptions,
  { machines, gateway: served }: SiteApplied,
  complaints: readonly Finding[],
): void {
  const { site, findings, toJson } = description;
  const gateway = served && { ...served, findings: news(findings, served) };
  if (json) {
    const { findings: refused = [], ...rest } = gateway ?? {};
    context.out(
      JSON.stringify({
        ...rest,
        ...(machines.length > 0 ? { machines: machines.map((each) => machineJson(context, each)) } : {}),
        findings: toJson([...findings, ...complaints, ...refused]),
      }),
    );
  } else {
    description.show(complaints);
    if (gateway) reportApplied(context, description, site, gateway, isInstalled(site));
  }
  const failed = machines.filter((outcome) => !isWell(outcome)).map(({ host }) => host);
  if (failed.length > 0 && !json)
    context.err(
      context.t('machines.some', { failed: failed.length, count: machines.length, hosts: failed.join(', ') }),
    );
  if (failed.length > 0 || !gateway || gateway.outcome === 'partial') process.exitCode = exit.failed;
  else if (!json) {
    const next = (code: 'apply.next' | 'apply.next.people') =>
      context.err(context.t('cli.next', { text: context.t(code, { file }) }));
    // Where Poterne is installed, its service is what applies.
    if (site.signIn && !isInstalled(site)) next('apply.next.people');
    next('apply.next');
  }
}

/** A publication is not served as described. */
const refusals: readonly string[] = ['engine.refused.publication', 'engine.refused.lack'];

/** Says what apply did, with the engine's complaints at the lines that caused them. */
export function reportApplied(
  context: Context,
  description: Described,
  site: Site,
  applied: Applied,
  isOrdered = false,
): void {
  description.show(applied.findings);
  const refused = applied.findings.filter(({ code }) => refusals.includes(code)).length;
  context.out(
    context.t(`apply.outcome.${applied.outcome}`, {
      site: site.name,
      hash: short(applied.hash),
      ...(applied.outcome === 'partial' ? { count: refused } : {}),
    }),
  );
  showAwaited(context, applied, isOrdered);
}

/** Whether the gateway runs a daemon of its own: it is another machine, or this one as a service. */
function isInstalled({ hosts, gateway }: Site): boolean {
  return hosts.some((host) => host.name === gateway.host && isManaged(host));
}

/** Says which names wait for their first certificate, and who orders it. */
export function showAwaited(
  context: Context,
  { awaited }: Pick<Applied, 'awaited'>,
  isOrdered: boolean,
): void {
  if (awaited === undefined) return;
  context.out(context.t('apply.certificates.awaited', { names: awaited.join(', ') }));
  context.out(context.t(isOrdered ? 'apply.certificates.ordered' : 'apply.certificates.order'));
}
