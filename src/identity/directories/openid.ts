import { randomBytes } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';
import type { Configuration } from 'openid-client';
import type { OpenIdDirectory } from '../../model/sign-in.ts';
import { openText, sealText } from '../../pki/at-rest.ts';
import { readSecret } from '../../secrets/read.ts';
import type { ProviderSource, SignInResult, Strength, User } from '../types.ts';
import { type Claims, lacks, strengthOf, userOf } from './claims.ts';
import { httpsFetch } from './https-fetch.ts';
import { type LogoutToken, publishedKeys, readLogoutToken } from './logout-token.ts';
import { asFault, providerFault } from './openid-faults.ts';
import { trustOf } from './trust.ts';

/** Milliseconds: for somebody at their provider; for what a provider says of itself. */
const lasts = { sign: 600_000, discovery: 3_600_000 } as const;
/** How long a provider may take for an answer, in seconds. */
const patience = 5;
/** How many are remembered: of states that came back, of people who signed in. */
const most = 20_000;

/** What is to be there when the browser comes back. */
interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly back: string;
  readonly until: number;
}

/** What a provider gave for somebody: in memory only, and forgotten when Poterne starts again. */
interface Held {
  readonly idToken?: string;
  readonly refresh?: string;
  readonly sid?: string;
}

/**
 * People of an OpenID provider (OpenID Connect Core 1.0), by the code flow with PKCE (RFC 7636), `state` and `nonce`. ID tokens are
 * verified by the provider's published keys, although they come from it directly. What is kept while somebody is at their provider goes
 * along in their browser, sealed, and counts once.
 */
export class OpenIdSource implements ProviderSource {
  readonly name: string;
  readonly title?: string;
  readonly #directory: OpenIdDirectory;
  readonly #now: () => Date;
  /** Of this process: who is at their provider when Poterne starts again has to begin again. */
  readonly #key = randomBytes(32).toString('base64url');
  readonly #about: string;
  readonly #used = new Map<string, number>();
  readonly #held = new Map<string, Held>();
  readonly #refreshing = new Map<string, Promise<User | undefined>>();
  #keys: { readonly url: string; readonly keys: JWTVerifyGetKey } | undefined;
  #known: { readonly configuration: Promise<Configuration>; readonly at: number } | undefined;

  constructor(directory: OpenIdDirectory, { now = () => new Date() }: { readonly now?: () => Date } = {}) {
    this.name = directory.name;
    if (directory.title !== undefined) this.title = directory.title;
    this.#directory = directory;
    this.#about = `openid ${directory.name}`;
    this.#now = now;
  }

