import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import { afterEach, expect, test, vi } from 'vitest';
import { portalHere } from './testing.ts';

const password = 'violet harbour 19 staples';
afterEach(() => vi.unstubAllEnvs());

test('without the machine’s key no code of an application opens anything, which a page says; all is well once it is back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poterne-key-'));
  const key = (name: string) => vi.stubEnv('POTERNE_MACHINE_KEY', join(folder, name));
  key('own');
  const portal = await portalHere(`site: s
language: en
people: { alice: {} }
sign-in: { at: portal.example.fr }
services: { app: { url: "http://127.0.0.1:9" } }
publications: { vault.example.fr: { service: app, audience: [ { signed-in: true, mfa: required } ] } }
`);
  try {
    await portal.give('alice', password);
    const signedIn = async () => {
      const visitor = portal.visitor();
      await visitor.get('/sign-in');
      expect((await visitor.send('/sign-in', { login: 'alice', password })).status).toBe(303);
      return visitor;
    };
    const first = await signedIn();
    const [seed = ''] = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec((await first.get('/factors/totp')).text) ?? [];
    const totp = new TOTP({ secret: Secret.fromBase32(seed.replaceAll(' ', '')) });
    const before = totp.generate({ timestamp: Date.now() - 30_000 });
    expect((await first.send('/factors/totp', { code: before })).status).toBeLessThan(400);

    const visitor = await signedIn();
    await visitor.get('/step-up');
    key('another');
    const refused = await visitor.send('/step-up/totp', { code: totp.generate() });
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('Nobody can be let in')]);
    expect(portal.faults.at(-1)).toMatchObject({ code: 'seal.broken' });
    expect((await visitor.get('/step-up')).text).toContain('action="/step-up/totp"');
    key('own');
    await visitor.get('/step-up');
    expect((await visitor.send('/step-up/totp', { code: totp.generate() })).status).toBeLessThan(400);
    expect((await portal.audited('sign-in.factor')).map(({ result }) => result)).toContain('done');
  } finally {
    await portal.close();
    await rm(folder, { recursive: true });
  }
});
