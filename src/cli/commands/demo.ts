import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { type RunningApps, startApps } from '../../../examples/apps.ts';
import { quitEngine } from '../../apply/engine-process.ts';
import { converge, installing, intend } from '../../daemon/gateway.ts';
import { engines } from '../../engines/index.ts';
import { findProgram } from '../../hosts/local.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { countEvidence } from '../../verify/index.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { requireSite } from '../description.ts';
import { exit } from '../errors.ts';
import { stepTeller } from '../steps.ts';
import { withGateway } from '../with-gateway.ts';
import { reportApplied } from './apply.ts';
import { proveAndReport } from './verify.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const description = join(root, 'examples', 'demo', 'site.yaml');

/** `poterne demo`: a whole gateway on this machine, with two applications behind it, proved. */
export function demo(context: Context): Command {
  const { t } = context;
  return command(context, 'demo', 'demo.about', ['demo', 'demo --once', 'demo --once --json'])
    .option('--once', t('demo.once'))
    .action(async (options: CommonOptions & { once?: boolean }) => {
      const json = options.json === true;
      const interrupted = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      await ensureEngines();
      const state = options.state ?? join(stateFolder(undefined, process.env), 'demo');
      const described = await requireSite(context, description, json);
      await withGateway(state, async (gateway) => {
        const tell = json ? () => {} : stepTeller(context);
        const apps = await start();
        try {
          tell(message('demo.apps', { count: Object.keys(apps.urls).length }));
          const intent = await intend(gateway, described.site);
          const applied = await converge(gateway, intent, tell);
          if (!json) reportApplied(context, described, described.site, applied);
          const { expectations } = intent.plan;
          const evidence = await proveAndReport(context, gateway, described.site, expectations, { json });
          if (countEvidence(evidence).broken > 0 || applied.outcome === 'partial')
            process.exitCode = exit.failed;
          if (options.once) return;
          if (!json) invite(context, described.site, state);
          await interrupted;
          context.err(t('up.ending'));
        } finally {
          await Promise.all([
            apps.stop(),
            ...engines.map((engine) => quitEngine(engine, join(gateway.state, engine.name))),
          ]);
        }
      });
    });
}

/** Installs what is missing, saying so. Throws `demo.install` when that cannot be done here. */
async function ensureEngines(): Promise<void> {
  for (const engine of engines) {
    if (await findProgram(engine.binary)) continue;
    const script = join(root, 'scripts', 'ensure-debian-packages.sh');
    const installed = await new Promise<boolean>((resolve) => {
      const child = execFile(script, [...engine.packages], (error) => resolve(error === null));
      child.stdout?.pipe(process.stderr);
      child.stderr?.pipe(process.stderr);
    });
    if (!installed) {
      const packages = engine.packages.join(' ');
      throw new Fault('demo.install', { packages }, { next: installing(packages) });
    }
  }
}

async function start(): Promise<RunningApps> {
  try {
    return await startApps();
  } catch (cause) {
    throw new Fault('demo.apps.failed', { reason: (cause as Error).message }, { cause });
  }
}

function invite(context: Context, site: Site, state: string): void {
  const port = site.gateway.publicPort === 443 ? '' : `:${site.gateway.publicPort}`;
  const urls = site.publications.flatMap((publication) =>
    publication.routes.flatMap((route) =>
      // A regular expression is no address to open.
      route.match === 'regex' ? [] : `  https://${publication.example}${port}${route.path}`,
    ),
  );
  context.out(
    [
      '',
      context.t('demo.open'),
      ...urls,
      '',
      context.t('demo.trust', { file: join(state, 'authority', 'root.pem') }),
    ].join('\n'),
  );
  context.err(context.t('demo.stop'));
}
