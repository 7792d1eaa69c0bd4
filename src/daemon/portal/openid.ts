import type { IncomingMessage } from 'node:http';
import type { OpenIdSource } from '../../identity/directories/openid.ts';
import { readTold } from '../entry/headers.ts';
import type { Entry, Handler } from '../entry/types.ts';

const largest = 64 << 10;

/** Where, at the portal's name, a provider says that somebody has signed out there. */
export const backChannelPath = (name: string): string => `/openid/${name}/logout`;

/**
 * OpenID Connect Back-Channel Logout 1.0: the provider itself says that somebody has signed out there, and their sessions end here.
 * Nobody's browser comes with it: what counts is the token's signature.
 */
export function backChannel(
  source: Pick<OpenIdSource, 'name' | 'signedOut'>,
  { sessions, audit, forgetVerdicts }: Pick<Entry, 'sessions' | 'audit' | 'forgetVerdicts'>,
): Handler {
  return async (asked, answer) => {
    const headers = { 'cache-control': 'no-store', 'content-length': '0' };
    if (asked.method !== 'POST') return void answer.writeHead(405, { ...headers, allow: 'POST' }).end();
    const token = new URLSearchParams(await bodyOf(asked)).get('logout_token');
    const stable = token === null ? undefined : await source.signedOut(token);
    // Anybody may send anything here: it is not worth a line of the log.
    if (stable === undefined) return void answer.writeHead(400, headers).end();
    const theirs = (await sessions.list()).filter(
      ({ user }) => user.source === source.name && user.stable === stable,
    );
    for (const { id } of theirs) await sessions.end({ id }, 'sign-out');
    await forgetVerdicts();
    for (const { id, user } of theirs)
      await audit.append({
        ...{ who: user.id, what: 'sign-out', from: readTold(asked).address },
        result: 'done',
        detail: { session: id, by: source.name },
      });
    answer.writeHead(200, headers).end();
  };
}

async function bodyOf(asked: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of asked.setEncoding('utf8')) {
    text += part;
    if (text.length > largest) return '';
  }
  return text;
}
