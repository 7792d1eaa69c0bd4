import { createPublicKey } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { userCutFile } from '../../identity/cuts.ts';
import { readQueue } from '../../mail/queue.ts';
import { openAuthority } from '../../pki/authority/authority.ts';
import { authorityFolder } from '../../pki/authority/folder.ts';
import { makeKeyOf } from '../../pki/authority/keys.ts';
import { approvable } from './approving.ts';
import { hiddenFields, portalHere, type Visitor } from './testing.ts';

/** Hours around now, and others, as the site's clock has them. */
function hoursNow(shift: number): string {
  const clock = (at: number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Paris', hour: '2-digit', minute: '2-digit' }).format(
      at,
    );
  const now = Date.now() + shift * 3_600_000;
  return `${clock(now - 3_600_000)}-${clock(now + 3_600_000)}`;
}

const folder = await mkdtemp(join(tmpdir(), 'poterne-brand-'));
const logo = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

const yaml = `
site: maison
language: en
timezone: Europe/Paris
zones:
  lan: { networks: [10.0.0.0/8] }
people:
  alice: { name: Alice Martin, email: alice@example.fr, groups: [staff] }
  bob: { name: Bob, email: bob@example.fr, groups: [it] }
  carol: { groups: [partners] }
  dave: { groups: [audit] }
sign-in:
  at: portal.example.fr
  tls: internal
  brand: { logo: ${join(folder, 'logo.svg')} }
mail: { smtp: { host: 127.0.0.1, port: 9, tls: implicit }, from: portal@example.fr }
services:
  app: { url: http://127.0.0.1:8069 }
  erp: { url: http://127.0.0.1:8069, title: "The <ERP>" }
  vault: { url: http://127.0.0.1:8069, title: Coffer, owner: { name: The vault, email: vault@example.fr } }
publications:
  erp.example.fr: { service: erp, tls: internal, audience: [ { groups: [staff], when: "${hoursNow(0)}" } ] }
  night.example.fr: { service: app, tls: internal, audience: [ { groups: [staff], when: "${hoursNow(8)}" } ] }
  strong.example.fr: { service: app, tls: internal, audience: [ { groups: [staff], mfa: required } ] }
  lan.example.fr: { service: app, tls: internal, audience: [ { groups: [staff], from: [lan] } ] }
  it.example.fr: { service: app, tls: internal, audience: [ { groups: [it] } ] }
  denied.example.fr: { service: app, tls: internal, audience: [ { signed-in: true }, { deny: true, groups: [staff] } ] }
  part.example.fr: { service: app, tls: internal, audience: [ { groups: [staff], paths: [/rfe/] } ] }
  once.example.fr: { service: app, tls: internal, audience: [ { groups: [staff, it], approval: { by: { groups: [it] }, for: 4h } } ] }
  vault.example.fr: { service: vault, tls: internal, audience: [ { groups: [staff, partners], approval: { by: { groups: [audit] }, for: 4h } } ] }
`;

let portal: Awaited<ReturnType<typeof portalHere>>;
let alice: Visitor;
let bob: Visitor;
const password = 'violet harbour 19 staples';
const once = encodeURIComponent('https://once.example.fr/deep?x=1');

async function signedIn(login: string): Promise<Visitor> {
  const visitor = portal.visitor();
  await visitor.get('/sign-in');
  expect((await visitor.send('/sign-in', { login, password })).status).toBe(303);
  return visitor;
}

