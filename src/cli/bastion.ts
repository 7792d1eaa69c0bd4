import { existsSync, statSync } from 'node:fs';
import { bastionHost } from '../bastion/client.ts';
import { targetOf } from '../daemon/reach.ts';
import { sshHost } from '../hosts/ssh.ts';
import { en } from '../i18n/en.ts';
import { bastionPlaces } from '../model/access.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import { bastionState } from './bastion-state.ts';
import { type CommonOptions, command } from './command.ts';
import type { Context } from './context.ts';
import { requireSite } from './description.ts';
import { WrongRequest } from './exit.ts';
import { type ReachOptions, reaching, reachOf } from './reach.ts';
import { runAsOwner } from './with-gateway.ts';

/** Options of the commands that ask a bastion for what it keeps. */
export interface BastionOptions extends ReachOptions {
  readonly site: string;
  readonly local?: boolean;
}

/** A command that asks the bastion of a description, over SSH, or this machine when it is the bastion. */
export function bastionCommandLine(
  context: Context,
  name: string,
  about: Parameters<typeof command>[2],
  examples: readonly string[],
) {
  const { t } = context;
  return reaching(command(context, name, about, examples), context)
    .option('--site <file>', t('run.site'), 'site.yaml')
    .option('--local', t('ssh.local'));
}

/** Recordings may be long. */
const most = 256 << 20;

/**
 * Works with the state of the bastion where it is: on this machine, as the account that owns it (root becomes that account, and does
 * not come back); else has the same command run there, and gives what it printed. Throws `ssh.bastion.missing`, `ssh.remote`, and the faults
 * of there.
 */
export async function onBastion<T>(
  context: Context,
  options: BastionOptions,
  argv: readonly string[],
  here: (state: string) => Promise<T>,
  there: (printed: string) => T,
): Promise<T> {
  const isAlone = !existsSync(options.site) && existsSync(bastionPlaces.state);
  // Root has become its account, which may not read the description.
  const isOwner = process.env.POTERNE_STATE === bastionPlaces.state;
  if (options.local || isAlone || isOwner) return here(own(options));
  const { site } = await requireSite(context, options.site, options.json);
  const bastion = bastionHost(site);
  if (!bastion)
    throw new WrongRequest('ssh.bastion.missing', {}, { next: message('ssh.bastion.missing.next') });
  const reach = reachOf(site, options);
  if (reach.here === bastion.name) return here(own(options));
  const [group = '', name = '', ...rest] = argv;
  const asked = ['poterne', group, name, '--local', '--json', ...rest];
  const host = sshHost(targetOf(site, bastion, reach.here), reach.settings);
  const { code, stdout, stderr } = await host.run(asked, { timeout: 600_000, maxBytes: most });
  if (code === 0) return there(stdout);
  throw faultOf(stdout) ?? unexpected(bastion.name, stderr.trim().split('\n').at(-1) || stdout);
}

/** What went wrong there, when it is something that there are texts for. */
function faultOf(printed: string): Fault | undefined {
  try {
    const { code, params } = JSON.parse(printed).fault;
    const next = `${code}.next`;
    if (!Object.hasOwn(en, code)) return undefined;
    return new Fault(
      code,
      params,
      Object.hasOwn(en, next) ? { next: { code: next as 'ssh.remote.next', params } } : {},
    );
  } catch {
    return undefined;
  }
}

/** The bastion answered with something that this version does not know. */
export function unexpected(host: string, reason: string): Fault {
  return new Fault(
    'ssh.remote',
    { host, reason: reason.slice(0, 200) },
    { next: message('ssh.remote.next') },
  );
}

/** What a bastion printed as JSON. Throws `ssh.remote` for what is none. */
export function readJson<T>(printed: string): T {
  try {
    return JSON.parse(printed);
  } catch {
    throw unexpected('', printed);
  }
}

function own(options: CommonOptions): string {
  const state = bastionState(options.state, process.env);
  const found = statSync(state, { throwIfNoEntry: false });
  if (!found) throw new Fault('bastion.none', {}, { next: message('bastion.none.next') });
  if (process.getuid?.() === 0 && found.uid !== 0) runAsOwner(found, state);
  return state;
}
