import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../apply/testing.ts';
import { searchAudit } from '../../audit/search.ts';
import { type BrowserRig, browserRig, type Ports } from './testing-browser.ts';

const password = 'bateau tiroir nuage girafe';

const yaml = ({ app }: Ports) => `
people:
  alice: { name: Alice Martin, groups: [staff] }
  bob: { groups: [staff] }
  carol: { groups: [staff] }
  dave: { groups: [staff] }
  erin: { groups: [staff] }
sign-in: { at: portal.example.fr, tls: internal, second-factor: { remember: 30d } }
services: { app: { url: "http://127.0.0.1:${app}" } }
publications:
  app.example.fr: { service: app, audience: [{ groups: [staff], mfa: required }] }
`;

let rig: BrowserRig;
let at: string;
let app: string;
beforeAll(async () => {
  rig = await browserRig(yaml);
  [at, app] = [rig.origin('portal.example.fr'), rig.origin('app.example.fr')];
  for (const name of ['bob', 'carol', 'dave', 'erin']) await rig.give(name, password);
});
afterAll(() => rig?.close());

async function signIn(page: Page, name: string): Promise<void> {
  await page.fill('#login', name);
  await page.fill('#password', password);
  await page.click('form[action="/sign-in"] button');
}

/** Signs out, and stays the same browser. */
async function signOut(page: Page): Promise<void> {
  await page.goto(`${at}/sessions`);
  await page.click('header form button');
  await page.goto(`${at}/sign-in`);
}

const codeOf = (seed: string, seconds: number) =>
  new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: Date.now() + seconds * 1000 });

test('an invitation sets a password that holds, once', async () => {
  const [link = ''] = /https:\S+/.exec(await rig.poterne('user', 'invite', 'alice')) ?? [];
  const page = await rig.browse();
  await page.goto(link);
  const choose = async (text: string) => {
    await page.fill('#password', text);
    await page.fill('#again', text);
    await page.click('form[action="/invitation"] button');
  };
  await choose('password1234');
  expect(await page.textContent('[role=alert]')).toContain('easy to guess');
  await choose(password);
  expect(await page.textContent('[role=status]')).toContain('You sign in as alice');
  await page.goto(link);
  expect(await page.textContent('[role=alert]')).toContain('used or over');
});

test('who has guessed too often waits, until an administrator says otherwise', async () => {
  const page = await rig.browse();
  const tried = async (secret: string) => {
    await page.goto(`${at}/sign-in`);
    await page.fill('#login', 'alice');
    await page.fill('#password', secret);
    const [answer] = await Promise.all([
      page.waitForResponse((each) => each.request().method() === 'POST'),
      page.click('form[action="/sign-in"] button'),
    ]);
    return answer.status();
  };
  for (let i = 0; i < 5; i++) expect(await tried(`wrong ${i}`)).toBe(401);
  expect(await tried(password)).toBe(429);
  expect(await rig.poterne('user', 'unlock', 'alice')).toContain('alice can try again now');
  expect(await tried(password)).toBe(303);
  const audited = [];
  for await (const { to } of searchAudit(rig.state, { what: 'user.unlock' })) audited.push(to);
  expect(audited).toEqual(['alice']);
  await signOut(page);
  await page.context().close();
});

/** Enrols an application, on the page that offers it, and gives its seed, the code it took and the recovery codes. */
async function enrol(
  page: Page,
): Promise<{ readonly seed: string; readonly used: string; readonly codes: readonly string[] }> {
  await page.click('a[href^="/factors/totp"]');
  expect(await page.getAttribute('.qr', 'src')).toMatch(/^data:image\/svg\+xml;base64,/);
  const seed = ((await page.textContent('.seed')) ?? '').replaceAll(' ', '');
  await page.fill('#code', codeOf(seed, 3600));
  await page.click('form[action="/factors/totp"] button');
  expect(await page.textContent('[role=alert]')).toContain('That code is not right');
  const used = codeOf(seed, 0);
  await page.fill('#code', used);
  await page.fill('#name', 'My phone');
  await page.click('form[action="/factors/totp"] button');
  const codes = await page.locator('.codes code').allTextContents();
  expect(codes).toHaveLength(10);
  return { seed, used, codes };
}