beforeAll(async () => {
  await writeFile(join(folder, 'logo.svg'), logo);
  portal = await portalHere(yaml);
  for (const id of ['alice', 'bob', 'carol']) await portal.give(id, password);
  [alice, bob] = [await signedIn('alice'), await signedIn('bob')];
});
afterAll(async () => {
  await portal?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What each application's card says, by its name. */
function cards(page: string): Record<string, string> {
  const list = page.split('class="cards">')[1]?.split('</ul>')[0] ?? '';
  const text = (html: string) =>
    html
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
  return Object.fromEntries(
    list
      .split('<li>')
      .slice(1)
      .map((card) => [/([\w.]+\.example\.fr)/.exec(card)?.[1] ?? '', text(card)]),
  );
}

describe('my applications', () => {
  test('are those that open now, at other hours, from elsewhere or with one more thing; no others', async () => {
    const page = (await alice.get('/')).text;
    const shown = cards(page);
    expect(Object.keys(shown).sort()).toEqual(
      ['erp', 'lan', 'night', 'once', 'part', 'strong', 'vault'].map((name) => `${name}.example.fr`),
    );
    expect(shown['erp.example.fr']).toMatch(
      /^The &lt;ERP&gt; erp\.example\.fr Open until \d+ \w+ \d{4}, \d\d:\d\d$/,
    );
    expect(shown['night.example.fr']).toMatch(/Closed; opens \d+ \w+ \d{4}, \d\d:\d\d$/);
    expect(shown['strong.example.fr']).toContain('Asks for a second factor');
    expect(shown['lan.example.fr']).toContain('Not open from where you are');
    expect(shown['once.example.fr']).toContain('Ask for access');
    expect(page).toContain('href="https://erp.example.fr/"');
    expect(page).toContain('href="https://part.example.fr/rfe/"');
    // What is shut leads nowhere.
    for (const name of ['night', 'lan', 'once'])
      expect(page).not.toContain(`href="https://${name}.example.fr`);
    const lan = portal.visitor('10.1.2.3');
    for (const [name, value] of alice.cookies) lan.cookies.set(name, value);
    expect((await lan.get('/')).text).toContain('href="https://lan.example.fr/"');
  });

  test('certificates: those of theirs only', async () => {
    expect((await alice.get('/certificates')).text).toContain('No certificate was issued to you.');
    const authority = await openAuthority(authorityFolder(portal.state), 'Our CA', new Date());
    const ask = async (name: string, names: readonly string[], days: number) => ({
      ...{
        name,
        names,
        days,
        purpose: 'client' as const,
        publicKey: createPublicKey(await makeKeyOf('ecdsa-p256')),
      },
    });
    const by = { who: 'root', from: 'here' };
    const [mine] = await authority.certify(
      [
        await ask('alice', ['alice@example.fr'], 90),
        await ask('laptop', ['alice@example.fr'], 10),
        await ask('bob', [], 90),
      ],
      by,
      new Date(),
    );
    await authority.revoke(mine?.record.serial as string, 'key-compromise', by, new Date());
    const { text } = await alice.get('/certificates');
    expect(text.match(/Serial number:/g)).toHaveLength(2);
    expect(text).toMatch(/class="tag bad">days left: 9</);
    expect(text).toMatch(/class="tag bad">revoked \d+/);
    expect((await bob.get('/certificates')).text).toMatch(/class="tag good">days left: 89</);
  });

  test('the logo is shown, and nothing in it runs', async () => {
    expect((await alice.get('/')).text).toContain('<img src="/logo" alt="" height="40">');
    const { headers, text } = await portal.visitor().get('/logo');
    expect(text).toBe(logo);
    expect(headers['content-type']).toBe('image/svg+xml');
    expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
  });
});

test('nobody answers their own request, by the name that their directory gives them since neither', () => {
  const rule = portal.site.publications.find(({ id }) => id === 'once_example_fr')?.audience.rules?.[0]?.id;
  const asking = { publication: 'once_example_fr', rule: rule ?? '', reason: 'x', person: 'old@ad' };
  const request = { ...asking, owner: 'ad:guid', id: '1', asked: new Date(), state: 'asked' } as const;
  const user = { source: 'ad', login: 'new', id: 'new@ad', groups: ['it'] };
  expect(approvable(portal.site, { ...user, stable: 'other' }, request)).toBe(true);
  expect(approvable(portal.site, { ...user, stable: 'guid' }, request)).toBe(false);
  expect(approvable(portal.site, { ...user, id: 'old@ad', stable: 'other' }, request)).toBe(false);
});

test('who is cut off does not sign in, and is told no more than others', async () => {
  const file = join(portal.state, userCutFile('carol'));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
  const carol = portal.visitor();
  await carol.get('/sign-in');
  const { status, text } = await carol.send('/sign-in', { login: 'carol', password });
  expect([status, carol.cookies.has('__Host-poterne')]).toEqual([401, false]);
  expect(text).toContain('That did not work.');
  expect((await portal.audited('sign-in')).at(-1)).toMatchObject({ who: 'carol', detail: { why: 'cut' } });
  await rm(file);
});

describe('one-off access', () => {
  test('somebody asks, somebody else accepts, and it can be ended', async () => {
    const form = await alice.get(`/ask?to=${once}`);
    expect(form.text).toContain('Access then ends by itself after 4 h.');
    expect((await alice.send('/ask', { reason: '  ' })).text).toContain('Say what you need it for.');
    await alice.get(`/ask?to=${once}`);
    const asked = await alice.send('/ask', { reason: 'the <quarter>' });
    expect(asked.text).toContain('Nobody has answered yet.');
    // Its server is away: the letter waits, and nobody waited for it.
    await expect
      .poll(() => readQueue(portal.state), { timeout: 90_000 })
      .toMatchObject([
        { to: ['bob@example.fr'], subject: 'Alice Martin (alice) asks for access to once.example.fr' },
      ]);
    // Who may not answer sees nothing: neither who asked, nor somebody else.
    expect((await alice.get('/approvals')).status).toBe(404);
    expect((await alice.get('/')).text).not.toContain('href="/approvals"');

    expect((await bob.get('/')).text).toContain('Requests that wait for your answer: 1');
    const page = await bob.get('/approvals');
    expect(page.text).toContain('Alice Martin (alice)');
    expect(page.text).toContain('the &lt;quarter&gt;');
    // For what, and for how long.
    expect(page.text).toMatch(/→ once\.example\.fr\s/);
    expect(page.text).toContain('once accepted, access lasts 4 h');
    const { id, form: token } = hiddenFields(page.text, '/approvals');
    const forged = { ...hiddenFields((await alice.get('/sessions')).text, '/sign-out'), id: id as string };
    await alice.post('/approvals', { ...forged, answer: 'accept' });
    expect(cards((await alice.get('/')).text)['once.example.fr']).toContain('Ask for access');

    const done = await bob.post('/approvals', { form: token as string, id: id as string, answer: 'accept' });
    expect(done.text).toContain('Accepted. The access ends by itself.');
    expect(
      (await bob.post('/approvals', { form: token as string, id: id as string, answer: 'refuse' })).text,
    ).toContain('has been answered already');
    await expect
      .poll(async () => cards((await alice.get('/')).text)['once.example.fr'], { timeout: 5000 })
      .toMatch(/Open until/);
    // It is open: asking leads there.
    expect((await alice.get(`/ask?to=${once}`)).headers.location).toBe(
      'https://once.example.fr/.poterne/enter?to=%2Fdeep%3Fx%3D1',
    );
    await bob.post('/approvals', { form: token as string, id: id as string, answer: 'end' });
    await expect
      .poll(async () => cards((await alice.get('/')).text)['once.example.fr'], { timeout: 5000 })
      .toContain('Ask for access');
    // A publication that is cut off says so, and leads nowhere.
    await mkdir(join(portal.state, 'cut', 'publications'), { recursive: true });
    await writeFile(join(portal.state, 'cut', 'publications', 'erp_example_fr'), '');
    expect(cards((await alice.get('/')).text)['erp.example.fr']).toContain('Closed for the moment');
    await rm(join(portal.state, 'cut', 'publications', 'erp_example_fr'));
    const log = (await portal.audited('approval')).map(({ who, what, to, detail }) => [
      who,
      what,
      to,
      detail,
    ]);
    expect(log).toEqual([
      ['alice', 'approval.ask', 'once.example.fr', { reason: 'the <quarter>' }],
      ['bob', 'approval.accept', 'once.example.fr', { person: 'alice', until: expect.any(String) }],
      ['bob', 'approval.end', 'once.example.fr', { person: 'alice' }],
    ]);
  });

  test('nobody answers their own request, and who may not ask cannot', async () => {
    await bob.get(`/ask?to=${once}`);
    await bob.send('/ask', { reason: 'mine' });
    const [own] = await portal.store.approvals.waiting('maison', new Date());
    const page = await bob.get('/approvals');
    expect(page.text).toContain('No request waits for your answer.');
    const token = hiddenFields(page.text, '/sign-out');
    await bob.post('/approvals', { ...token, id: own?.id as string, answer: 'accept' });
    expect(await portal.store.approvals.holding('maison', new Date(), 'bob')).toEqual([]);
    const carol = await signedIn('carol');
    expect((await carol.get(`/ask?to=${once}`)).status).toBe(404);
    const other = encodeURIComponent('https://it.example.fr/');
    expect((await alice.get(`/ask?to=${other}`)).status).toBe(404);
  });

  test('what somebody asked for, or was granted, is not another’s who has the name later', async () => {
    const root = { who: 'root', from: 'here' };
    const zoe = { name: 'zoe', groups: ['staff'], ends: new Date(Date.now() + 3_600_000) };
    const again = async () => {
      await portal.people.endGuest('zoe', root);
      await portal.people.addGuest(zoe, root);
      await portal.give('zoe', password);
      return signedIn('zoe');
    };
    const accept = async () => {
      const [request] = (await portal.store.approvals.waiting('maison', new Date())).filter(
        ({ person }) => person === 'zoe',
      );
      const { form = '' } = hiddenFields((await bob.get('/approvals')).text, '/approvals');
      await bob.post('/approvals', { form, id: request?.id ?? '', answer: 'accept' });
      expect(await portal.store.approvals.holding('maison', new Date(), 'zoe')).not.toEqual([]);
    };
    const isIn = async (visitor: Visitor) => (await visitor.get(`/ask?to=${once}`)).status === 303;
    const first = await again();
    await first.get(`/ask?to=${once}`);
    await first.send('/ask', { reason: 'mine' });
    const second = await again();
    expect((await second.get(`/ask?to=${once}`)).text).not.toContain('Nobody has answered yet.');
    await accept();
    expect(await isIn(second)).toBe(false);
    await second.send('/ask', { reason: 'mine too' });
    await accept();
    await expect.poll(() => isIn(second), { timeout: 5000 }).toBe(true);
    expect(await isIn(await again())).toBe(false);
    await portal.people.endGuest('zoe', root);
  });

  test('a refusal is told to who asked', async () => {
    await alice.get(`/ask?to=${once}`);
    await alice.send('/ask', { reason: 'again' });
    const { id, form } = hiddenFields((await bob.get('/approvals')).text, '/approvals');
    await bob.post('/approvals', { form: form as string, id: id as string, answer: 'refuse' });
    expect((await alice.get(`/ask?to=${once}`)).text).toContain('Your request was refused');
  });

  test('where nobody who may answer has a described address, who is signed in and may is told, or else who owns the service', async () => {
    const told = async () =>
      (await readQueue(portal.state))
        .filter(({ subject }) => subject.includes('Coffer (vault.example.fr)'))
        .flatMap(({ to }) => to);
    const vault = encodeURIComponent('https://vault.example.fr/');
    await alice.get(`/ask?to=${vault}`);
    await alice.send('/ask', { reason: 'a look' });
    await expect.poll(told, { timeout: 90_000 }).toEqual(['vault@example.fr']);
    // Guests, as people of directories, are known by their sessions alone.
    const ends = new Date(Date.now() + 3_600_000);
    for (const [name, group] of [
      ['zoe', 'audit'],
      ['yan', 'partners'],
    ] as const) {
      const guest = { name, email: `${name}@example.com`, groups: [group], ends };
      await portal.people.addGuest(guest, { who: 'root', from: 'here' });
      await portal.give(name, password);
    }
    const [zoe, yan] = [await signedIn('zoe'), await signedIn('yan')];
    await yan.get(`/ask?to=${vault}`);
    await yan.send('/ask', { reason: 'a look' });
    await expect.poll(told, { timeout: 90_000 }).toContain('zoe@example.com');
    const requests = await portal.store.approvals.waiting('maison', new Date());
    const id = requests.find(({ person }) => person === 'yan')?.id ?? '';
    const { text } = await zoe.get('/approvals');
    expect(text).toMatch(/→ Coffer \(vault\.example\.fr\)\s/);
    const { form = '' } = hiddenFields(text, '/approvals');
    await zoe.post('/approvals', { form, id, answer: 'refuse' });
    await expect.poll(told, { timeout: 90_000 }).toContain('yan@example.com');
  });
});
