import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { enterCommand } from '../../../bastion/client.ts';
import { findProgram } from '../../../hosts/local.ts';
import { accountsOf, reachableBy } from '../../../lib/access.ts';
import { quote } from '../../../lib/quote.ts';
import { Fault } from '../../../model/fault.ts';
import { message } from '../../../model/message.ts';
import type { Site } from '../../../model/site.ts';
import type { Context } from '../../context.ts';
import { requireSite } from '../../description.ts';
import { WrongRequest } from '../../exit.ts';
import { whoIsHere } from '../../person.ts';
import { hostNamed } from '../../reach.ts';
import { asPerson, type PersonOptions, requireBastion } from './as-person.ts';
import { logIn } from './login.ts';
import { agentHolds, loginFiles } from './login-files.ts';

interface EnterOptions extends PersonOptions {
  readonly as?: string;
  readonly breakGlass?: boolean;
  readonly reason?: string;
}

/** `poterne ssh HOST`: a shell or a command on a machine, through the bastion. */
export function entering(made: Command, context: Context): Command {
  const { t } = context;
  return asPerson(made, context)
    .argument('[host]', t('ssh.host'))
    .argument('[command...]', t('ssh.command'))
    .option('--as <account>', t('ssh.as'))
    .option('--break-glass', t('ssh.glass'))
    .option('--reason <text>', t('ssh.reason'))
    .action(async (name: string | undefined, words: readonly string[], options: EnterOptions) => {
      if (name === undefined) return made.help();
      const { site } = await requireSite(context, options.site, options.json);
      requireBastion(site);
      const person = await whoIsHere(site, options.me);
      const host = hostNamed(site, name);
      const breakGlass = reasonOf(options);
      const account = options.as ?? soleAccount(site, person, host.name, breakGlass !== undefined);
      const config = options.sshConfig === undefined ? {} : { config: resolve(options.sshConfig) };
      if (!site.bastion?.staticKeys && !(await loginFiles()) && !(await agentHolds(person)))
        await logIn(site, person, config);
      const settings = { ...config, ...(await loginFiles()) };
      const entered = {
        ...{ person, host, account },
        // One word is a command line, as ssh takes it; several are an argument vector.
        ...(words.length === 0 ? {} : { command: words.length === 1 ? (words[0] as string) : quote(words) }),
        ...(breakGlass === undefined ? {} : { breakGlass }),
      };
      process.exitCode = await become(enterCommand(site, entered, settings));
    });
}

function reasonOf({ breakGlass, reason }: EnterOptions): string | undefined {
  if (!breakGlass) return undefined;
  if (!reason?.trim()) throw new WrongRequest('ssh.reason.missing', {});
  if (/\p{Cc}/u.test(reason)) throw new WrongRequest('ssh.reason.control', {});
  return reason;
}

/** The account that somebody is on a host, when there is only one. */
function soleAccount(site: Site, person: string, host: string, isGlass: boolean): string {
  const accounts = isGlass
    ? accountsOf(site, host)
    : [...new Set(reachableBy(site, person).flatMap((each) => (each.host === host ? [each.account] : [])))];
  const [only, ...others] = accounts;
  if (only !== undefined && others.length === 0) return only;
  const params = { person, host, accounts: accounts.join(', ') };
  const code = only === undefined ? 'ssh.nowhere' : 'ssh.as.missing';
  throw new WrongRequest(code, params, { next: message(`${code}.next`, params) });
}

/** Runs a program on this terminal, in our place; its exit status. */
async function become([name = '', ...rest]: readonly string[]): Promise<number> {
  const program = await findProgram(name);
  if (program === undefined) throw new Fault('host.command.missing', { program: name });
  // Ctrl-C is for the machine at the other end.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: 'inherit' });
    child.once('error', () => resolve(255));
    child.once('close', (code) => resolve(code ?? 255));
  });
}
