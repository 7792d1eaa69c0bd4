import type { Entry, Handler } from './types.ts';

/** Where applications find the keys that identities are signed with (RFC 8615). */
export const jwksPath = '/.well-known/jwks.json';

/** The public keys of all gateways of the site (RFC 7517, 5): applications ask any of them. While the store is away, our own. */
export function keySet({ site, store, signing }: Entry): Handler {
  return async (asked, answer) => {
    if (asked.method !== 'GET' && asked.method !== 'HEAD') return void answer.writeHead(405).end();
    const others = await store()
      .then(({ serviceTokens }) => serviceTokens.publishedKeys(site.name))
      .catch(() => []);
    const keys = new Map([...others, ...signing.published()].map(({ kid, jwk }) => [kid, JSON.parse(jwk)]));
    const body = JSON.stringify({ keys: [...keys.values()] });
    answer
      .writeHead(200, { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' })
      .end(asked.method === 'HEAD' ? undefined : body);
  };
}
