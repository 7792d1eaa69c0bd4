import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Answers, Asked } from '../daemon/authority-desk.ts';
import { servedGateway, targetOf } from '../daemon/reach.ts';
import { sshHost } from '../hosts/ssh.ts';
import { en } from '../i18n/en.ts';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import { installedGateway } from '../plan/gateway-part.ts';
import { type Context, stateFolder } from './context.ts';
import { requireSite } from './description.ts';
import { WrongRequest } from './exit.ts';
import { localAccount } from './local-account.ts';
import { type GatewayOptions, reachOf } from './reach.ts';
import { handedOn, withGateway } from './with-gateway.ts';

type Question = Asked extends infer One ? (One extends Asked ? Omit<One, 'who'> : never) : never;

/**
 * Asks the authority, where it is: on the gateway that the description has Poterne act on, else on this machine, as the account that
 * owns it. Throws the faults of there.
 */
export async function askAuthority<V extends Asked['verb']>(
  context: Context,
  options: GatewayOptions,
  question: Question & { readonly verb: V },
): Promise<Answers[V]> {
  const asked = { ...question, who: localAccount() } as Asked;
  const state = stateFolder(options.state, process.env);
  const isChosen = Boolean(options.state || process.env.POTERNE_STATE);
  if (!isChosen && existsSync(options.site)) {
    const { site } = await requireSite(context, options.site, options.json);
    const gateway = servedGateway(site);
    const reach = reachOf(site, options);
    if (gateway && gateway.name !== reach.here) {
      if (asked.verb.startsWith('root-'))
        throw new WrongRequest(
          'authority.root.there',
          { host: gateway.name },
          { next: message('authority.root.there.next') },
        );
      const host = sshHost(targetOf(site, gateway, reach.here), reach.settings);
      const argv = [
        'poterne',
        'cert',
        'ask',
        '--json',
        '--state',
        installedGateway.state,
        '--',
        JSON.stringify(asked),
      ];
      const { code, stdout, stderr } = await host.run(argv);
      return readAnswer(code, stdout, stderr);
    }
  }
  const owner = process.getuid?.() === 0 ? (await stat(state).catch(() => undefined))?.uid : undefined;
  if (!owner) {
    const { answerAt } = await import('../daemon/authority-desk.ts');
    return withGateway(state, (gateway) => answerAt(gateway, asked)) as Promise<Answers[V]>;
  }
  const { code, stdout, stderr } = await askHere(state, asked);
  return readAnswer(code, stdout, stderr);
}

/** The same command in a process that becomes the folder's account; what is asked goes in by a pipe. */
async function askHere(state: string, asked: Asked) {
  const words = [...process.execArgv, process.argv[1] ?? '', 'cert', 'ask', '--json', '--state', state, '-'];
  const child = spawn(process.execPath, words, { env: handedOn(process.env) });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(asked));
  const code = await new Promise<number | undefined>((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('close', (status) => resolve(status ?? undefined));
  });
  return { code, ...said };
}

function readAnswer<T>(code: number | undefined, stdout: string, stderr: string): T {
  try {
    const answer = JSON.parse(stdout);
    if (code === 0) return answer;
    const { code: what, params } = answer.fault;
    const next = `${what}.next`;
    if (Object.hasOwn(en, what))
      throw new Fault(
        what,
        params,
        Object.hasOwn(en, next) ? { next: { code: next, params } as Message } : {},
      );
  } catch (error) {
    if (error instanceof Fault) throw error;
  }
  const reason = (stderr.trim().split('\n').at(-1) || stdout).slice(0, 200);
  throw new Fault('authority.ask', { reason }, { next: message('authority.ask.next') });
}
