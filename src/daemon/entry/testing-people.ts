import { Agent } from 'node:https';
import { ask, type Rig } from '../../apply/testing.ts';
import { openPeople } from '../../identity/people.ts';
import { openSessions, type Session } from '../../identity/sessions.ts';

import type { Site } from '../../model/site.ts';
import { hiddenFields } from '../portal/testing.ts';
import { entryCookie } from './cookies.ts';
import { type Browser, openBrowser, type Visit } from './testing-visitor.ts';

/** Helpers of the tests of a whole gateway with people: its portal is `portail.example.fr`. */

const portal = 'portail.example.fr';

/** Who comes to a gateway, and how they sign in. */
export function peopleAt(rig: Rig) {
  const at = (name: string, path = '/'): string => `https://${name}:${rig.ports.https}${path}`;
  const browser = (): Browser => openBrowser(rig.ports.https, rig.gateway.authority.root);
  const sessions = openSessions(
    async () => rig.gateway.store.sessions,
    () => ({ site: 'test', idle: 3_600_000, longest: 43_200_000 }),
  );
  return {
    ...{ at, browser, sessions },
    /** A browser of somebody who has signed in, without the portal's pages. */
    async signedIn(id: string, address = '127.0.0.1'): Promise<Browser & { readonly session: Session }> {
      const user = { id, source: 'local', login: id, groups: [] };
      const { cookie, session } = await sessions.begin(user, undefined, { address, agent: 'test' });
      const made = browser();
      made.cookies.set(portal, new Map([[entryCookie, cookie]]));
      return { ...made, session };
    },
    async givePassword(site: Site, id: string, password: string): Promise<void> {
      const people = openPeople({
        ...{ site: () => site, credentials: () => rig.gateway.store.credentials(site.name) },
        ...{ audit: async () => undefined, now: () => new Date() },
      });
      const user = await people.find(id);
      const wrong = user && (await people.setPassword(user, password, { who: 'root', from: 'here' }));
      if (!user || wrong) throw new Error(`no password for ${id}: ${JSON.stringify(wrong)}`);
    },
    /** Signs in by the portal's form. */
    async signIn(login: string, password: string): Promise<{ made: Browser; page: Visit; done: Visit }> {
      const made = browser();
      const page = await made.go(at(portal, '/sign-in'));
      const fields = { ...hiddenFields(page.body, '/sign-in'), login, password };
      const origin = at(portal).slice(0, -1);
      return { made, page, done: await made.send(at(portal, '/sign-in'), fields, { origin }) };
    },
  };
}

/** What a browser shows at a publication where its person has been let in. */
export const passOf = ({ cookies }: Browser, name: string): string =>
  cookies.get(name)?.get(entryCookie) ?? '';

/** Somebody's requests over one connection; it is closed when they leave. */
export function keptAlive(rig: Rig, name: string, browser: Browser) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { cookie: `${entryCookie}=${passOf(browser, name)}` };
  const ca = [rig.gateway.authority.root];
  return {
    ask: () => ask({ port: rig.ports.https, name, ca, agent, headers }),
    leave: () => agent.destroy(),
  };
}
