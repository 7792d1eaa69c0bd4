import { targetOf } from '../daemon/reach.ts';
import type { Outcome } from '../hosts/host.ts';
import { sshHost } from '../hosts/ssh.ts';
import { en } from '../i18n/en.ts';
import { harmless } from '../lib/harmless.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { installedGateway } from '../plan/gateway-part.ts';
import { exit, WrongRequest } from './exit.ts';
import { hostNamed, type ReachOptions, reachOf } from './reach.ts';

/** How a gateway that is another machine is asked. */
export interface AskedThere {
  /** What follows the command's name. */
  readonly words: readonly string[];
  /** What an answer has: what lacks it comes from another version of Poterne. */
  readonly has: readonly string[];
  /** Goes by standard input: an argument has not room for everything, and everybody on a machine sees it. */
  readonly input?: unknown;
  /** Told how far it is, where the command tells that (`progressLine`). */
  readonly tell?: (done: number, total: number) => void;
}

/** The same of any command of Poterne's, named first. */
interface AskedGateway extends AskedThere {
  /** What is said where the answer is none that is understood. */
  readonly silent: 'waf.gateway' | 'ban.gateway' | 'cut.gateway';
}

/** Runs a command of Poterne's on a gateway that it installed, over SSH, and gives what it answers; its faults are ours. */
export async function answerOfGateway<T extends object>(
  site: Site,
  name: string,
  options: ReachOptions,
  asked: AskedGateway,
): Promise<T> {
  const reach = reachOf(site, options);
  const host = sshHost(targetOf(site, hostNamed(site, name), reach.here), reach.settings);
  const { words, input, tell } = asked;
  const argv = ['poterne', ...words, '--json', '--state', installedGateway.state];
  const outcome = await host.run(argv, {
    timeout: 10 * 60_000,
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
    ...(tell ? { told: (line: string) => told(line, tell) } : {}),
  });
  return answerOf<T>(name, outcome, asked);
}

/** How far work is, on a line of standard error that another Poterne reads. */
export const progressLine = (progress: { readonly done: number; readonly total: number }): string =>
  JSON.stringify(progress);

function told(line: string, tell: (done: number, total: number) => void): void {
  const [, done, total] = /^\{"done":(\d{1,9}),"total":(\d{1,9})\}$/.exec(line) ?? [];
  if (done !== undefined) tell(Number(done), Number(total));
}

function answerOf<T extends object>(
  host: string,
  { code: status, stdout, stderr }: Outcome,
  { has, silent }: AskedGateway,
): T {
  const strange = (reason: string) =>
    new Fault(silent, { host, reason }, { next: message(`${silent}.next`, { host }) });
  let answer: (T & { readonly fault?: Told }) | null;
  try {
    // Whatever it says drives no terminal.
    answer = JSON.parse(stdout, (_, value) => (typeof value === 'string' ? harmless(value) : value));
  } catch {
    throw strange((stderr.trim().split('\n').at(-1) || stdout).slice(0, 200));
  }
  if (answer === null || typeof answer !== 'object') throw strange(stdout.slice(0, 200));
  if (!answer.fault) {
    const lacks = has.filter((key) => !(key in (answer as object)));
    if (lacks.length > 0) throw strange(`{ ${Object.keys(answer).join(', ')} }`.slice(0, 200));
    return answer;
  }
  const { code, params } = answer.fault;
  if (!Object.hasOwn(en, code)) throw new Fault(silent, { host, reason: code });
  const next = `${code}.next`;
  const what = code as Message['code'];
  const more = Object.hasOwn(en, next) ? { next: { code: next, params } as Message } : {};
  throw status === exit.wrong ? new WrongRequest(what, params, more) : new Fault(what, params, more);
}

/** A fault as `--json` tells it. */
interface Told {
  readonly code: string;
  readonly params: Record<string, string>;
}
