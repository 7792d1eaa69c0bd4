import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';
import type { Pair } from '../../../verify/testing/pki.ts';

/** A real OpenID provider over HTTPS on loopback: who signs in there says so in the field `login` of its form, with any password. */
export interface TestProvider {
  readonly issuer: string;
  /** Told of each request's path. */
  readonly heard: string[];
  /** Answered in its place, by path. */
  readonly instead: Map<string, unknown>;
  close(): Promise<void>;
}

export interface Person {
  readonly sub: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export const client = { id: 'poterne', secret: 'a secret of 43 letters, or thereabouts' } as const;

export async function startProvider(
  certificate: Pair,
  people: Readonly<Record<string, Person>>,
  redirects: { readonly back: string; readonly left: string; readonly backChannel?: string },
  more: Configuration = {},
): Promise<TestProvider> {
  const heard: string[] = [];
  const instead = new Map<string, unknown>();
  let provider: Provider | undefined;
  const server: Server = createServer({ cert: certificate.cert, key: certificate.key }, (asked, answer) => {
    const path = asked.url?.split('?')[0] ?? '';
    heard.push(`${asked.method} ${path}`);
    if (instead.has(path))
      answer.setHeader('content-type', 'application/json').end(JSON.stringify(instead.get(path)));
    else provider?.callback()(asked, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [redirects.back],
        post_logout_redirect_uris: [redirects.left],
        ...(redirects.backChannel === undefined
          ? {}
          : { backchannel_logout_uri: redirects.backChannel, backchannel_logout_session_required: true }),
      },
    ],
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'name', 'groups', '_claim_names'],
      email: ['email', 'email_verified'],
    },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    findAccount: (_, sub) => {
      const person = Object.values(people).find((each) => each.sub === sub);
      return person && { accountId: sub, claims: async () => ({ ...person.claims, sub }) };
    },
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
    cookies: { keys: ['a key of tests'] },
    // Its own one calls nobody on loopback.
    fetch: (url, options) => {
      const { dispatcher: _, ...others } = { dispatcher: undefined, ...options };
      return fetch(url, others);
    },
    ...more,
  });
  provider.on('server_error', (_, error) => console.error(error));
  return {
    issuer,
    heard,
    instead,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
