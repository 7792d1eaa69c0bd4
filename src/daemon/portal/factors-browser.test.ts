import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../apply/testing.ts';
import { type BrowserRig, browserRig, type Ports } from './testing-browser.ts';

const password = 'bateau tiroir nuage girafe';

const yaml = ({ app }: Ports) => `
people:
  alice: { name: Alice Martin, groups: [staff] }
  bob: { groups: [staff] }
  carol: { groups: [staff] }
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
  for (const name of ['bob', 'carol']) await rig.give(name, password);
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
  expect(await other.textContent('main')).toContain('Codes restants : 9.');

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
