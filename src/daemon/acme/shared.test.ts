import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quitEngine } from '../../apply/engine-process.ts';
import {
  ask,
  atEnd,
  type Command,
  eventually,
  faultOf,
  gatewayUp,
  head,
  makeRig,
  port,
  poterne,
  startService,
} from '../../apply/testing.ts';
import nginx from '../../engines/nginx/engine.ts';
import { type Pebble, startPebble } from '../../pki/acme/testing.ts';
import { acmeCertificateFile } from '../../pki/acme-files.ts';
import { openSharedStore } from '../../store/store.ts';
import { hasPostgres, type Postgres, startPostgres } from '../../store/testing/postgres.ts';
import { hasCandidate } from './adopt.ts';
import { wishIdOf } from './review.ts';
import { openSharing } from './sharing.ts';

// Two gateways with one PostgreSQL; the ACME server asks one of them alone, whichever ordered.

describe.skipIf(!hasPostgres)('two gateways', () => {
  let pebble: Pebble;
  let database: Postgres;

  beforeAll(async () => {
    [pebble, database] = await Promise.all([startPebble({ httpPort: port(0) }), startPostgres()]);
  });
  afterAll(async () => {
    await pebble?.stop();
    await database?.end();
  });

  test('a key that lies in the database unlocked is nobody’s: who may write there could have put it', async () => {
    const rig = await makeRig();
    const place = await database.database('planted');
    const key = await rig.write('shared.key', 'a shared key of more than thirty-two characters\n');
    await chmod(key, 0o600);
    const { site } = await rig.describe(`${head(rig.ports)}
store: { postgres: { host: ${place.host}, database: ${place.database}, user: ${place.user} }, lease: 10s }
services:
  app: { url: "http://127.0.0.1:${port(90)}" }
acme: { directory: "${pebble.directory}", trust: ${pebble.trust}, terms: agreed, shared: { key: { file: ${key} } } }
publications:
  one.example.fr: { service: app, audience: everyone, tls: acme }
`);
    const [certificate] = site.acme?.certificates ?? [];
    if (!site.acme || !certificate) throw new Error('the site asks for one');
    const sharing = await openSharing({ state: rig.state, site: { ...site, acme: site.acme } });
    const store = await openSharedStore(place, undefined);
    try {
      const known = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
      await store.certificates.account(site.name, String(known.export({ type: 'pkcs8', format: 'pem' })));
      expect((await faultOf(sharing?.meet() as Promise<unknown>)).code).toBe('key.locked');
      const ours = await readFile(join(rig.state, 'acme', 'account.key'), 'utf8');
      expect(createPrivateKey(ours).equals(known)).toBe(false);
      const theirs = await rig.theirs.issue(certificate.names, 30, new Date());
      const lease = await store.certificates.take(site.name, certificate.id, 'somebody', 10_000);
      const wish = wishIdOf(site.acme, certificate);
      const row = {
        id: certificate.id,
        wish,
        pem: theirs.key + theirs.certificate,
        until: '2030-01-01T00:00:00Z',
      };
      expect(lease && (await store.certificates.share(site.name, row, lease))).toBe(true);
      expect((await faultOf(sharing?.bring(certificate) as Promise<unknown>)).code).toBe('key.locked');
      expect(await hasCandidate(rig.state, certificate)).toBe(false);
    } finally {
      await Promise.all([store.close(), sharing?.close()]);
    }
  });

  test('one orders and both serve, and what the database holds opens without its key to nobody', async () => {
    const rig = await makeRig();
    await startService(port(90), 'welcome');
    const key = await rig.write('shared.key', 'a shared key of more than thirty-two characters\n');
    await chmod(key, 0o600);
    const described = (ports: { http: number; https: number }) => `${head(ports)}
store: { postgres: { host: ${database.place.host}, database: ${database.place.database}, user: ${database.place.user} }, lease: 10s }
services:
  app: { url: "http://127.0.0.1:${port(90)}", healthy: { path: / } }
acme: { directory: "${pebble.directory}", trust: ${pebble.trust}, terms: agreed, shared: { key: { file: ${key} } } }
publications:
  one.example.fr: { service: app, audience: everyone, tls: acme }
`;
    const second = { http: port(2), https: port(3), state: join(rig.folder, 'second') };
    // Whatever becomes of this test, its engine ends with it.
    atEnd(() => quitEngine(nginx, join(second.state, 'nginx'), 0));
    await rig.write('site.yaml', described(rig.ports));
    await writeFile(join(rig.folder, 'second.yaml'), described(second));
    const commands: Command[] = [];
    // The server asks the first one's port: it must be there.
    for (const [file, state] of [
      [rig.file, rig.state],
      [join(rig.folder, 'second.yaml'), second.state],
    ] as const) {
      commands.push(await gatewayUp({ file, state }));
    }
    const said = () => commands.map((command) => command.said()).join('\n---\n');
    const visit = async (https: number) =>
      ask({ port: https, name: 'one.example.fr', ca: [await pebble.root()] });
    const both = async (other = '') =>
      eventually(async () => {
        const seen = await Promise.all([visit(rig.ports.https), visit(second.https)]).catch(() => undefined);
        const [a, b] = (seen ?? []).map(({ fingerprint }) => fingerprint);
        return a !== undefined && a === b && a !== other && a;
      }, said);
    const first = await both();
    expect(said().match(/✓ ordering/g)).toHaveLength(1);
    const accounts = await Promise.all(
      [rig.state, second.state].map((state) => readFile(join(state, 'acme', 'account.key'), 'utf8')),
    );
    expect(accounts[0]?.trim()).toBe(accounts[1]?.trim());
    const held = await database.sql('select pem from certificate');
    expect(held).toContain('ENCRYPTED PRIVATE KEY');
    expect(held).not.toContain('BEGIN PRIVATE KEY');
    expect(new X509Certificate(held.slice(held.indexOf('-----BEGIN CERTIFICATE'))).subjectAltName).toBe(
      'DNS:one.example.fr',
    );

    // The server asks the first gateway's port while the second one orders.
    const renewed = poterne(['cert', 'renew', '--force', '--json', '--state', second.state]);
    expect([await renewed.ended, renewed.said()]).toEqual([
      0,
      expect.stringContaining('"outcome":"renewed"'),
    ]);
    expect(await both(first)).not.toBe(first);
    // The database away, both serve on, and say so.
    await database.stop();
    const refused = poterne(['cert', 'renew', '--force', '--json', '--state', second.state]);
    expect([await refused.ended, refused.said()]).toEqual([1, expect.stringContaining('store.unreachable')]);
    expect((await visit(second.https)).status).toBe(200);
    expect(await readFile(acmeCertificateFile(second.state, 'one_example_fr'), 'utf8')).toContain('BEGIN');
    for (const command of commands) command.child.kill('SIGTERM');
    for (const command of commands) expect(await command.ended).toBe(0);
  });
});
