import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { atEnd, eventually, gatewayUp, head, makeRig, port, startService } from '../../apply/testing.ts';
import { townHall } from '../../identity/directories/testing/people.ts';
import { pkiOf, startSlapd, suffix } from '../../identity/directories/testing/slapd.ts';
import { hiddenFields } from '../portal/testing.ts';
import { peopleAt } from './testing-people.ts';

// A whole gateway and a real OpenLDAP, which dies while somebody of it is signed in.

test('while their directory is down people of it are refused with a page, others go on, and they come back with the same session', async () => {
  const rig = await makeRig();
  const folder = join(rig.folder, 'ldap');
  await mkdir(folder);
  // The gateway's account reads the certificate.
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'secret'), 'service-password\n', { mode: 0o600 });
  const slapd = await startSlapd(folder, { ...(await pkiOf()), ldif: townHall });
  let process: ChildProcess = slapd.process;
  atEnd(async () => void process.kill('SIGKILL'));
  await startService(port(90), 'the application');
  await rig.write(
    'site.yaml',
    `${head(rig.ports)}
people: { bob: { groups: [staff] } }
directories:
  annuaire:
    kind: ldap
    servers: ["ldaps://localhost:${slapd.ldaps}"]
    trust: { ca: ${join(folder, 'ca.pem')} }
    base: "ou=people,${suffix}"
    group-base: "ou=groups,${suffix}"
    bind: { user: "cn=poterne,ou=services,${suffix}", password: { file: ${join(folder, 'secret')} } }
    groups: { staff: ["cn=staff,ou=groups,${suffix}"] }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:${port(90)}" } }
publications:
  open.example.fr: { service: app, audience: everyone }
  erp.example.fr: { service: app, audience: [ { groups: [staff] } ] }
`,
  );
  const daemon = await gatewayUp(rig);
  const { at, browser, signedIn } = peopleAt(rig);
  const signIn = async (who: ReturnType<typeof browser>) => {
    const page = await who.go(at('portail.example.fr', '/sign-in'));
    const fields = { ...hiddenFields(page.body, '/sign-in'), login: 'alice', password: 'alice-password' };
    const origin = at('portail.example.fr').slice(0, -1);
    return who.send(at('portail.example.fr', '/sign-in'), { ...fields, source: 'annuaire' }, { origin });
  };
  const [alice, bob] = [browser(), await signedIn('bob')];
  expect((await signIn(alice)).status, daemon.said()).toBe(303);
  const inside = async (who: ReturnType<typeof browser>) => (await who.go(at('erp.example.fr'))).body;
  expect([await inside(alice), await inside(bob)]).toEqual(['the application', 'the application']);

  process.kill('SIGKILL');
  await once(process, 'close');
  // Five minutes later, for whoever asks how old what the directory told is.
  const database = new Database(join(rig.state, 'poterne.db'), { timeout: 10_000 });
  atEnd(async () => void database.close());
  const later = () =>
    database
      .prepare(
        "update session set checked = strftime('%Y-%m-%dT%H:%M:%fZ', checked, '-300 seconds') where user_id = ?",
      )
      .run('alice@annuaire');
  later();
  await eventually(async () => (await alice.fetch(at('erp.example.fr'))).status === 503, daemon.said);
  const refused = await alice.go(at('erp.example.fr'));
  expect([refused.status, refused.headers['content-type']]).toEqual([
    503,
    expect.stringContaining('text/html'),
  ]);
  expect((await signIn(browser())).status).toBe(503);
  expect(await inside(bob)).toBe('the application');
  expect((await browser().fetch(at('open.example.fr'))).status).toBe(200);
  expect(daemon.said()).toContain('annuaire');

  const [program = '', ...args] = slapd.process.spawnargs;
  process = spawn(program, args, { stdio: 'ignore' });
  await eventually(async () => (await inside(alice)) === 'the application', daemon.said);
});
