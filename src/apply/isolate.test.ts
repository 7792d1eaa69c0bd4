import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import nginx from '../engines/nginx/engine.ts';
import { changes } from '../plan/diff.ts';
import { applyLocally } from './executor.ts';
import { faultOf, head, makeRig, port, type Rig, startService } from './testing.ts';

const upstream = port(90);

/** The line of a text, from 1, on which this stands. */
const lineOf = (text: string, what: string) =>
  text.slice(0, text.indexOf(what)).split('\n').length * (text.includes(what) ? 1 : Number.NaN);

const service = `services:
  app: { url: "http://127.0.0.1:${upstream}" }
`;

/** A publication whose certificate the user keeps; `team` tells its versions apart. */
const own = (name: string, team: string) => `  ${name}.example.fr:
    service: app
    audience: everyone
    compression: ${team === 'a'}
    headers: { hsts: "off", add: { X-Team: ${team} } }
    tls: { certificate: ${name}.pem, key: ${name}.key }
`;

/** A publication with a certificate of Poterne's own CA. */
const internal = (name: string, path: string, more = '') => `  ${name}.example.fr:
    audience: everyone
    routes: { "${path}": { service: app } }
${more}`;

async function keep(rig: Rig, name: string): Promise<void> {
  const { certificate, key } = await rig.theirs.issue([`${name}.example.fr`], 30, new Date());
  await rig.write(`${name}.pem`, certificate);
  await rig.write(`${name}.key`, key);
}

/** The service tells which path it was asked for. */
const echo = () => startService(upstream, (request, response) => response.end(`path ${request.url}`));

test('a certificate that breaks on disk leaves the old version serving with the old certificate, and the others go on', async () => {
  const rig = await makeRig();
  await echo();
  await keep(rig, 'own');
  const yaml = (team: string, path: string) =>
    `${head(rig.ports)}${service}publications:\n${own('own', team)}${internal('other', path)}`;
  expect(await rig.apply(yaml('a', '/one/'))).toMatchObject({ outcome: 'applied', findings: [] });
  const { status, body, fingerprint } = await rig.get('own.example.fr', '/x');
  const before = { status, body, fingerprint };

  await rig.write('own.pem', '-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n');
  const text = yaml('b', '/two/');
  const broken = await rig.apply(text);
  expect(broken.outcome).toBe('partial');
  expect(broken.places).toEqual([`${lineOf(text, 'tls: {')} engine.refused.publication`]);
  expect(broken.findings[0]).toMatchObject({
    severity: 'error',
    onKey: true,
    pointer: '/publications/own.example.fr/tls',
    params: { engine: 'nginx', name: 'own.example.fr' },
    hint: { code: 'engine.refused.kept' },
  });
  // The complaint is nginx's own, about the certificate.
  expect(broken.findings[0]?.params.text).toMatch(/cannot load certificate/);
  expect(await rig.served()).toBe(broken.hash);
  expect(await rig.get('own.example.fr', '/x')).toMatchObject(before);
  expect((await rig.get('other.example.fr', '/two/y')).body).toBe('path /two/y');
  expect((await rig.get('other.example.fr', '/one/y')).status).toBe(404);
  expect((await rig.active()).manifest.standing).toMatchObject({ own_example_fr: { state: 'kept' } });
  // The old version whole: its text too is that of before.
  expect(await generated(rig, 'own_example_fr')).toContain('X-Team a');

  // It stays kept as long as it is broken, and plan says that it is still to do.
  const again = await rig.apply(text);
  expect(again).toMatchObject({ outcome: 'partial', hash: broken.hash });
  expect(await rig.get('own.example.fr', '/x')).toMatchObject(before);
  const intent = await rig.intend(text);
  const todo = changes(intent.active, intent.plan).map((c) => [c.kind, c.say.params.name]);
  expect(new Set(todo.map(String))).toEqual(new Set(['change,own.example.fr']));

  await keep(rig, 'own');
  const mended = await rig.apply(text);
  expect(mended).toMatchObject({ outcome: 'applied', findings: [] });
  expect(await generated(rig, 'own_example_fr')).toContain('X-Team b');
  expect((await rig.get('own.example.fr', '/x')).fingerprint).not.toBe(before.fingerprint);
  const after = await rig.intend(text);
  expect(changes(after.active, after.plan)).toEqual([]);
});

async function generated(rig: Rig, id: string): Promise<string> {
  return readFile(`${(await rig.active()).folder}/publications/${id}.conf`, 'utf8');
}

