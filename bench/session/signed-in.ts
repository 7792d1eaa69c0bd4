/** The side of a publication that people sign in to: Poterne's nginx and daemon, and somebody with a real session. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { dirname, join } from 'node:path';
import { openEntry } from '../../src/daemon/entry/entry.ts';
import { openSiteStore } from '../../src/daemon/state-store.ts';
import { openSessions } from '../../src/identity/sessions.ts';
import type { Site } from '../../src/model/site.ts';
import { ports, type Sides, serve } from '../proxy/sides.ts';

export const signedInPort = ports.poterne + 10;

/** What is asked there, and with which header. */
export interface SignedIn {
  /** The header with somebody's cookies, as their browser shows them after signing in. */
  readonly cookie: string;
  /** Where Poterne keeps that nginx. */
  readonly prefix: string;
  /** Ends nginx alone: the daemon goes on judging. */
  quit(): Promise<void>;
  stop(): Promise<void>;
}

/** Signs somebody in, and comes to the publication as their browser does; gives the cookies that it has then. */
async function cookiesOf(state: string, site: Site): Promise<string> {
  const store = await openSiteStore(state, site);
  try {
    const rules = { site: site.name, idle: 3_600_000, longest: 43_200_000 };
    const sessions = openSessions(
      async () => store.sessions,
      () => rules,
    );
    const user = { id: 'alice', source: 'local', login: 'alice', groups: ['staff'] };
    const from = { address: '127.0.0.1', agent: 'bench' };
    const { session } = await sessions.begin(user, undefined, from);
    const place = { publication: site.publications[0]?.id ?? '', host: 'localhost', state: 'x'.repeat(43) };
    const code = await sessions.code(session, { ...place, target: '/' });
    const asked = get({
      ...{ host: '127.0.0.1', port: signedInPort, servername: 'localhost', rejectUnauthorized: false },
      path: `/.poterne/enter?code=${code}`,
      headers: { host: `localhost:${signedInPort}`, cookie: `__Host-poterne-state=${place.state}` },
    });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    const cookies = answer.headers['set-cookie'] ?? [];
    if (answer.statusCode !== 303 || cookies.length === 0) throw new Error('the pass was refused');
    return `Cookie: ${cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ')}`;
  } finally {
    await store.close();
  }
}

/** Publishes the service of all sides, for people who sign in. */
export async function openSignedIn(sides: Sides): Promise<SignedIn> {
  const folder = join(dirname(sides.poternePrefix), '..', 'signed-in');
  const [state, file] = [join(folder, 'state'), join(folder, 'site.yaml')];
  await mkdir(folder);
  await writeFile(
    file,
    `site: bench
gateway: { listen: [127.0.0.1], http-port: ${signedInPort + 100}, https-port: ${signedInPort} }
people: { alice: { groups: [staff] } }
sign-in: { at: sign-in.localhost, tls: internal }
services:
  application: { url: "http://127.0.0.1:${ports.upstream}", healthy: { path: / } }
publications:
  localhost:
    service: application
    tls: { certificate: ${sides.certificate}, key: ${sides.key} }
    audience: [{ groups: [staff] }]
`,
  );
  const served = await serve(file, state);
  const said = (what: unknown) => console.error(what);
  const entry = openEntry(state, process.getuid?.() === 0 ? 'www-data' : undefined, {
    tell: said,
    fail: said,
  });
  await entry.follow(served.site);
  return {
    cookie: await cookiesOf(state, served.site),
    prefix: join(state, 'nginx'),
    quit: () => served.quit(),
    async stop() {
      await entry.close();
      await served.stop();
    },
  };
}
