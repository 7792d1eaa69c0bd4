import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import { type Message, message } from '../model/message.ts';
import { installedGateway } from '../plan/gateway-part.ts';
import { faultOf as troubleOf } from './trouble.ts';

/** The socket where the daemon of a state folder is asked: whoever may write there governs it, the folder's owner and root. */
const socketOf = (state: string): string => join(state, 'control.sock');

/** Answers one question. */
export type ControlRoute = (asked: IncomingMessage, answer: ServerResponse) => Promise<void>;
/** Questions (POST) by their path. */
export type ControlRoutes = Readonly<Record<string, ControlRoute>>;

/** What the daemon says of a fault to whoever asks. */
export type ToldFault = Pick<Fault, 'code' | 'params' | 'pointer' | 'next'>;

/**
 * Answers questions until told to stop. Throws `daemon.running` when another daemon does so for this state folder; what a killed one left is
 * removed.
 */
export async function listenOn(state: string, routes: ControlRoutes): Promise<{ close(): Promise<void> }> {
  const path = socketOf(state);
  await requireNoDaemon(state);
  await rm(path, { force: true });
  const server = createServer(async (asked, answer) => {
    const route = Object.hasOwn(routes, asked.url ?? '') ? routes[asked.url ?? ''] : undefined;
    if (asked.method !== 'POST' || !route) return void answer.writeHead(404).end();
    await route(asked, answer);
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

/** A question in JSON that has an answer in JSON, or a fault. */
export function jsonRoute(work: (question: unknown) => Promise<unknown>): ControlRoute {
  return async (asked, answer) => {
    const said = await textOf(asked)
      .then((text) => work(JSON.parse(text || 'null')))
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ fault: toldFault(error) }),
      );
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  };
}

function toldFault(error: unknown): ToldFault {
  const { code, params, pointer, next } = troubleOf(error);
  return { code, params, pointer, next };
}

/** A fault that the daemon told of. */
export function faultOf({ code, params, pointer, next }: ToldFault): Fault {
  return new Fault(code, params, {
    ...(pointer === undefined ? {} : { pointer }),
    ...(next ? { next } : {}),
  });
}

/**
 * Asks the daemon of a state folder; `undefined` when none runs, it does not know the question, or does not answer within `patience`
 * milliseconds. Throws what it says is wrong.
 */
export async function askJson<T>(
  state: string,
  path: string,
  question: unknown,
  patience?: number,
): Promise<{ readonly value: T } | undefined> {
  const body = await askDaemon(state, 'POST', path, {
    sent: JSON.stringify(question),
    ...(patience === undefined ? {} : { patience }),
  });
  if (body === undefined || body === '') return undefined;
  const said = JSON.parse(body) as { readonly value: T } | { readonly fault: ToldFault };
  if ('fault' in said) throw faultOf(said.fault);
  return said;
}

/** Throws `daemon.running` when the daemon of this state folder runs. */
export async function requireNoDaemon(state: string): Promise<void> {
  // No such path: it only has to be there.
  if ((await askDaemon(state, 'GET', '/')) !== undefined)
    throw new Fault('daemon.running', { state }, { next: nextOf('daemon.running', state) });
}

/** What to do about the daemon of a state folder: that of the installed gateway is a service. */
export const nextOf = (code: 'daemon.running' | 'daemon.absent', state: string): Message =>
  message(state === installedGateway.state ? `${code}.installed.next` : `${code}.next`, { state });

export async function textOf(asked: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of asked) text += String(part);
  return text;
}

interface Question {
  readonly sent?: string;
  readonly hear?: (line: string) => void;
  /** Milliseconds. */
  readonly patience?: number;
}

/** The body of the daemon's answer, told line by line too; `undefined` when none runs, or it ended meanwhile. */
export function askDaemon(
  state: string,
  method: string,
  path: string,
  { sent = '', hear = () => {}, patience }: Question = {},
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
    if (patience !== undefined) asked.setTimeout(patience, () => asked.destroy());
    asked.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EACCES') return resolve(undefined);
      reject(new Fault('state.denied', { state }, { cause, next: message('state.denied.next') }));
    });
    asked.end(sent);
  });
}
