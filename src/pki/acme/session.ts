import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { harmless } from '../../lib/harmless.ts';
import type { AcmeAuthority } from '../../model/acme.ts';
import { Fault } from '../../model/fault.ts';
import { message, type Params } from '../../model/message.ts';
import { type AccountKey, openAccountKey } from './account-key.ts';
import { type Http, nameOf, openHttp, type Reply } from './http.ts';
import { signedRequest } from './jws.ts';
import { codeOf, kindOf, type Problem, problemOf, Refusal, saw } from './problem.ts';
import { retryAfter } from './retry-after.ts';
import type { Tell } from './types.ts';

const directorySchema = z.object({
  newNonce: z.url(),
  newAccount: z.url(),
  newOrder: z.url(),
  renewalInfo: z.url().optional(),
  meta: z
    .object({
      termsOfService: z.string().optional().catch(undefined),
      externalAccountRequired: z.boolean().optional().catch(undefined),
      caaIdentities: z.array(z.string()).optional().catch(undefined),
      profiles: z.record(z.string(), z.string()).optional().catch(undefined),
    })
    .default({}),
});

/** What an authority offers, and where (RFC 8555 §7.1.1). */
export type Directory = z.infer<typeof directorySchema>;

/** How a session sees the world. */
export interface SessionOptions {
  readonly tell?: Tell;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

/** A conversation with one authority, by our key. Nothing is sent before it is asked for something. */
export interface Session {
  readonly authority: AcmeAuthority;
  /** The authority in messages: the host of its directory. */
  readonly ca: string;
  readonly folder: string;
  readonly key: AccountKey;
  readonly tell: Tell;
  readonly signal: AbortSignal | undefined;
  now(): number;
  /** Ends early, by throwing, when the session is called off. */
  pause(milliseconds: number): Promise<void>;
  /** What the authority offers. Throws `acme.protocol`. */
  directory(): Promise<Directory>;
  /** Its clock less ours, in milliseconds, as its last answer told. */
  skew(): number | undefined;
  /** An unsigned request. */
  get(url: string): Promise<Reply>;
  /**
   * A signed request; without a payload, a POST-as-GET. A nonce that is refused is replaced. Throws `Refusal` for any problem that the
   * authority answers with.
   */
  post(url: string, payload?: unknown, options?: { kid?: string; accept?: string }): Promise<Reply>;
  /** A problem as a fault. */
  refusal(
    problem: Problem,
    status: number,
    more?: { notBefore?: number | undefined; params?: Params },
  ): Refusal;
  fault(code: Fault['code'], params?: Params, cause?: unknown): Fault;
  close(): void;
}

/** Pebble refuses half of the good nonces when told to; no authority refuses a dozen in a row. */
const nonces = 12;

/** Opens a session; the account key is made in the folder the first time. Throws `acme.key` and `acme.trust`. */
export async function openSession(
  authority: AcmeAuthority,
  folder: string,
  { tell = () => {}, signal, now = Date.now }: SessionOptions = {},
): Promise<Session> {
  const key = await openAccountKey(folder);
  const http: Http = await openHttp(authority, signal);
  const ca = nameOf(authority.directory);
  const fresh: string[] = [];
  let offered: Directory | undefined;
  let skew: number | undefined;

  const fault = (code: Fault['code'], params: Params = {}, cause?: unknown) => {
    const all = { ca, ...params };
    const next = message(`${code}.next` as Fault['code'], all);
    return new Fault(code, all, { cause, pointer: authority.pointer, next });
  };
  const refusal: Session['refusal'] = (problem, status, { notBefore, params = {} } = {}) => {
    const code = codeOf(problem, status);
    const until = notBefore === undefined ? '' : new Date(notBefore).toISOString();
    const all = { ca, names: '', ...params, saw: saw(problem), until };
    return new Refusal(code, all, { problem, status, notBefore, pointer: authority.pointer });
  };
  const heard = (reply: Reply) => {
    const nonce = reply.headers['replay-nonce'];
    if (typeof nonce === 'string' && fresh.length < 20) fresh.push(nonce);
    const date = Date.parse(reply.headers.date ?? '');
    if (!Number.isNaN(date)) skew = date - now();
    return reply;
  };
  const foreign = (url: string, { status, body }: Reply) =>
    fault('acme.protocol', { url, status, body: harmless(body.replace(/\s+/g, ' ').slice(0, 120)) });
  const directory = async () => {
    if (offered) return offered;
    const reply = heard(await http.send('GET', authority.directory));
    if (reply.status === 429 || reply.status >= 500) throw refused(reply);
    try {
      if (reply.status !== 200) throw new Error(String(reply.status));
      offered = directorySchema.parse(JSON.parse(reply.body));
    } catch {
      throw foreign(authority.directory, reply);
    }
    return offered;
  };
  const takeNonce = async () => {
    const kept = fresh.pop();
    if (kept !== undefined) return kept;
    const { newNonce } = await directory();
    const reply = heard(await http.send('HEAD', newNonce));
    if (reply.status >= 400) throw refused(reply);
    const nonce = fresh.pop();
    if (nonce === undefined) throw foreign(newNonce, reply);
    return nonce;
  };
  const refused = (reply: Reply) => {
    const problem = problemOf(reply.body) ?? { type: 'about:blank', detail: `HTTP ${reply.status}` };
    return refusal(problem, reply.status, { notBefore: retryAfter(reply.headers['retry-after'], now()) });
  };

  return {
    ...{ authority, ca, folder, key, tell, signal, now, directory, refusal, fault },
    pause: (milliseconds) => sleep(milliseconds, undefined, signal ? { signal } : {}),
    skew: () => skew,
    get: async (url) => heard(await http.send('GET', url)),
    async post(url, payload, { kid, accept } = {}) {
      for (let left = nonces; ; left--) {
        const header = { url, nonce: await takeNonce(), ...(kid === undefined ? {} : { kid }) };
        const reply = heard(await http.send('POST', url, signedRequest(key, header, payload), accept));
        if (reply.status < 400) return reply;
        const problem = problemOf(reply.body);
        if (!problem || kindOf(problem) !== 'badNonce' || left === 0) throw refused(reply);
      }
    },
    close: () => http.close(),
  };
}
