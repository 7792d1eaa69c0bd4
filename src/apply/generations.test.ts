import { X509Certificate } from 'node:crypto';
import { appendFile, chmod, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import nginx from '../engines/nginx/engine.ts';
import { quitEngine } from './engine-process.ts';
import { applyLocally, resumeLocally } from './executor.ts';
import { damagedFiles, faultOf, head, makeRig, port, type Rig, startService } from './testing.ts';

const upstream = port(90);
const day = 86_400_000;

const yaml = (rig: Rig, team: string, more = '') => `${head(rig.ports)}
services:
  app: { url: "http://127.0.0.1:${upstream}" }
publications:
  app.example.fr: { service: app, audience: everyone, headers: { add: { X-Team: "${team}" } } }
  same.example.fr: { service: app, audience: everyone }
${more}`;

const serve = () => startService(upstream, 'welcome');
const generationsIn = (rig: Rig) => readdir(join(rig.prefix, 'generations'));

test('five earlier generations are kept to come back to, and never is the active one forgotten', async () => {
  const rig = await makeRig();
  await serve();
  const hashes: string[] = [];
  for (let n = 0; n < 8; n++) hashes.push((await rig.apply(yaml(rig, `${n}`))).hash);
  expect((await generationsIn(rig)).sort()).toEqual(hashes.slice(-6).sort());
  // Come back to the oldest there is: it is the same again, and the youngest to stay.
  const back = await rig.apply(yaml(rig, '2'));
  expect(back).toMatchObject({ outcome: 'applied', hash: hashes[2] });
  await rig.apply(yaml(rig, 'new'));
  expect(await generationsIn(rig)).toContain(hashes[2]);
  expect(await generationsIn(rig)).toHaveLength(6);
  expect(basename(await readlink(join(rig.prefix, 'current')))).toBe(await rig.served());
});

test('a new generation shares the files that did not change', async () => {
  const rig = await makeRig();
  await serve();
  await rig.apply(yaml(rig, 'a'));
  const before = (await rig.active()).folder;
  await rig.apply(yaml(rig, 'b'));
  const after = (await rig.active()).folder;
  const inode = async (folder: string, path: string) => (await stat(join(folder, path))).ino;
  for (const path of [
    'nginx.conf',
    'pages/en/502.html',
    'publications/same_example_fr.conf',
    'certificates/same_example_fr.pem',
  ])
    expect(await inode(after, path), path).toBe(await inode(before, path));
  const changed = 'publications/app_example_fr.conf';
  expect(await inode(after, changed)).not.toBe(await inode(before, changed));
});

test('a certificate that somebody else renewed on disk is served after the next apply', async () => {
  const rig = await makeRig();
  await serve();
  const keep = async () => {
    const { certificate, key } = await rig.theirs.issue(['own.example.fr'], 30, new Date());
    await rig.write('own.pem', certificate);
    await rig.write('own.key', key);
  };
  await keep();
  const text = yaml(
    rig,
    'a',
    '  own.example.fr: { service: app, audience: everyone, tls: { certificate: own.pem, key: own.key } }\n',
  );
  const first = await rig.apply(text);
  const before = await rig.get('own.example.fr');
  expect((await rig.apply(text)).outcome).toBe('unchanged');
  await keep();
  const second = await rig.apply(text);
  expect(second.outcome).toBe('applied');
  expect(second.hash).not.toBe(first.hash);
  expect((await rig.get('own.example.fr')).fingerprint).not.toBe(before.fingerprint);
});

test('certificates of our own CA are renewed when two thirds of their life are over, not before', async () => {
  const rig = await makeRig();
  await serve();
  const { hash } = await rig.apply(yaml(rig, 'a'));
  const before = await rig.get('app.example.fr');
  const { plan } = await rig.intend(yaml(rig, 'a'));
  const at = (days: number) =>
    applyLocally(plan, nginx, rig.options({ now: () => new Date(Date.now() + days * day) }));
  expect(await at(58)).toMatchObject({ outcome: 'unchanged', hash });
  expect(await at(61)).toMatchObject({ outcome: 'applied', started: false });
  const { folder } = await rig.active();
  expect(folder).not.toContain(hash);
  const pem = await readFile(join(folder, 'certificates', 'app_example_fr.pem'), 'utf8');
  expect(new X509Certificate(pem).fingerprint256).not.toBe(before.fingerprint);
  expect(await rig.served()).toBe(basename(folder));
});

test.each([
  [
    'edited by hand',
    (folder: string) => appendFile(join(folder, 'publications/app_example_fr.conf'), '# me\n'),
  ],
  ['a file lost', (folder: string) => rm(join(folder, 'forwarding.conf'))],
  ['its seal lost', (folder: string) => rm(join(folder, 'generation.conf'))],
  ['its manifest cut short', (folder: string) => writeFile(join(folder, 'manifest.json'), '{"format":1,"ha')],
  ['its manifest emptied', (folder: string) => writeFile(join(folder, 'manifest.json'), '')],
  ['its manifest lost', (folder: string) => rm(join(folder, 'manifest.json'))],
  ['gone altogether', (folder: string) => rm(folder, { recursive: true })],
])('an active generation that was %s is written anew, and said', async (_, harm) => {
  const rig = await makeRig();
  await serve();
  const { hash } = await rig.apply(yaml(rig, 'a'));
  const master = await rig.master();
  await harm((await rig.active()).folder);
  const mended = await rig.apply(yaml(rig, 'a'));
  expect(mended).toMatchObject({ outcome: 'applied', started: false, hash });
  expect(mended.steps).toContain('apply.damaged');
  expect(await rig.master()).toBe(master);
  const { folder, manifest } = await rig.active();
  expect(basename(folder)).toBe(hash);
  expect(await damagedFiles({ folder, manifest })).toEqual([]);
  // What was wrong is not kept, and another apply has nothing to do.
  expect(await generationsIn(rig)).toEqual([hash]);
  expect(await rig.apply(yaml(rig, 'a'))).toMatchObject({ outcome: 'unchanged' });
  // The damage does not live on in what came after, through a shared file.
  await rig.apply(yaml(rig, 'b'));
  expect(await damagedFiles(await rig.active())).toEqual([]);
});

test('an older generation that was garbled is no obstacle to coming back to it', async () => {
  const rig = await makeRig();
  await serve();
  const first = await rig.apply(yaml(rig, 'a'));
  const { folder } = await rig.active();
  await rig.apply(yaml(rig, 'b'));
  await writeFile(join(folder, 'manifest.json'), 'null');
  await writeFile(join(folder, 'nginx.conf'), 'garbage');
  expect(await rig.apply(yaml(rig, 'a'))).toMatchObject({ outcome: 'applied', hash: first.hash });
  expect(await rig.served()).toBe(first.hash);
});

test('a key that was made readable to others is not shared with the next generation', async () => {
  const rig = await makeRig();
  await serve();
  await rig.apply(yaml(rig, 'a'));
  const key = 'certificates/same_example_fr.pem';
  await chmod(join((await rig.active()).folder, key), 0o644);
  await rig.apply(yaml(rig, 'b'));
  expect((await stat(join((await rig.active()).folder, key))).mode & 0o777).toBe(0o600);
});

test('a gateway that starts without a description starts on what was last good, or says what is wrong', async () => {
  const rig = await makeRig();
  await serve();
  const { hash } = await rig.apply(yaml(rig, 'a'));
  await quitEngine(nginx, rig.prefix, 0);
  expect(await resumeLocally(nginx, rig.state)).toEqual({ started: true, hash });
  expect(await rig.get('app.example.fr')).toMatchObject({ status: 200 });
  expect(await resumeLocally(nginx, rig.state)).toEqual({ started: false, hash });
  await quitEngine(nginx, rig.prefix, 0);
  await writeFile(join((await rig.active()).folder, 'manifest.json'), '');
  expect(await faultOf(resumeLocally(nginx, rig.state))).toMatchObject({
    code: 'gateway.damaged',
    next: { code: 'gateway.damaged.next' },
  });
});
