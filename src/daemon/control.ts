import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import type { Applied } from '../apply/executor.ts';
import { en } from '../i18n/en.ts';
import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import { type Message, message } from '../model/message.ts';
import type { RenewalAsk, RenewalResult } from './acme/keeper.ts';

/** What became of reading the description again. JSON-safe. */
export type Reloaded =
  /** `outcome`, `hash` and `started` as of `apply`; `findings` are those of the description and of its engines. */
  | ({ readonly kind: 'applied'; readonly site: string } & Applied)
  /** The description has errors: what was last good is being served. */
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  /** Something is wrong in the world. */
  | {
      readonly kind: 'failed';
      readonly fault: Pick<Fault, 'code' | 'params' | 'pointer' | 'next'>;
      readonly findings: readonly Finding[];
    };

/** Where the daemon of a state folder listens: whoever may write there governs it, the folder's owner and root. */
const socketOf = (state: string): string => join(state, 'control.sock');
const reloadPath = '/reload';
const renewPath = '/certificates/renew';
/** Applies again what was applied last: what its certificates and lists say has changed. */
const refreshPath = '/refresh';

/** Renews certificates for whoever asks, and tells the steps. */
export type Renew = (ask: RenewalAsk, tell: (step: Message) => void) => Promise<readonly RenewalResult[]>;

/**
 * Answers requests to read the description again, to apply again what was applied last, and to renew certificates, until told to
 * stop. Throws `daemon.running` when another daemon does so for this state folder; what a killed one left is removed.
 */
export async function listenControl(
  state: string,
  reload: () => Promise<Reloaded>,
  refresh: () => Promise<Reloaded>,
  renew?: Renew,
): Promise<{ close(): Promise<void> }> {
  const path = socketOf(state);
  await requireNoDaemon(state);
  await rm(path, { force: true });
  const server = createServer(async (asked, answer) => {
    if (asked.method === 'POST' && asked.url === renewPath && renew)
      return answerRenewal(renew, asked, answer);
    const work = { [reloadPath]: reload, [refreshPath]: refresh }[asked.url ?? ''];
    if (asked.method !== 'POST' || !work) return void answer.writeHead(404).end();
    const reloaded = await work();
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reloaded));
  });
  // Applying thousands of names takes minutes, and the one who asks waits as long.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One JSON value a line: steps as they are done, then what became of it. */
type RenewalLine =
  | { readonly step: Message }
  | { readonly results: readonly RenewalResult[] }
  | { readonly fault: Pick<Fault, 'code' | 'params' | 'pointer' | 'next'> };

async function answerRenewal(renew: Renew, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  answer.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const say = (line: RenewalLine) => answer.write(`${JSON.stringify(line)}\n`);
  try {
    const { name, ...ask } = askSchema.parse(JSON.parse(await textOf(asked)));
    say({
      results: await renew({ ...ask, ...(name === undefined ? {} : { name }) }, (step) => say({ step })),
    });
  } catch (error) {
    const fault = error instanceof Fault ? error : new Fault('acme.renew.ended', {}, { cause: error });
    const { code, params, pointer, next } = fault;
    say({ fault: { code, params, pointer, next } });
  }
  answer.end();
}

const askSchema = z.strictObject({
  name: z.string().optional(),
  rehearse: z.boolean(),
  force: z.boolean(),
});

async function textOf(asked: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of asked) text += String(part);
  return text;
}

/**
 * Has the daemon of a state folder renew certificates; `undefined` when none runs there. Throws what made it impossible to begin, and
 * `acme.renew.ended` when the daemon ended meanwhile.
 */
export async function requestRenewal(
  state: string,
  ask: RenewalAsk,
  tell: (step: Message) => void,
): Promise<readonly RenewalResult[] | undefined> {
  let last: RenewalLine | undefined;
  const body = await askDaemon(state, 'POST', renewPath, JSON.stringify(ask), (line) => {
    last = JSON.parse(line) as RenewalLine;
    if ('step' in last) tell(last.step);
  });
  if (body === undefined && last === undefined) return undefined;
  if (last && 'results' in last) return last.results;
  if (last && 'fault' in last) {
    const { code, params, pointer, next } = last.fault;
    throw new Fault(code, params, {
      ...(pointer === undefined ? {} : { pointer }),
      ...(next ? { next } : {}),
    });
  }
  throw new Fault('acme.renew.ended', {});
}

/** Throws `daemon.running` when the daemon of this state folder runs. */
export async function requireNoDaemon(state: string): Promise<void> {
  // No such path: it only has to be there.
  if ((await ask(state, 'GET', '/')) !== undefined)
    throw new Fault('daemon.running', { state }, { next: message('daemon.running.next') });
}

/** Has the daemon of a state folder read its description again, and waits for what becomes of it. Throws `daemon.absent`. */
export async function requestReload(state: string): Promise<Reloaded> {
  const answer = await ask(state, 'POST', reloadPath);
  if (answer === undefined)
    throw new Fault('daemon.absent', { state }, { next: message('daemon.absent.next') });
  return JSON.parse(answer);
}

/** Has the daemon of a state folder apply again what it applied last; `undefined` when none runs. */
export async function requestRefresh(state: string): Promise<Reloaded | undefined> {
  const answer = await ask(state, 'POST', refreshPath);
  // A daemon of before does not know the question.
  return answer === undefined || answer === '' ? undefined : JSON.parse(answer);
}

/**
 * What `poterne reload --json` printed on another machine, or `undefined` for what it never prints: whoever has broken
 * into the gateway's account answers as he likes. Its findings have pointers and no places: those are of that machine's
 * copy of the description.
 */
export function readReloaded(stdout: string): Reloaded | undefined {
  try {
    const { raw, fault } = JSON.parse(stdout);
    // It could not ask: no daemon runs there.
    const reloaded: Reloaded = raw ?? { kind: 'failed', fault: { ...fault, next: undefined }, findings: [] };
    if (!isSayable(reloaded)) return undefined;
    const findings = reloaded.findings.map(({ at: _, ...finding }) => finding);
    return { ...reloaded, findings };
  } catch {
    return undefined;
  }
}

/** Whether there are texts for all of it. */
function isSayable(reloaded: Reloaded): boolean {
  const said = reloaded.findings.flatMap(({ code, hint }) => [code, ...(hint ? [hint.code] : [])]);
  if (reloaded.kind === 'failed') said.push(reloaded.fault.code);
  if (reloaded.kind === 'failed' && reloaded.fault.next) said.push(reloaded.fault.next.code);
  const isKind = ['applied', 'refused', 'failed'].includes(reloaded.kind);
  const isOutcome = reloaded.kind !== 'applied' || Object.hasOwn(en, `apply.outcome.${reloaded.outcome}`);
  return isKind && isOutcome && said.every((code) => Object.hasOwn(en, code));
}

const ask = (state: string, method: string, path: string) => askDaemon(state, method, path);

/** The body of the daemon's answer, told line by line too; `undefined` when none runs, or it ended meanwhile. */
function askDaemon(
  state: string,
  method: string,
  path: string,
  sent = '',
  hear: (line: string) => void = () => {},
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socketOf(state), method, path, agent: false }, (answer) => {
      let body = '';
      let line = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        body += part;
        const lines = (line + part).split('\n');
        line = lines.pop() ?? '';
        for (const each of lines) hear(each);
      });
      answer.on('end', () => resolve(body));
      answer.on('error', () => resolve(undefined));
    });
    asked.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EACCES') return resolve(undefined);
      reject(new Fault('state.denied', { state }, { cause, next: message('state.denied.next') }));
    });
    asked.end(sent);
  });
}
