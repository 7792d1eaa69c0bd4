import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditRecord } from '../../audit/entry.ts';
import { openAudit } from '../../audit/log.ts';
import { searchAudit } from '../../audit/search.ts';
import { describe } from '../../describe/index.ts';
import { memory } from '../../describe/testing.ts';
import { openPeople } from '../../identity/people.ts';
import type { Site } from '../../model/site.ts';
import { openStore } from '../../store/store.ts';
import { openEntry } from '../entry/entry.ts';
import { portalUrl } from '../entry/passage.ts';
import { entrySocket } from '../entry/place.ts';

/** What a portal answered. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export type Sent = Readonly<Record<string, string>>;

/** A visitor's browser, as nginx passes its requests on: keeps cookies, and sends forms with what is in them. */
export interface Visitor {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Sent): Promise<Answer>;
  /** By any method, without a body. */
  ask(method: string, path: string, headers: Sent): Promise<Answer>;
  /** Sends a form as it is. */
  post(path: string, fields: Sent, headers?: Sent): Promise<Answer>;
  /** Fills in the form of the last page that leads to a path, with its hidden fields, and sends it. */
  send(path: string, fields: Sent): Promise<Answer>;
}

/** The portal of a description, as the daemon has it, on a state folder of its own. */
export async function portalHere(yaml: string) {
  const state = await mkdtemp(join(tmpdir(), 'poterne-portal-'));
  const described = await describe('/site/site.yaml', { files: memory({ '/site/site.yaml': yaml }) });
  const { site } = described;
  if (!site?.signIn) throw new Error(`no portal: ${JSON.stringify(described.findings)}`);
  const faults: unknown[] = [];
  const entry = openEntry(state, undefined, { tell: () => {}, fail: (fault) => faults.push(fault) });
  await entry.follow(site);
  const origin = portalUrl(site);
  const store = await openStore(state);
  const audit = await openAudit(state);
  const people = openPeople({
    ...{ site: () => site, credentials: () => store.credentials(site.name) },
    ...{ audit: audit.append, now: () => new Date() },
  });
  return {
    ...{ state, site: site as Site & { signIn: NonNullable<Site['signIn']> }, origin, store, people, faults },
    follow: entry.follow,
    /** Gives somebody a password. */
    async give(id: string, password: string): Promise<void> {
      const user = await people.find(id);
      if (!user) throw new Error(`nobody is called ${id}`);
      const wrong = await people.setPassword(user, password, { who: 'root', from: 'here' });
      if (wrong) throw new Error(JSON.stringify(wrong));
    },
    async audited(what: string): Promise<AuditRecord[]> {
      const found: AuditRecord[] = [];
      for await (const record of searchAudit(state, { what })) found.push(record);
      return found;
    },
    visitor: (address = '192.0.2.7') => visitor(entrySocket(state), origin, address),
    async close(): Promise<void> {
      await entry.close();
      await store.close();
      // A letter may be on its way.
      await rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

function visitor(socketPath: string, origin: string, address: string): Visitor {
  const cookies = new Map<string, string>();
  let last = '';

  async function ask(method: string, path: string, headers: Sent, body?: string): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const asking = request(
        {
          ...{ socketPath, method, path },
          headers: {
            host: new URL(origin).host,
            'x-poterne-address': address,
            'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
            ...(cookies.size > 0 ? { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } : {}),
            ...(body === undefined
              ? {}
              : {
                  origin,
                  'content-type': 'application/x-www-form-urlencoded',
                  'content-length': Buffer.byteLength(body),
                }),
            ...headers,
          },
        },
        async (came) => {
          const chunks: Buffer[] = [];
          for await (const chunk of came) chunks.push(chunk);
          resolve({
            status: came.statusCode ?? 0,
            headers: came.headers,
            text: Buffer.concat(chunks).toString(),
          });
        },
      );
      asking.on('error', reject);
      asking.end(body);
    });
    for (const cookie of answer.headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = cookie.split(/;\s*/);
      const at = pair.indexOf('=');
      if (attributes.some((each) => /^max-age=0$/i.test(each))) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    if (answer.text.includes('<form')) last = answer.text;
    return answer;
  }

  const post = (path: string, fields: Sent, headers: Sent = {}) =>
    ask('POST', path, headers, new URLSearchParams(fields).toString());
  return {
    ...{ cookies, ask },
    get: (path, headers = {}) => ask('GET', path, headers),
    post,
    send: (path, fields) => post(path, { ...hiddenFields(last, path), ...fields }),
  };
}

/** The hidden fields of the first form of a page that leads to a path. */
export function hiddenFields(page: string, path: string): Record<string, string> {
  const form = page
    .split('<form')
    .slice(1)
    .find((each) => each.includes(`action="${path}"`))
    ?.split('</form>')[0];
  if (form === undefined) throw new Error(`no form leads to ${path}`);
  return Object.fromEntries(
    [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [
      name as string,
      (value as string).replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"'),
    ]),
  );
}
