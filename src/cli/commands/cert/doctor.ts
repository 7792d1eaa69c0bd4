import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { rootOfGateway } from '../../../daemon/reach.ts';
import { fromVantage } from '../../../daemon/vantage.ts';
import type { DescribedReport } from '../../../doctor/described/index.ts';
import { Fault } from '../../../model/fault.ts';
import { message } from '../../../model/message.ts';
import type { Site } from '../../../model/site.ts';
import { authorityFolder } from '../../../pki/authority/folder.ts';
import { readSecret } from '../../../secrets/read.ts';
import type { Network } from '../../../verify/index.ts';
import { chainJson, type Detail, showReport } from '../../cert-view.ts';
import { command } from '../../command.ts';
import { type Context, stateFolder } from '../../context.ts';
import { requireSite } from '../../description.ts';
import { WrongRequest } from '../../exit.ts';
import { shakeDetails, shakeJson } from '../../handshake-view.ts';
import { hostNamed, type ReachOptions, reaching, reachOf } from '../../reach.ts';
import { secondsOf } from './handshake.ts';

interface DoctorOptions extends ReachOptions {
  readonly site: string;
  readonly from?: string;
  readonly address?: string;
  readonly timeout?: string;
  readonly fetch?: boolean;
  readonly fetchPrivate?: boolean;
}

/** `poterne cert doctor`: everything at once about something that is described. */
export function certDoctor(context: Context): Command {
  const { t } = context;
  const made = command(context, 'doctor', 'cert.doctor.about', [
    'cert doctor erp.example.fr',
    'cert doctor api --site examples/iris-mtls/site.yaml',
    'cert doctor erp.example.fr --from outside --fetch',
  ])
    .usage(t('cert.doctor.usage'))
    .argument('<name>', t('cert.doctor.name'))
    .addOption(new Option('--site <file>', t('run.site')).default('site.yaml'))
    .option('--from <host>', t('cert.doctor.from'))
    .option('--address <ip>', t('cert.doctor.address'))
    .option('--timeout <seconds>', t('cert.option.timeout'))
    .option('--fetch', t('cert.option.fetch'))
    .option('--fetch-private', t('cert.option.fetch-private'));
  return reaching(made, context).action(async (name: string, options: DoctorOptions) => {
    const { site } = await requireSite(context, options.site, options.json);
    const { report, clock } = await withFolder((folder) => examine(site, name, options, folder));
    process.exitCode = showReport(
      context,
      {
        what: name,
        found: [...report.flatMap(({ found }) => found), ...clock],
        details: report.flatMap(({ shakes }) =>
          shakes.flatMap(([place, shake]): Detail[] => [
            ['cert.fact.server', place],
            ...shakeDetails(context, shake),
          ]),
        ),
        json: {
          servers: report.flatMap(({ shakes }) =>
            shakes.map(([place, shake]) => ({
              ...{ place, ...shakeJson(shake) },
              ...(shake.chain ? { chain: chainJson(shake.chain) } : {}),
            })),
          ),
        },
      },
      options.json,
    );
  });
}

async function examine(site: Site, name: string, options: DoctorOptions, folder: string) {
  const { examineSubject } = await import('../../../doctor/described/index.ts');
  const { subjectNames, subjectsNamed } = await import('../../../doctor/described/subjects.ts');
  const { judgeOwnClock } = await import('../../../doctor/clock.ts');
  const { worstFirst } = await import('../../../doctor/diagnosis.ts');
  const subjects = subjectsNamed(site, name);
  if (subjects.length === 0)
    throw new WrongRequest(
      'cert.doctor.unknown',
      { name, names: subjectNames(site).join(', ') || '—' },
      { next: message('cert.doctor.unknown.next') },
    );
  const reach = reachOf(site, options);
  const state = stateFolder(options.state, process.env);
  const root = await rootFile(site, state, reach, folder);
  const { address, fetch, fetchPrivate } = options;
  const question = {
    ...{ site, now: new Date(), state, timeout: secondsOf(options.timeout) * 1000 },
    ...(root === undefined ? {} : { root }),
    ...(address === undefined ? {} : { address }),
    ...(fetch || fetchPrivate ? { fetching: { private: fetchPrivate === true } } : {}),
    secret: (file: string) => readSecret({ file, pointer: '' }),
  };
  const from = options.from === undefined ? undefined : hostNamed(site, options.from);
  const all = async (network?: Network): Promise<readonly DescribedReport[]> => {
    const more = from && network ? { from: { name: from.name, network } } : {};
    const reports: DescribedReport[] = [];
    for (const subject of subjects) reports.push(await examineSubject(subject, { ...question, ...more }));
    return reports;
  };
  const report = from ? await fromVantage(site, from, reach, all) : await all();
  return {
    report: report.map((each) => ({ ...each, found: worstFirst(each.found) })),
    clock: await judgeOwnClock(report.flatMap(({ found }) => found)),
  };
}

/** The root of Poterne's own authority: this machine's, or that of the gateway that a service runs. */
async function rootFile(
  site: Site,
  state: string,
  reach: ReturnType<typeof reachOf>,
  folder: string,
): Promise<string | undefined> {
  const own = join(authorityFolder(state), 'root.pem');
  if (existsSync(own)) return own;
  try {
    const root = await rootOfGateway(site, reach);
    if (root === undefined) return undefined;
    const file = join(folder, 'root.pem');
    await writeFile(file, root);
    return file;
  } catch (error) {
    // Whoever cannot log in to it looks as visitors do.
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-doctor-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
