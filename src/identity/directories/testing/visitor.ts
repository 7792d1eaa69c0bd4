import { createSecureContext } from 'node:tls';
import type { Pair } from '../../../verify/testing/pki.ts';
import { httpsFetch } from '../https-fetch.ts';

/** Somebody with a browser: keeps cookies, follows redirections, fills in forms. */
export class Visitor {
  readonly #fetch: ReturnType<typeof httpsFetch>;
  readonly #cookies = new Map<string, string>();

  constructor(authority: Pair) {
    this.#fetch = httpsFetch(createSecureContext({ ca: authority.cert }));
  }

  /** Goes there, and on until something is to be filled in or until it leads to this beginning of a URL. */
  async visit(
    url: string,
    until: string,
    sent?: Readonly<Record<string, string>>,
  ): Promise<{ readonly url: URL; readonly page: string }> {
    let there = new URL(url);
    let form = sent;
    for (let i = 0; i < 20; i += 1) {
      if (there.href.startsWith(until)) return { url: there, page: '' };
      const cookie = [...this.#cookies].map((each) => each.join('=')).join('; ');
      const answer = await this.#fetch(there.href, {
        method: form ? 'POST' : 'GET',
        headers: { cookie, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
        ...(form ? { body: new URLSearchParams(form) } : {}),
      });
      form = undefined;
      for (const each of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
        this.#cookies.set(name, value);
      }
      const next = answer.headers.get('location');
      if (next === null) return { url: there, page: await answer.text() };
      there = new URL(next, there);
    }
    throw new Error(`a circle at ${there.href}`);
  }

  /** Signs in at the provider, agrees to what it asks, and is sent back. */
  async signIn(url: URL, login: string, until: string): Promise<URL> {
    let at = await this.visit(url.href, until);
    for (let i = 0; i < 5 && at.page !== ''; i += 1) {
      const action = /<form[^>]*action="([^"]+)"/.exec(at.page)?.[1] ?? at.url.href;
      const prompt = /name="prompt" value="(\w+)"/.exec(at.page)?.[1] ?? '';
      const form = prompt === 'login' ? { prompt, login, password: 'any' } : { prompt };
      at = await this.visit(new URL(action, at.url).href, until, form);
    }
    return at.url;
  }
}