test('a publication refused from the beginning answers 503 with a page that says so, under its own name', async () => {
  const rig = await makeRig();
  await echo();
  await keep(rig, 'own');
  // A key that belongs to another certificate.
  const { key } = await rig.theirs.issue(['own.example.fr'], 30, new Date());
  await rig.write('own.key', key);
  const text = `${head(rig.ports)}${service}publications:\n${own('own', 'a')}${internal('other', '/')}`;
  const applied = await rig.apply(text);
  expect(applied).toMatchObject({ outcome: 'partial', started: true });
  expect(applied.places).toEqual([`${lineOf(text, 'tls: {')} engine.refused.publication`]);
  expect(applied.findings[0]).toMatchObject({ hint: { code: 'engine.refused.stand-in' } });
  expect(applied.findings[0]?.params.text).toMatch(/key values mismatch/);
  const answer = await rig.get('own.example.fr');
  expect(answer.status).toBe(503);
  expect(answer.body).toContain('Being repaired');
  expect((await rig.get('other.example.fr')).status).toBe(200);
  // Nothing of the refused key stays behind.
  expect(Object.keys((await rig.active()).manifest.files)).not.toContain('certificates/own_example_fr.key');

  await keep(rig, 'own');
  expect(await rig.apply(text)).toMatchObject({ outcome: 'applied', findings: [] });
  expect(await rig.get('own.example.fr', '/x')).toMatchObject({ status: 200, body: 'path /x' });
});

test('files that are not there are told at the line that names them', async () => {
  const rig = await makeRig();
  await echo();
  const text = `${head(rig.ports)}
services:
  app: { url: "http://127.0.0.1:${upstream}" }
  secure:
    url: https://127.0.0.1:${upstream + 1}
    trust:
      ca: nowhere.pem
      name: secure.lan
publications:
  nocert.example.fr:
    service: app
    audience: everyone
    tls:
      certificate: absent.pem
      key: absent.key
  noca.example.fr: { service: secure, audience: everyone }
  good.example.fr: { service: app, audience: everyone }
`;
  const applied = await rig.apply(text);
  expect(applied.outcome).toBe('partial');
  expect(applied.places).toEqual([
    `${lineOf(text, 'tls:\n')} engine.refused.publication`,
    `${lineOf(text, 'ca: nowhere.pem')} engine.refused.publication`,
  ]);
  expect(applied.findings.map((f) => f.params.text)).toEqual([
    expect.stringContaining(`${rig.folder}/absent.pem`),
    expect.stringContaining(`${rig.folder}/nowhere.pem`),
  ]);
  expect((await rig.get('nocert.example.fr')).status).toBe(503);
  expect((await rig.get('noca.example.fr')).status).toBe(503);
  expect((await rig.get('good.example.fr')).status).toBe(200);
});

test('a regular expression that only nginx refuses is told at its line, in a route or in a name', async () => {
  const rig = await makeRig();
  await echo();
  // JavaScript looks behind over any length; PCRE does not.
  const yaml = `${head(rig.ports)}${service}publications:
${internal('route', '/')}  back.example.fr:
    audience: everyone
    routes:
      /: { service: app }
      "~ ^/(?<=/a+)b": { service: app }
  '~^(?<=x*)app[0-9]\\.example\\.fr$':
    service: app
    audience: everyone
    example: app1.example.fr
    tls: { names: ["*.example.fr"] }
`;
  const applied = await rig.apply(yaml);
  expect(applied.outcome).toBe('partial');
  expect([...applied.places].sort()).toEqual(
    [
      `${lineOf(yaml, 'app[0-9]')} engine.refused.publication`,
      `${lineOf(yaml, '~ ^/(?<=')} engine.refused.publication`,
    ].sort(),
  );
  for (const { params } of applied.findings) expect(params.text).toMatch(/lookbehind/);
  expect((await rig.get('back.example.fr')).status).toBe(503);
  expect((await rig.get('app1.example.fr')).status).toBe(503);
  expect((await rig.get('route.example.fr')).status).toBe(200);
});

test('five of twenty broken at once leave fifteen with their new version', async () => {
  const rig = await makeRig();
  await echo();
  const names = Array.from({ length: 20 }, (_, n) => `own${n}`);
  for (const name of names) await keep(rig, name);
  const yaml = (team: string) =>
    `${head(rig.ports)}${service}publications:\n${names.map((name) => own(name, team)).join('')}`;
  await rig.apply(yaml('a'));
  const broken = ['own0', 'own7', 'own8', 'own13', 'own19'];
  for (const name of broken) await rig.write(`${name}.pem`, 'garbage\n');
  const text = yaml('b');
  const applied = await rig.apply(text);
  expect(applied.outcome).toBe('partial');
  expect([...applied.places].sort()).toEqual(
    broken.map((name) => `${lineOf(text, `${name}.pem`)} engine.refused.publication`).sort(),
  );
  for (const name of names) {
    expect(await generated(rig, `${name}_example_fr`)).toContain(
      broken.includes(name) ? 'X-Team a' : 'X-Team b',
    );
    expect((await rig.get(`${name}.example.fr`)).status).toBe(200);
  }
});

