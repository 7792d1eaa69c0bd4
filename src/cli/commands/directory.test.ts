import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { townHall } from '../../identity/directories/testing/people.ts';
import { pkiOf, type Slapd, startSlapd, suffix } from '../../identity/directories/testing/slapd.ts';
import { freePort } from '../../lib/testing-ports.ts';
import { program, ran } from '../../lib/testing-program.ts';

let folder: string;
let slapd: Slapd;
let dead: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-directory-'));
  await writeFile(join(folder, 'secret'), 'service-password\n', { mode: 0o600 });
  slapd = await startSlapd(folder, { ...(await pkiOf()), ldif: townHall });
  dead = await freePort();
});
afterAll(async () => {
  await slapd?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function poterne(servers: readonly string[], ...args: string[]) {
  const file = join(folder, 'site.yaml');
  await writeFile(
    file,
    `site: mairie
services: { app: { url: "http://127.0.0.1:1" } }
directories:
  annuaire:
    kind: ldap
    servers: ${JSON.stringify(servers)}
    trust: { ca: ca.pem }
    base: "ou=people,${suffix}"
    group-base: "ou=groups,${suffix}"
    bind: { user: "cn=poterne,ou=services,${suffix}", password: { file: ${folder}/secret } }
    groups: { staff: [staff] }
sign-in: { at: portal.example.fr }
publications: { app.example.fr: { service: app, audience: [ { groups: [staff] } ] } }
`,
  );
  const argv = ['directory', 'test', ...args, '--site', file];
  return ran([program, ...argv], { env: { ...process.env, POTERNE_LANG: 'fr' }, timeout: 60_000 });
}

test('each server, each group, and somebody', async () => {
  const servers = [`ldaps://localhost:${slapd.ldaps}`, `ldap://localhost:${slapd.ldap}`];
  const good = await poterne(servers, 'annuaire', 'alice');
  expect(good).toMatchObject({ code: 0, err: '' });
  expect(good.out.match(/✓ ldaps?:\/\/localhost/g)).toHaveLength(2);
  expect(good.out).toContain(`✓ groupe staff : cn=staff,ou=groups,${suffix}`);
  expect(good.out).toContain('✓ alice@annuaire peut se connecter');
  const bad = await poterne([...servers, `ldaps://localhost:${dead}`], 'annuaire', 'dave', '--json');
  expect(bad.code).toBe(1);
  const report = JSON.parse(bad.out);
  expect(report.servers.map(({ isBound }: { isBound: boolean }) => isBound)).toEqual([true, true, false]);
  expect(report.servers[2].fault).toMatchObject({ code: 'directory.unreachable' });
  expect(report).toMatchObject({
    person: { standing: 'disabled', user: { id: 'dave@annuaire', groups: [] } },
  });
  expect(good.out + bad.out).not.toContain('service-password');
  expect((await poterne(servers, 'annuaire', 'nobody')).code).toBe(1);
  expect((await poterne(servers, 'other')).code).toBe(2);
});