test('an application is enrolled where it is needed, and its codes work once; a reset takes it away', async () => {
  const page = await rig.browse();
  await page.goto(`${app}/deep?link=1`);
  expect(page.url()).toContain(`${at}/sign-in?to=`);
  await signIn(page, 'alice');
  await page.waitForSelector('text=What you asked for needs a second factor');
  const { seed, used, codes } = await enrol(page);
  await page.click('main a.button');
  await page.waitForSelector('text=deep?link=1');

  // In the next session the same code is refused, one that a fast clock shows is taken.
  await signOut(page);
  await signIn(page, 'alice');
  await page.goto(`${app}/`);
  await page.waitForURL(/step-up/);
  const step = async (code: string) => {
    await page.fill('#code', code);
    await page.click('#step-totp button');
  };
  await step(used);
  await page.waitForSelector('[role=alert]:has-text("used already")');
  await page.check('#remember');
  await step(codeOf(seed, 30));
  await page.waitForSelector('text=x-poterne-user');

  // The browser is remembered, for her alone: not asked again, but where factors are changed.
  await signOut(page);
  await signIn(page, 'alice');
  await page.goto(`${app}/`);
  await page.waitForSelector('text=x-poterne-user');
  await page.goto(`${at}/factors/totp`);
  await page.waitForURL(/step-up/);
  const other = await rig.browse({ locale: 'fr-FR' });
  await other.goto(`${at}/sign-in`);
  await signIn(other, 'alice');
  await other.goto(`${app}/`);
  await other.waitForURL(/step-up/);
  await other.click('a[href^="/step-up/recovery"]');
  await other.fill('#code', codes[0] ?? '');
  await other.click('#step-recovery button');
  await other.waitForSelector('text=x-poterne-user');
  await other.goto(`${at}/factors`);
  expect(await other.textContent('main')).toContain('Codes restants\u00a0: 9.');

  // An administrator takes it all away: both sessions end, and she enrols anew.
  expect(await rig.poterne('user', 'reset-factors', 'alice')).toContain('removed: 1. Sessions ended: 2.');
  await eventually(async () => {
    await page.goto(`${app}/`);
    return page.url().startsWith(`${at}/sign-in`);
  });
  await signIn(page, 'alice');
  await page.waitForSelector('text=What you asked for needs a second factor');
});

test('a passkey that does not know who holds it signs nobody in, and a copy of one is refused', async () => {
  const page = await rig.browse();
  const devices = await page.context().newCDPSession(page);
  await devices.send('WebAuthn.enable');
  const add = async (isVerified: boolean) => {
    const options = {
      protocol: 'ctap2' as const,
      transport: 'internal' as const,
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: isVerified },
      automaticPresenceSimulation: true,
    };
    return (await devices.send('WebAuthn.addVirtualAuthenticator', { options })).authenticatorId;
  };
  const first = await add(true);
  await page.goto(`${at}/sign-in`);
  await signIn(page, 'bob');
  await page.goto(`${at}/factors`);
  await page.click('a[href^="/factors/passkeys"]');
  await page.fill('#name', 'Laptop');
  await page.click('form[action="/factors/passkeys"] button');
  await page.waitForSelector('.codes code');
  const { credentials } = await devices.send('WebAuthn.getCredentials', { authenticatorId: first });
  expect(credentials).toMatchObject([{ rpId: 'portal.example.fr', isResidentCredential: true }]);

  // Instead of a password: the device verified who holds it, so that nothing else is asked.
  await signOut(page);
  await page.click('#passkey button');
  await page.waitForSelector('nav.places');
  await page.goto(`${app}/`);
  await page.waitForSelector('text=x-poterne-user');

  // Where the device cannot tell who holds it, nobody signs in by it.
  await signOut(page);
  await devices.send('WebAuthn.setUserVerified', { authenticatorId: first, isUserVerified: false });
  await page.click('#passkey button');
  await page.waitForSelector('[data-failed]:visible');
  expect(page.url()).toBe(`${at}/sign-in`);

  // A copy that says a count of before opens nothing.
  await devices.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: first });
  const copy = await add(true);
  const [original] = credentials;
  if (!original) throw new Error('no passkey was made');
  await devices.send('WebAuthn.addCredential', {
    authenticatorId: copy,
    credential: { ...original, signCount: 0 },
  });
  await page.goto(`${at}/sign-in`);
  await page.click('#passkey button');
  await page.waitForSelector('[role=alert]:has-text("not accepted")');
});