test('a publication renamed while it is broken does not keep its old name alive', async () => {
  const rig = await makeRig();
  await echo();
  await keep(rig, 'own');
  const yaml = (name: string) =>
    `${head(rig.ports)}${service}publications:\n${own('own', 'a').replace('own.example.fr', name)}${internal('other', '/')}`;
  await rig.apply(yaml('own.example.fr'));
  await rig.write('own.pem', 'garbage\n');
  await rig.apply(yaml('new.example.fr'));
  expect((await rig.get('new.example.fr')).status).toBe(503);
  await expect(rig.get('own.example.fr')).rejects.toThrow(/handshake|unrecognized name|alert/i);
});

test('when the gateway moves to other ports, a broken publication answers 503 there rather than on the old ones', async () => {
  const rig = await makeRig();
  await echo();
  await keep(rig, 'own');
  const yaml = (ports: Rig['ports']) =>
    `${head(ports)}${service}publications:\n${own('own', 'a')}${internal('other', '/')}`;
  await rig.apply(yaml({ http: port(2), https: port(3) }));
  await rig.write('own.pem', 'garbage\n');
  expect(await rig.apply(yaml(rig.ports))).toMatchObject({ outcome: 'partial' });
  expect((await rig.get('own.example.fr')).status).toBe(503);
  expect((await rig.get('other.example.fr')).status).toBe(200);
});

test('a refusal that belongs to no publication changes nothing, and is told at its line when it has one', async () => {
  const rig = await makeRig();
  await echo();
  const yaml = (listen: string) =>
    `${head(rig.ports).replace('[127.0.0.1]', listen)}${service}publications:\n${internal('other', '/')}`;
  const { hash } = await rig.apply(yaml('[127.0.0.1]'));
  // One address written in two ways.
  const fault = await faultOf(rig.apply(yaml('["::1", "0:0:0:0:0:0:0:1"]')));
  expect(fault).toMatchObject({
    code: 'engine.refused',
    params: { engine: 'nginx', text: expect.stringContaining('duplicate') },
    pointer: '/gateway/listen',
    next: { code: 'engine.refused.next' },
  });
  expect(await rig.served()).toBe(hash);
  expect((await rig.active()).manifest.hash).toBe(hash);
  expect((await rig.get('other.example.fr')).status).toBe(200);
});

test('when even its stand-in is refused, a publication is closed and the others go on', async () => {
  const rig = await makeRig();
  await echo();
  const { plan } = await rig.intend(
    `${head(rig.ports)}${service}publications:\n${internal('bad', '/')}${internal('other', '/')}`,
  );
  const spoilt = plan.artefacts.map((artefact) =>
    artefact.isolated?.publication === 'bad_example_fr'
      ? {
          ...artefact,
          text: `nonsense;\n${artefact.text}`,
          isolated: { ...artefact.isolated, standIn: { text: 'rubbish;\n', reads: [] } },
        }
      : artefact,
  );
  const applied = await applyLocally({ ...plan, artefacts: spoilt }, nginx, rig.options());
  expect(applied.outcome).toBe('partial');
  expect(applied.findings).toMatchObject([
    {
      params: { name: 'bad.example.fr', text: expect.stringContaining('nonsense') },
      hint: { code: 'engine.refused.closed' },
    },
  ]);
  await expect(rig.get('bad.example.fr')).rejects.toThrow();
  expect((await rig.get('other.example.fr')).status).toBe(200);
});

test('a kept version gets a renewed certificate of ours all the same', async () => {
  const rig = await makeRig();
  await echo();
  const route = (regex: string) =>
    `${head(rig.ports)}${service}publications:
  app.example.fr:
    audience: everyone
    routes:
      /: { service: app }
      "~ ${regex}": { service: app }
`;
  await rig.apply(route('^/b'));
  const until = async () => {
    const file = join((await rig.active()).folder, 'certificates', 'app_example_fr.pem');
    return new Date(new X509Certificate(await readFile(file)).validTo).getTime();
  };
  const before = await until();
  const { plan } = await rig.intend(route('^/(?<=/a+)b'));
  const later = new Date(Date.now() + 61 * 86_400_000);
  const applied = await applyLocally(plan, nginx, rig.options({ now: () => later }));
  expect(applied.findings).toMatchObject([{ hint: { code: 'engine.refused.kept' } }]);
  expect(await until()).toBeGreaterThan(before + 60 * 86_400_000);
});

test('a broken publication that is to let fewer people in is not kept open to the others', async () => {
  const rig = await makeRig();
  await echo();
  const yaml = (audience: string, regex: string) =>
    `${head(rig.ports)}${service}publications:
  app.example.fr:
    audience: ${audience}
    routes:
      /: { service: app }
      "~ ${regex}": { service: app }
`;
  await rig.apply(yaml('everyone', '^/b'));
  const narrowed = await rig.apply(yaml('{ from: [192.0.2.0/24] }', '^/(?<=/a+)b'));
  expect(narrowed.findings).toMatchObject([{ hint: { code: 'engine.refused.stand-in' } }]);
  expect((await rig.get('app.example.fr')).status).toBe(503);
});