  async start(back: URL): Promise<{ readonly url: URL; readonly kept: string }> {
    return this.#asking(async () => {
      const client = await import('openid-client');
      const configuration = await this.configuration();
      const pending: Pending = {
        ...{
          state: client.randomState(),
          nonce: client.randomNonce(),
          verifier: client.randomPKCECodeVerifier(),
        },
        ...{ back: back.href, until: this.#now().getTime() + lasts.sign },
      };
      const url = client.buildAuthorizationUrl(configuration, {
        ...{ redirect_uri: back.href, scope: this.#directory.scopes.join(' ') },
        ...{ state: pending.state, nonce: pending.nonce },
        code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
        // OpenID Connect Core 1.0 §11.
        ...(this.#directory.scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
      });
      return { url, kept: sealText(JSON.stringify(pending), this.#key, this.#about) };
    });
  }

  async finish(came: URL, kept: string): Promise<SignInResult & { readonly strength?: Strength }> {
    const pending = this.#take(kept);
    if (!pending || came.searchParams.get('state') !== pending.state) return { refused: 'provider' };
    // What nginx was asked for says nothing of where the provider was told to send the browser.
    const there = new URL(pending.back);
    there.search = came.search;
    return this.#asking(async () => {
      const client = await import('openid-client');
      const configuration = await this.configuration();
      const answer = await client
        .authorizationCodeGrant(configuration, there, {
          ...{
            expectedState: pending.state,
            expectedNonce: pending.nonce,
            pkceCodeVerifier: pending.verifier,
          },
          idTokenExpected: true,
        })
        .catch((error: unknown) => {
          // They said no there, or the code is another's, or old.
          if (error instanceof client.AuthorizationResponseError) return undefined;
          if (error instanceof client.ResponseBodyError && error.error === 'invalid_grant') return undefined;
          throw error;
        });
      if (!answer) return { refused: 'provider' };
      const claims = await this.#claims(configuration, answer);
      const user = userOf(this.#directory, claims);
      if (!user) return { refused: 'name' };
      this.#hold(user, answer, claims);
      const strength = strengthOf(this.#directory, claims, this.#now());
      return { user, ...(strength === undefined ? {} : { strength }) };
    });
  }

  /**
   * Where the provider gave a refresh token (scope `offline_access`), it is asked whether they are still good, and for their groups now;
   * elsewhere nobody but the person can ask it, and they stay as they were when they signed in.
   */
  async find(_: string, known?: User): Promise<User | undefined> {
    if (known?.source !== this.name || known.stable === undefined) return undefined;
    const { stable } = known;
    const refresh = this.#held.get(stable)?.refresh;
    if (refresh === undefined) return known;
    // A refresh token counts once at many providers, and shown twice it ends all that came from it.
    const asking = this.#refreshing.get(stable) ?? this.#refreshed(known, stable, refresh);
    this.#refreshing.set(stable, asking);
    return asking.finally(() => this.#refreshing.delete(stable));
  }

  async #refreshed(known: User, stable: string, refresh: string): Promise<User | undefined> {
    return this.#asking(async () => {
      const client = await import('openid-client');
      const configuration = await this.configuration();
      const answer = await client.refreshTokenGrant(configuration, refresh).catch((error: unknown) => {
        if (error instanceof client.ResponseBodyError && error.error === 'invalid_grant') return undefined;
        throw error;
      });
      if (!answer) return undefined;
      const fresh = { ...answer, claims: () => answer.claims() ?? { sub: stable } };
      const claims = await this.#claims(configuration, fresh as typeof answer);
      if (claims.sub !== stable) return undefined;
      const user = userOf(this.#directory, claims);
      if (!user) return undefined;
      this.#hold(user, answer, claims);
      return user.id === known.id ? user : undefined;
    });
  }

  /** OpenID Connect RP-Initiated Logout 1.0; `undefined` where the provider offers none. */
  async leave({ stable = '' }: User, back: URL): Promise<URL | undefined> {
    const idToken = this.#held.get(stable)?.idToken;
    this.#held.delete(stable);
    return this.#asking(async () => {
      const client = await import('openid-client');
      const configuration = await this.configuration();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
      return client.buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: back.href,
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
      });
    });
  }

  /**
   * What the provider says by itself: somebody signed out there (OpenID Connect Back-Channel Logout 1.0). The `stable` of whose sessions
   * are to end; `undefined` when it is no such word, or not the provider's.
   */
  async signedOut(token: string): Promise<string | undefined> {
    return this.#asking(async () => {
      const { jwks_uri, issuer, id_token_signing_alg_values_supported } = (
        await this.configuration()
      ).serverMetadata();
      if (jwks_uri === undefined) return undefined;
      if (this.#keys?.url !== jwks_uri)
        this.#keys = {
          url: jwks_uri,
          keys: await publishedKeys(jwks_uri, httpsFetch(await trustOf(this.#directory))),
        };
      const said: LogoutToken | undefined = await readLogoutToken(token, this.#keys.keys, {
        ...{ issuer, audience: this.#directory.clientId, now: this.#now() },
        algorithms: id_token_signing_alg_values_supported ?? ['RS256'],
      });
      if (!said || !this.#once(`logout ${said.id}`, lasts.sign)) return undefined;
      const stable =
        said.sub ?? [...this.#held].find(([, { sid }]) => sid !== undefined && sid === said.sid)?.[0];
      if (stable !== undefined) this.#held.delete(stable);
      return stable;
    });
  }

  async close(): Promise<void> {
    this.#held.clear();
  }

  /** What the provider says of itself (OpenID Connect Discovery 1.0), kept for an hour. */
  async configuration(): Promise<Configuration> {
    const now = performance.now();
    if (this.#known && now - this.#known.at < lasts.discovery) return this.#known.configuration;
    const configuration = this.#discover();
    this.#known = { configuration, at: now };
    configuration.catch(() => this.#forget(configuration));
    return configuration;
  }

  async #discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.#directory;
    const client = await import('openid-client');
    const secret = clientSecret === undefined ? undefined : await readSecret(clientSecret);
    const fetch = httpsFetch(await trustOf(this.#directory));
    const authentication = (supported: readonly string[]) => {
      if (secret === undefined) return client.None();
      // RFC 8414 §2: `client_secret_basic`, where nothing is said.
      const post = supported.includes('client_secret_post') && !supported.includes('client_secret_basic');
      return post ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
    };
    const configuration = await client.discovery(
      new URL(issuer),
      clientId,
      undefined,
      (as, ...rest) => authentication(as.token_endpoint_auth_methods_supported ?? [])(as, ...rest),
      { timeout: patience, [client.customFetch]: fetch },
    );
    client.enableNonRepudiationChecks(configuration);
    if (configuration.serverMetadata().supportsPKCE() === false && secret === undefined)
      throw providerFault(
        this.#directory,
        'openid.answer',
        new Error('no PKCE (S256), and no client secret'),
      );
    return configuration;
  }

  /** The claims of the ID token, and of the provider's word about the person where these are not enough. */
  async #claims(
    configuration: Configuration,
    answer: { claims(): Claims | undefined; readonly access_token: string },
  ): Promise<Claims> {
    const claims = answer.claims() ?? {};
    if (!lacks(this.#directory, claims) || configuration.serverMetadata().userinfo_endpoint === undefined)
      return claims;
    const client = await import('openid-client');
    const more = await client.fetchUserInfo(configuration, answer.access_token, String(claims.sub));
    return { ...more, ...claims };
  }

  #hold(
    { stable = '' }: User,
    { id_token, refresh_token }: { readonly id_token?: string; readonly refresh_token?: string },
    { sid }: Claims,
  ): void {
    const before = this.#held.get(stable);
    this.#held.delete(stable);
    const [idToken, refresh] = [id_token ?? before?.idToken, refresh_token ?? before?.refresh];
    this.#held.set(stable, {
      ...(idToken === undefined ? {} : { idToken }),
      ...(refresh === undefined ? {} : { refresh }),
      ...(typeof sid === 'string' ? { sid } : before?.sid === undefined ? {} : { sid: before.sid }),
    });
    trim(this.#held);
  }

  /** What a browser brought back, if it is ours, of now, and has not come back before. */
  #take(kept: string): Pending | undefined {
    let pending: Pending;
    try {
      pending = JSON.parse(openText(kept, this.#key, this.#about)) as Pending;
    } catch {
      return undefined;
    }
    if (pending.until < this.#now().getTime()) return undefined;
    return this.#once(pending.state, lasts.sign) ? pending : undefined;
  }

  #once(what: string, milliseconds: number): boolean {
    const now = this.#now().getTime();
    for (const [each, until] of this.#used) if (until < now) this.#used.delete(each);
    if (this.#used.has(what)) return false;
    this.#used.set(what, now + milliseconds);
    trim(this.#used);
    return true;
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const fault = asFault(this.#directory, error);
      // A secret that was corrected, an endpoint that moved: next time all is read again.
      this.#known = undefined;
      throw fault;
    }
  }

  #forget(configuration: Promise<Configuration>): void {
    if (this.#known?.configuration === configuration) this.#known = undefined;
  }
}

function trim(map: Map<string, unknown>): void {
  for (const [oldest] of map) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}
