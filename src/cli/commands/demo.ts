import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { appNames, type RunningApps, startApps } from '../../../examples/apps.ts';
import type { Applied } from '../../apply/executor.ts';
import { whyNotListen } from '../../apply/ports.ts';
import { portalUrl } from '../../daemon/entry/passage.ts';
import { converge, installing, intend, stopGateway } from '../../daemon/gateway.ts';
import { serverEngines } from '../../engines/index.ts';
import { installation } from '../../hosts/installation.ts';
import { findProgram } from '../../hosts/local.ts';
import type { Evidence } from '../../model/evidence.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { countEvidence, evidenceJson, evidenceReport } from '../../verify/index.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { givePassword, openPortal } from '../demo-person.ts';
import { type Described, requireSite } from '../description.ts';
import { showFault } from '../errors.ts';
import { exit, WrongRequest } from '../exit.ts';
import { stepTeller } from '../steps.ts';
import { withGateway } from '../with-gateway.ts';
import { reportApplied } from './apply.ts';
import { proveLive } from './verify.ts';

const examples = join(installation, 'examples');
const description = join(examples, 'demo', 'site.yaml');

/** `poterne demo`: a whole gateway on this machine, with two applications behind it, proved. */
export function demo(context: Context): Command {
  const { t } = context;
  return command(context, 'demo', 'demo.about', ['demo', 'demo --once', 'demo --once --json'])
    .option('--once', t('demo.once'))
    .action(async (options: CommonOptions & { once?: boolean }) => {
      const json = options.json === true;
      if (!existsSync(description))
        throw new WrongRequest('demo.installed', {}, { next: message('demo.installed.next') });
      const { signal, ended } = interruption();
      const state = stateFolder(options.state ?? join(stateFolder(undefined, process.env), 'demo'), {});
      const described = await requireSite(context, description, json);
      const { site } = described;
      await ensureEngines(site);
      await withGateway(state, async (gateway) => {
        const tell = json ? () => {} : stepTeller(context);
        const fail = (fault: Fault) => showFault(context, fault, described);
        const opening = openPortal(gateway, site, { tell, fail });
        // Whatever becomes of the applications, it is waited for at the end.
        opening.catch(() => undefined);
        const apps = await start(site).catch(async (error: unknown) => {
          await opening.then((entry) => entry.close());
          throw error;
        });
        try {
          tell(message('demo.apps', { count: Object.keys(apps.urls).length }));
          const intent = await intend(gateway, site);
          const applied = await converge(gateway, intent, tell);
          if (!json) reportApplied(context, described, site, applied);
          await opening;
          const evidence = await proveLive(context, gateway, site, intent.plan.expectations, {
            json,
            signal,
          });
          // Ctrl-C reaches the applications as well: what was seen since says nothing.
          if (signal.aborted) {
            process.exitCode = exit.failed;
            return;
          }
          if (json) context.out(demoJson(context, described, applied, evidence, state));
          else context.out(evidenceReport(evidence, context));
          const kept = countEvidence(evidence).held;
          if (kept < intent.plan.expectations.length || applied.outcome === 'partial')
            process.exitCode = exit.failed;
          if (options.once) return;
          if (!json) invite(context, site, state, await givePassword(gateway, site));
          await ended;
          if (!json) context.err(t('up.ending'));
        } finally {
          await Promise.all([apps.stop(), stopGateway(gateway.state)]);
          await opening.then((entry) => entry.close());
        }
      });
    });
}

/** Ctrl-C and its like; more than one, from somebody in a hurry, must not leave engines behind. */
function interruption(): { readonly signal: AbortSignal; readonly ended: Promise<void> } {
  const controller = new AbortController();
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        controller.abort();
        resolve();
      });
  });
  return { signal: controller.signal, ended };
}

/** All that the demonstration has to say, as one value. */
function demoJson(
  context: Context,
  { findings, toJson, site }: Described & { readonly site: Site },
  applied: Applied,
  evidence: readonly Evidence[],
  state: string,
): string {
  const { findings: refused, ...outcome } = applied;
  return JSON.stringify({
    ...outcome,
    findings: toJson([...findings, ...refused]),
    ...evidenceJson(evidence, context.language),
    urls: urlsOf(site),
    root: rootFile(state),
  });
}

/** Installs what is missing, saying so: the engines, and what they need for this site. Throws `demo.install` when that cannot be done here. */
async function ensureEngines(site: Site): Promise<void> {
  for (const engine of serverEngines) {
    const modules = engine.modules(site).filter(({ file }) => !existsSync(file));
    const missing = [
      ...((await findProgram(engine.binary)) ? [] : engine.packages),
      ...modules.map((each) => each.package),
    ];
    if (missing.length === 0) continue;
    const script = join(installation, 'scripts', 'ensure-debian-packages.sh');
    const installed = await new Promise<boolean>((resolve) => {
      const child = execFile(script, missing, (error) => resolve(error === null));
      child.stdout?.pipe(process.stderr);
      child.stderr?.pipe(process.stderr);
    });
    if (!installed) {
      const packages = missing.join(' ');
      throw new Fault('demo.install', { packages }, { next: installing(packages) });
    }
  }
}

/** Starts the applications behind the site. Throws `demo.port.busy` and `demo.apps.failed`. */
async function start(site: Site): Promise<RunningApps> {
  for (const { address } of site.services.flatMap((service) => service.upstreams)) {
    if (address.kind !== 'tcp') continue;
    const { host, port } = address;
    const cause = await whyNotListen(host, port);
    const next = message('demo.port.busy.next', { port });
    if (cause) throw new Fault('demo.port.busy', { port, address: host }, { cause, next });
  }
  try {
    return await startApps(appNames, { folder: examples });
  } catch (cause) {
    throw new Fault('demo.apps.failed', { reason: (cause as Error).message }, { cause });
  }
}

function rootFile(state: string): string {
  return join(state, 'authority', 'root.pem');
}

/** The addresses to open; a regular expression is none. */
function urlsOf(site: Site): string[] {
  const port = site.gateway.publicPort === 443 ? '' : `:${site.gateway.publicPort}`;
  return site.publications.flatMap((publication) =>
    publication.routes
      .filter((route) => route.match === 'prefix')
      .map((route) => `https://${publication.example}${port}${route.path}`),
  );
}

function invite(
  context: Context,
  site: Site,
  state: string,
  person: { readonly name: string; readonly password: string } | undefined,
): void {
  const { t, out } = context;
  const urls = urlsOf(site).map((url) => `  ${url}`);
  const signIn = person ? ['', t('demo.sign-in', { portal: `${portalUrl(site)}/`, ...person })] : [];
  out(['', t('demo.open'), ...urls, ...signIn, '', t('demo.trust', { file: rootFile(state) })].join('\n'));
  context.err(t('demo.stop'));
}
