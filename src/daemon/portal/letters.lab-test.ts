import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../../lab/lab.ts';
import { localhost } from '../../hosts/local.ts';
import { program } from '../../lib/testing-program.ts';
import { mailbox, opened, postfixHost, startPostfix } from '../../mail/testing-postfix.ts';
import { type BrowserRig, browserRig } from './testing-browser.ts';

/**
 * The portal's letters through a real Postfix, over TLS that is verified, to real mailboxes; and their links followed in a real browser. The
 * gateway and the browser are in the network where the mail server is.
 */
let lab: Lab;
let folder: string;
let app: ChildProcess;
let rig: BrowserRig;
const secret = 'bateau tiroir nuage girafe';
const another = 'piano lanterne moteur colline';

const described = (mx: string, files: string) => `
people:
  alice: { name: Alice Martin, email: alice@example.fr, groups: [prestataires] }
  bob: { name: Bob Durand, email: bob@example.fr, groups: [dsi] }
mail:
  smtp: { host: ${mx}, port: 587, tls: starttls, user: poterne, ca: ${files}/ca.crt, password: { file: ${files}/password } }
  from: Poterne <poterne@example.fr>
sign-in: { at: portail.example.fr, tls: internal, brand: { name: Mairie de Sainte-Anne } }
services:
  compta: { url: "http://127.0.0.1:8069", title: Comptabilité }
publications:
  compta.example.fr: { service: compta, tls: internal, audience: [ { groups: [prestataires], approval: { by: { groups: [dsi] }, for: 4h } } ] }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-letters-'));
  lab = await up({
    name: `letters-${process.pid}`,
    zones: { lan: { networks: ['10.82.0.0/24'] } },
    hosts: { mx: postfixHost('10.82.0.2', ['alice', 'bob']) },
  });
  await startPostfix(lab, folder);
  const served = `require('http').createServer((q, a) => a.end('app ' + q.url + ' ' + q.headers['x-poterne-user'])).listen(8069, '127.0.0.1')`;
  app = spawn('ip', ['netns', 'exec', lab.controller, process.execPath, '-e', served], { stdio: 'ignore' });
  rig = await browserRig(
    ({ http, https }) =>
      `site: mairie\nlanguage: fr\ntimezone: Europe/Paris\ngateway: { listen: [127.0.0.1], http-port: ${http}, https-port: ${https} }\n${described(lab.host('mx').address, folder)}`,
    {},
    { namespace: lab.controller },
  );
});
afterAll(async () => {
  await rig?.close();
  app?.kill();
  if (lab) await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});

/** The latest letter of a mailbox that has so many: its subject and text as a reader shows them, and its links. */
async function letter(name: string, count: number) {
  const letters = await mailbox(lab, name, count);
  const all = await Promise.all(letters.map((each) => opened(folder, each)));
  for (const each of letters) expect(each).toMatch(/with ESMTPSA/);
  return all.map(({ subject, text }) => ({ subject, text, link: /https:\S+/.exec(text)?.[0] ?? '' }));
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.fill('#login', name);
  await page.fill('#password', secret);
  await page.click('form[action="/sign-in"] button');
}

test('an invitation, a request and its answer, and a changed factor arrive, and their links lead to the end', async () => {
  for (const name of ['alice', 'bob']) {
    await rig.poterne('user', 'invite', name, '--mail');
    const [invitation] = await letter(name, 1);
    expect(invitation?.subject).toBe('Mairie de Sainte-Anne : choisissez votre mot de passe');
    const page = await rig.browse({ locale: 'fr-FR' });
    await page.goto(invitation?.link ?? '');
    await page.fill('#password', secret);
    await page.fill('#again', secret);
    await page.click('form[action="/invitation"] button');
    await page.waitForSelector(`[role=status]:has-text("${name}")`);
    await page.context().close();
  }

  const alice = await rig.browse({ locale: 'fr-FR' });
  await alice.goto(`${rig.origin('compta.example.fr')}/bilan?mois=11`);
  await signIn(alice, 'alice');
  await alice.waitForURL('**/ask*');
  // Nothing that is typed there becomes a header, or another recipient's letter.
  await alice.fill('#reason', 'Clôture d’été\n.\nBcc: autre@example.fr');
  await alice.click('form[action="/ask"] button');
  const asked = (await letter('bob', 2)).find(({ subject }) => subject.includes('demande'));
  expect(asked?.subject).toBe('Alice Martin (alice) demande l’accès à Comptabilité (compta.example.fr)');
  expect(asked?.text).toContain('Clôture d’été\n.\nBcc: autre@example.fr');

  const bob = await rig.browse({ locale: 'fr-FR' });
  await bob.goto(asked?.link ?? '');
  await signIn(bob, 'bob');
  // The letter's link survives signing in.
  await bob.waitForURL('**/approvals');
  await bob.click('button[value=accept]');
  await bob.waitForSelector('[role=status]');
  const answer = (await letter('alice', 2)).find(({ subject }) => subject.includes('accès'));
  expect(answer?.text).toMatch(/^Vous pouvez utiliser Comptabilité \(compta\.example\.fr\) jusqu’au \d+ /);
  await alice.goto(answer?.link ?? '');
  expect(await alice.textContent('body')).toBe('app / alice');

  await alice.goto(`${rig.origin('portail.example.fr')}/factors/totp`);
  const seed = ((await alice.textContent('.seed')) ?? '').replaceAll(' ', '');
  await alice.fill('#code', new TOTP({ secret: Secret.fromBase32(seed) }).generate());
  await alice.click('form[action="/factors/totp"] button');
  const isFactor = ({ subject }: { subject: string }) =>
    subject.endsWith('vos moyens de connexion ont changé');
  expect((await letter('alice', 3)).find(isFactor)?.text).toContain('Un second facteur a été ajouté');
  await rig.poterne('user', 'reset-factors', 'alice');
  const reset = (await letter('alice', 4)).filter(isFactor);
  expect(reset.map(({ text }) => text).join()).toContain(
    'Un administrateur a retiré tous les seconds facteurs',
  );
  await alice.goto(`${rig.origin('portail.example.fr')}/sign-in`);
  await signIn(alice, 'alice');
  await alice.goto(`${rig.origin('portail.example.fr')}/password`);
  for (const [field, text] of Object.entries({ current: secret, password: another, again: another }))
    await alice.fill(`#${field}`, text);
  await alice.click('form[action="/password"] button');
  await alice.waitForSelector('[role=status]');
  const changed = (await letter('alice', 5)).filter(isFactor);
  expect(changed.map(({ text }) => text).join()).toContain('Le mot de passe de votre compte');
  // An address that is no longer theirs hears of it.
  await writeFile(
    rig.file,
    (await readFile(rig.file, 'utf8')).replace('alice@example.fr', 'ailleurs@example.fr'),
  );
  const reloaded = await localhost.run([program, 'reload', '--state', rig.state]);
  expect(reloaded).toMatchObject({ code: 0 });
  const moved = (await letter('alice', 6)).filter(isFactor);
  expect(moved.map(({ text }) => text).join()).toContain('vont à une autre adresse');
  // Neither the mail server's password nor a link that opens something stands in what the gateway says.
  const password = (await readFile(join(folder, 'password'), 'utf8')).trim();
  for (const unsaid of [password, 'invitation?code=']) expect(rig.said()).not.toContain(unsaid);
  for (const page of [alice, bob]) await page.context().close();
});
