import { chmod, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { SessionRecord } from './record.ts';

/** What the daemon of a bastion is asked, by root and by its own account: the socket is in its state folder. */
export interface Asked {
  reload(): Promise<{ readonly sessions: number }>;
  cut(name: string, reason: string, by: string): Promise<readonly SessionRecord[]>;
}

const socketOf = (state: string): string => join(state, 'control.sock');

/** Answers until told to stop. */
export async function listenControl(state: string, asked: Asked): Promise<{ close(): void }> {
  const path = socketOf(state);
  await rm(path, { force: true });
  const server = createServer(async (question, answer) => {
    const url = new URL(question.url ?? '/', 'http://bastion');
    const say = (body: unknown) =>
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const text = (name: string) => url.searchParams.get(name) ?? '';
    try {
      if (question.method !== 'POST') answer.writeHead(404).end();
      else if (url.pathname === '/reload') say(await asked.reload());
      else if (url.pathname === '/cut') say(await asked.cut(text('name'), text('reason'), text('by')));
      else answer.writeHead(404).end();
    } catch (error) {
      answer.writeHead(500).end((error as Error).message);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return { close: () => void server.close() };
}

/** Asks the daemon of this machine. Throws `bastion.none` when none answers. */
export async function askBastion<T>(
  state: string,
  path: '/reload' | '/cut',
  params: Readonly<Record<string, string>> = {},
): Promise<T> {
  const none = (cause?: unknown) =>
    new Fault('bastion.none', {}, { cause, next: message('bastion.none.next') });
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: socketOf(state),
        method: 'POST',
        path: `${path}?${new URLSearchParams(params)}`,
        agent: false,
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          body += part;
        });
        answer.on('end', () =>
          answer.statusCode === 200 ? resolve(JSON.parse(body)) : reject(none(new Error(body))),
        );
      },
    );
    asked.on('error', (cause) => reject(none(cause)));
    asked.end();
  });
}
