import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { withSiteStore } from '../daemon/state-store.ts';
import { knownHint } from '../lib/hints.ts';
import type { Job } from '../model/job.ts';
import type { Site } from '../model/site.ts';
import type { Holder } from '../store/jobs.ts';
import type { Store } from '../store/store.ts';
import { command } from './command.ts';
import { type Context, controllerFolder } from './context.ts';
import { type DescribedSite, requireSite } from './description.ts';
import { endWith } from './errors.ts';
import { WrongRequest } from './exit.ts';
import type { ReachOptions } from './reach.ts';

/** Options of the commands on jobs. */
export interface JobOptions extends ReachOptions {
  readonly site: string;
}

/** What a command on jobs works with. */
export interface OnJobs {
  readonly site: Site;
  readonly described: DescribedSite;
  readonly store: Store;
  readonly state: string;
}

/** A command on jobs, with the option that says where they are described. */
export function jobCommand(
  context: Context,
  ...rest: readonly [name: string, about: Parameters<Context['t']>[0], examples: readonly string[]]
): Command {
  return command(context, ...rest).option('--site <file>', context.t('run.site'), 'site.yaml');
}

/** Works with the jobs of a description and with what is remembered of them; what goes wrong is said, and is the status. */
export async function onJobs(
  context: Context,
  options: JobOptions,
  work: (on: OnJobs) => Promise<void>,
): Promise<void> {
  try {
    const described = await requireSite(context, options.site, options.json);
    const { site } = described;
    const state = controllerFolder(options.state, process.env);
    await withSiteStore(state, site, (store) => work({ site, described, store, state }));
  } catch (error) {
    process.exitCode = endWith(context, error, options.json === true);
  }
}

/** The described job of this name. Throws `job.unknown`. */
export function jobNamed({ jobs }: Pick<Site, 'jobs'>, name: string): Job {
  const job = jobs.find((each) => each.name === name);
  if (job) return job;
  const next = knownHint(
    name,
    jobs.map((each) => each.name),
  );
  throw new WrongRequest('job.unknown', { name }, { next });
}

/** Whoever runs jobs on this machine: a scheduler, of which there is one for a state folder, or a command by hand. */
export function holderOf(state: string, kind: 'up' | 'hand'): Holder {
  // Two machines may share a folder, and one may have several.
  const folder = createHash('sha256').update(state).digest('hex').slice(0, 6);
  const gateway = `${hostname()}:${folder}`;
  const name = `${kind === 'up' ? gateway : `hand ${gateway}`} ${process.pid}-${randomBytes(4).toString('hex')}`;
  return { gateway, name };
}
