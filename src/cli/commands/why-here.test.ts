import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { head, makeRig, poterne, type Rig } from '../../apply/testing.ts';
import { activeManifest } from '../../daemon/gateway.ts';
import { townHall } from '../../identity/directories/testing/people.ts';
import { pkiOf, type Slapd, startSlapd, suffix } from '../../identity/directories/testing/slapd.ts';
import type { Publication, Site } from '../../model/site.ts';

// `poterne why` where the gateway is: a real directory, cuts, approvals and guests count.

let rig: Rig;
let slapd: Slapd;

beforeAll(async () => {
  rig = await makeRig();
  await writeFile(join(rig.folder, 'secret'), 'service-password\n', { mode: 0o600 });
  slapd = await startSlapd(rig.folder, { ...(await pkiOf()), ldif: townHall });
  await rig.write(
    'site.yaml',
    `${head(rig.ports)}
zones: { here: { networks: [127.0.0.0/8] } }
people: { bob: { groups: [it] } }
directories:
  annuaire:
    kind: ldap
    servers: ["ldaps://localhost:${slapd.ldaps}"]
    trust: { ca: ca.pem }
    base: "ou=people,${suffix}"
    group-base: "ou=groups,${suffix}"
    bind: { user: "cn=poterne,ou=services,${suffix}", password: { file: ${rig.folder}/secret } }
    groups: { staff: [staff] }
sign-in: { at: portail.example.fr, guests: [contractors] }
services: { app: { url: "http://127.0.0.1:1" } }
publications:
  erp.example.fr:
    service: app
    audience: [ { groups: [staff] }, { groups: [contractors], approval: { by: { groups: [it] }, for: 4h } } ]
`,
  );
});
afterAll(() => slapd?.stop());

async function run(...args: string[]) {
  const { said, ended } = poterne([...args, '--state', rig.state]);
  return { status: await ended, said: said() };
}
const why = (user: string, ...more: string[]) =>
  run('why', user, 'erp.example.fr', rig.file, '--from', '127.0.0.1', ...more);

test('the directory, guests, approvals and cuts count where the gateway is, and it says what was asked', async () => {
  const before = await why('alice@annuaire');
  expect(before.status).toBe(1);
  expect(before.said).toContain('Asked: the description alone');
  const applied = await run('apply', rig.file);
  expect(applied.status).toBe(0);
  expect(applied.said).toContain('people sign in only while Poterne’s daemon runs');

  const alice = await why('alice@annuaire');
  expect(alice).toMatchObject({ status: 0 });
  expect(alice.said).toContain('the directory annuaire');
  const disabled = await why('dave@annuaire', '--json');
  expect(JSON.parse(disabled.said)).toMatchObject({
    ...{ admitted: false, why: 'ended', asked: { gateway: true, directory: 'annuaire' } },
    because: [{ code: 'why.directory.none' }],
  });
  expect((await why('alice@annuaire', '--described')).status).toBe(1);

  const { store } = rig.gateway;
  // Granted to somebody who had the name before.
  const { site } = (await activeManifest(rig.state)) as { site: Site };
  const [erp] = site.publications as [Publication];
  const rule = erp.audience.rules?.[1]?.id ?? '';
  const asking = { person: 'zoe', publication: erp.id, rule, reason: 'a' };
  const { approval } = await store.approvals.ask('test', asking, new Date());
  const until = new Date(Date.now() + 3_600_000);
  await store.approvals.decide('test', approval.id, { by: 'bob', at: new Date(), until });
  expect((await why('zoe', '--groups', 'contractors')).status).toBe(0);
  const guest = ['user', 'guest', 'zoe', '--groups', 'contractors', '--until', '8h', '--site', rig.file];
  expect((await run(...guest)).status).toBe(0);
  expect((await why('zoe')).said).toContain('Somebody must approve it.');
  const asked = JSON.parse((await why('zoe', '--json')).said);
  expect(asked).toMatchObject({ groups: ['contractors'], why: 'approval' });

  expect((await run('cut', 'user:alice@annuaire', '--reason', 'laptop stolen')).status).toBe(0);
  const cut = await why('alice@annuaire');
  expect(cut.status).toBe(1);
  expect(cut.said).toMatch(/Cut off\.\n.*user:alice@annuaire is cut off since .*: laptop stolen/);
  // Who can reach it knows of all of these.
  const reach = ['who', 'can', 'reach', 'erp.example.fr', rig.file];
  const { approval: second } = await store.approvals.ask('test', { ...asking, person: 'yann' }, new Date());
  await store.approvals.decide('test', second.id, { by: 'bob', at: new Date(), until });
  const who = await run(...reach);
  expect(who.status).toBe(0);
  for (const told of [
    /2 +lets in +groups: contractors.*zoe \(guest\)/,
    /user:alice@annuaire is cut off since .*: laptop stolen/,
    /yann is let in by rule 2 until .*: bob approved it/,
    /zoe is a guest \(groups: contractors\) until/,
    /zoe has chosen no password yet/,
    /poterne why carol@ad erp\.example\.fr/,
    /this machine’s gateway\.$/m,
  ])
    expect(who.said).toMatch(told);
  expect((await run(...reach, '--described')).said).toContain('the description alone');
  expect(JSON.parse((await run(...reach, '--json')).said)).toMatchObject({
    asked: { gateway: true },
    here: { guests: [{ name: 'zoe', rules: [2] }], approvals: [{ person: 'yann', rule: 2, by: 'bob' }] },
  });
  // Applied, and no daemon: status says both, and that somebody is cut off.
  const status = await run('status', '--json');
  expect(status.status).toBe(1);
  expect(JSON.parse(status.said)).toMatchObject({
    portal: { name: 'portail.example.fr', answering: false, sessions: { count: 0, people: 0 } },
    cuts: [{ target: { kind: 'user', name: 'alice@annuaire' }, reason: 'laptop stolen' }],
  });
  await slapd.stop();
  const unknown = await why('erin@annuaire');
  expect(unknown.status).toBe(1);
  expect(unknown.said).toContain('annuaire');
  expect(unknown.said).not.toContain('is let in');
});
