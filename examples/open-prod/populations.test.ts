/** The ERP is opened to its populations for real: at the portal, with a browser, by the daemon that `poterne up` runs. */

import { readFileSync } from 'node:fs';
import * as OTPAuth from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poterne } from '../../src/apply/testing.ts';
import { type BrowserRig, browserRig } from '../../src/daemon/portal/testing-browser.ts';
import { freePorts } from '../../src/lib/testing-ports.ts';
import { type RunningApps, startApps } from '../apps.ts';

const [port = 0] = await freePorts(1);
const erp = () => rig.origin('erp.localhost');
const password = 'un portail, une brouette, un puits';
let rig: BrowserRig;
let apps: RunningApps;

/** A file of the example, with the ports that are free here. */
const file = (name: string, ports: Readonly<Record<string, number>>) =>
  readFileSync(new URL(name, import.meta.url), 'utf8').replace(/\b(8080|8443|18069)\b/g, (each) =>
    String(ports[each]),
  );

beforeAll(async () => {
  apps = await startApps(['open-prod'], { environment: { OPEN_PROD_PORT: String(port) } });
  rig = await browserRig(
    // The window is not now, whenever this runs.
    ({ http, https }) =>
      file('populations.yaml', { 8080: http, 8443: https }).replace('2026-12-01', '2099-12-01'),
    { 'service.yaml': file('service.yaml', { 18069: port }) },
  );
  for (const id of ['claire', 'agence-lyon', 'editeur', 'paul', 'ines', 'marc']) await rig.give(id, password);
});
afterAll(async () => {
  await rig?.close();
  await apps?.stop();
});

/** Somebody's browser, signed in on the way to the ERP. */
async function arrive(login: string, path = '/web/login'): Promise<Page> {
  const page = await rig.browse({ locale: 'fr-FR' });
  await page.goto(erp() + path);
  expect(new URL(page.url()).hostname).toBe('portail.localhost');
  await signIn(page, login);
  return page;
}

async function signIn(page: Page, login: string): Promise<void> {
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.click('form[action="/sign-in"] button');
}
const said = (page: Page) => page.textContent('body');

/** Makes the second factor that is asked for. */
async function enrol(page: Page): Promise<void> {
  await page.getByRole('link', { name: /application d’authentification/i }).click();
  const seed = ((await page.textContent('.seed')) ?? '').replaceAll(' ', '');
  await page.fill('#code', new OTPAuth.TOTP({ secret: OTPAuth.Secret.fromBase32(seed) }).generate());
  await page.click('form[action="/factors/totp"] button');
}

async function command(...argv: readonly string[]): Promise<string> {
  const { ended, said } = poterne([...argv, '--state', rig.state]);
  expect(await ended, said()).toBe(0);
  return said();
}

test('every promise holds, those of the portal and of who is refused among them', async () => {
  const seen = await command('verify', rig.file);
  expect(seen).toMatch(/^✓ https:\/\/portail\.localhost:\d+\/sign-in shows where people sign in/m);
  expect(seen).toMatch(/^✓ portail\.localhost shows a trusted certificate/m);
  expect(seen).toMatch(/All promises kept: \d+/);
});

test('whoever is not of a population, or not where or when it may be, is told so', async () => {
  // From this machine, which is not the agencies’ network; before or after the one window; suspended.
  const titles = {
    'agence-lyon': 'Pas ouvert d’ici',
    editeur: 'Fermé pour le moment',
    marc: 'Pas ouvert pour vous',
  };
  for (const [login, title] of Object.entries(titles)) {
    const page = await arrive(login, '/web/attachments/x');
    await page.waitForURL(`${erp()}/web/attachments/x`);
    expect([login, await page.textContent('h1')]).toEqual([login, title]);
    await page.context().close();
  }
});

test('a contractor gets in once somebody of the IT department says so, and a cut-off shows everybody out', async () => {
  const contractor = await arrive('paul');
  await enrol(contractor);
  await contractor.goto(`${erp()}/web/login`);
  expect(contractor.url()).toMatch(/portail\.localhost.*\/ask\?/);
  await contractor.fill('#reason', 'Mise à jour des états');
  await contractor.click('form[action="/ask"] button');

  const owner = await rig.browse({ locale: 'fr-FR' });
  await owner.goto(`${rig.origin('portail.localhost')}/approvals`);
  await signIn(owner, 'ines');
  await enrol(owner);
  await owner.goto(`${rig.origin('portail.localhost')}/approvals`);
  expect(await said(owner)).toContain('Mise à jour des états');
  await owner.click('button[value=accept]');

  await contractor.goto(`${erp()}/web/login`);
  expect(await said(contractor)).toContain('Open-Prod');

  await command('cut', 'erp.localhost', '--reason', 'une intrusion');
  await contractor.reload();
  expect(await said(contractor)).not.toContain('Open-Prod');
  await command('restore', 'erp.localhost');
  await contractor.reload();
  expect(await said(contractor)).toContain('Open-Prod');
});
