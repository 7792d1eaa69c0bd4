import axe, { type AxeResults } from 'axe-core';
import * as OTPAuth from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BrowserRig, browserRig, type Ports } from './testing-browser.ts';

const yaml = ({ app }: Ports) => `
people:
  alice: { name: Alice Martin, groups: [staff] }
  bob: { name: Bob Durand, groups: [it] }
  carol: { groups: [staff] }
sign-in:
  at: portail.ville.test
  tls: internal
  brand: { name: Ville de Sainte-Anne, logo: logo.svg, colour: "#336699" }
  second-factor: { remember: 30d }
services:
  app: { url: "http://127.0.0.1:${app}", title: Open-Prod }
  wiki: { url: "http://127.0.0.1:${app}", title: Wiki }
  buying: { url: "http://127.0.0.1:${app}", title: Buying }
  vault: { url: "http://127.0.0.1:${app}", title: Vault }
publications:
  erp.ville.test: { service: app, tls: internal, audience: [ { groups: [staff] } ] }
  it.ville.test: { service: app, tls: internal, audience: [ { groups: [it] } ] }
  buying.ville.test: { service: buying, tls: internal, audience: [ { groups: [staff], approval: { by: { groups: [it] }, for: 4h } } ] }
  wiki.autre.test: { service: wiki, tls: internal, audience: [ { signed-in: true } ] }
  vault.ville.test: { service: vault, tls: internal, audience: [ { groups: [it, staff], mfa: required } ] }
`;

const logo =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 80"><circle cx="60" cy="40" r="40"/></svg>';

let rig: BrowserRig;
const password = 'violet harbour 19 staples';

beforeAll(async () => {
  rig = await browserRig(yaml, { 'logo.svg': logo });
  for (const id of ['alice', 'bob', 'carol']) await rig.give(id, password);
});
afterAll(() => rig?.close());

async function signIn(page: Page, login: string) {
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.click('form[action="/sign-in"] button');
}
const said = (page: Page) => page.textContent('body');