test('without JavaScript a person has the other ways, and is told', async () => {
  const page = await rig.browse({ javaScriptEnabled: false });
  await page.goto(`${at}/sign-in`);
  expect(await page.isVisible('#passkey')).toBe(false);
  await signIn(page, 'carol');
  await page.goto(`${at}/factors/passkeys`);
  expect(await page.isVisible('text=Passkeys need JavaScript')).toBe(true);
  await page.goto(`${at}/factors`);
  await enrol(page);
  await page.click('main a.button');
  expect(page.url()).toBe(`${at}/factors`);
  await page.click('form[action="/factors/remove"] button');
  expect(await page.textContent('[role=status]')).toContain('It is removed');
});

/** As much of a browser as asks a device. */
interface Navigator {
  readonly credentials: { get(asked: object): Promise<unknown> };
}

/** A browser with a device of its own; what it is asked, and what is sent, are the attacker's to choose. */
async function withDevice() {
  const page = await rig.browse();
  const devices = await page.context().newCDPSession(page);
  await devices.send('WebAuthn.enable');
  const options = {
    ...{ protocol: 'ctap2' as const, transport: 'internal' as const },
    ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', { options });
  return {
    ...{ page, devices, authenticatorId },
    /** Signs in with a password and makes a passkey. */
    async enrol(name: string): Promise<void> {
      await page.goto(`${at}/sign-in`);
      await signIn(page, name);
      await page.goto(`${at}/factors/passkeys`);
      await page.click('form[action="/factors/passkeys"] button');
      await page.waitForSelector('.codes code');
    },
    /** The options of a challenge, as the portal gives them to this browser. */
    challenge: async (from: string) =>
      page.evaluate(
        async ([from, token]) =>
          (await fetch(from, { method: 'POST', headers: { 'X-Poterne-Form': token } })).json(),
        [from, await tokenOf(page)] as const,
      ) as Promise<Record<string, unknown>>,
    /** What the device answers to options, on whatever page this is. */
    answer: (options: Record<string, unknown>) =>
      page.evaluate(async (options) => {
        const bytes = (text: string) =>
          Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
        const text = (buffer: ArrayBuffer) =>
          btoa(String.fromCharCode(...new Uint8Array(buffer)))
            .replace(/\+/g, '-')
            .replace(/\//g, '_')
            .replace(/=+$/, '');
        const { credentials } = (globalThis as unknown as { navigator: Navigator }).navigator;
        const allowed = (options.allowCredentials ?? []) as { id: string }[];
        const shown = (await credentials.get({
          publicKey: {
            ...options,
            challenge: bytes(options.challenge as string),
            allowCredentials: allowed.map((each) => ({ ...each, id: bytes(each.id) })),
          },
        })) as { id: string; type: string; rawId: ArrayBuffer; response: Record<string, ArrayBuffer> };
        const response = Object.fromEntries(
          ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'].flatMap((name) =>
            shown.response[name] ? [[name, text(shown.response[name])]] : [],
          ),
        );
        const { id, type } = shown;
        return { id, rawId: text(shown.rawId), type, clientExtensionResults: {}, response };
      }, options),
    /** Sends an answer from a form of the page; the status, and where it led. */
    send: async (path: string, passkey: object) =>
      page.evaluate(
        async ([path, form, passkey]) => {
          const sent = await fetch(path, { method: 'POST', body: new URLSearchParams({ form, passkey }) });
          return [sent.status, new URL(sent.url).pathname] as const;
        },
        [path, await tokenOf(page), JSON.stringify(passkey)] as const,
      ),
  };
}

const tokenOf = async (page: Page): Promise<string> =>
  (await page.locator('input[name=form]').first().getAttribute('value')) ?? '';

test('a passkey of another, an answer of before, of another page or session, or without knowing who holds it opens nothing', async () => {
  const [dave, erin] = [await withDevice(), await withDevice()];
  await dave.enrol('dave');
  await erin.enrol('erin');
  const keyOf = async ({ devices, authenticatorId }: typeof dave) =>
    (await devices.send('WebAuthn.getCredentials', { authenticatorId })).credentials[0]?.credentialId ?? '';
  const idOf = async (who: typeof dave) => Buffer.from(await keyOf(who), 'base64').toString('base64url');
  const [daves, erins] = [await idOf(dave), await idOf(erin)];
  const mine = { allowCredentials: [{ id: daves, type: 'public-key' }] };

  // Once is right; the same answer again is none, in this browser and in another.
  await signOut(dave.page);
  const first = await dave.answer(await dave.challenge('/sign-in/passkey/challenge'));
  expect(await dave.send('/sign-in/passkey', first)).toEqual([200, '/']);
  await dave.page.goto(`${at}/sessions`);
  await signOut(dave.page);
  expect((await dave.send('/sign-in/passkey', first))[0]).toBe(401);

  // The device did not find out who holds it, whatever the page asked of it.
  const { devices, authenticatorId } = dave;
  await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  const asked = { ...(await dave.challenge('/sign-in/passkey/challenge')), userVerification: 'discouraged' };
  expect((await dave.send('/sign-in/passkey', await dave.answer(asked)))[0]).toBe(401);
  await devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });

  // Made on another page: one below the portal's name may ask the device for it.
  const lured = await dave.challenge('/sign-in/passkey/challenge');
  const evil = at.replace('https://', 'https://evil.');
  await dave.page.route(`${evil}/`, (route) => route.fulfill({ contentType: 'text/html', body: 'x' }));
  await dave.page.goto(`${evil}/`);
  const stolen = await dave.answer(lured);
  await dave.page.goto(`${at}/sign-in`);
  expect((await dave.send('/sign-in/passkey', stolen))[0]).toBe(401);

  // Dave knows erin's password: his own passkey is no second factor of hers, nor under her passkey's name.
  await signIn(dave.page, 'erin');
  await dave.page.goto(`${at}/step-up`);
  const path = '/step-up/passkey';
  const from = '/factors/passkeys/challenge';
  const hers = await dave.answer({ ...(await dave.challenge(from)), ...mine });
  expect((await dave.send(path, hers))[0]).toBe(401);
  const renamed = await dave.answer({ ...(await dave.challenge(from)), ...mine });
  expect((await dave.send(path, { ...renamed, id: erins, rawId: erins }))[0]).toBe(401);
  // An answer of hers to a challenge that her browser did not get for a second factor.
  await signOut(erin.page);
  const elsewhere = await erin.answer(await erin.challenge('/sign-in/passkey/challenge'));
  expect((await dave.send(path, elsewhere))[0]).toBe(401);
  await dave.page.goto(`${app}/`);
  expect(new URL(dave.page.url()).pathname).toBe('/step-up');
  // And a challenge of hers is none of his.
  const foreign = await dave.challenge(from);
  await signOut(dave.page);
  await signIn(dave.page, 'dave');
  await dave.page.goto(`${at}/step-up`);
  expect((await dave.send(path, await dave.answer({ ...foreign, ...mine })))[0]).toBe(401);
  expect((await dave.send(path, await dave.answer(await dave.challenge(from))))[0]).toBe(200);
  for (const { page } of [dave, erin]) await page.context().close();
});
