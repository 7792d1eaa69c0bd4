import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Pair } from '../../../verify/testing/pki.ts';

type Claims = Record<string, unknown>;

/** What a provider that means harm, or is broken, does; each test changes what it is about. */
export interface Conduct {
  /** Of its metadata. */
  metadata: Claims;
  /** What its ID token says beside what it must, or in its place; `undefined` leaves one out. */
  claims: Claims;
  /** Makes the token, when not by its key. */
  token: ((claims: Claims) => string | Promise<string>) | undefined;
  /** What it says of the person when it is asked. */
  userinfo: Claims;
  /** Paths that it never answers, and those of which it sends a byte a second. */
  readonly hangs: Set<string>;
  readonly drips: Set<string>;
  /** Answered at a path, in place of what it would say. */
  readonly instead: Map<string, string>;
}

export interface HostileProvider {
  readonly issuer: string;
  readonly conduct: Conduct;
  readonly heard: string[];
  /** The public key, as it publishes it. */
  publicJwk(): JWK;
  /** Has another key from now on, under another name. */
  rotate(): Promise<void>;
  /** Proper again. */
  behave(): void;
  /** What its sign-in page would do: the address to which it sends the browser back, with a code. */
  answer(asked: URL, more?: Readonly<Record<string, string>>): string;
  close(): Promise<void>;
}

export const hostileClient = { id: 'poterne', secret: 'a secret of 43 letters, or thereabouts' } as const;

/** An OpenID provider over HTTPS on loopback that signs in whoever comes, and does with its tokens what a test wants. */
export async function startHostile(certificate: Pair): Promise<HostileProvider> {
  const proper = (): Conduct => ({
    ...{ metadata: {}, claims: {}, token: undefined, userinfo: { sub: 'mallory' } },
    ...{ hangs: new Set<string>(), drips: new Set<string>(), instead: new Map<string, string>() },
  });
  const conduct = proper();
  const heard: string[] = [];
  /** The nonce of each code. */
  const codes = new Map<string, string>();
  let key = await newKey('one');

  const idToken = async (nonce: string): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: issuer, aud: hostileClient.id, sub: 'mallory', iat: now, exp: now + 300, nonce },
      ...{ preferred_username: 'mallory', groups: ['g-staff'] },
      ...conduct.claims,
    };
    if (conduct.token) return conduct.token(claims);
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid ?? '' }).sign(key.private);
  };
  const say: Record<string, (sent: URLSearchParams) => unknown> = {
    '/.well-known/openid-configuration': () => ({
      ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
      ...{ jwks_uri: `${issuer}/jwks`, userinfo_endpoint: `${issuer}/me` },
      ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
      ...{ id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'] },
      code_challenge_methods_supported: ['S256'],
      ...conduct.metadata,
    }),
    '/jwks': () => ({ keys: [key.jwk] }),
    '/token': async (sent) => ({
      ...{ access_token: 'x', token_type: 'Bearer', expires_in: 300 },
      id_token: await idToken(codes.get(sent.get('code') ?? '') ?? ''),
    }),
    '/me': () => conduct.userinfo,
  };
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (asked, answer) => {
    const path = asked.url?.split('?')[0] ?? '';
    heard.push(path);
    let body = '';
    asked.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    asked.on('end', async () => {
      if (conduct.hangs.has(path)) return;
      const text =
        conduct.instead.get(path) ?? JSON.stringify((await say[path]?.(new URLSearchParams(body))) ?? {});
      answer.setHeader('content-type', 'application/json');
      if (conduct.drips.has(path)) return drip(answer, text);
      answer.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  return {
    ...{ issuer, conduct, heard },
    publicJwk: () => key.jwk,
    async rotate() {
      key = await newKey('two');
    },
    behave: () => void Object.assign(conduct, proper()),
    answer(asked, more = {}) {
      const query = asked.searchParams;
      const code = `code-${codes.size}`;
      codes.set(code, query.get('nonce') ?? '');
      const back = new URL(query.get('redirect_uri') ?? '');
      back.search = String(new URLSearchParams({ code, state: query.get('state') ?? '', ...more }));
      return back.pathname + back.search;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function newKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { private: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } };
}

function drip(answer: ServerResponse, text: string): void {
  let sent = 0;
  const timer = setInterval(() => answer.write(text[sent++] ?? ' '), 1000);
  answer.once('close', () => clearInterval(timer));
}