describe('in a real browser', () => {
  test('one sign-in opens applications of two domains, and links into them are kept', async () => {
    const page = await rig.browse();
    // With an end that is the browser's alone, as applications of one page have.
    const deep = `${rig.origin('erp.ville.test')}/web/deep?a=b%20c&to=2#id=7&view=list`;
    await page.goto(deep);
    expect(new URL(page.url()).hostname).toBe('portail.ville.test');
    expect(await page.title()).toBe('Sign in – Ville de Sainte-Anne');
    await signIn(page, 'alice');
    await page.waitForURL(deep);
    expect(await said(page)).toMatch(/app erp\.ville\.test\S* \/web\/deep\?a=b%20c&to=2/);
    expect(await said(page)).toContain('x-poterne-user: alice');
    // What lets somebody in is for the gateway alone.
    expect(await said(page)).not.toContain('__Host-poterne');
    await page.goto(`${rig.origin('wiki.autre.test')}/page?x=1`);
    expect(page.url()).toBe(`${rig.origin('wiki.autre.test')}/page?x=1`);
    expect(await said(page)).toContain('x-poterne-user: alice');

    await page.goto(rig.origin('portail.ville.test'));
    expect(await page.locator('.cards a').allTextContents()).toEqual([
      'Ask for access',
      'Open-Prod',
      'Vault',
      'Wiki',
    ]);
    expect(await said(page)).toContain('Asks for a second factor');
    await page.click('form[action="/sign-out"] button');
    await page.waitForURL('**/signed-out');
    for (const name of ['erp.ville.test', 'wiki.autre.test']) {
      await page.goto(`${rig.origin(name)}/`);
      expect(new URL(page.url()).pathname).toBe('/sign-in');
    }
    await page.context().close();
  });

  test('without JavaScript, by the keyboard alone, in French', async () => {
    const page = await rig.browse({ javaScriptEnabled: false, locale: 'fr-FR' });
    await page.goto(`${rig.origin('erp.ville.test')}/`);
    expect(await page.getAttribute('html', 'lang')).toBe('fr');
    expect(await page.getByLabel('Identifiant').count()).toBe(1);
    // The field is ready: nothing has to be clicked.
    await page.waitForSelector('[name=login]:focus');
    await page.keyboard.type('alice');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    expect(await page.title()).toMatch(/^Erreur/);
    // What was typed is there still, and the password is next.
    await page.waitForSelector('[name=password]:focus');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${rig.origin('erp.ville.test')}/`);
    expect(await said(page)).toContain('x-poterne-user: alice');
    await page.goto(rig.origin('portail.ville.test'));
    expect(await page.textContent('h1')).toBe('Mes applications');
    await page.click('footer a[hreflang=en]');
    expect(await page.textContent('h1')).toBe('My applications');
    await page.context().close();
  });

  test('a code of an application: enrolled, asked for where it is needed, remembered', async () => {
    const page = await rig.browse();
    await page.goto(`${rig.origin('vault.ville.test')}/secret?x=1`);
    await signIn(page, 'alice');
    // Nobody has one yet: it is made now, and leads on.
    await page.getByRole('link', { name: /authenticator application/i }).click();
    const seed = ((await page.textContent('.seed')) ?? '').replaceAll(' ', '');
    const totp = new OTPAuth.TOTP({ secret: OTPAuth.Secret.fromBase32(seed) });
    await page.fill('#code', totp.generate());
    await page.click('form[action="/factors/totp"] button');
    expect(await said(page)).toMatch(/recovery codes/i);
    await page.goto(`${rig.origin('vault.ville.test')}/secret?x=1`);
    expect(await said(page)).toContain('x-poterne-user: alice');

    const other = await rig.browse();
    await other.goto(`${rig.origin('erp.ville.test')}/`);
    await signIn(other, 'alice');
    await other.waitForURL(`${rig.origin('erp.ville.test')}/`);
    // Only one publication needs it: it is asked for there.
    await other.goto(`${rig.origin('vault.ville.test')}/deep?y=2#/a"\\é`);
    expect(new URL(other.url()).pathname).toMatch(/^\/step-up/);
    // This code was used already: the next one is awaited, or the one that a fast clock would show.
    await other.fill('#code', totp.generate({ timestamp: Date.now() + 30_000 }));
    await other.check('#remember');
    await other.click('form[action="/step-up/totp"] button');
    await other.waitForURL(`${rig.origin('vault.ville.test')}/deep?y=2#/a%22%5C%C3%A9`);
    expect(await said(other)).toContain('x-poterne-user: alice');
    // The same browser is not asked again.
    await other.goto(`${rig.origin('portail.ville.test')}/sign-out`);
    await other.click('main form[action="/sign-out"] button');
    await other.goto(`${rig.origin('vault.ville.test')}/`);
    await signIn(other, 'alice');
    await other.waitForURL(`${rig.origin('vault.ville.test')}/`);
    for (const each of [page, other]) await each.context().close();
  });

  test('a passkey: made, then asked for, then instead of a password', async () => {
    const page = await rig.browse();
    const device = await page.context().newCDPSession(page);
    await device.send('WebAuthn.enable');
    await device.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    await page.goto(`${rig.origin('vault.ville.test')}/`);
    await signIn(page, 'bob');
    await page.getByRole('link', { name: /passkey/i }).click();
    await page.click('form[action="/factors/passkeys"] button');
    await page
      .getByText(/recovery codes/i)
      .first()
      .waitFor();
    await page.goto(`${rig.origin('portail.ville.test')}/sign-out`);
    await page.click('main form[action="/sign-out"] button');

    await page.goto(`${rig.origin('vault.ville.test')}/a?b=c`);
    await signIn(page, 'bob');
    await page.waitForURL('**/step-up*');
    await page.click('form[action="/step-up/passkey"] button');
    await page.waitForURL(`${rig.origin('vault.ville.test')}/a?b=c`);
    expect(await said(page)).toContain('x-poterne-user: bob');

    await page.goto(`${rig.origin('portail.ville.test')}/sign-out`);
    await page.click('main form[action="/sign-out"] button');
    await page.goto(`${rig.origin('vault.ville.test')}/a?b=d`);
    await page.click('form[action="/sign-in/passkey"] button');
    await page.waitForURL(`${rig.origin('vault.ville.test')}/a?b=d`);
    expect(await said(page)).toContain('x-poterne-user: bob');
    await page.context().close();
  });

  test('every page can be read by all, by day and by night, on a phone (WCAG 2.2 AA, as far as axe sees it)', async () => {
    // Only so that axe itself can be put into the pages.
    const page = await rig.browse({
      bypassCSP: true,
      locale: 'fr-FR',
      viewport: { width: 380, height: 800 },
    });
    const portal = rig.origin('portail.ville.test');
    const wrong: string[] = [];
    const run = async (what: object) => {
      const { violations, passes } = (await page.evaluate(`axe.run(${JSON.stringify(what)})`)) as AxeResults;
      expect(passes.length).toBeGreaterThan(0);
      for (const { id, nodes } of violations)
        wrong.push(...nodes.map(({ html }) => `${new URL(page.url()).pathname} ${id} ${html}`));
    };
    const look = async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.addScriptTag({ content: axe.source });
      await run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
      await page.emulateMedia({ colorScheme: 'dark' });
      await run({ runOnly: { type: 'rule', values: ['color-contrast'] } });
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth'))
        wrong.push(`${new URL(page.url()).pathname} is wider than the screen`);
    };
    const buying = `${rig.origin('buying.ville.test')}/orders?year=2026`;
    await page.goto(buying);
    await page.fill('#login', 'carol');
    await page.fill('#password', 'wrong');
    await page.click('form[action="/sign-in"] button');
    await page.waitForSelector('[role=alert]');
    await look();
    // In another language, and back: where they wished to go is kept.
    await page.click('footer a[hreflang=en]');
    await page.click('footer a[hreflang=fr]');
    await signIn(page, 'carol');
    await page.waitForURL('**/ask*');
    await look();
    const own = ['/', '/sessions', '/certificates', '/factors', '/factors/totp', '/factors/passkeys'];
    for (const path of [...own, '/password', '/sign-out', '/nothing']) {
      await page.goto(portal + path);
      await look();
    }
    await page.goto(buying);
    await page.fill('#reason', 'Commandes');
    await page.click('form[action="/ask"] button');
    await page.waitForSelector('[role=status]');
    await look();
    // A page of nginx's own, with the logo in it.
    await page.goto(`${rig.origin('it.ville.test')}/`);
    expect(await page.title()).toMatch(/^Pas ouvert pour vous/);
    await look();
    const shown = await page.evaluate('[document.images.length, document.images[0].naturalWidth > 0]');
    expect(shown).toEqual([1, true]);
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  test('a session that nobody uses ends, and the page is back after signing in', async () => {
    const page = await rig.browse();
    await page.goto(`${rig.origin('erp.ville.test')}/kept?q=1`);
    await signIn(page, 'carol');
    await page.waitForURL(`${rig.origin('erp.ville.test')}/kept?q=1`);
    rig.leaveAlone('carol', 3_700_000);
    // What is remembered of it is a few seconds old at most.
    await expect
      .poll(async () => (await page.reload()) && new URL(page.url()).pathname, {
        timeout: 90_000,
        interval: 500,
      })
      .toBe('/sign-in');
    await signIn(page, 'carol');
    await page.waitForURL(`${rig.origin('erp.ville.test')}/kept?q=1`);
    await page.context().close();
  });
});
