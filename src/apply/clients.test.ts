import { rm } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { converge, intend } from '../daemon/gateway.ts';
import { type Client, type ClientAuthority, clientAuthority } from '../engines/nginx/testing-clients.ts';
import { head, makeRig, port, type Rig, startService } from './testing.ts';

/** Whose client certificates are accepted is read anew each time, and nobody is let in where it cannot be. */

const upstream = port(90);
let partner: ClientAuthority;
let other: ClientAuthority;
let alice: Client;

beforeAll(async () => {
  partner = await clientAuthority('CN=Partner Root');
  other = await clientAuthority('CN=Other Root');
  alice = await partner.client();
});

const described = (rig: Rig, { api = '', lists = 'crl: list.pem' } = {}) => `${head(rig.ports)}services:
  app: { url: "http://127.0.0.1:${upstream}" }
tls-configurations:
  partners: { client-certificate: required, authorities: [ca.pem], ${lists} }
publications:
  api.example.fr:
    service: app
    tls-configuration: partners
    audience: everyone
${api}  other.example.fr: { service: app, audience: everyone }
`;

async function made(): Promise<Rig> {
  const rig = await makeRig();
  await startService(upstream, 'the service');
  await rig.write('ca.pem', partner.pem);
  await rig.write('list.pem', await partner.list());
  return rig;
}

/** The status at the name that asks for certificates. */
function ask(rig: Rig, client?: Client, name = 'api.example.fr'): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port: rig.ports.https,
      servername: name,
      headers: { host: `${name}:${rig.ports.https}` },
      ca: rig.gateway.authority.root,
      agent: false,
      ...(client ? { cert: client.cert, key: client.key } : {}),
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Applies a description whose files have changed since it was read. */
async function applyLater(rig: Rig, yaml: string, change: () => Promise<unknown>) {
  const { site } = await rig.describe(yaml);
  await change();
  return converge(rig.gateway, await intend(rig.gateway, site), () => {});
}

const breakages: readonly (readonly [string, (rig: Rig) => Promise<unknown>])[] = [
  ['trust.unreadable', (rig) => rm(join(rig.folder, 'ca.pem'))],
  ['trust.empty', (rig) => rig.write('ca.pem', '')],
  ['trust.broken', (rig) => rig.write('ca.pem', partner.pem.replace(/M/g, 'x'))],
  ['trust.broken', (rig) => rig.write('ca.pem', partner.pem.slice(0, 200))],
  ['trust.leaf', (rig) => rig.write('ca.pem', alice.cert)],
  ['trust.crl.missing', (rig) => rig.write('ca.pem', other.pem)],
  ['trust.crl.empty', (rig) => rig.write('list.pem', '')],
  ['trust.unreadable', (rig) => rm(join(rig.folder, 'list.pem'))],
];

test('what cannot be read of an authority has the name refuse whoever it let in, and the others go on', async () => {
  const rig = await made();
  const yaml = described(rig);
  for (const [code, change] of breakages) {
    await rig.write('ca.pem', partner.pem);
    await rig.write('list.pem', await partner.list());
    expect((await rig.apply(yaml)).outcome).toBe('applied');
    expect([await ask(rig, alice), await ask(rig)]).toEqual([200, 403]);
    const { outcome, findings } = await applyLater(rig, yaml, () => change(rig));
    expect(outcome).toBe('partial');
    expect(findings.map((finding) => finding.code)).toEqual(
      expect.arrayContaining(['engine.refused.publication', code]),
    );
    expect([await ask(rig, alice), await ask(rig)]).toEqual([503, 503]);
    expect(await ask(rig, undefined, 'other.example.fr')).toBe(200);
    // The same is said when it is described, at its line.
    await expect(rig.describe(yaml)).rejects.toThrow(code);
  }
});

test('a list that has ended refuses all, and is said', async () => {
  const rig = await made();
  await rig.write('list.pem', await partner.list([], -1));
  const { findings } = await rig.describe(described(rig));
  expect(findings.map(({ severity, code, at }) => [severity, code, at?.line])).toContainEqual([
    'warning',
    'trust.crl.expired',
    6,
  ]);
  expect((await rig.apply(described(rig))).outcome).toBe('applied');
  expect([await ask(rig, alice), await ask(rig)]).toEqual([403, 403]);
});

test('a version of before that goes on refuses who is revoked now', async () => {
  const rig = await made();
  expect((await rig.apply(described(rig))).outcome).toBe('applied');
  const broken = described(rig, { api: '    tls: { certificate: no.pem, key: no.key }\n' });
  expect((await rig.apply(broken)).findings[0]?.hint?.code).toBe('engine.refused.kept');
  expect(await ask(rig, alice)).toBe(200);
  await rig.write('list.pem', await partner.list([alice.serial]));
  expect((await rig.apply(broken)).outcome).toBe('partial');
  expect([await ask(rig, alice), await ask(rig)]).toEqual([403, 403]);
});

test('a version of before that asks for less does not go on', async () => {
  const rig = await made();
  const open = described(rig).replace('    tls-configuration: partners\n', '');
  expect((await rig.apply(open)).outcome).toBe('applied');
  expect(await ask(rig)).toBe(200);
  const broken = described(rig, { api: '    tls: { certificate: no.pem, key: no.key }\n' });
  expect((await rig.apply(broken)).findings[0]?.hint?.code).toBe('engine.refused.stand-in');
  expect([await ask(rig), await ask(rig, alice)]).toEqual([503, 503]);
});

test('a version of before that lets visitors say who they are does not go on', async () => {
  const rig = await made();
  const other = '  other.example.fr: { service: app, audience: everyone }\n';
  const alone = `${head(rig.ports)}services:
  app: { url: "http://127.0.0.1:${upstream}" }
publications:
${other}`;
  expect((await rig.apply(alone)).outcome).toBe('applied');
  const broken = described(rig).replace(
    other,
    other.replace(' }', ', tls: { certificate: no.pem, key: no.key } }'),
  );
  const { findings } = await rig.apply(broken);
  expect(findings.map(({ hint }) => hint?.code)).toContain('engine.refused.stand-in');
  expect([await ask(rig, alice), await ask(rig, undefined, 'other.example.fr')]).toEqual([200, 503]);
});

test('a version of before may name a configuration that is described no longer', async () => {
  const rig = await made();
  expect((await rig.apply(described(rig))).outcome).toBe('applied');
  const broken = described(rig, { api: '    tls: { certificate: no.pem, key: no.key }\n' })
    .replace('    tls-configuration: partners\n', '')
    .replace(/tls-configurations:\n.*\n/, '');
  for (let n = 0; n < 2; n++) {
    expect((await rig.apply(broken)).findings[0]?.hint?.code).toBe('engine.refused.kept');
    expect([await ask(rig, alice), await ask(rig)]).toEqual([200, 403]);
  }
});
